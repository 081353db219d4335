"""What no single value can tell: ids used twice, lists that do not exist, keys that need each other.

The checks read the files as parsed, not as validated, so that a fault in one key hides none elsewhere; what has not
even the right type is left to tables.py.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from aggregator.config.environment import expand
from aggregator.config.files import TomlFile
from aggregator.config.keys import KeyPath
from aggregator.config.values import RESERVED_TOPICS, Wrong, did_you_mean, identifier, quoted
from aggregator.errors import Fault

Leaf = tuple[TomlFile, KeyPath, str]
"""A text, and where it stands."""

LIST_NAME = re.compile(r"(?<!\S)@([\w-]+)(?!\S)")
RULES = ("terms", "minus", "none", "require_any")


def cross_faults(files: Sequence[TomlFile], environ: Mapping[str, str]) -> Iterator[Fault]:
    """Everything that is wrong between the keys and files of a configuration."""
    source_ids, topic_ids = list(sources(files, "id")), list(_topic_ids(files))
    yield from _topic_names(topic_ids)
    yield from _twice(source_ids, "source id")
    yield from _former(source_ids, list(sources(files, "formerly")), "source")
    yield from _former(topic_ids, list(_formerly_topics(files)), "topic")
    yield from _feeds(files)
    yield from _unknown_lists(files)
    yield from _secrets(files, environ)


def leaves(file: TomlFile, path: KeyPath) -> Iterator[Leaf]:
    """The texts at or under `path`, in the order of the file."""
    value: Any = file.data
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    yield from _texts(file, path, value)


def sources(files: Sequence[TomlFile], key: str) -> Iterator[Leaf]:
    """The texts under `key` of every source."""
    for file, path, source in tables(files, "source"):
        yield from _texts(file, (*path, key), source.get(key))


def feeds(files: Sequence[TomlFile]) -> Iterator[tuple[TomlFile, KeyPath, Mapping[str, Any]]]:
    """Every feed that is a table."""
    for file, path, source in tables(files, "source"):
        yield from _tables_in(file, (*path, "feeds"), source.get("feeds"))


def tables(files: Sequence[TomlFile], key: str) -> Iterator[tuple[TomlFile, KeyPath, Mapping[str, Any]]]:
    """The tables of a sources file's array `key`."""
    for file in of_kind(files, "sources"):
        yield from _tables_in(file, (key,), file.data.get(key))


def of_kind(files: Sequence[TomlFile], kind: str) -> Iterator[TomlFile]:
    """The files of one kind."""
    return (file for file in files if file.kind == kind)


# ---------------------------------------------------------------- ids


def _topic_ids(files: Sequence[TomlFile]) -> Iterator[Leaf]:
    return ((file, (), file.stem) for file in of_kind(files, "topic"))


def _formerly_topics(files: Sequence[TomlFile]) -> Iterator[Leaf]:
    for file in of_kind(files, "topic"):
        yield from leaves(file, ("formerly",))


def _topic_names(topics: Sequence[Leaf]) -> Iterator[Fault]:
    """A topic's id is the name of its file."""
    for file, _, name in topics:
        if name in RESERVED_TOPICS:
            message, mend = f"the topic id {name} is reserved", "rename the file"
        elif wrong := _wrong(identifier, name):
            message, mend = f"the file's name is the topic's id, and {wrong}", f"rename the file: {wrong.mend}"
        else:
            continue
        yield Fault(file.name, 1, "id", message, mend)


def _twice(ids: Sequence[Leaf], what: str) -> Iterator[Fault]:
    first: dict[str, Leaf] = {}
    for leaf in ids:
        file, path, name = leaf
        if (known := first.setdefault(name, leaf)) is not leaf:
            message = f"{what} {quoted(name)} is used twice: here and at {_place(*known[:2])}"
            yield file.fault(path, message, "an id names one source: change one of them, or merge their feeds")


def _former(ids: Sequence[Leaf], former: Sequence[Leaf], what: str) -> Iterator[Fault]:
    """An old id leads to one place, and not to one that is still in use."""
    taken = {name: (file, path) for file, path, name in reversed(ids)}
    for file, path, name in former:
        if what == "topic" and name in RESERVED_TOPICS:
            yield file.fault(path, f"the topic id {name} is reserved", "remove it")
        elif name in taken:
            place = _place(*taken[name])
            yield file.fault(path, f"{quoted(name)} is still in use at {place}", f"remove it, or rename that {what}")
        taken.setdefault(name, (file, path))


def _place(file: TomlFile, path: KeyPath) -> str:
    return f"{file.name}:{file.line(path)}"


# ---------------------------------------------------------------- feeds, lists, secrets


def _feeds(files: Sequence[TomlFile]) -> Iterator[Fault]:
    seen: dict[tuple[str, object, object], KeyPath] = {}
    for file, path, feed in feeds(files):
        if feed.get("kind") == "page":
            yield from _page(file, path, feed.get("selectors"))
        url = feed.get("url")
        first = seen.setdefault((file.name, path[1], url), path) if isinstance(url, str) else path
        if first != path:
            message = f"the source has this address already, at line {file.line((*first, 'url'))}"
            yield file.fault((*path, "url"), message, "remove one of the two")


def _page(file: TomlFile, path: KeyPath, selectors: object) -> Iterator[Fault]:
    if not selectors:
        mend = 'for example selectors = { item = "article", link = "h2 a" }'
        yield file.fault((*path, "selectors"), 'is required for kind = "page"', mend)
    elif isinstance(selectors, dict) and "item" not in selectors:
        mend = 'name the element around each article: item = "article"'
        yield file.fault((*path, "selectors", "item"), 'is required for kind = "page"', mend)


def _unknown_lists(files: Sequence[TomlFile]) -> Iterator[Fault]:
    known = {name for file in of_kind(files, "lists") for name in file.data}
    for topic in of_kind(files, "topic"):
        for key in RULES:
            for file, path, term in leaves(topic, (key,)):
                for name in LIST_NAME.findall(term):
                    if name not in known:
                        mend = did_you_mean(name, known) or f"add [{name}] to topics/_lists.toml"
                        yield file.fault(path, f"there is no list @{name}", mend)


def _secrets(files: Sequence[TomlFile], environ: Mapping[str, str]) -> Iterator[Fault]:
    proxies = [leaf for file in of_kind(files, "aggregator") for leaf in leaves(file, ("fetch", "proxy"))]
    for file, path, text in [*sources(files, "headers"), *proxies]:
        if wrong := _wrong(lambda value: expand(value, environ), text):
            yield file.fault(path, str(wrong), wrong.mend)


# ---------------------------------------------------------------- walking raw data


def _wrong(check: Callable[[str], object], value: str) -> Wrong | None:
    try:
        check(value)
    except Wrong as wrong:
        return wrong
    return None


def _tables_in(file: TomlFile, path: KeyPath, value: object) -> Iterator[tuple[TomlFile, KeyPath, Mapping[str, Any]]]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield file, (*path, index), item


def _texts(file: TomlFile, path: KeyPath, value: object) -> Iterator[Leaf]:
    if isinstance(value, str):
        yield file, path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(file, (*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(file, (*path, index), item)
