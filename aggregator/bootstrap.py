"""From an operator's settings to the tools the pipeline works with: store, live rules, fetcher, clock.

The live configuration is what the database says: the operator's files, activated as a whole by one process. A broken
edit changes nothing; the work goes on under the last live files.
"""

import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, Protocol, TypeVar

from aggregator import config as configuration
from aggregator import normalise, publish, schedule, store, topics
from aggregator.errors import ConfigError, FetchError, ParseError
from aggregator.model import (
    Batch,
    Chain,
    Claim,
    Config,
    Document,
    Feed,
    FetchRules,
    Job,
    Pace,
    Polled,
    Publication,
    Seconds,
    Site,
    Source,
    Standing,
    StoredStory,
)
from aggregator.text.hosts import registrable

if TYPE_CHECKING:
    from aggregator.fetch import Fetcher
    from aggregator.store import Db, Store

T = TypeVar("T")
P = ParamSpec("P")
PAGES_A_POLL = 40
"""Entries of one document whose pages are read at a poll; of a feed without texts the others wait for later polls."""


@dataclass(frozen=True, slots=True)
class Live:
    """The configuration in force, with look-ups ready. `rules` are compiled; `number` is their row."""

    config: Config
    sources: Mapping[str, Source]
    feeds: Mapping[tuple[str, str], Feed]
    rules: bytes
    number: int
    tag: str

    @property
    def topic_ids(self) -> tuple[str, ...]:
        return tuple(topic.id for topic in self.config.topics)

    @property
    def trust(self) -> Mapping[str, int]:
        return {source.id: source.trust for source in self.config.sources}

    def publication(
        self, name: str, standing: Standing, now: Seconds | None, archive: int | None = None, upto: int | None = None
    ) -> Publication:
        """A feed, or its archive page so-and-so (as far as entry `upto`), as rendered at `now`, else at its last change."""
        site = self.config.site
        public = [topic for topic in self.config.topics if not topic.private or topic.id == name]
        titles = {topic.id: topic.title for topic in public}
        items = [
            publish.item(trimmed(story), sources=self.sources, site=site, topic_titles=titles, tag=self.tag)
            for story in standing.stories
        ]
        own = titles.get(name) or dict.fromkeys(site.languages, site.title)
        private = any(topic.private and topic.id == name for topic in self.config.topics)
        named = standing.served and archive is None and not private
        return publish.publication(
            name, own, items, site=site, tag=self.tag, tombstones=standing.tombstones,
            chain=Chain(standing.sealed, standing.tail, archive, upto), updated=now,
            path=publish.private_path(name) if private else None,
            hub=publish.hub_address(site) if named else None,
        )  # fmt: skip


# ---------------------------------------------------------------- opening


def open_store(url: str) -> "Store":
    """The database, at this program's schema. Errors: DatabaseUnavailable, SchemaOutdated."""
    opened = store.Store(url)
    store.schema.ensure(opened)
    return opened


def open_live(opened: "Store", directory: Path, now: Seconds) -> tuple[Live, ConfigError | None]:
    """Activate the files of `directory`; when they are broken, the last live ones and the error.

    Errors: ConfigError when they are broken and nothing was ever live.
    """
    try:
        loaded = configuration.load(directory)
    except ConfigError as error:
        last = _last_live(opened, error)
        _tell_operator(opened, [str(fault) for fault in error.faults], now)
        return last, error
    live = activate(opened, loaded, files_of(directory), now)
    _tell_operator(opened, [], now)
    return live, None


def _tell_operator(opened: "Store", faults: Sequence[str], now: Seconds) -> None:
    """The operations feed says that the configuration is refused, or that it is well again. Mostly costs one query."""
    with opened.reading() as db:
        known = store.incidents.refused(db)
    if known != (faults or None):
        with opened.writing() as db:
            store.incidents.configuration(db, faults, now)


def files_of(directory: Path) -> dict[str, str]:
    """The operator's files as they stand: relative path → text. Drafts of editors (hidden files) are none."""
    paths = [path for path in sorted(directory.rglob("*.toml")) if not path.name.startswith(".") and path.is_file()]
    return {path.relative_to(directory).as_posix(): path.read_text(encoding="utf-8-sig") for path in paths}


def in_force(opened: "Store", directory: Path) -> bool:
    """Whether the files of `directory` are those of the live configuration."""
    with opened.reading() as db:
        return store.live.files(db) == _packed(files_of(directory))


def settled(opened: "Store", directory: Path) -> bool:
    """Whether the files of `directory` ask for nothing: they are live, or gave way to newer ones and nobody touched them."""
    return in_force(opened, directory) or gave_way(opened, directory) is not None


def files_in_force(db: "Db") -> dict[str, str]:
    """The operator's files as they were when they last went live: relative path → text."""
    found = store.live.files(db)
    return {} if found is None else dict(json.loads(found))


@contextmanager
def laid_out(files: Mapping[str, str]) -> Iterator[Path]:
    """The files in a directory of their own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in files.items():
            path = Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield Path(directory)


def _packed(files: Mapping[str, str]) -> str:
    return json.dumps(dict(files), ensure_ascii=False)


def activate(opened: "Store", config: Config, files: Mapping[str, str], now: Seconds) -> Live:
    """Make a valid configuration the live one, in one transaction. Unchanged, it costs one query."""
    digest = topics.digest(config.topics, config.lists)
    with opened.reading() as db:
        same = store.live.config_digest(db) == config.digest and store.rules.active(db)
        held = store.rules.content(db, digest)
    compiled = held or topics.compile_rules(config.topics, config.lists).to_bytes()
    with opened.writing() if not same else opened.reading() as db:
        return _live(db, config, compiled) if same else renewed(db, config, files, compiled, now)


def renewed(db: "Db", config: Config, files: Mapping[str, str], compiled: bytes, now: Seconds) -> Live:
    """A valid configuration and its compiled rules, made the live ones in a transaction of the caller's."""
    _renew(db, config, files, topics.digest(config.topics, config.lists), compiled, now)
    return _live(db, config, compiled)


def _renew(db: "Db", config: Config, files: Mapping[str, str], digest: str, compiled: bytes, now: Seconds) -> None:
    store.rules.activate(db, digest, compiled, now)  # first: its lock lets one process after another through
    for source in config.sources:
        for old in source.formerly:
            store.feeds.rename_source(db, old, source.id)
    for topic in config.topics:
        for old in topic.formerly:
            store.publications.rename(db, old, topic.id)
    store.feeds.sync(db, [(feed, registrable(feed.url)) for s in config.sources for feed in s.feeds], now)
    feeds = [*(topic.id for topic in config.topics), store.entries.EVERYTHING]
    store.publications.sync(db, feeds, now)
    store.entries.mark_dirty(db, feeds, now)  # titles, addresses and names of sources stand in all of them
    store.live.keep(db, config.digest, _packed(files), tag_of(db, config.site))


def _live(db: "Db", config: Config, compiled: bytes) -> Live:
    active = store.rules.active(db)
    assert active is not None  # activate wrote it
    feeds = {(feed.source, feed.url): feed for source in config.sources for feed in source.feeds}
    sources = {source.id: source for source in config.sources}
    return Live(config, sources, feeds, compiled, active[0], tag_of(db, config.site))


def tag_of(db: "Db", site: Site) -> str:
    """The beginning of our tag: URIs: written down when this database is first used, and never changed."""
    held = store.live.tag(db)
    return held or publish.tag(publish.authority(site), datetime.now(UTC).year)


def replaced(opened: "Store", live: Live) -> Live | None:
    """What another process has made live since, or None: the newest activation holds for all who share a database."""
    with opened.reading() as db:
        active = store.rules.active(db)
    return None if active is None or active[0] == live.number else _held(opened)


def gave_way(opened: "Store", directory: Path) -> Live | None:
    """What another process made live after these files were, when nobody touched them since; else None.

    Two cron jobs with different configurations over one database would otherwise match its archive back and forth.
    """
    if in_force(opened, directory):
        return None
    try:
        loaded = configuration.load(directory)
    except ConfigError:
        return None
    with opened.reading() as db:
        since = store.rules.replaced(db, topics.digest(loaded.topics, loaded.lists))
    return _held(opened) if since is not None and _last_touched(directory) < since else None


def _last_touched(directory: Path) -> float:
    """When a file was last written, renamed or put here, or the directory itself switched to another."""
    return max(path.lstat().st_ctime for path in (directory, *directory.rglob("*")))


def _last_live(opened: "Store", error: ConfigError) -> Live:
    held = _held(opened)
    if held is None:
        raise error
    return held


def _held(opened: "Store") -> Live | None:
    """The live configuration as the database keeps it."""
    with opened.reading() as db:
        files, active = store.live.files(db), store.rules.active(db)
        compiled = store.rules.content(db, active[1]) if active else None
    if files is None or active is None or compiled is None:
        return None
    with laid_out(json.loads(files)) as directory:
        loaded = configuration.load(directory)
    with opened.reading() as db:
        return _live(db, loaded, compiled)


# ---------------------------------------------------------------- what the pipeline works with


class Write(Protocol):
    """The writer's door: `await write(work, …)` runs `work(db, …)` in a transaction and hands back its result."""

    async def __call__(self, work: "Callable[Concatenate[Db, P], T]", /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@dataclass(slots=True)
class Tools:
    """The pipeline's connections to the world. `prepare` and `write` are the worker's pool and writer; `paced` is told of
    each poll and the pace that follows.
    """

    live: Live
    store: "Store"
    fetcher: "Fetcher"
    prepare: Callable[[Job], Awaitable[Batch]]
    write: "Write"
    clock: Callable[[], float] = time.time
    paced: Callable[[Claim, Polled, Pace], None] = lambda *_: None

    def now(self) -> Seconds:
        return int(self.clock())

    def feed(self, claim: Claim) -> Feed:
        """The configured feed of a claim; one whose configuration went away meanwhile is read as a plain feed."""
        return self.live.feeds.get((claim.source, claim.configured_url)) or Feed(claim.source, claim.configured_url)

    def source(self, claim: Claim) -> Source:
        known = self.live.sources.get(claim.source)
        return known or Source(claim.source, claim.source, claim.url, "INT", "und")

    async def fetch(self, claim: Claim) -> Document:
        """The feed's document. Errors: FetchError."""
        from aggregator.fetch import Request

        source, is_page = self.source(claim), self.feed(claim).kind in {"page", "channel"}
        accept: Literal["page", "feed"] = "page" if is_page else "feed"
        return await self.fetcher.get(
            Request(
                claim.url, claim.validators, user_agent=source.user_agent, headers=source.headers, accept=accept,
                robots=source.robots and is_page, delta=not is_page and not claim.pace.failures,
            )
        )  # fmt: skip

    async def read_pages(self, links: Sequence[str], claim: Claim) -> dict[str, Document]:
        """The pages behind entries without text; one that cannot be read leaves its entry with its title."""
        from aggregator.fetch import Request

        source, pages = self.source(claim), {}
        for link in links:
            try:
                request = Request(link, user_agent=source.user_agent, accept="page", robots=source.robots)
                pages[link] = await self.fetcher.get(request)
            except (FetchError, ParseError):
                continue
        return pages

    def job(self, document: Document, claim: Claim) -> Job:
        feed = self.feed(claim)
        return Job(
            document, feed, self.source(claim), self.live.config.site.languages, self.now(), claim.window, claim.boilerplate,
            claim.kept, rules=self.live.number, most=PAGES_A_POLL if feed.content == "page" else None,
        )  # fmt: skip

    def pace(self, claim: Claim, polled: Polled) -> Pace:
        """When to poll next."""
        pace, interval = schedule.mend(claim.pace, polled.at), self.feed(claim).interval
        then = schedule.after(pace, polled, interval=interval, jitter=random.uniform(-1, 1), pushed=claim.pushed)
        self.paced(claim, polled, then)
        return then


def callback_rules(live: Live) -> FetchRules:
    """How callbacks of our hub are called: under the guard of all addresses, but without pause, for they asked for it."""
    return replace(live.config.fetch, host_gap=0.0, timeout=min(live.config.fetch.timeout, 10.0), max_bytes=65_536)


def trimmed(story: StoredStory) -> StoredStory:
    """The story with the site's boilerplate cut from the html of its reports as it was from their text."""
    reports = (replace(one, html=normalise.trim(one.html, one.text)) if one.html else one for one in story.reports)
    return replace(story, reports=tuple(reports))
