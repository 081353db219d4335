"""Changes the command line makes to sources/*.toml: comments and order stay, and a faulty result is never written.

A change is tried in memory against the whole configuration first, then replaces the file by a rename, under a lock on
the directory, so that neither a reader nor a second editor ever meets half of it.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.config.crosscheck import tables
from aggregator.config.files import TomlFile, Unreadable, parse, read_files, read_text
from aggregator.config.keys import KeyPath, toml_pair, write_key
from aggregator.config.lines import line_of
from aggregator.config.loading import load_directory
from aggregator.config.values import did_you_mean
from aggregator.errors import AggregatorError, ConfigError, Fault, NotFound

if TYPE_CHECKING:
    from tomlkit.items import Item

Table = Mapping[str, Any]

_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_LINE_NUMBER = re.compile(r"(?<=:)\d+|(?<=line )\d+")


def add_source(
    directory: Path, source_table: Table, file: str | None = None, *, environ: Mapping[str, str] = os.environ
) -> Path:
    """Append one source, keys as in sources/*.toml (None is left out), and say to which file.

    `file` is a name within sources/; without it the country's code names it, else `added`. Raises ConfigError, and
    writes nothing, when the configuration would have faults that it has not now; AggregatorError when the disk refuses.
    """
    return add_sources(directory, [source_table], file, environ=environ)[0]


def add_sources(
    directory: Path, source_tables: Sequence[Table], file: str | None = None, *, environ: Mapping[str, str] = os.environ
) -> tuple[Path, ...]:
    """Like add_source for many at once, all or none: the file of each, in their order."""
    with _locked(directory):
        paths = tuple(_path_for(directory, table, file) for table in source_tables)
        added: dict[Path, list[Table]] = defaultdict(list)
        for path, table in zip(paths, source_tables, strict=True):
            added[path].append(table)
        texts = {path: _with_sources(path, new) for path, new in added.items()}
        _commit(directory, texts, environ)
    return paths


def set_enabled(
    directory: Path, source_id: str, enabled: bool, *, environ: Mapping[str, str] = os.environ
) -> tuple[Path, int]:
    """Enable or disable all feeds of a source: its file, and how many feeds were changed.

    Raises NotFound for an unknown id, ConfigError when the file cannot be read, or would get new faults.
    """
    with _locked(directory):
        file, path = _find(directory, source_id)
        text, changed = _switched(file.text, path, enabled)
        if changed:
            _commit(directory, {Path(file.name): text}, environ)
    return Path(file.name), changed


def place(directory: Path, source_id: str) -> tuple[str, int]:
    """The file and line where a source is written. Raises NotFound for an unknown id, ConfigError as set_enabled."""
    file, path = _find(directory, source_id)
    return file.name, file.line(path)


def flaws(source_table: Table) -> tuple[tuple[str, str], ...]:
    """What is wrong with a source that is to be added: (key, what and how to mend it); empty when it may stand.

    Keys are those of the source (`country`, `feeds[0].url`): it has no file and line yet that anybody could look at.
    """
    from pydantic import ValidationError

    from aggregator.config.tables import SourceTable
    from aggregator.config.words import explain

    try:
        SourceTable.model_validate({key: value for key, value in source_table.items() if value is not None})
    except ValidationError as error:
        schema = SourceTable.model_json_schema()
        found = [explain(one, schema) for one in error.errors(include_url=False)]
        return tuple((write_key(path), f"{text} ({mend})" if mend else text) for path, text, mend in found)
    return ()


# ---------------------------------------------------------------- texts


def _path_for(directory: Path, table: Table, file: str | None) -> Path:
    country = str(table.get("country") or "")
    stem = country.lower() if country.isascii() and country.isalpha() else "added"
    name = file or f"{stem}.toml"
    path = directory / "sources" / (name if name.endswith(".toml") else f"{name}.toml")
    if not _FILE_NAME.fullmatch(name):
        raise ConfigError(
            (Fault(str(path), 1, "file", "is not the name of a file in sources/", "for example kz.toml"),)
        )
    return path


def _with_sources(path: Path, added: Sequence[Table]) -> str:
    """The file's text with sources at its end; what is there stays byte for byte, wherever TOML allows it."""
    text = read_text(path) if path.exists() else ""
    parse(str(path), text)
    blocks = [f"[[source]]\n{_pairs(table)}" for table in added]
    longer = "\n".join([f"{text.rstrip()}\n", *blocks] if text.strip() else blocks)
    try:
        parse(str(path), longer)
    except Unreadable:  # source = [{ … }]: no header can add to it
        return _with_elements(text, added)
    return longer


def _pairs(table: Table) -> str:
    return "".join(f"{toml_pair(key, value)}\n" for key, value in table.items() if value is not None)


def _with_elements(text: str, added: Sequence[Table]) -> str:
    import tomlkit

    document: Any = tomlkit.parse(text)
    for table in added:
        document["source"].append(tomlkit.parse(toml_pair("source", table))["source"])
    return tomlkit.dumps(document)


def _find(directory: Path, source_id: str) -> tuple[TomlFile, KeyPath]:
    files, faults = read_files(directory)
    known = {str(table.get("id")): (file, path) for file, path, table in tables(files, "source")}
    if source_id in known:
        return known[source_id]
    if broken := tuple(fault for fault in faults if "sources" in Path(fault.file).parts):
        raise ConfigError(broken)  # it may well stand there
    hint = did_you_mean(source_id, known)
    raise NotFound(f"there is no source {source_id}" + (f": {hint}" if hint else ""))


def _switched(text: str, path: KeyPath, enabled: bool) -> tuple[str, int]:
    """The text with `enabled` set on the feeds of the source at `path`, and how many feeds that changed."""
    import tomlkit
    from tomlkit.items import InlineTable

    document: Any = tomlkit.parse(text)
    feeds = document[path[0]][path[1]].get("feeds", [])
    off = {index: feed for index, feed in enumerate(feeds) if feed.get("enabled", True) is not enabled}
    bare = [index for index, feed in off.items() if "enabled" not in feed and not isinstance(feed, InlineTable)]
    for index, feed in off.items():
        if index not in bare:
            feed["enabled"] = _padded(enabled, feed.as_string())
    return _with_lines(tomlkit.dumps(document), [(*path, "feeds", index, "url") for index in bare], enabled), len(off)


def _padded(enabled: bool, table: str) -> "Item":
    """The value, with a space behind it where it becomes the last of an inline table that has one there."""
    import tomlkit

    item = tomlkit.item(enabled)
    if "enabled" not in table and table.endswith(" }"):
        item.trivia.trail = " "
    return item


def _with_lines(text: str, keys: Sequence[KeyPath], enabled: bool) -> str:
    """`enabled` in a line of its own behind each of `keys`: at a table's end it would follow the next one's comment."""
    lines = text.split("\n")
    for number in sorted((line_of(text, key) for key in keys), reverse=True):
        above = lines[number - 1]
        indent, end = above[: len(above) - len(above.lstrip())], "\r" * above.endswith("\r")
        lines.insert(number, f"{indent}{toml_pair('enabled', enabled)}{end}")
    return "\n".join(lines)


# ---------------------------------------------------------------- files


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One editor at a time. What cannot be read or written is a fault of the configuration."""
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise ConfigError((_unusable(directory, error),)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    except Unreadable as unreadable:
        raise ConfigError((unreadable.fault,)) from None
    finally:
        os.close(descriptor)


def _commit(directory: Path, texts: Mapping[Path, str], environ: Mapping[str, str]) -> None:
    """Write all texts, unless they bring faults that the configuration has not now."""
    if faults := _faults(directory, environ, texts):
        known = {_essence(fault) for fault in _faults(directory, environ, {})}
        if new := tuple(fault for fault in faults if _essence(fault) not in known):
            raise ConfigError(new)
    staged: dict[Path, Path] = {}
    path = directory
    try:
        for path, text in texts.items():
            staged[path] = _stage(path, text)
        for path, draft in staged.items():
            draft.replace(path.resolve())
    except OSError as error:
        raise AggregatorError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        for draft in staged.values():
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _stage(path: Path, text: str) -> Path:
    """The text in a hidden file beside its target, on the disk, with the target's mode."""
    target = path.resolve()
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with draft.open("x", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if target.exists():
        shutil.copymode(target, draft)
    return draft


def _faults(directory: Path, environ: Mapping[str, str], texts: Mapping[Path, str]) -> tuple[Fault, ...]:
    try:
        load_directory(directory, environ, texts)
    except ConfigError as error:
        return error.faults
    return ()


def _essence(fault: Fault) -> tuple[str, str, str]:
    """What stays of a fault when lines move."""
    return fault.file, fault.key, _LINE_NUMBER.sub("", fault.message)


def _unusable(path: Path, error: OSError) -> Fault:
    return Fault(str(path), 1, "file", f"cannot be used: {(error.strerror or str(error)).lower()}")
