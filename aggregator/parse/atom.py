"""Atom 1.0 (RFC 4287) and 0.3, as a feed or as a single entry."""

from functools import lru_cache

from lxml import etree

from aggregator.model import Entry, FeedFacts, Reading
from aggregator.parse import atomtext, markup
from aggregator.parse.draft import Context, Draft
from aggregator.parse.facts import feed_facts
from aggregator.parse.limits import check_items
from aggregator.parse.shared import ITEM, atom_author, atom_body, atom_link, atom_title, published, updated
from aggregator.parse.vocabulary import Handler, Table, local, names, namespace_of


def _id(draft: Draft, element: etree._Element) -> None:
    """Kept to the letter: an id is compared, never resolved (section 4.2.6.1)."""
    draft.id = draft.id or (element.text or "").strip() or None


def _category(draft: Draft, element: etree._Element) -> None:
    draft.category(element.get("label") or element.get("term") or element.text)


_OWN: dict[str, Handler[Draft]] = {
    "id": _id,
    "title": atom_title(0),
    "link": atom_link(0),
    "summary": atom_body(2),
    "content": atom_body(0),
    "published": published(0),
    "issued": published(1),
    "created": published(2),
    "updated": updated(0),
    "modified": updated(1),
    "author": atom_author(0),
    "category": _category,
}


@lru_cache(maxsize=16)
def _table(namespace: str) -> Table[Draft]:
    return Table({**ITEM, **names(namespace, _OWN)})


def read_atom(root: etree._Element, context: Context) -> Reading:
    """The feed or entry document under `root`. Entries without an author have the feed's (section 4.2.1)."""
    if local(root).lower() == "entry":
        return Reading(FeedFacts(language=root.get(markup.LANGUAGE)), (_entry(root, context),))
    facts = feed_facts([root], context)
    context = context.speaking(facts.language).by(_author(root))
    entries = [child for child in root if local(child).lower() == "entry"]
    return Reading(facts, tuple(_entry(entry, context) for entry in check_items(entries)))


def _author(root: etree._Element) -> str | None:
    found = [atomtext.person_name(child) for child in root if local(child).lower() == "author"]
    return ", ".join(" ".join(name.split()) for name in found if name.strip()) or None


def _entry(entry: etree._Element, context: Context) -> Entry:
    draft = Draft(markup.base(entry, context.url) if context.based else context.url)
    draft.language = entry.get(markup.LANGUAGE)
    _table(namespace_of(entry)).fill(draft, entry)
    return draft.finish(context)
