"""Our extensions of feedgen: what Atom and RSS can say and feedgen cannot. Imported only when a feed is rendered.

feedgen 1.0.0 loses rel, type, hreflang and length of an Atom entry's links, because its loop variable hides the link
it reads from; it knows neither RFC 6721 nor RFC 5005, and writes the build date of RSS by switching the locale of the
whole process, which is no good beside other threads.
"""

from typing import TYPE_CHECKING

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from aggregator.model import Enclosure, Item, Publication
from aggregator.publish import addresses
from aggregator.publish.times import rfc822, rfc3339

MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
HISTORY = "http://purl.org/syndication/history/1.0"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

Link = dict[str, str]


class AtomFeed(BaseExtension):  # type: ignore[misc]
    """Tombstones, the archive mark and the stylesheet of an Atom feed."""

    publication: Publication

    def extend_ns(self) -> dict[str, str]:
        used = {"media": MEDIA, "at": TOMBSTONES, "fh": HISTORY}
        absent = {"at": not self.publication.tombstones, "fh": not self.publication.archive}
        return {prefix: uri for prefix, uri in used.items() if not absent.get(prefix)}

    def extend_atom(self, feed: "Element") -> "Element":
        _add_stylesheet(feed, self.publication)
        if self.publication.archive:
            etree.SubElement(feed, f"{{{HISTORY}}}archive")
        for tombstone in self.publication.tombstones:
            attributes = {"ref": tombstone.id, "when": rfc3339(tombstone.when)}
            deleted = etree.SubElement(feed, f"{{{TOMBSTONES}}}deleted-entry", attributes)
            if tombstone.reason:
                etree.SubElement(deleted, f"{{{TOMBSTONES}}}comment").text = tombstone.reason
        return feed


class AtomEntry(BaseEntryExtension):  # type: ignore[misc]
    """Language, whole links, publication time, true source and media of an Atom entry."""

    item: Item
    links: list[Link]

    def extend_atom(self, entry: "Element") -> "Element":
        if self.item.language:
            entry.set(_LANG, self.item.language)
        for written, wanted in zip(entry.iterfind("link"), self.links, strict=True):
            written.attrib.update(wanted)
        etree.SubElement(entry, "published").text = rfc3339(self.item.published)
        source = entry.find("source")
        assert source is not None
        etree.SubElement(source, "id").text = self.item.source_url
        etree.SubElement(source, "updated").text = rfc3339(self.item.updated)
        _add_media(entry, self.item.enclosures)
        return entry


class RssFeed(BaseExtension):  # type: ignore[misc]
    """Build date, hub and stylesheet of an RSS feed."""

    publication: Publication

    def extend_ns(self) -> dict[str, str]:
        return {"media": MEDIA, "dc": DUBLIN_CORE}

    def extend_rss(self, rss: "Element") -> "Element":
        _add_stylesheet(rss, self.publication)
        channel = rss[0]
        etree.SubElement(channel, "lastBuildDate").text = rfc822(self.publication.updated)
        if self.publication.hub:
            etree.SubElement(channel, f"{{{ATOM}}}link", {"rel": "hub", "href": self.publication.hub})
        return rss


class RssEntry(BaseEntryExtension):  # type: ignore[misc]
    """Publication time, author, language and media of an RSS item."""

    item: Item

    def extend_rss(self, entry: "Element") -> "Element":
        etree.SubElement(entry, "pubDate").text = rfc822(self.item.published)
        etree.SubElement(entry, f"{{{DUBLIN_CORE}}}creator").text = self.item.author or self.item.source_name
        if self.item.language not in ("", "und"):
            etree.SubElement(entry, f"{{{DUBLIN_CORE}}}language").text = self.item.language
        _add_media(entry, self.item.enclosures)
        return entry


def _add_media(entry: "Element", enclosures: tuple[Enclosure, ...]) -> None:
    """Every file of an item: RSS allows it but one enclosure."""
    for enclosure in enclosures:
        attributes = {"url": enclosure.url, "type": enclosure.type}
        kind = enclosure.type.partition("/")[0]
        if kind in ("image", "audio", "video"):
            attributes["medium"] = kind
        if enclosure.length:
            attributes["fileSize"] = str(enclosure.length)
        etree.SubElement(entry, f"{{{MEDIA}}}content", attributes)


def _add_stylesheet(root: "Element", publication: Publication) -> None:
    """In CSS: across a page made by XSLT Chrome (156) writes a red warning, and soon it will make none at all."""
    address = addresses.stylesheet(publication).replace("&", "&amp;").replace('"', "&quot;")
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", f'type="text/css" href="{address}"'))
