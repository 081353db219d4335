"""What may stand in a feed: characters that XML can carry, titles on one line, links that lead somewhere on the web."""

import re
from dataclasses import replace
from functools import lru_cache

from aggregator.model import Also, Enclosure, Item, Publication, Tombstone
from aggregator.text import urls

_illegal = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
"""Not a Char of XML 1.0 (section 2.2), or discouraged there: noncharacters, and C1 controls, which validators take for
broken windows-1252.
"""


_language = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*").fullmatch


def text(s: str) -> str:
    """`s` without control characters, lone surrogates and noncharacters."""
    return s if s.isprintable() else _illegal.sub("", s)


def line(s: str) -> str:
    """`s` as plain text on one line."""
    return " ".join(text(s).split())


@lru_cache(maxsize=8192)
def link(url: str | None) -> str | None:
    """`url` when it is an absolute http(s) address, as it may be written in XML and HTML; else None."""
    return urls.clean(url, fragment=True) if url else None


def language(tag: str) -> str:
    """`tag` when it has the form of a language tag (RFC 5646), else "und"."""
    return tag if _language(tag) else "und"


def item(dirty: Item) -> Item:
    """`dirty` fit to be published; an item without title gets the name of its source for one. Idempotent."""
    source = line(dirty.source_name) or "?"
    return replace(
        dirty,
        title=line(dirty.title) or source,
        url=link(dirty.url),
        html=text(dirty.html),
        language=language(dirty.language),
        source_name=source,
        source_url=link(dirty.source_url) or dirty.page,
        author=line(dirty.author or "") or None,
        categories=_distinct(dirty.categories),
        enclosures=_enclosures(dirty.enclosures),
        also=tuple(_also(other) for other in dirty.also),
    )


def publication(dirty: Publication) -> Publication:
    """`dirty` with all its texts, items and tombstones fit to be published."""
    return replace(
        dirty,
        title=line(dirty.title) or dirty.id,
        subtitle=line(dirty.subtitle),
        items=tuple(map(item, dirty.items)),
        tombstones=tuple(Tombstone(t.id, t.when, line(t.reason)) for t in dirty.tombstones),
    )


def _distinct(categories: tuple[str, ...]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for category in map(line, categories):
        if category:
            seen.setdefault(category.casefold(), category)
    return tuple(seen.values())


def _also(other: Also) -> Also:
    source = line(other.source) or "?"
    return Also(source, line(other.title) or source, link(other.url) or "", language(other.language))


def _enclosures(found: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
    """Each file once, with a media type: RSS requires one."""
    kept: dict[str, Enclosure] = {}
    for enclosure in found:
        url = link(enclosure.url)
        if url:
            kept.setdefault(url, Enclosure(url, media_type(enclosure.type, url), max(0, enclosure.length)))
    return tuple(kept.values())


_media_type = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]*").fullmatch
_extension = re.compile(r"\.([a-z0-9]{2,5})(?:[?#]|$)", re.I)
_TYPES = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "avif": "image/avif", "svg": "image/svg+xml", "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg",
    "opus": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm",
    "mov": "video/quicktime", "m3u8": "application/vnd.apple.mpegurl", "pdf": "application/pdf",
}  # fmt: skip


def media_type(declared: str, url: str) -> str:
    """The declared media type when it is one, else what the file name says. The table is ours: the one of the
    operating system differs from machine to machine, and so would the bytes of a feed.
    """
    declared = declared.partition(";")[0].strip().lower()
    if _media_type(declared):
        return declared
    name = _extension.search(url.partition("://")[2].partition("/")[2])
    return _TYPES.get(name[1].lower() if name else "", "application/octet-stream")
