"""An entry in the making: what the readers of all formats collect, and the one place that turns it into an Entry.

Here stand the rules that must not differ between formats: which link, which body, which date, what is no URL.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from aggregator.model import Enclosure, Entry, Seconds
from aggregator.text.dates import parse_date
from aggregator.text.html import escape

_blank = re.compile(r"[\t\r\n]+")
_address = re.compile(r"https?://[^/?#\s]", re.I)
_other_scheme = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
"""What begins so is no relative address, though urljoin would make one of "https:///x"."""
_clean_address = re.compile(r"https?://[^/?#\s\[\]\\]+[^\s]*")
_mailbox_and_name = re.compile(r"[^\s@()]+@[^\s@()]+\s+\(([^()]+)\)")
_MARKUP = re.compile(
    r"</[a-z][a-z0-9]{0,15}\s*>|<(?:p|br|hr|img|div|span)\b[^<>]*>|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.I
)
Ranked = TypeVar("Ranked", tuple[int, str], tuple[int, str, bool])
_SUMMARY = 2
_WHOLE = 100
"""Characters a description must have to pass for the whole text."""
_MOST_BYTES = 2**53
_PICTURES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a whole document. `based`: some element sets xml:base."""

    url: str
    timezone: str = "UTC"
    language: str | None = None
    author: str | None = None
    based: bool = False

    def speaking(self, language: str | None) -> "Context":
        return replace(self, language=language)

    def by(self, author: str | None) -> "Context":
        return replace(self, author=author)


@dataclass(slots=True)
class Draft:
    """An item's values as they were met; of those that stand for one another the lower rank wins, then the earlier."""

    base: str
    body_base: str | None = None
    id: str | None = None
    links: list[tuple[int, str]] = field(default_factory=list)
    titles: list[tuple[int, str, bool]] = field(default_factory=list)
    bodies: list[tuple[int, str]] = field(default_factory=list)
    published: list[tuple[int, str]] = field(default_factory=list)
    updated: list[tuple[int, str]] = field(default_factory=list)
    authors: list[tuple[int, str]] = field(default_factory=list)
    language: str | None = None
    categories: list[str] = field(default_factory=list)
    enclosures: list[Enclosure] = field(default_factory=list)
    thumbnail: Enclosure | None = None

    def link(self, rank: int, raw: str | None, base: str | None = None) -> None:
        if raw and (address := web_address(raw, base or self.base)):
            self.links.append((rank, address))

    def title(self, rank: int, raw: str | None, *, html: bool = True) -> None:
        if raw and (raw := raw.strip()):
            self.titles.append((rank, raw, html))

    def body(self, rank: int, html: str | None) -> None:
        """Rank 0 is a full text, 1 a description that may be one, 2 a summary; the rest counts only when there is none."""
        if html and (html := html.strip()):
            self.bodies.append((rank, html))

    def date(self, dates: list[tuple[int, str]], rank: int, raw: str | None) -> None:
        if raw:
            dates.append((rank, raw))

    def author(self, rank: int, raw: str | None) -> None:
        if raw and (name := person(raw)):
            self.authors.append((rank, name))

    def category(self, raw: str | None) -> None:
        if raw and (name := " ".join(raw.split())):
            self.categories.append(name)

    def media(self, raw: str | None, kind: str | None, length: str | None, base: str | None = None) -> None:
        found = enclosure(raw, kind, length, base or self.base)
        if found:
            self.enclosures.append(found)

    def preview(self, raw: str | None, base: str | None = None) -> None:
        """A small picture: it counts when the item has no other one."""
        if self.thumbnail is None:
            self.thumbnail = enclosure(raw, "", "", base or self.base)

    def finish(self, context: Context) -> Entry:
        """The entry that this draft has become."""
        html, summary = _bodies(self.bodies)
        _, title, title_is_html = _first(self.titles) or (0, "", True)
        link = _first(self.links)
        return Entry(
            id=self.id,
            link=link[1] if link else None,
            title=title,
            title_is_html=title_is_html,
            html=html,
            summary=summary,
            published=_date(self.published, context.timezone),
            updated=_date(self.updated, context.timezone),
            author=_names(self.authors) or context.author,
            language=self.language or context.language,
            categories=tuple(dict.fromkeys(self.categories)),
            enclosures=self._media(),
            base=self.body_base or self.base,
        )

    def _media(self) -> tuple[Enclosure, ...]:
        found = {item.url: item for item in reversed(self.enclosures)}
        pictured = any(item.type.startswith("image") for item in found.values())
        if self.thumbnail and not pictured:
            found.setdefault(self.thumbnail.url, self.thumbnail)
            return (*(item for item in reversed(found.values()) if item is not self.thumbnail), self.thumbnail)
        return tuple(reversed(found.values()))


def is_absolute(raw: str) -> bool:
    return _address.match(raw) is not None


def web_address(raw: str, base: str) -> str | None:
    """`raw`, resolved against `base` if it is relative; None unless it is an http(s) address of some host then."""
    if _clean_address.fullmatch(raw):
        return raw
    raw = _blank.sub("", raw.strip())
    if not _address.match(raw):
        if not raw or raw[0] == "#" or _other_scheme.match(raw):
            return None
        try:
            raw = urljoin(base, raw)
        except ValueError:
            return None
        if not _address.match(raw):
            return None
    return raw.replace(" ", "%20") if _has_host(raw) else None


def _has_host(address: str) -> bool:
    """An address such as http://[1/ has none, and would make every later reader of it raise."""
    if "[" not in address:
        return True
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def enclosure(raw: str | None, kind: str | None, length: str | None, base: str) -> Enclosure | None:
    """A media file, unless its address is none; a missing type is told from the ending of the path."""
    address = web_address(raw, base) if raw else None
    if address is None:
        return None
    size = (length or "").strip()
    known = size.isascii() and size.isdigit() and len(size) <= 16
    media_type = (kind or "").strip().lower() or _PICTURES.get(_ending(address), "")
    return Enclosure(address, media_type, min(int(size), _MOST_BYTES) if known else 0)


def _ending(address: str) -> str:
    return address.partition("?")[0].rpartition(".")[2].lower()


def person(raw: str) -> str:
    """A name; of "mail@host (Name)", the form RSS asks for, the name alone."""
    name = " ".join(raw.split())
    match = _mailbox_and_name.fullmatch(name)
    return match[1].strip() if match else name


def looks_like_html(text: str) -> bool:
    """Whether what claims to be plain text holds tags or references that only HTML has."""
    return ("<" in text or "&" in text) and _MARKUP.search(text) is not None


def paragraphs(text: str) -> str:
    """Plain text as HTML: lines become paragraphs."""
    lines = [escape(line.strip()) for line in text.splitlines()]
    return "".join(f"<p>{line}</p>" for line in lines if line)


def as_html(text: str) -> str:
    """A body of unknown kind as HTML: plain text becomes paragraphs."""
    return text if looks_like_html(text) else paragraphs(text)


def _first(ranked: list[Ranked]) -> Ranked | None:
    if len(ranked) < 2:
        return ranked[0] if ranked else None
    return min(ranked, key=_rank)


def _rank(ranked: tuple[Any, ...]) -> int:
    return int(ranked[0])


def _date(dates: list[tuple[int, str]], timezone: str) -> Seconds | None:
    for _, raw in sorted(dates, key=_rank):
        moment = parse_date(raw, timezone)
        if moment is not None:
            return moment
    return None


def _names(authors: list[tuple[int, str]]) -> str | None:
    if not authors:
        return None
    best = min(rank for rank, _ in authors)
    return ", ".join(dict.fromkeys(name for rank, name in authors if rank == best))


def _bodies(bodies: list[tuple[int, str]]) -> tuple[str, str]:
    """The richest body and a shorter one: a long description beside a short text is the text, whatever it is called."""
    if len(bodies) < 2:
        return (bodies[0][1], "") if bodies else ("", "")
    best: dict[int, str] = {}
    for rank, html in bodies:
        if len(html) > len(best.get(rank, "")):
            best[rank] = html
    ranks = sorted(best)
    if ranks[:2] == [0, 1] and len(best[1]) > max(_WHOLE, 2 * len(best[0])):
        ranks[:2] = [1, 0]
    return best[ranks[0]], best[ranks[1]] if len(ranks) > 1 and ranks[1] <= _SUMMARY else ""
