"""Keys and values of TOML as text: `source[2].feeds[0].url` is a tuple in the program and this before an operator."""

import json
import re
from collections.abc import Iterable, Mapping

KeyPath = tuple[str | int, ...]
"""Steps from the top of a file: a str names a key, an int counts the elements of an array from 0."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STEP = re.compile(r'\[(\d+)\]|\.?(?:("(?:[^"\\]|\\.)*")|([^.\[\]"]+))')


def write_key(path: Iterable[str | int]) -> str:
    """`("source", 2, "url")` → `source[2].url`; keys that TOML would quote are quoted."""
    return "".join(map(_written, path)).removeprefix(".")


def read_key(key: str) -> KeyPath:
    """The inverse of write_key, as far as the text can be read: what follows a mistake is dropped."""
    steps: list[str | int] = []
    end = 0
    while found := _STEP.match(key, end):
        end = found.end()
        steps.append(_read(*found.groups()))
    return tuple(steps)


def toml_value(value: object) -> str:
    """A value of text, numbers, lists and tables as TOML on one line; None within a table is left out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(toml_pair(key, item) for key, item in value.items() if item is not None)
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, Iterable):
        return f"[{', '.join(map(toml_value, value))}]"
    return str(value)


def toml_pair(key: str, value: object) -> str:
    """`key = value`, the key quoted where TOML asks for it."""
    return f"{_written(key).removeprefix('.')} = {toml_value(value)}"


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _BARE.fullmatch(step) else f".{_quoted(step)}"


def _quoted(text: str) -> str:
    """A TOML basic string: as in JSON, but for DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(index: str | None, quoted: str | None, bare: str | None) -> str | int:
    if index is not None:
        return int(index)
    return bare or str(json.loads(quoted or '""', strict=False))
