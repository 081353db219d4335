"""How elements are told by name: namespaces, and tables of what each element does.

A table maps lxml's tag ("{namespace}name") to what it does; publishers' variants of a namespace (https,
no final slash, other case) and of a name's case are led to the one spelling once, and remembered.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar

from lxml import etree

ATOM = "http://www.w3.org/2005/Atom"
ATOM_03 = "http://purl.org/atom/ns#"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
DCTERMS = "http://purl.org/dc/terms/"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA = "http://search.yahoo.com/mrss/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS_10 = "http://purl.org/rss/1.0/"
SY = "http://purl.org/rss/1.0/modules/syndication/"
TURBO = "http://turbo.yandex.ru"
XHTML = "http://www.w3.org/1999/xhtml"
YANDEX = "http://news.yandex.ru"

T = TypeVar("T")
Handler = Callable[[T, etree._Element], None]  # noqa: SLF001 - lxml has no public name for it

_SEPARATORS = str.maketrans("", "", "/#")


def known(tag: str) -> str:
    """The key under which all spellings of `tag` are found."""
    namespace, brace, name = tag.rpartition("}")
    namespace = namespace.lower().replace("https:", "http:", 1).replace("//www.", "//", 1)
    return namespace.translate(_SEPARATORS) + brace + name.lower()


class Table(Generic[T]):
    """Handlers by tag, in any of its spellings."""

    def __init__(self, handlers: Mapping[str, Handler[T]]) -> None:
        self._exact = dict(handlers)
        self._variants = {known(tag): handlers[tag] for tag in reversed(list(handlers))}
        self._variant = lru_cache(maxsize=1024)(lambda tag: self._variants.get(known(tag)))

    def fill(self, target: T, element: etree._Element) -> None:
        """Let every child of `element` add to `target` what it says; unknown ones say nothing."""
        exact, variant = self._exact, self._variant
        for child in element:
            tag: Any = child.tag
            handler = exact.get(tag) or variant(tag)
            if handler is not None:
                handler(target, child)


def names(namespace: str, handlers: Mapping[str, Handler[T]]) -> dict[str, Handler[T]]:
    """`handlers` by local name as handlers by tag in `namespace`; the empty one is none."""
    prefix = f"{{{namespace}}}" if namespace else ""
    return {prefix + name: handler for name, handler in handlers.items()}


def local(element: etree._Element) -> str:
    """The name of `element` without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace_of(element: etree._Element) -> str:
    """The namespace of `element`; empty when it has none."""
    tag = str(element.tag)
    return tag[1:].rpartition("}")[0] if tag[0] == "{" else ""
