"""OPML 2.0: our feeds for readers, our sources for other aggregators, other people's lists for us."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from aggregator.errors import ParseError
from aggregator.model import Site, Source, Topic
from aggregator.publish.clean import line, link
from aggregator.publish.words import localised

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


class Subscription(NamedTuple):
    """A feed of an OPML list: `html_url` is its page for people, `language` and `category` as its outline names them."""

    title: str
    xml_url: str
    html_url: str | None = None
    category: str | None = None
    language: str | None = None


_MOST_BYTES = 20_000_000
_CREDENTIALS = re.compile(r"[^/?#]*//[^/?#]*@")


def opml(site: Site, topics: Sequence[Topic]) -> bytes:
    """Every public topic as an Atom feed, for a reader to import all at once."""
    base = site.base_url.rstrip("/")
    return _document(
        site.title,
        (
            {
                "type": "rss",
                "text": title,
                "title": title,
                "xmlUrl": f"{base}/feeds/{topic.id}.atom",
                "htmlUrl": f"{base}/topics/{topic.id}",
            }
            for topic in topics
            if not topic.private and (title := line(localised(topic.title, site.languages)) or topic.id)
        ),
    )


def opml_sources(sources: Iterable[Source]) -> bytes:
    """The sources with all their feeds, category "/<country>". Pages and sitemaps, which are no feeds, go as links."""
    return _document("Sources", (_source_outline(s, f.url, f.kind) for s in sources for f in s.feeds))


def _source_outline(source: Source, url: str, kind: str) -> dict[str, str]:
    name = line(source.name) or source.id
    common = {"text": name, "title": name, "language": source.language, "category": f"/{source.country}"}
    if kind == "feed":
        return {"type": "rss", **common, "xmlUrl": url, "htmlUrl": source.url}
    return {"type": "link", **common, "url": url}


def _document(title: str, outlines: Iterable[dict[str, str]]) -> bytes:
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = line(title)
    body = etree.SubElement(root, "body")
    for outline in outlines:
        etree.SubElement(body, "outline", {name: value for name, value in outline.items() if value})
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def read_opml(data: bytes) -> tuple[Subscription, ...]:
    """The subscriptions of an OPML list, each feed once, in document order.

    The category is that of the outline, else the folders it lies in ("News/Kazakhstan"). Addresses that are not
    http(s), or that hold a password, are left out (see `refused`). ParseError when the bytes are not OPML; nothing
    outside them is ever read.
    """
    found: dict[str, Subscription] = {}
    for outline, folders in _subscriptions(_body(data)):
        address = link(_attribute(outline, "xmlUrl"))
        if address is not None and not _wrong(_attribute(outline, "xmlUrl")):
            title = _attribute(outline, "title") or _attribute(outline, "text") or address
            category = _attribute(outline, "category").strip("/").partition(",")[0] or "/".join(folders)
            page, language = link(_attribute(outline, "htmlUrl")), _attribute(outline, "language") or None
            found.setdefault(address, Subscription(title, address, page, category or None, language))
    return tuple(found.values())


def refused(data: bytes) -> tuple[tuple[str, str], ...]:
    """The addresses of an OPML list that read_opml leaves out, each with the reason. ParseError as there."""
    addresses = dict.fromkeys(_attribute(outline, "xmlUrl") for outline, _ in _subscriptions(_body(data)))
    return tuple((address, wrong) for address in addresses if (wrong := _wrong(address)))


def _wrong(address: str) -> str:
    """Why an address cannot be read as it stands; a secret in it would be lost, or stand in the configuration."""
    if link(address) is None:
        return "not an http or https address"
    return "holds a name or password; add it by hand, with headers" if _CREDENTIALS.match(address) else ""


def _body(data: bytes) -> "Element":
    from lxml import etree

    if len(data) > _MOST_BYTES:
        raise ParseError(f"an OPML file of {len(data)} bytes is too large")
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"this is not OPML: {error}") from error
    body = root.find("body")
    if root.tag != "opml" or body is None:
        raise ParseError(f"this is not OPML: its root is <{root.tag!s}>" if root.tag != "opml" else "it has no <body>")
    return body


def _subscriptions(body: "Element") -> Iterator[tuple["Element", tuple[str, ...]]]:
    """The outlines with a feed, each with the titles of the folders around it."""
    for outline in body.iter("outline"):
        if outline.get("xmlUrl"):
            folders = [_attribute(f, "title") or _attribute(f, "text") for f in outline.iterancestors("outline")]
            yield outline, tuple(filter(None, reversed(folders)))


def _attribute(outline: "Element", name: str) -> str:
    return line(str(outline.get(name) or ""))
