"""Elements → HTML text: XHTML bodies and inline markup, serialised without namespaces.

lxml's own serialiser keeps prefixes (`<xhtml:p>`), which no HTML reader understands.
"""

from itertools import islice

from lxml import etree

from aggregator.parse.draft import web_address
from aggregator.text.html import escape

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_ADDRESSES = frozenset({"href", "src", "poster", "cite"})
MOST_RESOLVED = 20_000
_LONGEST_BASE, _DEEPEST_BASE = 2048, 100
BASE = "{http://www.w3.org/XML/1998/namespace}base"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def text(element: etree._Element) -> str:
    """The text of an element; with markup inside, that markup as HTML."""
    return inner(element) if len(element) else element.text or ""


def inner(element: etree._Element, base: str = "") -> str:
    """What stands inside `element`, as HTML; with a `base`, addresses become absolute (an inner xml:base may change it).

    More than MOST_RESOLVED elements keep theirs: no article has so many, and resolving each would take a minute of a
    document made for that.
    """
    many = base and next(islice(element.iter(), MOST_RESOLVED, None), None) is not None
    return _inner(element, "" if many else base)


def _inner(element: etree._Element, base: str) -> str:
    return _start(element) + "".join(_outer(child, base) for child in element)


def _start(element: etree._Element) -> str:
    return escape(element.text) if element.text else ""


def _outer(element: etree._Element, base: str) -> str:
    """`element` and the text that follows it."""
    base = nested(element, base) if base else ""
    name = str(element.tag).rpartition("}")[2]
    opening = name + "".join(_attribute(key, value, base) for key, value in element.items())
    tail = escape(element.tail) if element.tail else ""
    if name in _VOID and not len(element) and not element.text:
        return f"<{opening}>{tail}"
    return f"<{opening}>{_inner(element, base)}</{name}>{tail}"


def base(element: etree._Element, url: str) -> str:
    """The base for addresses in `element` of the document at `url`."""
    for ancestor in reversed([element, *element.iterancestors()]):
        url = nested(ancestor, url)
    return url


def nested(element: etree._Element, base: str) -> str:
    """The base for addresses in `element`, when `base` is that around it (XML Base, section 4)."""
    own = element.get(BASE)
    if not own or len(own) > _LONGEST_BASE:
        return base
    found = web_address(own, base)
    return found if found and len(found) <= _LONGEST_BASE and found.count("/") <= _DEEPEST_BASE else base


def _attribute(key: str, value: str, base: str) -> str:
    if key == BASE:
        return ""
    name = key.rpartition("}")[2]
    if base and name in _ADDRESSES:
        value = web_address(value, base) or value
    return f' {name}="{escape(value)}"'
