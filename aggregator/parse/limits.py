"""How much of a good thing is hostile: what no honest document reaches, counted before it costs memory.

With a body of 15 MB the tree, the entries and the copies between them stay below 250 MB.
"""

from collections.abc import Sized
from typing import NoReturn, TypeVar

from lxml import etree

from aggregator.errors import ParseError
from aggregator.parse.vocabulary import namespace_of

_ENTRIES = 100_000
_NAMESPACES = 16
_TAGS = 1_000_000
_AMPERSANDS = 2_000_000
_VALUES = 500_000

S = TypeVar("S", bound=Sized)


def check_entries(items: S) -> S:
    """`items`, unless there are more than 100,000; a sitemap may have 50,000 (sitemaps.org)."""
    return items if len(items) <= _ENTRIES else _refuse(f"more than {_ENTRIES:,} entries")


def check_items(items: list[etree._Element]) -> list[etree._Element]:
    """`items`, unless there are too many, or they are of more than 16 namespaces: each costs a table of its own."""
    if len({namespace_of(item) for item in check_entries(items)}) > _NAMESPACES:
        _refuse(f"items of more than {_NAMESPACES} namespaces")
    return items


def check_xml(data: bytes) -> None:
    """Tags cost the tree some 200 bytes each; those within CDATA are text, and counted only when there are many."""
    if data.count(b"<") > _TAGS and _outside_cdata(data) > _TAGS:
        _refuse(f"more than {_TAGS:,} tags")


def check_ampersands(text: str) -> None:
    """Each that is repaired grows fivefold."""
    if text.count("&") > _AMPERSANDS:
        _refuse(f"more than {_AMPERSANDS:,} ampersands")


def check_json(data: bytes) -> None:
    if data.count(b"{") + data.count(b"[") > _VALUES:
        _refuse(f"more than {_VALUES:,} objects and lists")


def _outside_cdata(data: bytes) -> int:
    count = position = 0
    while (start := data.find(b"<![CDATA[", position)) >= 0:
        count += data.count(b"<", position, start)
        end = data.find(b"]]>", start)
        position = len(data) if end < 0 else end
    return count + data.count(b"<", position)


def _refuse(reason: str) -> NoReturn:
    raise ParseError(f"the document is refused as hostile: {reason}")
