"""RSS 0.9x, 2.0 and RDF (0.90, 1.0): one reader, for they differ only in where items stand and what namespace they have."""

from functools import lru_cache

from lxml import etree

from aggregator.model import Entry, Reading
from aggregator.parse import markup
from aggregator.parse.draft import Context, Draft, is_absolute
from aggregator.parse.facts import feed_facts
from aggregator.parse.limits import check_items
from aggregator.parse.shared import ITEM, author, category, enclosure, image, published, text_body, title, updated
from aggregator.parse.vocabulary import RDF, Handler, Table, local, names, namespace_of

_ABOUT = f"{{{RDF}}}about"


def _id(draft: Draft, element: etree._Element) -> None:
    """A guid is the link too, unless it says that it is not or is no address (RSS 2.0, <guid>)."""
    written = (element.text or "").strip()
    draft.id = draft.id or written or None
    permanent = element.get("isPermaLink") or element.get("ispermalink") or "true"
    if permanent.strip().lower() != "false" and is_absolute(written):
        draft.link(20, written)


def _link(draft: Draft, element: etree._Element) -> None:
    draft.link(0, element.text or element.get("href"), markup.nested(element, draft.base))


_OWN: dict[str, Handler[Draft]] = {
    "title": title(0),
    "link": _link,
    "guid": _id,
    "description": text_body(1),
    "content": text_body(0),
    "body": text_body(0),
    "pubDate": published(0),
    "date": published(5),
    "lastBuildDate": updated(5),
    "author": author(11),
    "category": category,
    "enclosure": enclosure,
    "image": image,
}


@lru_cache(maxsize=16)
def _table(namespace: str) -> Table[Draft]:
    """Handlers for items whose own elements are in `namespace`; being their own, they win over an extension's."""
    return Table({**ITEM, **names(namespace, _OWN)})


def read_rss(root: etree._Element, context: Context) -> Reading:
    """The feed under <rss> or <rdf:RDF>; its items stand in the channel or beside it."""
    facts = feed_facts(_channels(root), context)
    context = context.speaking(facts.language)
    return Reading(facts, tuple(_entry(item, context) for item in check_items(_items(root))))


def _channels(root: etree._Element) -> list[etree._Element]:
    if local(root).lower() == "channel":
        return [root]
    return [child for child in root if local(child).lower() == "channel"]


def _items(root: etree._Element) -> list[etree._Element]:
    found = []
    for child in root:
        name = local(child).lower()
        if name == "item":
            found.append(child)
        elif name == "channel":
            found += _items(child)
    return found


def _entry(item: etree._Element, context: Context) -> Entry:
    draft = Draft(markup.base(item, context.url) if context.based else context.url)
    draft.id = (item.get(_ABOUT) or "").strip() or None
    draft.language = item.get(markup.LANGUAGE)
    _table(namespace_of(item)).fill(draft, item)
    return draft.finish(context)
