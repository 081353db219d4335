"""Feeds at /feeds/: stored renderings straight from memory; archives, queries and redirects behind them."""

import re
import time
from collections.abc import Mapping
from dataclasses import replace

from aggregator import publish, store
from aggregator.bootstrap import trimmed
from aggregator.errors import NotFound
from aggregator.model import Item, Publication, Rendering, Standing, StoredStory
from aggregator.publish.addresses import Format
from aggregator.store import Db
from aggregator.web import queries
from aggregator.web.clients import client_of
from aggregator.web.deltas import Deltas
from aggregator.web.headers import FEED, FRESH_ARCHIVE, FRESH_FEED, ascii_url, feed_links, fresh_for
from aggregator.web.held import Header, Held, Scope, Send
from aggregator.web.problems import Moved, Problem
from aggregator.web.public import EVERYTHING, Public
from aggregator.web.rendering import blake_etag
from aggregator.web.search import Searches
from aggregator.web.service import Service

VARY = b"Accept-Encoding, Sec-Fetch-Dest"
MOST_TOPICS = 10
PAGE_SIZE = 50
"""Entries of a sealed archive page."""

_current = re.compile(r"/feeds/([^/\x00-\x20\x7f]{1,100})\.(atom|rss|json)").fullmatch
_archive = re.compile(
    r"/feeds/([^/\x00-\x20\x7f]{1,100})/archive/([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?\.atom"
).fullmatch
_FORMATS: Mapping[str, Format] = {"atom": "atom", "rss": "rss", "json": "json"}


class Feeds:
    """Answers everything below /feeds/."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.searches = Searches(service)

    async def respond(self, scope: Scope, send: Send) -> int:
        """A GET or HEAD. A poll of a held feed costs one look-up and two messages. Errors: Problem, Moved."""
        service = self.service
        if time.monotonic() >= service.next_look:
            await service.look()
        path = scope["path"]
        held = None if scope["query_string"] else service.feeds.get(path)
        if held is None:
            held = await self._find(scope, path)
        return await held.respond(scope, send)

    async def _find(self, scope: Scope, path: str) -> Held:
        if match := _current(path):
            topic, format_ = match[1], _FORMATS[match[2]]
            if "+" in topic:
                return await self._several(topic, format_, scope)
            await self._exists(topic, f"/feeds/{{}}.{format_}", scope)
            asked = queries.parse(scope["query_string"].decode("latin-1"), self.service.public, self.service.now())
            if asked.is_plain:
                return await self._plain(path, topic, format_)
            return await self._query(topic, format_, asked, client_of(scope))
        if match := _archive(path):
            topic, number, upto = match[1], int(match[2]), int(match[3]) if match[3] else None
            await self._exists(topic, f"/feeds/{{}}/archive/{path.rpartition('/')[2]}", scope)
            return await self._archived(topic, number, upto)
        raise Problem(404, "there is no such feed; /opml lists all of them")

    async def _exists(self, topic: str, path: str, scope: Scope) -> None:
        """Errors: Moved for a former id, Problem 410 for a removed topic, 404 for what never was or is private."""
        public = self.service.public
        if public.has_feed(topic):
            return
        await refuse_topic(self.service, topic, path, scope)

    # ------------------------------------------------------------ the current feed

    async def _plain(self, path: str, topic: str, format_: Format) -> Held:
        service, public = self.service, self.service.public
        version, generation = service.versions.get(topic), service.generation
        held = await service.read(
            lambda db: stored_feed(db, public, topic, format_, service.started, hub=service.has_hub)
        )
        if format_ != "json":
            made = Rendering(format_, publish.MEDIA_TYPES[format_], held.body, held.etag, held.last_modified)
            link = feed_links(public, topic, format_, hub=service.has_hub)
            held.delta = Deltas(service, topic, made, link).since
        if service.versions.get(topic) == version and service.generation == generation:
            service.feeds.put(path, held)
        return held

    # ------------------------------------------------------------ archives and queries

    async def _archived(self, topic: str, number: int, upto: int | None) -> Held:
        public, version = self.service.public, self.service.versions.get(topic)
        key = ("archive", topic, number, upto, version)
        return await self.service.make(key, lambda db: archive_held(db, public, topic, number, upto), seconds=600)

    async def _several(self, joined: str, format_: Format, scope: Scope) -> Held:
        """Several topics in one feed, "a+b": each story once. One spelling of each such feed; the others lead to it."""
        topics = sorted(set(joined.split("+")))
        if not 2 <= len(topics) <= MOST_TOPICS:
            raise Problem(400, f"a feed joins 2 to {MOST_TOPICS} different topics", parameter="topic")
        for topic in topics:
            if topic not in self.service.public.topics:
                others = "+".join("{}" if one == topic else one for one in topics)
                await refuse_topic(self.service, topic, f"/feeds/{others}.{format_}", scope)
        query = scope["query_string"].decode("latin-1")
        if "+".join(topics) != joined:
            raise Moved(f"/feeds/{'+'.join(topics)}.{format_}" + (f"?{query}" if query else ""))
        asked = queries.parse(query, self.service.public, self.service.now())
        return await self._query(joined, format_, asked, client_of(scope))

    async def _query(self, topic: str, format_: Format, asked: queries.Query, client: str) -> Held:
        service = self.service
        public, version = service.public, service.versions.get(EVERYTHING if "+" in topic else topic)
        key = ("query", topic, format_, asked, version)
        return await service.make_for(
            client,
            asked.cost,
            key,
            lambda db: query_held(db, public, topic, format_, asked, self.searches, service.now()),
            seconds=60 if asked.q or asked.since else 600,
        )


async def refuse_topic(service: Service, topic: str, path: str, scope: Scope) -> None:
    """Why a topic is not there: renamed (`path` with the new id in place of {}), removed, private or unknown."""
    public = service.public
    if topic in public.renamed:
        query = scope["query_string"].decode("latin-1")
        raise Moved(path.format(public.renamed[topic]) + (f"?{query}" if query else ""))
    if topic not in public.private and await service.read(
        lambda db: store.publications.is_gone(db, topic, service.now())
    ):
        raise Problem(410, "this topic was removed for good")
    raise Problem(404, "there is no such topic; /opml lists all of them")


def stored_feed(db: Db, public: Public, topic: str, format_: Format, now: int, *, hub: bool = False) -> Held:
    """The rendering as stored; before the first one, an empty feed."""
    headers = [*FEED, fresh_for(FRESH_FEED), feed_links(public, topic, format_, hub=hub)]
    found = store.publications.rendering(db, topic, format_)
    if found is not None:
        return feed_held(found[0], headers, zstd=found[1])
    return feed_held(rendered(publication(public, topic, (), updated=now), format_), headers)


def feed_held(rendering: Rendering, headers: list[Header], zstd: bytes | None = None) -> Held:
    """A feed for readers, and as a page for browsers that open its address."""
    if rendering.format == "json":
        return Held(rendering, headers, zstd=zstd)

    def browser() -> Held:
        page = blake_etag("text/html; charset=utf-8", publish.page(rendering.body), rendering.last_modified)
        return Held(page, headers, vary=VARY)

    return Held(rendering, headers, zstd=zstd, vary=VARY, browser=browser)


def publication(public: Public, topic: str, items: tuple[Item, ...], **more: object) -> Publication:
    make = publish.publication
    return make(topic, public.feed_titles(topic), items, site=public.site, tag=public.live.tag, **more)  # type: ignore[arg-type]


def rendered(feed: Publication, format_: Format) -> Rendering:
    (rendering,) = publish.render(feed, (format_,))
    return rendering


def item(public: Public, story: StoredStory, language: str | None = None) -> Item:
    return publish.item(
        trimmed(story),
        sources=public.sources,
        site=public.site,
        topic_titles=public.titles,
        tag=public.live.tag,
        language=language,
    )


def items(public: Public, stories: tuple[StoredStory, ...], language: str | None = None) -> tuple[Item, ...]:
    """Stories as entries; one whose last report was withdrawn this moment is left out."""
    found = []
    for story in stories:
        try:
            found.append(item(public, story, language))
        except NotFound:
            continue
    return tuple(found)


def archive_held(db: Db, public: Public, topic: str, number: int, upto: int | None = None) -> Held:
    """Errors: Problem 404 when that page is not full yet."""
    feed = archived(db, public, topic, number, upto)
    return feed_held(rendered(feed, "atom"), [*FEED, fresh_for(FRESH_ARCHIVE), archive_links(feed)])


def archived(db: Db, public: Public, topic: str, number: int, upto: int | None) -> Publication:
    """A page of the archive, public or private. `upto` names one that was not full when a feed led to it.

    Errors: Problem 404.
    """
    last = store.publications.last_number(db, topic)
    sealed = last // PAGE_SIZE
    within = (number - 1) * PAGE_SIZE < (upto or number * PAGE_SIZE) <= min(last, number * PAGE_SIZE)
    if not within:
        raise Problem(
            404, f"the archive has {sealed} pages of {PAGE_SIZE} entries; newer entries are in the feed itself"
        )
    stories = store.publications.archive_page(db, topic, number, PAGE_SIZE, upto=upto)
    standing = [one for one in stories if one.reports or one.alias_of is not None]
    return public.live.publication(topic, Standing(tuple(standing), sealed=sealed), None, number, upto)


def archive_links(feed: Publication) -> tuple[bytes, bytes]:
    """RFC 5005, section 4: where the page stands among the others."""
    named = {
        "self": f"{feed.base_url}{feed.path}.atom",
        "current": f"{feed.base_url}{feed.path.partition('/archive/')[0]}.atom",
        "prev-archive": feed.prev_archive,
        "next-archive": feed.next_archive,
    }
    return b"link", ", ".join(f'<{ascii_url(url)}>; rel="{rel}"' for rel, url in named.items() if url).encode("ascii")


def wanted_first(story: StoredStory, asked: queries.Query) -> StoredStory:
    """A story with the reports of the publishers that were asked for in front: one of them is shown."""
    if not asked.sources:
        return story
    return replace(story, reports=tuple(sorted(story.reports, key=lambda one: one.source not in asked.sources)))


def query_held(
    db: Db, public: Public, topic: str, format_: Format, asked: queries.Query, searches: Searches, now: int
) -> Held:
    """Errors: Problem 400 when `q` cannot be read."""
    within = None if asked.q is None else searches.stories(db, asked.q, now)
    stories = store.reading.listed(
        db, topic, language=asked.lang, sources=asked.sources, since=asked.since, limit=asked.limit, within=within
    )
    feed = publication(
        public,
        topic,
        items(public, tuple(wanted_first(story, asked) for story in stories), asked.lang),
        query=asked.canonical,
        language=asked.lang if asked.lang in public.site.languages else None,
        updated=None if stories else now,
    )
    headers = [*FEED, fresh_for(FRESH_FEED), feed_links(public, topic, format_, asked.canonical)]
    return feed_held(rendered(feed, format_), headers)
