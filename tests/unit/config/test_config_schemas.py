"""The JSON Schemas for editors agree with what is loaded: the shipped files fit, and what is refused does not."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import load, schemas
from aggregator.errors import ConfigError

SHIPPED = Path(__file__).parents[3] / "config"
TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
WORDS = """
$defs $ref type properties required additionalProperties patternProperties items prefixItems enum const anyOf pattern
minLength minItems maxItems minProperties minimum maximum exclusiveMinimum title description default examples
"""
KNOWN = frozenset(WORDS.split())


def misfits(root: Mapping[str, Any], node: Any, value: Any, path: str = "") -> Iterator[str]:
    """Where `value` does not fit the schema `node`: the part of JSON Schema 2020-12 that our schemas use."""
    if node is False:
        yield f"{path}: not allowed"
    if not isinstance(node, dict):
        return
    assert set(node) <= KNOWN, f"this check does not know {set(node) - KNOWN}"
    if "$ref" in node:
        yield from misfits(root, root["$defs"][node["$ref"].rpartition("/")[2]], value, path)
    if "anyOf" in node and all(list(misfits(root, option, value, path)) for option in node["anyOf"]):
        yield f"{path}: fits no alternative"
    if "type" in node and not any(
        is_a(value, name) for name in [node["type"]] * isinstance(node["type"], str) or node["type"]
    ):
        yield f"{path}: is not of type {node['type']}"
        return
    yield from bounds(node, value, path)
    if isinstance(value, dict):
        yield from members(root, node, value, path)
    if isinstance(value, list):
        first = node.get("prefixItems", [])
        for index, item in enumerate(value):
            yield from misfits(
                root, first[index] if index < len(first) else node.get("items", {}), item, f"{path}[{index}]"
            )


def is_a(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def bounds(node: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    if value not in node.get("enum", [value]) or value != node.get("const", value):
        yield f"{path}: is none of the choices"
    if isinstance(value, str) and not (
        re.search(node.get("pattern", ""), value) and len(value) >= node.get("minLength", 0)
    ):
        yield f"{path}: does not fit the pattern"
    if isinstance(value, list) and not node.get("minItems", 0) <= len(value) <= node.get("maxItems", len(value)):
        yield f"{path}: has the wrong length"
    if isinstance(value, dict) and len(value) < node.get("minProperties", 0):
        yield f"{path}: is empty"
    if isinstance(value, int | float) and not (
        node.get("minimum", value) <= value <= node.get("maximum", value)
        and value > node.get("exclusiveMinimum", value - 1)
    ):
        yield f"{path}: is out of bounds"


def members(root: Mapping[str, Any], node: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[str]:
    yield from (f"{path}.{key}: is required" for key in node.get("required", ()) if key not in value)
    for key, item in value.items():
        patterns = [part for pattern, part in node.get("patternProperties", {}).items() if re.search(pattern, key)]
        named = [node["properties"][key]] if key in node.get("properties", {}) else patterns
        for part in named or [node.get("additionalProperties", {})]:
            yield from misfits(root, part, item, f"{path}.{key}")


def kind_of(path: Path) -> str:
    return {"aggregator.toml": "aggregator", "_lists.toml": "lists"}.get(
        path.name, "sources" if path.parent.name == "sources" else "topic"
    )


def test_there_is_a_schema_for_each_kind_of_file() -> None:
    assert set(schemas()) == {"aggregator", "sources", "topic", "lists"}


def test_schemas_are_json() -> None:
    assert json.loads(json.dumps(schemas())) == schemas()


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.toml")), ids=lambda path: path.name)
def test_the_shipped_files_fit_their_schemas(path: Path) -> None:
    schema = schemas()[kind_of(path)]
    assert list(misfits(schema, schema, tomllib.loads(path.read_text()))) == []


def descriptions(node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every key of a schema, with what describes it."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for part in node.values():
            yield from descriptions(part)
    if isinstance(node, list):
        for part in node:
            yield from descriptions(part)


def test_every_key_is_described() -> None:
    for schema in schemas().values():
        for key, node in descriptions(schema):
            behind = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else {}
            assert node.get("description") or behind.get("description"), key


SITE = '[site]\ntitle = "T"\nbase_url = "https://t.example"\nlanguages = ["en"]\n'
SOURCE = '[[source]]\nid = "a"\nname = "A"\nurl = "https://a.example/"\n'
TOPIC = 'title.en = "R"\n[terms.en]\nstrong = ["x"]\n'


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("aggregator.toml", SITE + "extra = 1"),
        ("aggregator.toml", SITE.replace('"T"', "1")),
        ("aggregator.toml", SITE.replace('["en"]', "[]")),
        ("aggregator.toml", SITE.replace('title = "T"', "")),
        ("aggregator.toml", SITE + 'hold = "soon"'),
        ("aggregator.toml", SITE + "[fetch]\nports = [0]"),
        ("aggregator.toml", SITE + "[fetch]\ntimeout = 0"),
        ("aggregator.toml", SITE + '[fetch]\nallow = [["::1"]]'),
        ("sources/a.toml", SOURCE.replace('"a"', '"A b"')),
        ("sources/a.toml", SOURCE + 'country = "Kazakhstan"'),
        ("sources/a.toml", SOURCE + 'feeds = [{ url = "a" }]'),
        ("sources/a.toml", SOURCE + 'feeds = [{ url = "https://a", kind = "rss" }]'),
        ("sources/a.toml", SOURCE + "trust = 101"),
        ("topics/r.toml", TOPIC + 'stong = ["x"]'),
        ("topics/r.toml", TOPIC + '[terms.english]\nstrong = ["x"]'),
        ("topics/r.toml", "min_score = 0\n" + TOPIC),
        ("topics/r.toml", TOPIC + "[tests]\nmatch = [{ text = 'x' }]"),
        ("topics/_lists.toml", "[region]\nen = [1]"),
        ("topics/_lists.toml", '["my list"]\nen = ["x"]'),
    ],
)
def test_schema_and_loader_refuse_the_same(write_config, file: str, text: str) -> None:
    schema = schemas()[kind_of(Path(file))]
    assert list(misfits(schema, schema, tomllib.loads(text)))
    with pytest.raises(ConfigError):
        load(write_config({file: text}), environ={})


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("aggregator.toml", SITE + 'hold = "1h30m"\n[fetch]\ntimeout = 2.5\nallow = [["::1", 80]]'),
        ("sources/a.toml", SOURCE + 'feeds = [{ url = "https://a", interval = 600 }]\nheaders = { X-Key = "1" }'),
        ("topics/r.toml", TOPIC + '[tests]\nmatch = ["x", { title = "x", lang = "kk-Latn" }]'),
        ("topics/_lists.toml", '[region]\nen = ["x"]\nkk-Latn = []\ncountries = ["INT"]'),
    ],
)
def test_schema_and_loader_accept_the_same(write_config, file: str, text: str) -> None:
    schema = schemas()[kind_of(Path(file))]
    assert list(misfits(schema, schema, tomllib.loads(text))) == []
    load(write_config({file: text, "topics/rail.toml": TOPIC}), environ={})
