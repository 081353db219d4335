"""Stories, sources and items for the tests of publishing; every outlet is invented."""

from dataclasses import replace

from aggregator import publish
from aggregator.model import (
    Chain,
    Enclosure,
    Hit,
    Item,
    Match,
    Publication,
    Site,
    Source,
    StoredArticle,
    StoredStory,
    Tombstone,
)

NOON = 1_790_000_000
"""2026-09-21T14:13:20Z"""

SITE = Site("Каспийские темы", "https://news.example", ("ru", "kk", "az", "tr", "en"), authority="news.example")
TAG = publish.tag("news.example", 2026)
TITLES = {"trade": {"ru": "Торговля", "en": "Trade"}, "corridor": {"en": "Middle Corridor"}}
TEXT = (
    "Казахстан и Азербайджан намерены увеличить взаимную торговлю до 1 млрд долларов. "
    "Об этом договорились в Баку во вторник.\n"
    "За прошлый год товарооборот составил 547 млн долларов. Около 60 процентов приходится на казахстанский экспорт."
)
SOURCES = {
    source.id: source
    for source in (
        Source("bereg", "Агентство «Берег»", "https://bereg.example/", "KZ", "ru", trust=80),
        Source("dala", "Алтын дала", "https://dala.example/", "KZ", "kk"),
        Source("xezer", "Xəzər xəbər", "https://xezer.example/", "AZ", "az", publish="full"),
        Source("steppe", "Steppe & Sea", "https://steppe.example/", "KZ", "en"),
    )
}


def report(id_: int = 1, source: str = "bereg", **changes: object) -> StoredArticle:
    """A report of the outlet, published `id_` minutes after noon."""
    hits = (
        Hit("товарооборот", "товарооборота", "title", 0, 12, 5.0),
        Hit("Актау ~4 Баку", "Актау — Баку", "text", 3, 9, 3.0),
    )
    base = StoredArticle(
        id_, source, f"key-{id_}", f"https://{source}.example/news/{id_}?a=1&b=2", f"Товарооборот вырос, № {id_}", "ru",
        NOON + 60 * id_, None, NOON + 60 * id_ + 30, author="К. Автор", topics=(Match("trade", 8.0, hits),),
        enclosures=(Enclosure(f"https://{source}.example/{id_}.jpg", "", 12_345),),
        html="".join(f"<p>{line}</p>" for line in TEXT.split("\n")), text=TEXT,
    )  # fmt: skip
    return replace(base, **changes)


def story(number: int = 1, *reports: StoredArticle, **changes: object) -> StoredStory:
    """A story that entered its feeds `number` minutes after noon."""
    when = NOON + 60 * number
    base = StoredStory(number, f"slug{number:09}", when, when, reports or (report(number),), number)
    return replace(base, **changes)


def item(of: StoredStory | None = None, **arguments: object) -> Item:
    given = {"sources": SOURCES, "site": SITE, "topic_titles": TITLES, "tag": TAG} | arguments
    return publish.item(of or story(), **given)


def publication(*items: Item, **arguments: object) -> Publication:
    given = {"site": SITE, "tag": TAG} | arguments
    return publish.publication("trade", TITLES["trade"], items, **given)


def rich() -> Publication:
    """A feed in which everything occurs that a feed can hold."""
    retold = story(
        3, report(3), report(4, "dala", language="kk", title="Тауар айналымы <өсті> & т.б.", topics=()),
        report(5, "xezer", language="az", title="Ticarət artdı", url=None), report(6, "gone", title="Copy"),
    )  # fmt: skip
    full = story(7, report(7, "xezer", language="az", author=None, enclosures=(
        Enclosure("https://xezer.example/a.jpg", "image/jpeg"), Enclosure("https://xezer.example/b.mp3", "", 99))))  # fmt: skip
    unknown = story(8, report(8, "steppe", language="und", url=None, enclosures=(), topics=(), author=None))
    return publication(
        *map(item, (unknown, full, retold, story(1))), subtitle="Что пишут о торговле", chain=Chain(2),
        hub="https://news.example/hub", tombstones=[Tombstone(f"{TAG}gone", NOON, "withdrawn: wrong figures")],
    )  # fmt: skip


def bodies(of: Publication) -> dict[str, bytes]:
    return {rendering.format: rendering.body for rendering in publish.render(of)}
