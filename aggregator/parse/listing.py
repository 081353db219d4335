"""A page that lists articles, read by the CSS selectors of the feed's configuration."""

from collections.abc import Iterator, Mapping

from lxml import etree
from lxml.cssselect import CSSSelector

from aggregator.errors import ParseError
from aggregator.model import Entry, FeedFacts, Reading
from aggregator.parse import htmlpage
from aggregator.parse.draft import Context, Draft
from aggregator.text.html import escape

_KEYS = ("item", "link", "title", "date", "summary")


def read_listing(data: bytes, context: Context, selectors: Mapping[str, str]) -> Reading:
    """One entry for each element that `selectors["item"]` finds; the other selectors look within it.

    `link` defaults to the first <a href> (or the item itself), `title` to the link's text. A date is read from the
    attribute datetime or content, else from the text. Items without a link and a title are none.
    """
    chosen = _compiled(selectors)
    root = htmlpage.parse(data)
    base = htmlpage.base_of(root, context.url)
    items = _found(root, chosen["item"])
    if not items:
        raise ParseError(f"no element of the page matches selectors.item ({selectors['item']})")
    context = context.speaking(root.get("lang"))
    entries = tuple(entry for item in items if (entry := _entry(item, chosen, base, context)))
    if not entries:
        raise ParseError(
            f"none of the {len(items)} items of the page has a link and a title: see selectors.link and .title"
        )
    return Reading(FeedFacts(htmlpage.title_of(root), context.url, root.get("lang")), entries, "page")


def _compiled(selectors: Mapping[str, str]) -> dict[str, CSSSelector]:
    if not selectors.get("item"):
        raise ParseError("a feed of kind page needs selectors.item")
    return {key: _selector(key, selectors[key]) for key in _KEYS if selectors.get(key)}


def _selector(key: str, written: str) -> CSSSelector:
    try:
        return CSSSelector(written, translator="html")
    except (SyntaxError, ValueError) as error:
        raise ParseError(f"selectors.{key} ({written}) is no CSS selector: {error}") from None


def _found(element: etree._Element, selector: CSSSelector) -> list[etree._Element]:
    return selector(element)


def _entry(item: etree._Element, chosen: Mapping[str, CSSSelector], base: str, context: Context) -> Entry | None:
    draft = Draft(base)
    link = _link(item, chosen.get("link"))
    draft.link(0, None if link is None else link.get("href"))
    title = _first(item, chosen.get("title")) if "title" in chosen else link
    draft.title(0, None if title is None else htmlpage.text_of(title), html=False)
    for moment in _dates(item, chosen.get("date")):
        draft.date(draft.published, 0, moment)
    summary = _first(item, chosen.get("summary"))
    if summary is not None:
        draft.body(1, f"<p>{escape(htmlpage.text_of(summary))}</p>")
    entry = draft.finish(context)
    return entry if entry.link and entry.title else None


def _first(item: etree._Element, selector: CSSSelector | None) -> etree._Element | None:
    return next(iter(selector(item)), None) if selector else None


def _link(item: etree._Element, selector: CSSSelector | None) -> etree._Element | None:
    """The link that the selector names, or the first within what it names; without one, the first of the item."""
    chosen = item if selector is None else _first(item, selector)
    if chosen is None or chosen.get("href"):
        return chosen
    return next((anchor for anchor in chosen.iter("a") if anchor.get("href")), None)


def _dates(item: etree._Element, selector: CSSSelector | None) -> Iterator[str]:
    element = _first(item, selector)
    if element is None and selector is None:
        element = next(item.iter("time"), None)
    if element is not None:
        times = [element, *element.iter("time")]
        yield from (value for time in times for key in ("datetime", "content", "data-time") if (value := time.get(key)))
        yield htmlpage.text_of(element)
