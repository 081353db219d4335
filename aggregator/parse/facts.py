"""What a feed says of itself: title, link, language, how often it changes, its hub and neighbours."""

from functools import lru_cache
from typing import Any

from lxml import etree

from aggregator.model import FeedFacts
from aggregator.parse import markup
from aggregator.parse.draft import Context, web_address
from aggregator.parse.vocabulary import ATOM, DC, SY, Handler, Table, names, namespace_of
from aggregator.text.html import decode, strip_tags

Found = dict[str, Any]

_RELATIONS = {"hub": "hub", "self": "self_url", "next": "next", "prev-archive": "next"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BASE = "base"
_ALTERNATE = "alternate"


def plain(markup_text: str) -> str:
    """A title on one line: tags stripped, references decoded once."""
    return " ".join(decode(strip_tags(markup_text)).split())


def _title(found: Found, element: etree._Element) -> None:
    found.setdefault("title", plain(markup.text(element)))


def _text(key: str) -> Handler[Found]:
    def add(found: Found, element: etree._Element) -> None:
        if text := (element.text or "").strip():
            found.setdefault(key, text)

    return add


def _number(key: str) -> Handler[Found]:
    def add(found: Found, element: etree._Element) -> None:
        text = (element.text or "").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            found.setdefault(key, int(text))

    return add


def _link(found: Found, element: etree._Element) -> None:
    _related(found, element, "link")


def _extension_link(found: Found, element: etree._Element) -> None:
    """An atom:link within RSS: its alternate only stands in for the channel's own link."""
    _related(found, element, _ALTERNATE)


def _related(found: Found, element: etree._Element, alternate: str) -> None:
    """Both RSS's links (text) and Atom's (href by relation); an alternate must be a page for readers."""
    relation = (element.get("rel") or "alternate").strip().lower()
    key = alternate if relation == "alternate" else _RELATIONS.get(relation)
    raw = element.get("href") or element.text
    if key is None or not raw or (key == alternate and "html" not in (element.get("type") or "html")):
        return
    if address := web_address(raw, markup.nested(element, found[_BASE])):
        found.setdefault(key, address)


def _skip_hours(found: Found, element: etree._Element) -> None:
    """RSS 2.0 counts 0-23, 0.91 counted 1-24: 24 is midnight."""
    written = [(child.text or "").strip() for child in element]
    hours = {int(hour) % 24 for hour in written if hour.isascii() and hour.isdigit() and int(hour[:4]) <= 24}
    found.setdefault("skip_hours", tuple(sorted(hours)))


def _skip_days(found: Found, element: etree._Element) -> None:
    written = {(child.text or "").strip().capitalize() for child in element}
    found.setdefault("skip_days", tuple(day for day in _DAYS if day in written))


_OWN: dict[str, Handler[Found]] = {
    "title": _title,
    "link": _link,
    "language": _text("language"),
    "ttl": _number("ttl"),
    "skipHours": _skip_hours,
    "skipDays": _skip_days,
}
_SHARED: dict[str, Handler[Found]] = {
    **names(ATOM, {"link": _extension_link}),
    **names(DC, {"language": _text("language")}),
    **names(SY, {"updatePeriod": _text("update_period"), "updateFrequency": _number("update_frequency")}),
}


@lru_cache(maxsize=16)
def _table(namespace: str) -> Table[Found]:
    return Table({**_SHARED, **names(namespace, _OWN)})


def feed_facts(channels: list[etree._Element], context: Context) -> FeedFacts:
    """The facts that `channels` (normally one) state; the first statement of each counts."""
    found: Found = {}
    for channel in channels:
        found[_BASE] = markup.base(channel, context.url) if context.based else context.url
        _table(namespace_of(channel)).fill(found, channel)
        found.setdefault("language", channel.get(markup.LANGUAGE) or _inherited(channel))
    found.pop(_BASE, None)
    found.setdefault("link", found.pop(_ALTERNATE, None))
    return FeedFacts(**found)


def _inherited(channel: etree._Element) -> str | None:
    parent = channel.getparent()
    return None if parent is None else parent.get(markup.LANGUAGE)
