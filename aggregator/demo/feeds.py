"""The newsroom's feeds in RSS 2.0, RSS 1.0 (RDF), Atom and JSON Feed, as each outlet writes them, flaws included.

Written as text, independent of the program's own readers and writers: a mistake common to both sides would hide.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from html.entities import codepoint2name

from aggregator.demo.newsroom import Outlet, Piece
from aggregator.demo.picture import PICTURE
from aggregator.model import Seconds

MEDIA_TYPES = {
    "rss": "application/rss+xml",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
_NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)
_RDF = 'xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
_XHTML = "http://www.w3.org/1999/xhtml"


@dataclass(frozen=True, slots=True)
class Issue:
    """A state of one outlet's feed: `pieces` newest first, as served on `port` when it is `now`."""

    outlet: Outlet
    pieces: tuple[Piece, ...]
    now: Seconds
    port: int

    @property
    def changed(self) -> Seconds:
        """When the newest piece or revision appeared."""
        return max((piece.updated(self.now) for piece in self.pieces), default=self.now - 86_400)

    def link(self, piece: Piece) -> str:
        """The link as the feed gives it, with the tracking parameters some outlets add."""
        link = piece.url(self.outlet, self.port)
        tracking = "utm_source=rss&utm_medium=feed&utm_campaign=news"
        return f"{link}{'&' if '?' in link else '?'}{tracking}" if self.outlet.tracking else link

    def picture(self, piece: Piece) -> str:
        return self.outlet.url(self.port, f"/media/{piece.id}.png")

    def date(self, when: Seconds) -> str:
        """A time in the outlet's own zone and style."""
        local = datetime.fromtimestamp(when, timezone(timedelta(hours=self.outlet.utc_offset)))
        if self.outlet.format != "rss":
            return local.isoformat().replace("+00:00", "Z")
        written = format_datetime(local)
        style = {"offset": written, "bare": written[:-6], "named": f"{written[:-5]}{self.outlet.zone_name}"}
        return style[self.outlet.dates]


def render(issue: Issue) -> bytes:
    """The feed's bytes, in the outlet's encoding."""
    write = {"rss": _rss, "rdf": _rdf, "atom": _atom, "json": _json}[issue.outlet.format]
    text = write(issue)
    if issue.outlet.serve == "malformed":
        text = _spoil(text)
    return text.encode(issue.outlet.encoding, "xmlcharrefreplace")


def _spoil(xml: str) -> str:
    """Faults that strict XML refuses: every `&` bare, the second category without its end tag."""
    first, second, rest = xml.replace("&amp;", "&").split("</category>", 2)
    return f"{first}</category>{second}{rest}"


def _element(name: str, text: str | None, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escape(text, quote=False)}</{name}>\n" if text else ""


def _link(rel: str, href: str, type_: str = "", rest: str = "", tag: str = "link") -> str:
    kind = f' type="{type_}"' if type_ else ""
    return f'<{tag} rel="{rel}" href="{escape(href)}"{kind}{rest}/>\n'


def _entities(title: str) -> str:
    """A title as some systems print it: typographic characters as HTML entities."""
    return "".join(f"&{codepoint2name[ord(c)]};" if c in "«»“”‘’–—" else c for c in escape(title))


def _prolog(outlet: Outlet) -> str:
    return f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'


# ---------------------------------------------------------------- RSS 2.0 and 1.0


def _rss(issue: Issue) -> str:
    outlet = issue.outlet
    head = [
        _element("title", outlet.name),
        _element("link", outlet.url(issue.port)),
        _element("description", outlet.name),
        _element("language", outlet.language),
        _link("self", outlet.url(issue.port, outlet.feed_path), MEDIA_TYPES["rss"], tag="atom:link"),
        _element("lastBuildDate", issue.date(issue.changed)),
        _element("ttl", str(outlet.ttl or "")),
        _element("sy:updatePeriod", outlet.update),
    ]
    items = (f"<item>\n{_rss_item(issue, piece)}</item>\n" for piece in issue.pieces)
    channel = f"<channel>\n{''.join(head)}{''.join(items)}</channel>"
    return f'{_prolog(outlet)}<rss version="2.0" {_NAMESPACES}>\n{channel}\n</rss>\n'


def _rss_item(issue: Issue, piece: Piece) -> str:
    categories = "".join(_element("category", name) for name in piece.categories)
    return (
        _rss_title(issue.outlet, piece)
        + _element("link", issue.link(piece))
        + _guid(issue, piece)
        + _element("pubDate", issue.date(piece.published(issue.now)))
        + _element("dc:creator", piece.author)
        + categories
        + _rss_text(issue.outlet, piece)
        + _enclosure(issue, piece)
    )


def _rss_title(outlet: Outlet, piece: Piece) -> str:
    if outlet.titles == "html":
        return f"<title><![CDATA[{_entities(piece.title)}]]></title>\n"
    return _element("title", piece.title)


def _guid(issue: Issue, piece: Piece) -> str:
    if issue.outlet.serve == "no-guid":
        return ""
    if issue.outlet.serve == "repeat-guid":
        return _element("guid", issue.outlet.host, ' isPermaLink="false"')
    return _element("guid", piece.url(issue.outlet, issue.port), ' isPermaLink="true"')


def _rss_text(outlet: Outlet, piece: Piece) -> str:
    if outlet.text == "none":
        return ""
    if outlet.text == "summary":
        return _element("description", piece.paragraphs[0])
    if outlet.body == "description":
        return _element("description", piece.html(outlet))
    encoded = f"<content:encoded><![CDATA[{piece.html(outlet)}]]></content:encoded>\n"
    return _element("description", piece.paragraphs[0]) + encoded


def _enclosure(issue: Issue, piece: Piece) -> str:
    if not issue.outlet.images:
        return ""
    return f'<enclosure url="{escape(issue.picture(piece))}" type="image/png" length="{len(PICTURE)}"/>\n'


def _rdf(issue: Issue) -> str:
    outlet, home = issue.outlet, issue.outlet.url(issue.port)
    places = "".join(f'<rdf:li rdf:resource="{escape(issue.link(piece))}"/>\n' for piece in issue.pieces)
    channel = (
        _element("title", outlet.name)
        + _element("link", home)
        + _element("description", outlet.name)
        + _element("dc:language", outlet.language)
        + _element("sy:updatePeriod", outlet.update)
        + f"<items>\n<rdf:Seq>\n{places}</rdf:Seq>\n</items>\n"
    )
    items = "".join(_rdf_item(issue, piece) for piece in issue.pieces)
    about = f'<channel rdf:about="{home}">\n{channel}</channel>\n'
    return f"{_prolog(outlet)}<rdf:RDF {_RDF} {_NAMESPACES}>\n{about}{items}</rdf:RDF>\n"


def _rdf_item(issue: Issue, piece: Piece) -> str:
    subjects = "".join(_element("dc:subject", name) for name in piece.categories)
    return (
        f'<item rdf:about="{escape(issue.link(piece))}">\n'
        + _rss_title(issue.outlet, piece)
        + _element("link", issue.link(piece))
        + _element("dc:date", issue.date(piece.published(issue.now)))
        + _element("dc:creator", piece.author)
        + subjects
        + _rss_text(issue.outlet, piece)
        + "</item>\n"
    )


# ---------------------------------------------------------------- Atom 1.0


def _atom(issue: Issue) -> str:
    outlet = issue.outlet
    head = [
        _element("id", f"tag:{outlet.host},2024:feed"),
        _element("title", outlet.name),
        _element("updated", issue.date(issue.changed)),
        _link("self", outlet.url(issue.port, outlet.feed_path), MEDIA_TYPES["atom"]),
        _link("alternate", outlet.url(issue.port), "text/html"),
        f"<author>{_element('name', outlet.name)}</author>\n",
    ]
    entries = (f"<entry>\n{_atom_entry(issue, piece)}</entry>\n" for piece in issue.pieces)
    root = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">'
    return f"{_prolog(outlet)}{root}\n{''.join(head)}{''.join(entries)}</feed>\n"


def _atom_entry(issue: Issue, piece: Piece) -> str:
    outlet = issue.outlet
    html = outlet.titles == "html"
    title = _element("title", _entities(piece.title), ' type="html"') if html else _element("title", piece.title)
    author = f"<author>{_element('name', piece.author)}</author>\n" if piece.author else ""
    length = f' length="{len(PICTURE)}"'
    picture = _link("enclosure", issue.picture(piece), "image/png", length) if outlet.images else ""
    return (
        _element("id", f"tag:{outlet.host},2024:{piece.id}")
        + title
        + _link("alternate", issue.link(piece), "text/html")
        + _element("published", issue.date(piece.published(issue.now)))
        + _element("updated", issue.date(piece.updated(issue.now)))
        + author
        + "".join(f'<category term="{escape(name)}"/>\n' for name in piece.categories)
        + _atom_text(outlet, piece)
        + picture
    )


def _atom_text(outlet: Outlet, piece: Piece) -> str:
    if outlet.text == "summary":
        return _element("summary", piece.paragraphs[0])
    if outlet.body == "xhtml":
        return f'<content type="xhtml"><div xmlns="{_XHTML}">{piece.html(outlet)}</div></content>\n'
    return _element("content", piece.html(outlet), ' type="html"')


# ---------------------------------------------------------------- JSON Feed 1.1


def _json(issue: Issue) -> str:
    outlet = issue.outlet
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": outlet.url(issue.port),
        "feed_url": outlet.url(issue.port, outlet.feed_path),
        "language": outlet.language,
        "items": [_json_item(issue, piece) for piece in issue.pieces],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _json_item(issue: Issue, piece: Piece) -> dict[str, object]:
    item: dict[str, object] = {
        "id": piece.url(issue.outlet, issue.port),
        "url": issue.link(piece),
        "title": piece.title,
        "content_html": piece.html(issue.outlet),
        "date_published": issue.date(piece.published(issue.now)),
        "tags": list(piece.categories),
    }
    if piece.revised:
        item["date_modified"] = issue.date(piece.updated(issue.now))
    if piece.author:
        item["authors"] = [{"name": piece.author}]
    if issue.outlet.images:
        picture = issue.picture(piece)
        item["image"] = picture
        item["attachments"] = [{"url": picture, "mime_type": "image/png", "size_in_bytes": len(PICTURE)}]
    return item


def http_date(when: Seconds) -> str:
    """RFC 9110, section 5.6.7."""
    return format_datetime(datetime.fromtimestamp(when, UTC), usegmt=True)
