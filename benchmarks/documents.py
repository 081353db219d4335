"""Feeds as publishers write them, invented but deterministic: RSS, Atom and RDF in five languages.

Feed `i` at epoch `e` holds its entries e … e + n - 1, the newest on top: each epoch adds one entry and drops the oldest.
A tenth of the entries are wire copies: the text of a story that other feeds of the language carry within the same hours,
half of them edited a little. The story's id stands at the end of the entry's link, where no text comparison sees it.
"""

import gzip
import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from benchmarks.words import person, vocabulary

LANGUAGE_MIX = ("ru",) * 45 + ("en",) * 20 + ("kk",) * 15 + ("az",) * 12 + ("tr",) * 8
COPIES = 0.10
EPOCHS = 4
"""Entries that may still come, so that none of them lies in the future."""
BUCKET = 4 * 3600
"""Seconds within which the copies of one story appear."""
CONTENT_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml"}
BYTES_A_WORD = {"ru": 14.2, "kk": 14.2}
"""UTF-8 bytes of an average word with its space; 8.6 in the Latin scripts."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: its story's id and its XML."""

    story: str
    when: int
    link: str
    xml: str


@dataclass(frozen=True, slots=True)
class Body:
    """What the origin sends for a feed at an epoch."""

    plain: bytes
    gzipped: bytes
    etag: str
    last_modified: str
    content_type: str
    stories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """What all feeds share: the seed, the time of the newest entry (epoch seconds), and the stories of each bucket."""

    seed: str
    now: int
    wire: int


@dataclass(slots=True)
class Outlet:
    """One invented feed at `address` (scheme, host and port)."""

    world: World
    number: int
    address: str
    language: str = "en"
    form: str = "rss"
    size: int = 30
    full: bool = True
    encoding: str = "utf-8"
    title: str = ""
    step: int = 3600
    lag: int = 0
    items: dict[int, Item] = field(default_factory=dict)

    @classmethod
    def invent(cls, world: World, number: int, address: str) -> "Outlet":
        """The feed of this number: its language, form, size and rhythm."""
        rng = random.Random(f"{world.seed}/feed/{number}")
        language, form = rng.choice(LANGUAGE_MIX), rng.choices(("rss", "atom", "rdf"), (60, 30, 10))[0]
        legacy = language == "ru" and form == "rss" and rng.random() < 0.12
        title = " ".join(vocabulary(language).words(rng, 2)).capitalize()
        return cls(
            world, number, address, language, form, size=rng.randint(20, 40), full=rng.random() < 0.7,
            encoding="windows-1251" if legacy else "utf-8", title=f"{title} {number}",
            step=rng.randint(20, 400) * 60, lag=rng.randrange(6 * 3600),
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"{self.address}/feed/{self.number}.xml"

    def item(self, number: int) -> Item:
        """Entry `number`, made once."""
        if number not in self.items:
            self.items[number] = _item(self, number)
        return self.items[number]

    def body(self, epoch: int) -> Body:
        """The document of an epoch."""
        items = [self.item(number) for number in range(epoch + self.size - 1, epoch - 1, -1)]
        plain = _document(self, items).encode(self.encoding, "xmlcharrefreplace")
        modified = format_datetime(_utc(items[0].when), usegmt=True)
        content_type = f"{CONTENT_TYPES[self.form]}; charset={self.encoding}"
        stories = tuple(item.story for item in items)
        return Body(
            plain, gzip.compress(plain, 5, mtime=0), f'"e{epoch}-{self.number}"', modified, content_type, stories
        )


def _utc(when: int) -> datetime:
    return datetime.fromtimestamp(when, UTC)


# ---------------------------------------------------------------- texts


def _text(rng: random.Random, language: str) -> tuple[str, str]:
    """HTML of 1–6 KB and its first sentence."""
    known = vocabulary(language)
    size = min(6000, max(1000, rng.lognormvariate(math.log(2400), 0.5)))
    words = known.words(rng, int(size / BYTES_A_WORD.get(language, 8.6)))
    if rng.random() < 0.05:
        words[rng.randrange(5)] = rng.choice(known.phrases)
    sentences = []
    while words:
        length = rng.randint(7, 19)
        sentence, words = " ".join(words[:length]), words[length:]
        figure = f", {rng.randint(2, 98)} %" if rng.random() < 0.15 else ""
        sentences.append(f"{sentence[:1].upper()}{sentence[1:]}{figure}.")
    paragraphs = [" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3)]
    return "".join(f"<p>{_marked_up(rng, paragraph)}</p>" for paragraph in paragraphs), sentences[0]


def _marked_up(rng: random.Random, text: str) -> str:
    drawn = rng.random()
    if drawn < 0.12:
        first, _, rest = text.partition(" ")
        return f"<strong>{first}</strong> {rest}"
    if drawn < 0.30:
        link = f"https://news.example/{rng.randrange(10**6)}?utm_source=rss&amp;utm_medium=feed"
        return f'{text} <a href="{link}">{text.partition(" ")[0]}</a>'
    if drawn < 0.36:
        return f'<img src="https://img.example/{rng.randrange(10**6)}.jpg" alt="" width="800" height="450"/>{text}'
    return text


def _edited(rng: random.Random, language: str, html: str) -> str:
    """The copy as a desk leaves it: a word added, or the last paragraph cut as well."""
    html = html.replace("</p>", f" ({vocabulary(language).words(rng, 1)[0]}).</p>", 1)
    return html.rpartition("<p>")[0] or html if rng.random() < 0.4 else html


def _told(outlet: Outlet, rng: random.Random, number: int, when: int) -> tuple[str, str, str]:
    """Story id, HTML and first sentence of an entry."""
    if rng.random() >= COPIES:
        return f"u{outlet.number}.{number}", *_text(rng, outlet.language)
    story = f"{outlet.language}{when // BUCKET}.{rng.randrange(outlet.world.wire)}"
    html, first = _text(random.Random(f"{outlet.world.seed}/story/{story}"), outlet.language)
    return story, _edited(rng, outlet.language, html) if rng.random() < 0.5 else html, first


# ---------------------------------------------------------------- XML


@dataclass(frozen=True, slots=True)
class _Parts:
    title: str
    link: str
    guid: str
    when: int
    author: str
    tags: tuple[str, ...]
    image: str | None
    summary: str
    html: str


def _item(outlet: Outlet, number: int) -> Item:
    rng = random.Random(f"{outlet.world.seed}/{outlet.number}/{number}")
    when = outlet.world.now - outlet.lag - outlet.step * (outlet.size + EPOCHS - number)
    story, html, first = _told(outlet, rng, number, when)
    site = f"{outlet.address}/site/{outlet.number}"
    link = f"{site}/{_utc(when):%Y/%m/%d}/{number}-{rng.randrange(10**6)}-{story}?utm_source=rss"
    words = vocabulary(outlet.language)
    parts = _Parts(
        title=escape(" ".join(first.split()[: rng.randint(6, 12)]).rstrip(".,")), link=escape(link),
        guid=escape(f"{site}/?p={number}"), when=when, author=escape(person(rng, outlet.language)),
        tags=tuple(rng.sample(words.stems[:200], rng.randint(0, 4))),
        image=f"https://img.example/{outlet.number}/{number}.jpg" if rng.random() < 0.35 else None,
        summary=escape(first), html=html,
    )  # fmt: skip
    return Item(story, when, link, _WRITERS[outlet.form](parts, outlet.full))


def _rss(e: _Parts, full: bool) -> str:
    tags = "".join(f"<category>{tag}</category>" for tag in e.tags)
    image = f'<enclosure url="{e.image}" length="123456" type="image/jpeg"/>' if e.image else ""
    text = f"<content:encoded><![CDATA[{e.html}]]></content:encoded>" if full else ""
    return (
        f'<item><title>{e.title}</title><link>{e.link}</link><guid isPermaLink="false">{e.guid}</guid>'
        f"<pubDate>{format_datetime(_utc(e.when))}</pubDate><dc:creator>{e.author}</dc:creator>{tags}{image}"
        f"<description>{e.summary if full else escape(e.html)}</description>{text}</item>\n"
    )


def _atom(e: _Parts, _full: bool) -> str:
    tags, when = "".join(f'<category term="{tag}"/>' for tag in e.tags), _utc(e.when).isoformat()
    image = f'<link rel="enclosure" href="{e.image}" length="123456" type="image/jpeg"/>' if e.image else ""
    return (
        f'<entry><title type="html">{e.title}</title><id>{e.guid}</id><link rel="alternate" href="{e.link}"/>'
        f"<published>{when}</published><updated>{when}</updated><author><name>{e.author}</name></author>{tags}{image}"
        f'<summary>{e.summary}</summary><content type="html">{escape(e.html)}</content></entry>\n'
    )


def _rdf(e: _Parts, _full: bool) -> str:
    return (
        f'<item rdf:about="{e.link}"><title>{e.title}</title><link>{e.link}</link><description>{e.summary}</description>'
        f"<content:encoded><![CDATA[{e.html}]]></content:encoded><dc:date>{_utc(e.when).isoformat()}</dc:date>"
        f"<dc:creator>{e.author}</dc:creator>"
        + "".join(f"<dc:subject>{tag}</dc:subject>" for tag in e.tags)
        + "</item>\n"
    )


_WRITERS = {"rss": _rss, "atom": _atom, "rdf": _rdf}

_RSS = """<?xml version="1.0" encoding="{o.encoding}"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>{title}</title><link>{o.address}/</link><description>{title}</description>
<language>{o.language}</language><lastBuildDate>{rfc}</lastBuildDate><ttl>30</ttl>
{items}</channel></rss>
"""
_ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{o.language}"><title>{title}</title><id>{o.address}/</id>
<link href="{o.address}/"/><link rel="self" href="{o.url}"/><updated>{iso}</updated>
{items}</feed>
"""
_RDF = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="{o.address}/"><title>{title}</title><link>{o.address}/</link><description>{title}</description>
<items><rdf:Seq>{list}</rdf:Seq></items></channel>
{items}</rdf:RDF>
"""
_FRAMES = {"rss": _RSS, "atom": _ATOM, "rdf": _RDF}


def _document(outlet: Outlet, items: list[Item]) -> str:
    newest = _utc(items[0].when)
    listed = "".join(f'<rdf:li rdf:resource="{escape(item.link)}"/>' for item in items)
    return _FRAMES[outlet.form].format(
        o=outlet, title=escape(outlet.title), rfc=format_datetime(newest), iso=newest.isoformat(), list=listed,
        items="".join(item.xml for item in items),
    )  # fmt: skip
