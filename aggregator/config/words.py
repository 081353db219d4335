"""pydantic's findings in an operator's words: what is wrong with a key, and how to mend it."""

from collections.abc import Mapping
from typing import Any

from aggregator.config.keys import KeyPath, toml_pair, toml_value, write_key
from aggregator.config.values import Wrong, did_you_mean, quoted

Schema = Mapping[str, Any]

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
}
_PLAIN = {"missing": "is required, but missing", "too_short": "should not be empty"}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def explain(error: Mapping[str, Any], schema: Schema) -> tuple[KeyPath, str, str]:
    """One of ValidationError.errors() as (key path, message, mend); `schema` is the file's JSON Schema."""
    path = tuple(step for step in error["loc"] if step != "[key]")
    message, mend = _words(error, path, schema)
    return path, message, mend or _for_example(path, schema)


def node_at(schema: Schema, path: KeyPath) -> Schema:
    """The part of a JSON Schema that describes `path`; empty when nothing does."""
    node = schema
    for step in path:
        table = _resolved(schema, node)
        node = table.get("items", {}) if isinstance(step, int) else _property(table, step)
    return node


def _property(table: Schema, key: str) -> Schema:
    """What describes a key: by its name, or as one of the names the operator gives (languages, lists)."""
    named = table.get("patternProperties", {}).values()
    options = (table.get("properties", {}).get(key), *named, table.get("additionalProperties"))
    return next((option for option in options if option), {})


def keys_at(schema: Schema, path: KeyPath) -> list[str]:
    """The keys that a table at `path` may have."""
    return list(_resolved(schema, node_at(schema, path)).get("properties", {}))


def _words(error: Mapping[str, Any], path: KeyPath, schema: Schema) -> tuple[str, str]:
    kind, value, context = str(error["type"]), error.get("input"), error.get("ctx", {})
    if isinstance(wrong := context.get("error"), Wrong):
        return str(wrong), wrong.mend
    if kind == "extra_forbidden":
        return "unknown key", _known_key(path, schema)
    if kind == "literal_error":
        return f"should be {_as_toml(context['expected'])}, not {_shown(value)}", _choice(value, node_at(schema, path))
    if kind in _WANTED:
        return f"should be {_WANTED[kind]}, not {_kind(value)}", _quotes(kind, value)
    if kind in _BOUNDS:
        bound, relation = _BOUNDS[kind]
        return f"should be {relation} {context[bound]:g}, not {value}", ""
    return _PLAIN.get(kind, str(error["msg"]).lower()), ""


def _known_key(path: KeyPath, schema: Schema) -> str:
    """What an unknown key was probably meant to be, or where it belongs."""
    key, table = str(path[-1]), path[:-1]
    if meant := did_you_mean(key, keys_at(schema, table)):
        return meant
    for size in range(len(table) - 1, -1, -1):
        around = table[:size]
        if key in keys_at(schema, around):
            where = write_key(around) or "the top of the file"
            return f"it belongs to {where}: write it above {write_key(table)}"
    for sibling in keys_at(schema, table[:-1]):
        if key in keys_at(schema, (*table[:-1], sibling)):
            return f"it belongs to [{write_key((*table[:-1], sibling))}]"
    return f"known here: {', '.join(keys_at(schema, table))}"


def _choice(value: object, node: Schema) -> str:
    return did_you_mean(value, node.get("enum", ())) if isinstance(value, str) else ""


def _for_example(path: KeyPath, schema: Schema) -> str:
    """The key with its example value, as the operator would write it."""
    key = str(path[-1]) if path and isinstance(path[-1], str) else ""
    examples = node_at(schema, path).get("examples") if key else None
    if not examples:
        return ""
    if examples[0] == f"[{key}]":
        return f"add [{key}]"
    return f"for example {toml_pair(key, examples[0])}"


def _as_toml(expected: str) -> str:
    return expected.replace("'", '"')


def _resolved(schema: Schema, node: Schema) -> Schema:
    """The table behind a reference or an alternative."""
    if reference := node.get("$ref"):
        return _resolved(schema, schema["$defs"][reference.rpartition("/")[2]])
    tables = [_resolved(schema, option) for option in node.get("anyOf", ())]
    return next((table for table in tables if "properties" in table), node)


def _quotes(kind: str, value: object) -> str:
    return 'write it in quotes: "…"' if kind == "string_type" and not isinstance(value, list | dict) else ""


def _shown(value: object) -> str:
    return quoted(value) if isinstance(value, str) else _kind(value)


def _kind(value: object) -> str:
    """What a TOML value is, for people; numbers as they are."""
    if isinstance(value, bool | int | float):
        return toml_value(value)
    names: dict[type, str] = {str: "text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")
