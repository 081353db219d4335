"""Elements that mean the same in items of every XML format: Dublin Core, content, Media RSS, iTunes, Yandex, Atom.

Ranks (see Draft) keep them behind the item's own elements: a media:title or atom:link that stands beside the real one,
in whatever order, never replaces it.
"""

from collections.abc import Mapping

from lxml import etree

from aggregator.parse import atomtext, markup
from aggregator.parse.draft import Draft, as_html
from aggregator.parse.vocabulary import (
    ATOM,
    CONTENT,
    DC,
    DCTERMS,
    ITUNES,
    MEDIA,
    TURBO,
    XHTML,
    YANDEX,
    Handler,
    Table,
    local,
    names,
)


def base_of(draft: Draft, element: etree._Element) -> str:
    """What relative addresses in or on `element` are relative to."""
    return markup.nested(element, draft.base)


def text_body(rank: int) -> Handler[Draft]:
    return lambda draft, element: draft.body(rank, markup.text(element))


def plain_body(rank: int) -> Handler[Draft]:
    return lambda draft, element: draft.body(rank, as_html(markup.text(element)))


def inner_body(rank: int) -> Handler[Draft]:
    return lambda draft, element: draft.body(rank, markup.inner(element, base_of(draft, element)))


def title(rank: int) -> Handler[Draft]:
    return lambda draft, element: draft.title(rank, markup.text(element))


def author(rank: int) -> Handler[Draft]:
    return lambda draft, element: draft.author(rank, element.text)


def published(rank: int) -> Handler[Draft]:
    return lambda draft, element: draft.date(draft.published, rank, element.text)


def updated(rank: int) -> Handler[Draft]:
    return lambda draft, element: draft.date(draft.updated, rank, element.text)


def category(draft: Draft, element: etree._Element) -> None:
    draft.category(element.text or element.get("label") or element.get("term") or element.get("text"))


def language(draft: Draft, element: etree._Element) -> None:
    draft.language = draft.language or (element.text or "").strip() or None


def atom_title(rank: int) -> Handler[Draft]:
    def add(draft: Draft, element: etree._Element) -> None:
        text, is_html = atomtext.construct(element, base_of(draft, element))
        draft.title(rank, text, html=is_html)

    return add


def atom_body(rank: int) -> Handler[Draft]:
    def add(draft: Draft, element: etree._Element) -> None:
        base = base_of(draft, element)
        if base != draft.base:
            draft.body_base = base
        draft.language = draft.language or element.get(markup.LANGUAGE)
        draft.body(rank, atomtext.body(element, base))

    return add


def atom_author(rank: int) -> Handler[Draft]:
    return lambda draft, element: draft.author(rank, atomtext.person_name(element))


def atom_link(rank: int) -> Handler[Draft]:
    """A link by its relation (RFC 4287, section 4.2.7): a page for readers before any other alternate."""

    def add(draft: Draft, element: etree._Element) -> None:
        address, base = element.get("href") or element.text, base_of(draft, element)
        relation = (element.get("rel") or "alternate").strip().lower()
        kind = (element.get("type") or "html").strip().lower()
        if relation == "enclosure":
            draft.media(address, kind if "/" in kind else "", element.get("length"), base)
        elif relation in ("alternate", "http://www.iana.org/assignments/relation/alternate"):
            draft.link(rank if "html" in kind else rank + 5, address, base)

    return add


def enclosure(draft: Draft, element: etree._Element) -> None:
    get = element.get
    draft.media(get("url") or get("href"), get("type"), get("length"), base_of(draft, element))


def image(draft: Draft, element: etree._Element) -> None:
    """A picture of the item: its address in an attribute, in <url>, or as the text."""
    inside = next((child.text for child in element if local(child) == "url"), None)
    found = element.get("href") or element.get("url") or inside or (None if len(element) else element.text)
    draft.preview(found, base_of(draft, element))


def _media_content(draft: Draft, element: etree._Element) -> None:
    get = element.get
    draft.media(get("url"), get("type"), get("fileSize"), base_of(draft, element))
    _MEDIA.fill(draft, element)


def _media_group(draft: Draft, element: etree._Element) -> None:
    _MEDIA.fill(draft, element)


_media: Mapping[str, Handler[Draft]] = names(
    MEDIA,
    {
        "content": _media_content,
        "group": _media_group,
        "thumbnail": image,
        "title": title(14),
        "description": plain_body(13),
    },
)
_MEDIA = Table(_media)

ITEM: Mapping[str, Handler[Draft]] = {
    **names(
        DC,
        {
            "title": title(12),
            "creator": author(10),
            "date": published(13),
            "description": text_body(1),
            "subject": category,
            "language": language,
        },
    ),
    **names(DCTERMS, {"issued": published(12), "created": published(14), "modified": updated(12)}),
    **names(CONTENT, {"encoded": text_body(0)}),
    **names(ITUNES, {"title": title(13), "author": author(12), "summary": plain_body(12), "image": image}),
    **names(YANDEX, {"full-text": plain_body(0)}),
    **names(TURBO, {"content": text_body(0)}),
    **names(XHTML, {"body": inner_body(0), "div": inner_body(0)}),
    **names(
        ATOM,
        {
            "link": atom_link(11),
            "author": atom_author(11),
            "published": published(11),
            "updated": updated(11),
            "summary": atom_body(2),
            "content": atom_body(0),
            "category": category,
        },
    ),
    **_media,
}
"""What the extensions say of an item, whatever format it is written in."""
