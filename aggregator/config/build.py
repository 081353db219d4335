"""Validated tables → the nouns of model, with secrets filled in and a digest over all that has an effect."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from aggregator.config.environment import expand
from aggregator.config.tables import (
    AggregatorFile,
    FeedTable,
    FetchTable,
    ListsFile,
    ListTable,
    SiteTable,
    SourceTable,
    TestTable,
    TopicFile,
)
from aggregator.model import Config, Feed, FetchRules, Scope, Site, Source, TermList, Topic, TopicTest


def build(
    top: AggregatorFile,
    sources: Iterable[SourceTable],
    topics: Mapping[str, TopicFile],
    lists: ListsFile | None,
    environ: Mapping[str, str],
) -> Config:
    """All tables as one Config, without warnings; `topics` by id."""
    content: dict[str, Any] = {
        "site": _site(top.site),
        "fetch": _fetch(top.fetch, environ),
        "sources": tuple(_source(source, environ) for source in sources),
        "topics": tuple(topic_of(name, topic) for name, topic in topics.items()),
        "lists": lists_of(lists) if lists else (),
    }
    return Config(**content, digest=digest(content))


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 in hex over the effective content: neither comments nor the split into files nor their order count."""
    ordered = dict(content)
    ordered["sources"] = sorted(content["sources"], key=lambda source: source.id)
    ordered["topics"] = sorted(content["topics"], key=lambda topic: topic.id)
    ordered["lists"] = sorted(content["lists"], key=lambda terms: terms.name)
    canonical = json.dumps(ordered, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> dict[str, Any]:
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} has no place in a configuration")
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _site(table: SiteTable) -> Site:
    return Site(
        title=table.title,
        base_url=table.base_url,
        languages=tuple(table.languages),
        authority=table.authority,
        hold=table.hold,
    )


def _fetch(table: FetchTable, environ: Mapping[str, str]) -> FetchRules:
    return FetchRules(
        contact=table.contact,
        allow=tuple(table.allow),
        ports=tuple(table.ports),
        host_gap=float(table.host_gap),
        timeout=table.timeout,
        max_bytes=table.max_bytes,
        proxy=expand(table.proxy, environ) if table.proxy else None,
    )


def _source(table: SourceTable, environ: Mapping[str, str]) -> Source:
    return Source(
        id=table.id,
        name=table.name,
        url=table.url,
        country=table.country,
        language=table.language,
        feeds=tuple(_feed(table.id, feed) for feed in table.feeds),
        trust=table.trust,
        timezone=table.timezone,
        user_agent=table.user_agent,
        publish=table.publish,
        robots=table.robots,
        headers={name: expand(text, environ) for name, text in table.headers.items()},
        formerly=tuple(table.formerly),
    )


def _feed(source: str, table: FeedTable) -> Feed:
    return Feed(
        source=source,
        url=table.url,
        kind=table.kind,
        content=table.content,
        selectors=table.selectors.model_dump(exclude_none=True) if table.selectors else {},
        interval=table.interval,
        archive=table.archive,
        enabled=table.enabled,
    )


def topic_of(name: str, table: TopicFile) -> Topic:
    """One topic, as written."""
    return Topic(
        id=name,
        title=dict(table.title),
        terms={language: _weights(weights.model_dump()) for language, weights in table.terms.items()},
        min_score=float(table.min_score),
        minus=_weights(table.minus),
        none=_weights(table.none),
        require_any=tuple(table.require_any),
        scope=Scope(tuple(table.scope.sources), tuple(table.scope.languages), tuple(table.scope.countries)),
        private=table.private,
        formerly=tuple(table.formerly),
        match=tuple(map(_test, table.tests.match)),
        reject=tuple(map(_test, table.tests.reject)),
    )


def _weights(terms: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(listed) for key, listed in terms.items() if listed}


def _test(table: TestTable) -> TopicTest:
    return TopicTest(table.title, table.text, table.lang)


def lists_of(file: ListsFile) -> tuple[TermList, ...]:
    """The shared lists of topics/_lists.toml."""
    return tuple(_list(name, table) for name, table in file.root.items())


def _list(name: str, table: ListTable) -> TermList:
    terms: Mapping[str, list[str]] = table.__pydantic_extra__
    return TermList(name, _weights(terms), tuple(table.countries))
