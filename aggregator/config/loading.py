"""config/ as a whole: read, validate, cross-check, build; all faults at once or none."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.config.crosscheck import cross_faults
from aggregator.config.files import TomlFile, Unreadable, parse, read_files, read_text, topic_path
from aggregator.config.keys import KeyPath, read_key
from aggregator.config.lines import line_of
from aggregator.config.lint import warnings
from aggregator.config.salvage import readable_rules
from aggregator.errors import ConfigError, Fault
from aggregator.model import Config

if TYPE_CHECKING:
    from pydantic import BaseModel


def load_directory(directory: Path, environ: Mapping[str, str], replaced: Mapping[Path, str] | None = None) -> Config:
    """The configuration in `directory`, or ConfigError with every fault; `replaced` tries texts not yet on disk."""
    from dataclasses import replace

    files, unreadable = read_files(directory, replaced)
    tables, invalid = _validated(files)
    faults = [*unreadable, *invalid, *cross_faults(files, environ)]
    if faults:
        raise ConfigError(tuple(faults), *readable_rules(files))
    config = _built(files, tables, environ)
    return replace(config, warnings=warnings(directory, files, config))


def locate_key(directory: Path, owner: str, key_path: str | KeyPath, text: str = "") -> tuple[str, int]:
    """The file of a topic, `_lists` or `@list`, and the line of `key_path`, or of its element `text`, in it."""
    path = topic_path(directory, "_lists" if owner.startswith("@") else owner)
    key = read_key(key_path) if isinstance(key_path, str) else key_path
    key = (owner[1:], *key) if owner.startswith("@") else key
    try:
        content = read_text(path)
        data = parse(str(path), content)
    except Unreadable as unreadable:
        return str(path), unreadable.fault.line
    return str(path), line_of(content, _element(data, key, text))


def _element(data: Any, key: KeyPath, text: str) -> KeyPath:
    """The key of the element `text` (a test may be a table with that title) in the list at `key`; else `key` itself."""
    for step in key:
        data = data.get(step) if isinstance(data, dict) else None
    listed = data if isinstance(data, list) and text else []
    names = [item.get("title") if isinstance(item, dict) else item for item in listed]
    return (*key, names.index(text)) if text in names else key


def _validated(files: Sequence[TomlFile]) -> tuple[list["BaseModel"], list[Fault]]:
    """Each file as its model; what is wrong goes to the faults, and the file out of the list."""
    from pydantic import ValidationError

    models: list[BaseModel] = []
    faults: list[Fault] = []
    for file in files:
        try:
            models.append(_model(file.kind).model_validate(file.data))
        except ValidationError as error:
            faults.extend(_faults(file, error.errors(include_url=False)))
    return models, faults


def _model(kind: str) -> type["BaseModel"]:
    from aggregator.config import tables

    models: dict[str, type[BaseModel]] = {
        "aggregator": tables.AggregatorFile,
        "sources": tables.SourcesFile,
        "topic": tables.TopicFile,
        "lists": tables.ListsFile,
    }
    return models[kind]


@lru_cache(maxsize=4)
def _schema(kind: str) -> dict[str, Any]:
    return _model(kind).model_json_schema()


def _faults(file: TomlFile, errors: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    from aggregator.config.words import explain

    schema = _schema(file.kind)
    return (file.fault(*explain(error, schema)) for error in errors)


def _built(files: Sequence[TomlFile], models: Sequence["BaseModel"], environ: Mapping[str, str]) -> Config:
    from aggregator.config import tables
    from aggregator.config.build import build

    top = next(model for model in models if isinstance(model, tables.AggregatorFile))
    sources = [source for model in models if isinstance(model, tables.SourcesFile) for source in model.source]
    lists = next((model for model in models if isinstance(model, tables.ListsFile)), None)
    pairs = zip(files, models, strict=True)
    topics = {file.stem: model for file, model in pairs if isinstance(model, tables.TopicFile)}
    return build(top, sources, topics, lists, environ)


def schemas_by_kind() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each kind of file."""
    return {kind: _closed(_schema(kind)) for kind in ("aggregator", "sources", "topic", "lists")}


def _closed(node: Any) -> Any:
    """A schema whose tables refuse names that fit no pattern, as the models do."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(item) for key, item in node.items()}
    return {"additionalProperties": False, **closed} if "patternProperties" in node else closed
