"""The files of a configuration directory: found, read, decoded and parsed; nothing is judged but TOML itself."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from aggregator.config.keys import KeyPath, write_key
from aggregator.config.lines import line_of
from aggregator.errors import Fault

Kind: TypeAlias = Literal["aggregator", "sources", "topic", "lists"]
LISTS = "_lists.toml"

_POSITION = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)
_MENDS = {
    "Cannot overwrite": "the key stands there twice: keep one",
    "Cannot declare": "the table stands there twice: keep one",
    "Illegal character": 'close the text with " on its line, or write it in """three quotes"""',
    "Invalid hex value": "write \\\\ for a backslash, or put the text in 'single quotes'",
    "Unescaped": "write \\\\ for a backslash, or put the text in 'single quotes'",
    "Invalid value": 'text stands in quotes: key = "text"',
    "Expected '=' after a key": 'write key = "value", keys with spaces or other letters in quotes',
    "Expected ']' at the end": "close the header: [table] or [[table]]",
    "Unclosed array": "close it with ] and separate elements by commas",
    "Unclosed inline table": "close it with } on its line and separate pairs by commas",
    "Expected newline or end": "write one key on a line",
}


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file as read. `name` is its path as the operator would type it, `stem` its name without folder and suffix."""

    name: str
    kind: Kind
    stem: str
    text: str
    data: Mapping[str, Any]

    def line(self, path: KeyPath) -> int:
        """Where `path` stands, or the table that should hold it; from 1."""
        return line_of(self.text, path)

    def fault(self, path: KeyPath, message: str, mend: str = "") -> Fault:
        """A fault at `path`."""
        return Fault(self.name, self.line(path), write_key(path), message, mend)


class Unreadable(Exception):
    """A file of which nothing can be used; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def read_files(directory: Path, replaced: Mapping[Path, str] | None = None) -> tuple[list[TomlFile], list[Fault]]:
    """All files of `directory` that make up the configuration, and the faults of those that cannot be read.

    `replaced` gives texts to take instead of what is on disk, to try an edit before it is made.
    """
    if not directory.is_dir():
        problem = "is not a directory" if directory.exists() else "there is no such directory"
        return [], [Fault(str(directory), 1, "directory", problem, "name it with --config or AGGREGATOR_CONFIG")]
    files: list[TomlFile] = []
    faults: list[Fault] = []
    for kind, path in _paths(directory, replaced or {}, faults):
        try:
            files.append(_read(kind, path, (replaced or {}).get(path)))
        except Unreadable as unreadable:
            faults.append(unreadable.fault)
    return files, faults


def topic_path(directory: Path, stem: str) -> Path:
    """Where the topic of that id (or `_lists`) is written."""
    return directory / "topics" / f"{stem}.toml"


def read_text(path: Path) -> str:
    """The text of a file, without a byte order mark; Unreadable when it cannot be had."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Unreadable(Fault(str(path), 1, "file", f"cannot be read: {reason}")) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(_encoding_fault(path, raw, error.start)) from None


def parse(name: str, text: str) -> dict[str, Any]:
    """TOML as data; Unreadable with line and column when it is none."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Unreadable(Fault(name, 1, "syntax", "is nested too deeply")) from None
    except ValueError as error:
        raise Unreadable(_syntax_fault(name, text, str(error))) from None


def _paths(directory: Path, replaced: Mapping[Path, str], faults: list[Fault]) -> Iterator[tuple[Kind, Path]]:
    yield "aggregator", directory / "aggregator.toml"
    for path in _listed(directory / "sources", replaced, faults):
        yield "sources", path
    for path in _listed(directory / "topics", replaced, faults):
        yield "lists" if path.name == LISTS else "topic", path


def _listed(folder: Path, replaced: Mapping[Path, str], faults: list[Fault]) -> list[Path]:
    """The TOML files of a folder in the order of their names, without editors' hidden ones."""
    try:
        found = set(folder.iterdir())
    except FileNotFoundError:
        found = set()
    except OSError as error:
        faults.append(Fault(str(folder), 1, "directory", f"cannot be read: {(error.strerror or '').lower()}"))
        return []
    found |= {path for path in replaced if path.parent == folder}
    return sorted(path for path in found if path.suffix == ".toml" and not path.name.startswith("."))


def _read(kind: Kind, path: Path, text: str | None) -> TomlFile:
    if kind == "aggregator" and text is None and not path.exists():
        raise Unreadable(Fault(str(path), 1, "file", "there is no such file", "it needs [site] and may have [fetch]"))
    content = read_text(path) if text is None else text
    return TomlFile(str(path), kind, path.stem, content, parse(str(path), content))


def _encoding_fault(path: Path, raw: bytes, start: int) -> Fault:
    before = raw[:start]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    message = f"is not UTF-8: byte 0x{raw[start]:02x} at column {column}"
    return Fault(str(path), line, "encoding", message, "save the file as UTF-8")


def _syntax_fault(name: str, text: str, error: str) -> Fault:
    found = _POSITION.match(error)
    what, line, column = found.groups() if found else (error, None, None)
    end = len(text.rstrip("\n").split("\n"))
    where = f" at column {column}" if column else " at the end of the file" if found else ""
    mend = next((mend for start, mend in _MENDS.items() if what.startswith(start)), "")
    return Fault(name, int(line or (end if found else 1)), "syntax", f"{what}{where}", mend)
