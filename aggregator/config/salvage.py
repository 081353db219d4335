"""What can be read of the rules in a configuration with faults, so that one fault hides none of the others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from aggregator.config.crosscheck import LIST_NAME, RULES, leaves, of_kind
from aggregator.config.files import TomlFile
from aggregator.config.keys import KeyPath
from aggregator.model import TermList, Topic

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)


def readable_rules(files: Sequence[TomlFile]) -> tuple[tuple[Topic, ...], tuple[TermList, ...]]:
    """The topics and lists without the values that are at fault themselves.

    A list that cannot be read, or is missing (a fault of its own), stands there empty, so that no term is blamed for it.
    """
    from aggregator.config.build import lists_of, topic_of
    from aggregator.config.tables import ListsFile, TopicFile

    topics = [(file.stem, _sound(TopicFile, file, {"title": {"en": file.stem}})) for file in of_kind(files, "topic")]
    tables = [_sound(ListsFile, file, {}) for file in of_kind(files, "lists")]
    lists = [terms for table in tables if table for terms in lists_of(table)]
    missing = _names_used(files) - {terms.name for terms in lists}
    empty = [TermList(name, {}) for name in sorted(missing)]
    return tuple(topic_of(name, table) for name, table in topics if table), (*lists, *empty)


def _names_used(files: Sequence[TomlFile]) -> set[str]:
    topics = of_kind(files, "topic")
    texts = [text for topic in topics for key in RULES for _, _, text in leaves(topic, (key,))]
    return {name for text in texts for name in LIST_NAME.findall(text)}


def _sound(model: "type[Model]", file: TomlFile, needed: Mapping[str, Any]) -> "Model | None":
    """The file as its model, without what is at fault; None when nothing is left that would do."""
    from pydantic import ValidationError

    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        faulty = [entry["loc"] for entry in error.errors(include_url=False, include_context=False)]
    try:
        return model.model_validate({**_without(file.data, faulty), **needed})
    except ValidationError:
        return None


def _without(data: Mapping[str, Any], paths: Iterable[KeyPath]) -> dict[str, Any]:
    """A copy of TOML data without the values at `paths`; what lacks a key goes whole."""
    gone = {_existing(data, path) for path in paths} - {()}
    return _pruned(dict(data), (), gone)  # type: ignore[no-any-return]


def _existing(data: Any, path: KeyPath) -> KeyPath:
    """The part of a path that leads to something."""
    for depth, step in enumerate(path):
        held = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
        if step not in held:
            return path[:depth]
        data = data[step]
    return path


def _pruned(value: Any, at: KeyPath, gone: set[KeyPath]) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(item, (*at, key), gone) for key, item in value.items() if (*at, key) not in gone}
    if isinstance(value, list):
        return [_pruned(item, (*at, n), gone) for n, item in enumerate(value) if (*at, n) not in gone]
    return value
