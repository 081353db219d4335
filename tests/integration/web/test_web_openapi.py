"""The description of the API is true: what it describes answers as it says, and nothing else is there."""

import re
from typing import Any

import pytest

from aggregator.web.app import _routes

Site = Any
KINDS: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").fullmatch


def faults(value: Any, schema: dict[str, Any], whole: dict[str, Any], where: str = "") -> list[str]:
    """What breaks a schema, as far as ours use JSON Schema. A keyword that is not known here is a fault, too."""
    if "$ref" in schema:
        return faults(value, whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole, where)
    if "oneOf" in schema:
        fits = [one for one in schema["oneOf"] if not faults(value, one, whole, where)]
        return [] if len(fits) == 1 else [f"{where}: fits {len(fits)} of oneOf"]
    known = {"type", "properties", "required", "additionalProperties", "items", "enum", "format", "minimum",
             "description", "examples"}  # fmt: skip
    found = [f"{where}: unknown keyword {word}" for word in set(schema) - known]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, KINDS[kind]) and not isinstance(value, bool) for kind in kinds):
        return [f"{where}: {value!r} is no {kinds}"]
    if value is None:
        return found
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r}")
    if schema.get("format") == "date-time" and not TIME(value):
        found.append(f"{where}: {value!r} is no time")
    if schema.get("format") == "uri" and not value.startswith(("http://", "https://")):
        found.append(f"{where}: {value!r} is no address")
    if isinstance(value, int) and value < schema.get("minimum", value):
        found.append(f"{where}: {value}")
    if isinstance(value, list):
        found += [
            fault for n, one in enumerate(value) for fault in faults(one, schema["items"], whole, f"{where}[{n}]")
        ]
    if isinstance(value, dict):
        found += _members(value, schema, whole, where)
    return found


def _members(value: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any], where: str) -> list[str]:
    described, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    found = [f"{where}: no {name}" for name in schema.get("required", []) if name not in value]
    for name, one in value.items():
        if name in described:
            found += faults(one, described[name], whole, f"{where}.{name}")
        elif more is False:
            found.append(f"{where}: {name} is not described")
        elif isinstance(more, dict):
            found += faults(one, more, whole, f"{where}.{name}")
    return found


@pytest.fixture(scope="module")
def described(site: Site) -> dict[str, Any]:
    answer = site.get("/api/v1/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    return dict(answer.json)


def test_every_address_of_the_api_is_described_and_no_other(site: Site, described: dict[str, Any]) -> None:
    routes = {route.path.replace("{slug}", "{id}") for route in _routes(site.app) if route.path.startswith("/api/")}
    assert set(described["paths"]) == routes - {"/api/v1/openapi.json"}
    assert described["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("path", "address"),
    [("/api/v1/topics", "/api/v1/topics"), ("/api/v1/sources", "/api/v1/sources"), ("/api/v1/stories", "/api/v1/stories"),
     ("/api/v1/stories", "/api/v1/stories?topic=cargo&limit=3&lang=ru"), ("/api/v1/stories", "/api/v1/stories?topic=quiet"),
     ("/api/v1/stories/{id}", "/api/v1/stories/{storm}"), ("/api/v1/stories", "/api/v1/stories?limit=0"),
     ("/api/v1/stories", "/api/v1/stories?topic=nope"), ("/api/v1/stories/{id}", "/api/v1/stories/nope")],
)  # fmt: skip
def test_every_answer_is_as_described(site: Site, described: dict[str, Any], path: str, address: str) -> None:
    answer = site.get(address.format(storm=site.slug("gazette/storm")))
    told = described["paths"][path]["get"]["responses"][str(answer.status)]["content"]
    (media_type,) = told
    assert answer.headers["content-type"].startswith(media_type)
    assert faults(answer.json, told[media_type]["schema"], described) == []


def test_every_parameter_that_is_described_is_taken_and_no_other(site: Site, described: dict[str, Any]) -> None:
    values = {
        "topic": "cargo",
        "lang": "ru",
        "source": "gazette",
        "since": "12h",
        "limit": "5",
        "q": "cargo",
        "before": "9",
    }
    told = {one["name"] for one in described["paths"]["/api/v1/stories"]["get"]["parameters"]}
    assert told == set(values)
    for name, value in values.items():
        assert site.get(f"/api/v1/stories?{name}={value}").status == 200, name
    assert site.get("/api/v1/stories?nonsense=1").json["parameter"] == "nonsense"


def test_the_check_finds_what_is_not_as_described(described: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Topic"}
    assert faults({"id": 3}, schema, described)
    problem = {"type": "about:blank", "title": "x", "status": 400}
    assert faults(problem, {"$ref": "#/components/schemas/Problem"}, described) == []
    assert faults({**problem, "more": 1}, {"$ref": "#/components/schemas/Problem"}, described)
