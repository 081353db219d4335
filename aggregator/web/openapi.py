"""The description of /api/v1/ for machines (OpenAPI 3.1): every address, parameter, answer and error."""

from typing import Any

from aggregator.web.public import Public
from aggregator.web.queries import LONGEST_TERM, MOST_LIMIT

Schema = dict[str, Any]

STATES = ("ok", "new", "silent", "failing", "gone", "gap", "disabled")

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "format": "date-time", "examples": ["2026-11-22T18:30:02Z"]}
_URL: Schema = {"type": "string", "format": "uri"}


def _maybe(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _object(**properties: Schema) -> Schema:
    """All of its members are always there; None is written as null."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{of}"}}


SCHEMAS: dict[str, Schema] = {
    "Topic": _object(
        id=_TEXT, title={"type": "object", "additionalProperties": _TEXT, "description": "by language"},
        stories=_COUNT, new={**_COUNT, "description": "stories that entered in the last 24 hours"}, page=_URL,
        feeds=_object(atom=_URL, rss=_URL, json=_URL),
    ),
    "Story": _object(
        id=_TEXT, tag={**_TEXT, "description": "its id in feeds, a tag: URI"}, page=_URL, entered=_TIME, updated=_TIME,
        topics={"type": "array", "items": _TEXT}, reports=_list("Report"),
    ),
    "Report": _object(
        id=_COUNT, source=_TEXT, source_name=_TEXT, title=_TEXT, url=_maybe(_URL),
        language={**_TEXT, "description": "BCP 47, und when unknown"}, published=_TIME,
        copy_of={"type": ["integer", "null"], "description": "the report whose text it repeats"},
        revisions={**_COUNT, "description": "how often it was corrected"}, topics={"type": "array", "items": _TEXT},
    ),
    "Source": _object(
        id=_TEXT, name=_TEXT, url=_maybe(_URL), country=_TEXT, language=_TEXT,
        state={"type": "string", "enum": list(STATES)}, message=_TEXT, last_success=_maybe(_TIME),
        last_new=_maybe(_TIME), next_poll=_maybe(_TIME), gaps=_COUNT,
        error={"oneOf": [{"type": "null"}, _object(**{"class": _TEXT, "status": {"type": ["integer", "null"]}})]},
    ),
    "Problem": {
        "type": "object", "description": "RFC 9457", "required": ["type", "title", "status"],
        "properties": {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT,
                       "parameter": {**_TEXT, "description": "the parameter that is at fault"}},
        "additionalProperties": False,
    },
}  # fmt: skip


def document(public: Public) -> Schema:
    """The whole description. Languages and topics of the site stand in it, for a form to offer them."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": public.site.title,
            "version": "1",
            "description": "Stories, topics and sources as JSON. Read only; no key is needed.",
        },
        "servers": [{"url": public.base}],
        "paths": {
            "/api/v1/topics": _path("Every public topic", _object(topics=_list("Topic"))),
            "/api/v1/stories": _path(
                "Stories, newest first", _object(stories=_list("Story"), next_before=_maybe({"type": "integer"})),
                *_selection(public), errors=(301, 400, 404, 410, 429),
            ),
            "/api/v1/stories/{id}": _path(
                "One story with its reports", SCHEMAS["Story"], _parameter("id", _TEXT, "of a story", where="path"),
                errors=(301, 404, 410),
            ),
            "/api/v1/sources": _path("Every source and how it fares", _object(sources=_list("Source"))),
        },
        "components": {"schemas": SCHEMAS},
    }  # fmt: skip


def _path(summary: str, schema: Schema, *parameters: Schema, errors: tuple[int, ...] = ()) -> Schema:
    found = {"200": _answer("what was asked for", schema, "application/json"), "304": {"description": "not modified"}}
    told = {str(status): _error(status) for status in (*errors, 503)}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": {**found, **told}}}


def _error(status: int) -> Schema:
    if status == 301:
        return {"description": "renamed or merged: see Location"}
    said = {400: "a parameter is wrong", 404: "there is no such thing", 410: "it was withdrawn or removed",
            429: "too many questions: see Retry-After", 503: "come back in a moment"}  # fmt: skip
    return _answer(said[status], {"$ref": "#/components/schemas/Problem"}, "application/problem+json")


def _answer(said: str, schema: Schema, media_type: str) -> Schema:
    return {"description": said, "content": {media_type: {"schema": schema}}}


def _selection(public: Public) -> list[Schema]:
    languages = [*public.site.languages, "und"]
    return [
        _parameter("topic", {**_TEXT, "enum": [*public.topics, "all"]}, "a topic's id; without it every story"),
        _parameter("lang", {**_TEXT, "enum": languages}, "stories with a report in this language"),
        _parameter("source", _TEXT, "publishers' ids, with commas between them"),
        _parameter("since", _TEXT, "a time, a day, or a span: 2026-11-22T18:00:00Z, 2026-11-22, 12h, 7d, 2w"),
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": 50}, "how many"),
        _parameter("q", {**_TEXT, "maxLength": LONGEST_TERM}, "a term of the topics' language, over 30 days"),
        _parameter("before", {"type": "integer"}, "next_before of the answer before"),
    ]


def _parameter(name: str, schema: Schema, said: str, where: str = "query") -> Schema:
    return {"name": name, "in": where, "required": where == "path", "schema": schema, "description": said}
