"""A small site with something of everything: two languages, copies, a merged story, hostile texts, a private topic, a
renamed one, a long archive. Filled through the store and placed and published by the real pipeline.
"""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from aggregator import pipeline, store, stories, topics
from aggregator.bootstrap import Live, Tools, open_live
from aggregator.model import Article, Batch, Features, FeedFacts, Prepared
from aggregator.store import Store
from aggregator.web import create_app
from aggregator.web.app import App
from aggregator.web.limits import Limiter

NOW = 1_795_372_202  # Sun, 22 Nov 2026 18:30:02 UTC
SOURCES = {"gazette": "en", "courier": "en", "vestnik": "ru"}

SETTINGS = """
[site]
title = "Harbour & <News>"
base_url = "http://news.example"
languages = ["en", "ru"]
authority = "news.example"
[fetch]
contact = "https://news.example/about"
"""
SOURCE = """
[[source]]
id = "{id}"
name = "The {id} & <Co>"
url = "https://{id}.example/"
country = "KZ"
language = "{language}"
feeds = [{{ url = "https://{id}.example/feed?token=s3cret" }}]
"""
TOPICS = {
    "cargo": """
title = { en = "Cargo & freight", ru = "Грузы" }
formerly = ["freight"]
[terms.en]
strong = ["cargo"]
[terms.ru]
strong = ["груз"]
""",
    "harbour": """
title = { en = "Harbours" }
[terms.en]
strong = ["harbour"]
""",
    "secret": """
title = { en = "Classified-topic" }
private = true
formerly = ["hidden"]
[terms.en]
strong = ["submarine"]
""",
    "quiet": """
title = { en = "Nothing ever" }
[terms.en]
strong = ["unheardofword"]
""",
}

REPORT = (
    "Cargo left the harbour of Aktau on Tuesday after three days of storm, the port authority said. Eleven vessels "
    "with 4,300 containers sailed for Baku, and the railway sent nine trains to meet them. Officials expect the queue "
    "to dissolve within a week, unless the wind turns again. Dockers worked two shifts to load grain, pipes and cars."
)
HOSTILE = "<script>alert('x')</script> & \"cargo\" </title><img src=x onerror=alert(2)> \u202ereversed"


def write_config(directory: Path, topic_files: Mapping[str, str] = TOPICS) -> Path:
    (directory / "sources").mkdir(parents=True, exist_ok=True)
    (directory / "topics").mkdir(exist_ok=True)
    for old in (directory / "topics").iterdir():
        old.unlink()
    (directory / "aggregator.toml").write_text(SETTINGS, "utf-8")
    sources = "".join(SOURCE.format(id=id_, language=language) for id_, language in SOURCES.items())
    (directory / "sources" / "all.toml").write_text(sources, "utf-8")
    for name, text in topic_files.items():
        (directory / "topics" / f"{name}.toml").write_text(text, "utf-8")
    return directory


def article(source: str, key: str, title: str, text: str, *, age: int, url: str | None = None) -> Article:
    return Article(
        source=source, key=key, url=url or f"https://{source}.example/{key}", url_key=f"{source}.example/{key}", title=title,
        html=f"<p>{text}</p>", text=text, language=SOURCES[source], published=NOW - age, updated=None,
        digest=f"{source}{key}{title}{text}".encode()[:64],
    )  # fmt: skip


def news() -> list[tuple[Article, bool]]:
    """Articles, and whether they are to be compared with others."""
    fillers = [
        (article("courier", f"filler-{n}", f"Cargo notice {n}", f"Notice {n} about cargo.", age=90_000 - n), False)
        for n in range(120)
    ]
    return [
        *fillers,
        (article("gazette", "storm", "Cargo leaves harbour after storm", REPORT, age=7200), True),
        (article("courier", "storm", "After the storm, cargo leaves the harbour", REPORT, age=7000), True),
        (
            article(
                "vestnik", "shtorm", "Суда с грузом вышли из Актау", "Суда с грузом вышли из порта Актау.", age=6000
            ),
            True,
        ),
        (article("gazette", "hostile", HOSTILE, HOSTILE, age=5000, url="https://gazette.example/?a=1&b=%22%3E"), False),
        (article("gazette", "script-link", "Cargo by script", "Cargo.", age=4000, url="javascript:alert(3)"), False),
        (article("gazette", "boat", "A submarine with cargo", "Nobody saw the submarine.", age=3000), False),
        (article("gazette", "weather", "Rain expected", "It will rain.", age=2000), False),
    ]


def tools(opened: Store, live: Live, now: int = NOW) -> Tools:
    return Tools(live, opened, None, None, None, clock=lambda: now)  # type: ignore[arg-type]


def keep(opened: Store, live: Live, found: list[tuple[Article, bool]], now: int = NOW) -> None:
    """Store articles, place them and render every feed that changed."""
    rules = topics.Rules.from_bytes(live.rules)
    with opened.writing() as db:
        run = store.runs.begin(db, now)
        claims = {claim.source: claim for claim in store.feeds.claim(db, run, now, everything=True)}
        assert claims.keys() >= {one.source for one, _ in found}, (
            "a host of the site is held: its news would be left out"
        )
        for source, claim in claims.items():
            mine = [pair for pair in found if pair[0].source == source]
            prepared = tuple(
                Prepared(
                    one,
                    stories.describe(one.title, one.text, one.language) if compared else Features(),
                    topics.match_article(rules, one, "KZ"),
                )
                for one, compared in mine
            )
            batch = Batch(FeedFacts(title=source), prepared, len(prepared), len(prepared))
            store.articles.ingest(db, claim, batch, now, live.number, lambda *_: True)
        store.runs.end(db, run, now)
    settle(opened, live, now)


def settle(opened: Store, live: Live, now: int = NOW) -> None:
    """Place what waits, and render every feed that changed."""
    with opened.writing() as db:
        while pipeline.place(db, tools(opened, live, now)):
            pass
        for name in store.publications.dirty(db, now):
            pipeline.publish_feed(db, name, tools(opened, live, now))


def ids(opened: Store) -> dict[str, int]:
    """Article ids by key (source/key)."""
    with opened.reading() as db:
        return {f"{one.source}/{one.key}": one.id for one in store.reading.articles(db)}


def slug_of(opened: Store, key: str) -> str:
    with opened.reading() as db:
        found = store.reading.article(db, ids(opened)[key])
        assert found is not None
        assert found.story is not None
        return store.reading.stories(db, [found.story])[found.story].slug


# ---------------------------------------------------------------- a client without a network


@dataclass
class Answer:
    """A response as a client sees it; `body` as sent, `text` decoded."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> bytes:
        coding = self.headers.get("content-encoding", "identity")
        decode: dict[str, Callable[[bytes], bytes]] = {
            "identity": bytes,
            "gzip": gzip.decompress,
            "br": brotli.decompress,
            "zstd": zstandard.ZstdDecompressor().decompress,
        }
        return decode[coding](self.body)

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Site:
    """An application and the loop it lives in."""

    opened: Store
    live: Live
    config: Path
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    client: str = "192.0.2.7"

    def __post_init__(self) -> None:
        self.app: App = create_app(self.opened, self.live)
        self.app.service.clock = lambda: NOW
        self.app.service.limiter = Limiter(capacity=1e9)

    @property
    def ids(self) -> dict[str, int]:
        return ids(self.opened)

    def slug(self, key: str) -> str:
        return slug_of(self.opened, key)

    def settle(self, now: int = NOW) -> None:
        settle(self.opened, self.live, now)

    def get(self, target: str, method: str = "GET", **headers: str) -> Answer:
        """Ask; header names in keywords, `_` for `-`."""
        return self.runner.run(self.ask(target, method, **headers))

    async def ask(self, target: str, method: str = "GET", **headers: str) -> Answer:
        from urllib.parse import unquote

        path, _, query = target.partition("?")
        sent: list[Any] = []
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": unquote(path),
            "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "client": (self.client, 5000),
            "server": ("127.0.0.1", 80),
            "headers": [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, *bodies = sent
        fields = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        assert len(fields) == len(start["headers"]), "a header field was sent twice"
        return Answer(start["status"], fields, b"".join(message.get("body", b"") for message in bodies))

    def take_over(self, topic_files: Mapping[str, str], now: int = NOW) -> None:
        """Edit the topics and publish; the application is not told."""
        write_config(self.config, topic_files)
        self.live, broken = open_live(self.opened, self.config, now)
        assert broken is None
        settle(self.opened, self.live, now)

    def reload(self, topic_files: Mapping[str, str]) -> None:
        """Edit the topics, take them over and publish."""
        self.take_over(topic_files)
        self.app.service.renew(self.live)
        self.app.service.next_look = 0.0


def make_site(opened: Store, directory: Path, *, filled: bool = True) -> Site:
    config = write_config(directory / "config")
    live, broken = open_live(opened, config, NOW)
    assert broken is None
    if filled:
        keep(opened, live, news())
        known = ids(opened)
        with opened.writing() as db:
            together = [known["gazette/storm"], known["vestnik/shtorm"]]
            store.operator.rule(db, together, "the same storm", NOW, together=True)
    settle(opened, live)
    return Site(opened, live, config)


@pytest.fixture
def make() -> Callable[[Store, Path], Site]:
    """Fills a store of the test's own."""
    return make_site


@pytest.fixture
def topic_files() -> dict[str, str]:
    return dict(TOPICS)


@pytest.fixture
def more_news() -> Callable[[Site, str], None]:
    """Has the gazette report one thing more."""

    def report(site: "Site", title: str) -> None:
        later = NOW + 2 * 3600
        keep(site.opened, site.live, [(article("gazette", title, title, title, age=100), False)], later)

    return report


@pytest.fixture
def now() -> int:
    return NOW


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The filled site, shared by a module's tests: they only read."""
    directory = tmp_path_factory.mktemp("site")
    opened = Store(f"sqlite:///{directory / 'site.db'}")
    store.schema.ensure(opened)
    made = make_site(opened, directory)
    yield made
    made.app.service.close()
    made.runner.close()
    opened.close()


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A filled site of the test's own, to be changed."""
    opened = Store(f"sqlite:///{tmp_path / 'site.db'}")
    store.schema.ensure(opened)
    made = make_site(opened, tmp_path)
    yield made
    made.app.service.close()
    made.runner.close()
    opened.close()


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """A site that was just set up."""
    opened = Store(f"sqlite:///{tmp_path / 'site.db'}")
    store.schema.ensure(opened)
    config = write_config(tmp_path / "config")
    live, _ = open_live(opened, config, NOW)
    made = Site(opened, live, config)
    yield made
    made.app.service.close()
    made.runner.close()
    opened.close()
