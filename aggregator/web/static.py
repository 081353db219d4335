"""The site as files for any web server or object store: the same addresses; pages in one language, or further languages
below /<code>/.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from aggregator import publish, store
from aggregator.bootstrap import Live
from aggregator.model import Seconds
from aggregator.publish.addresses import Format
from aggregator.store import Store
from aggregator.web import pages
from aggregator.web.feeds import PAGE_SIZE, archive_held, stored_feed
from aggregator.web.phrases import Speech, default_language
from aggregator.web.problems import Problem
from aggregator.web.public import EVERYTHING, Public
from aggregator.web.rendering import Reader, asset, assets

File = tuple[str, bytes]

FORMATS: tuple[Format, ...] = ("atom", "rss", "json")
AT_ONCE = 100
"""Stories read in one transaction: an export of years takes its time and must not hold one open all along."""


def site_files(opened: Store, live: Live, now: Seconds, languages: Sequence[str] = ()) -> Iterator[File]:
    """(path, bytes) of every file: `index.html`, `topics/<id>/index.html`, `stories/<slug>/index.html`, feeds, archives,
    `opml` and `static/…`. Pages lie in directories, so that /topics/x leads to one on any server.

    `languages` of the interface, the site's first one unless told; the second and further stand below /<code>/.
    """
    public = Public.of(live)
    editions = tuple(dict.fromkeys(languages)) or (default_language(public.site.languages),)
    yield "opml", publish.opml(public.site, live.config.topics)
    yield from ((f"static/{name}", asset(name)) for name in assets())
    for topic in (*public.topics, EVERYTHING):
        yield from _feeds(opened, public, topic, now)
    for code in editions:
        reader = Reader(Speech(code, now), editions=editions)
        folder = f"{reader.edition(code)}/".lstrip("/")
        for name, body in chain(_pages(opened, public, reader), _stories(opened, public, reader)):
            yield folder + name, body


def _pages(opened: Store, public: Public, reader: Reader) -> Iterator[File]:
    yield "404.html", pages.error(public, reader, Problem(404))
    with opened.reading() as db:
        yield "index.html", pages.home(db, public, reader)
        yield "sources/index.html", pages.sources(db, public, reader)
        for topic in public.topics:
            yield f"topics/{topic}/index.html", pages.topic(db, public, reader, topic)


def _feeds(opened: Store, public: Public, topic: str, now: Seconds) -> Iterator[File]:
    with opened.reading() as db:
        atom = b""
        for format_ in FORMATS:
            body = stored_feed(db, public, topic, format_, now).body
            atom = body if format_ == "atom" else atom
            yield f"feeds/{topic}.{format_}", body
        for number in range(1, store.publications.sealed_pages(db, topic, PAGE_SIZE) + 1):
            yield f"feeds/{topic}/archive/{number}.atom", archive_held(db, public, topic, number).body
        if found := _open_page(atom):
            page, upto = int(found[1]), int(found[2])
            yield f"feeds/{topic}/archive/{page}-{upto}.atom", archive_held(db, public, topic, page, upto).body


_open_page = re.compile(rb'/archive/([0-9]+)-([0-9]+)\.atom" rel="prev-archive"').search
"""The page that the feed as stored leads to, when that is not a full one."""


def _stories(opened: Store, public: Public, reader: Reader) -> Iterator[File]:
    """Every story that stands, newest first."""
    before: int | None = None
    while True:
        with opened.reading() as db:
            found = store.reading.listed(db, EVERYTHING, before=before, limit=AT_ONCE)
            for one in found:
                yield f"stories/{one.slug}/index.html", pages.story(db, public, reader, one)
        if len(found) < AT_ONCE:
            return
        before = found[-1].number
