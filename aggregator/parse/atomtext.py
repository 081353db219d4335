"""Atom's constructs (RFC 4287, section 3): texts and persons, and how 0.3 wrote them."""

import base64
import binascii

from lxml import etree

from aggregator.parse import markup
from aggregator.parse.draft import looks_like_html
from aggregator.parse.vocabulary import local
from aggregator.text.html import escape

_HTML = ("html", "text/html", "application/xhtml+xml")
_TREE = ("xhtml", "application/xhtml+xml", "application/xml", "text/xml")


def construct(element: etree._Element, base: str) -> tuple[str, bool]:
    """The text of a Text construct or content, and whether it is HTML.

    Atom 0.3 said how content is written in `mode`: xml (the default there), escaped or base64. What calls itself text
    but holds tags is HTML: so many publishers forget the type that readers have agreed on it.
    """
    kind = (element.get("type") or "text").strip().lower()
    if len(element):
        return _tree(element, base), True
    text = element.text or ""
    if element.get("mode") == "base64" or not _textual(kind):
        return _decoded(text), kind in _HTML
    return text, kind in _HTML or kind in _TREE or looks_like_html(text)


def body(element: etree._Element, base: str) -> str:
    """A Text construct as HTML."""
    text, is_html = construct(element, base)
    return text if is_html else escape(text)


def _textual(kind: str) -> bool:
    return "/" not in kind or kind.startswith("text/") or kind.endswith(("+xml", "/xml"))


def _tree(element: etree._Element, base: str) -> str:
    """Inner markup; the one <div> that carries XHTML is not part of the content (section 3.1.1.3)."""
    only = element[0]
    if len(element) == 1 and local(only) == "div" and not (element.text or "").strip():
        return markup.inner(only, markup.nested(only, base))
    return markup.inner(element, base)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def person_name(element: etree._Element) -> str:
    """The name of a Person construct; plain text where a publisher wrote no <name>."""
    for child in element:
        if local(child) == "name" and child.text:
            return child.text
    return element.text or "" if not len(element) else ""
