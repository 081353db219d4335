"""A feed validator for tests: the rules of the W3C's, of RFC 4287, 5005, 6721 and 4151, RSS 2.0 and its profile, JSON
Feed 1.1 and OPML 2.0, as far as they can be broken by what we write. Each check returns its faults in words.
"""

# ruff: noqa: SIM905

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
MEDIA = "{http://search.yahoo.com/mrss/}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

FEED_CHILDREN = set(
    "author category contributor entry generator icon id link logo rights subtitle title updated".split()
)
ENTRY_CHILDREN = set(
    "author category content contributor id link published rights source summary title updated".split()
)
SOURCE_CHILDREN = FEED_CHILDREN - {"entry"}
RELATIONS = set(
    "alternate related self enclosure via hub current prev-archive next-archive next prev first last".split()
)
CHANNEL_CHILDREN = set(
    "title link description language copyright managingEditor webMaster pubDate lastBuildDate category generator docs "
    "cloud ttl image rating textInput skipHours skipDays item".split()
)
ITEM_CHILDREN = set("title link description author category comments enclosure guid pubDate source".split())

_iri = re.compile(r"[a-z][a-z0-9+.-]*:(?:[^\s<>\"{}|\\^`%\x00-\x20\x7f-\x9f]|%[0-9A-Fa-f]{2})+").fullmatch
_web = re.compile(r"https?://[^/?#\s]+").match
_tag = re.compile(
    r"tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,]+"
).fullmatch
_rfc3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)").fullmatch
_rfc822 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d "
    r"(?:GMT|[+-]\d{4})"
).fullmatch
_language = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*").fullmatch
_media_type = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]*").fullmatch
_bad = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]").search

Faults = list[str]
Element = etree._Element


def check(format_: str, body: bytes) -> Faults:
    return {"atom": check_atom, "rss": check_rss, "json": check_json}[format_](body)


# ---------------------------------------------------------------- Atom


def check_atom(body: bytes) -> Faults:
    feed = _root(body)
    if feed.tag != f"{ATOM}feed":
        return [f"the root is {feed.tag}"]
    return [
        *_characters(feed),
        *_languages(feed),
        *_children(feed, ATOM, FEED_CHILDREN, once={"id", "title", "updated"}, at_most_once={"subtitle", "generator"}),
        *_atom_common(feed),
        *_atom_feed_links(feed),
        *_tombstones(feed),
        *_unique("atom:id", [_text(entry, "id") for entry in feed.iterfind(f"{ATOM}entry")]),
        *(f"entry {n}: {fault}" for n, e in enumerate(feed.iterfind(f"{ATOM}entry")) for fault in _entry(e, feed)),
    ]


def _entry(entry: Element, feed: Element) -> Iterator[str]:
    yield from _children(
        entry, ATOM, ENTRY_CHILDREN, once={"id", "title", "updated"},
        at_most_once={"published", "content", "summary", "source", "rights"},
    )  # fmt: skip
    yield from _atom_common(entry)
    source = entry.find(f"{ATOM}source")
    authored = [e.find(f"{ATOM}author") is not None for e in (entry, feed) if e is not None]
    if not any(authored) and (source is None or source.find(f"{ATOM}author") is None):
        yield "no author, neither here nor in the feed"
    if source is None:
        yield "no source"
    else:
        yield from (f"source: {f}" for f in _children(source, ATOM, SOURCE_CHILDREN, once={"id", "title", "updated"}))
        yield from (f"source: {f}" for f in _atom_common(source))
    alternates = [link for link in entry.iterfind(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
    content, summary = entry.find(f"{ATOM}content"), entry.find(f"{ATOM}summary")
    if content is None and not alternates:
        yield "neither content nor an alternate link"
    if content is None and summary is None:
        yield "no text at all"
    for text in (content, summary):
        if text is not None:
            yield from _text_construct(text)
    published, updated = _text(entry, "published"), _text(entry, "updated")
    if published and datetime.fromisoformat(published) > datetime.fromisoformat(updated):
        yield f"updated {updated} before it was published {published}"
    yield from _media(entry)


def _atom_common(element: Element) -> Iterator[str]:
    """What feed, entry and source share: id, dates, title, people, links, categories."""
    for id_ in element.iterfind(f"{ATOM}id"):
        yield from _needs_iri("id", id_.text)
        if (id_.text or "").startswith("tag:") and not _tag(id_.text):
            yield f"id {id_.text!r} is no tag: URI"
    for name in ("updated", "published"):
        for date in element.iterfind(f"{ATOM}{name}"):
            yield from _date(name, date.text)
    for title in element.iterfind(f"{ATOM}title"):
        yield from _one_line("title", title.text)
    for person in element.iterfind(f"{ATOM}author"):
        yield from _children(person, ATOM, {"name", "uri", "email"}, once={"name"}, at_most_once={"uri", "email"})
        yield from _one_line("author", _text(person, "name"))
        if person.find(f"{ATOM}uri") is not None:
            yield from _needs_iri("author/uri", _text(person, "uri"))
    yield from _links(element)
    categories = element.findall(f"{ATOM}category")
    for category in categories:
        yield from _one_line("category", category.get("term"))
    yield from _unique("category", [category.get("term") for category in categories])


def _links(element: Element) -> Iterator[str]:
    links = element.findall(f"{ATOM}link")
    for link in links:
        rel, href = link.get("rel", "alternate"), link.get("href")
        if rel not in RELATIONS:
            yield f"unregistered relation {rel!r}"
        if set(link.attrib) - {"rel", "type", "href", "hreflang", "title", "length", LANG} or len(link) or link.text:
            yield f"link {href!r} has what a link has not"
        yield from _needs_iri(f"link {rel}", href)
        if "type" in link.attrib and not _media_type(link.get("type", "")):
            yield f"link type {link.get('type')!r} is no media type"
        if "hreflang" in link.attrib and not _language(link.get("hreflang", "")):
            yield f"hreflang {link.get('hreflang')!r}"
        if not link.get("length", "0").isdigit():
            yield f"link length {link.get('length')!r}"
        if rel == "enclosure" and not link.get("type"):
            yield "an enclosure without a type"
    alternates = [(e.get("type"), e.get("hreflang")) for e in links if e.get("rel", "alternate") == "alternate"]
    yield from _unique("alternate link of one type and language", alternates)


def _atom_feed_links(feed: Element) -> Iterator[str]:
    count = Counter(link.get("rel") for link in feed.iterfind(f"{ATOM}link"))
    for rel in ("self", "current", "prev-archive", "next-archive"):
        if count[rel] > 1:
            yield f"{count[rel]} links {rel}"
    if not count["self"]:
        yield "no link self"
    if feed.find(f"{HISTORY}archive") is not None and not count["current"]:
        yield "an archive without a link to the current feed (RFC 5005)"
    if feed.find(f"{HISTORY}archive") is None and count["next-archive"]:
        yield "next-archive in a feed that is no archive"


def _tombstones(feed: Element) -> Iterator[str]:
    living = {_text(entry, "id") for entry in feed.iterfind(f"{ATOM}entry")}
    for stone in feed.iterfind(f"{TOMBSTONE}deleted-entry"):
        yield from _needs_iri("deleted-entry ref", stone.get("ref"))
        yield from _date("deleted-entry when", stone.get("when"))
        if stone.get("ref") in living:
            yield f"{stone.get('ref')} is deleted and alive"


def _text_construct(element: Element) -> Iterator[str]:
    if element.get("type") not in (None, "text", "html"):
        yield f"{element.tag} of type {element.get('type')}"
    if len(element):
        yield f"elements within {element.tag}: escape them"


# ---------------------------------------------------------------- RSS


def check_rss(body: bytes) -> Faults:
    rss = _root(body)
    channel = rss.find("channel")
    if rss.tag != "rss" or rss.get("version") != "2.0" or channel is None or len(rss) != 1:
        return ["not <rss version=2.0> with one channel"]
    return [
        *_characters(rss),
        *_children(
            channel,
            "",
            CHANNEL_CHILDREN,
            once={"title", "link", "description"},
            at_most_once=CHANNEL_CHILDREN - {"item", "category"},
        ),
        *_channel(channel),
        *_unique("guid", [item.findtext("guid") for item in channel.iterfind("item")]),
        *(f"item {n}: {fault}" for n, item in enumerate(channel.iterfind("item")) for fault in _item(item)),
    ]


def _channel(channel: Element) -> Iterator[str]:
    for name in ("title", "description"):
        yield from _one_line(name, channel.findtext(name))
    yield from _needs_iri("channel link", channel.findtext("link"))
    if not _language(channel.findtext("language") or ""):
        yield f"language {channel.findtext('language')!r}"
    yield from _rfc822_date("lastBuildDate", channel.findtext("lastBuildDate"))
    if not (channel.findtext("ttl") or "").isdigit() or channel.findtext("ttl") == "0":
        yield f"ttl {channel.findtext('ttl')!r}"
    links = channel.findall(f"{ATOM}link")
    if [link.get("rel") for link in links].count("self") != 1:
        yield "not one atom:link self"
    for link in links:
        yield from _needs_iri("atom:link", link.get("href"))
    first = next((n for n, child in enumerate(channel) if child.tag == "item"), len(channel))
    if any(child.tag != "item" for child in channel[first:]):
        yield "channel metadata after the items"


def _item(item: Element) -> Iterator[str]:
    yield from _children(item, "", ITEM_CHILDREN, once={"title", "link", "guid", "pubDate"},
                         at_most_once=ITEM_CHILDREN - {"category"})  # fmt: skip
    yield from _one_line("title", item.findtext("title"))
    yield from _needs_iri("link", item.findtext("link"))
    yield from _rfc822_date("pubDate", item.findtext("pubDate"))
    guid = item.find("guid")
    if guid is not None and guid.get("isPermaLink") != ("true" if _web(guid.text or "") else "false"):
        yield f"guid {guid.text!r} isPermaLink={guid.get('isPermaLink')}"
    names = [child.tag for child in item]
    if f"{CONTENT}encoded" in names and "description" not in names[: names.index(f"{CONTENT}encoded")]:
        yield "content:encoded without a description before it"
    if "author" in names and f"{DC}creator" in names:
        yield "author and dc:creator"
    for enclosure in item.iterfind("enclosure"):
        if not _web(enclosure.get("url", "")) or not enclosure.get("length", "").isdigit():
            yield f"enclosure {dict(enclosure.attrib)}"
        if not _media_type(enclosure.get("type", "")):
            yield f"enclosure of type {enclosure.get('type')!r}"
    for source in item.iterfind("source"):
        yield from _needs_iri("source", source.get("url"))
        yield from _one_line("source", source.text)
    for category in item.iterfind("category"):
        yield from _one_line("category", category.text)
    for language in item.iterfind(f"{DC}language"):
        if not _language(language.text or ""):
            yield f"dc:language {language.text!r}"
    yield from _media(item)


# ---------------------------------------------------------------- JSON Feed


def check_json(body: bytes) -> Faults:
    try:
        feed = json.loads(body.decode("utf-8"))
    except ValueError as error:
        return [f"not JSON in UTF-8: {error}"]
    return [
        *_json_feed(feed),
        *(f"item {n}: {fault}" for n, one in enumerate(feed["items"]) for fault in _json_item(one)),
    ]


def _json_feed(feed: dict) -> Iterator[str]:
    known = set(
        "version title home_page_url feed_url description user_comment next_url icon favicon authors language expired "
        "hubs items".split()
    )
    yield from _json_members(feed, known)
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield f"version {feed.get('version')}"
    yield from _one_line("title", feed.get("title"))
    for name in ("home_page_url", "feed_url", "next_url"):
        if name in feed:
            yield from _needs_iri(name, feed[name])
    if "feed_url" not in feed:
        yield "no feed_url"
    if not _language(feed.get("language", "")):
        yield f"language {feed.get('language')!r}"
    for hub in feed.get("hubs", []):
        yield from _needs_iri("hub", hub["url"])
    yield from _unique("id", [item["id"] for item in feed["items"]])


def _json_item(item: dict) -> Iterator[str]:
    known = set(
        "id url external_url title content_html content_text summary image banner_image date_published date_modified "
        "authors tags language attachments".split()
    )
    yield from _json_members(item, known)
    if not isinstance(item.get("id"), str) or not item["id"]:
        yield "no id"
    if "content_html" not in item and "content_text" not in item:
        yield "no content"
    for name in ("url", "external_url", "image", "banner_image"):
        if name in item:
            yield from _needs_iri(name, item[name])
    for name in ("date_published", "date_modified"):
        if name in item:
            yield from _date(name, item[name])
    yield from _one_line("title", item.get("title", "-"))
    if not _language(item.get("language", "und")):
        yield f"language {item['language']!r}"
    if not all(set(author) & {"name", "url", "avatar"} for author in item.get("authors", [])):
        yield "an author without a name"
    for tag in item.get("tags", []):
        yield from _one_line("tag", tag)
    for file in item.get("attachments", []):
        yield from _needs_iri("attachment", file.get("url"))
        if not _media_type(file.get("mime_type", "")) or file.get("size_in_bytes", 1) < 1:
            yield f"attachment {file}"


def _json_members(members: dict, known: set[str]) -> Iterator[str]:
    for name, value in members.items():
        if name not in known and not name.startswith("_"):
            yield f"unknown member {name!r}"
        if value in (None, []) and name != "items":
            yield f"{name} is {value}"
    if any(_bad(string) for string in _strings({name: value for name, value in members.items() if name != "items"})):
        yield "characters that are no text"


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(part)


# ---------------------------------------------------------------- OPML


def check_opml(body: bytes) -> Faults:
    opml = _root(body)
    head, outlines = opml.find("head"), opml.find("body")
    if opml.tag != "opml" or opml.get("version") != "2.0" or head is None or outlines is None:
        return ["not <opml version=2.0> with head and body"]
    return [*_characters(opml), *_one_line("title", head.findtext("title")), *_outlines(outlines)]


def _outlines(body: Element) -> Iterator[str]:
    if not len(body):
        yield "an empty body"
    for outline in body.iter("outline"):
        yield from _one_line("text", outline.get("text"))
        wanted = {"rss": "xmlUrl", "link": "url"}.get(outline.get("type", ""))
        if wanted is None:
            yield f"outline of type {outline.get('type')!r}"
        else:
            yield from _needs_iri(wanted, outline.get(wanted))
        if "htmlUrl" in outline.attrib:
            yield from _needs_iri("htmlUrl", outline.get("htmlUrl"))


# ---------------------------------------------------------------- shared


def _root(body: bytes) -> Element:
    """The document as a strict parser reads it; a byte that is not XML raises here."""
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False, huge_tree=True))


def _text(element: Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def _children(
    element: Element, namespace: str, known: set[str], *, once: set[str], at_most_once: set[str] = frozenset()
) -> Iterator[str]:
    names = [str(child.tag).removeprefix(namespace) for child in element if str(child.tag).startswith(namespace)]
    own = [name for name in names if "{" not in name]
    count = Counter(own)
    for name in sorted(set(own) - known):
        yield f"{element.tag} holds an unknown {name}"
    for name in sorted(once):
        if count[name] != 1:
            yield f"{element.tag} has {count[name]} {name}"
    for name in sorted(at_most_once):
        if count[name] > 1:
            yield f"{element.tag} has {count[name]} {name}"


def _media(element: Element) -> Iterator[str]:
    for content in element.iterfind(f"{MEDIA}content"):
        yield from _needs_iri("media:content", content.get("url"))
        if not _media_type(content.get("type", "")):
            yield f"media:content of type {content.get('type')!r}"
        if content.get("medium", "image") not in {"image", "audio", "video", "document", "executable"}:
            yield f"medium {content.get('medium')}"
        if not content.get("fileSize", "1").isdigit() or content.get("fileSize") == "0":
            yield f"fileSize {content.get('fileSize')}"


def _characters(root: Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        for text in (element.text, element.tail, *element.attrib.values()):
            if text and _bad(text):
                yield f"characters in {element.tag} that are no text: {text!r}"


def _languages(root: Element) -> Iterator[str]:
    if not root.get(LANG):
        yield "the feed names no language"
    for element in root.iter(etree.Element):
        if LANG in element.attrib and not _language(element.get(LANG)):
            yield f"xml:lang {element.get(LANG)!r}"


def _needs_iri(name: str, value: str | None) -> Iterator[str]:
    if not value or not _iri(value) or (value.startswith("http") and not _web(value)):
        yield f"{name} {value!r} is no absolute address"


def _one_line(name: str, value: str | None) -> Iterator[str]:
    if not value or not value.strip() or value != " ".join(value.split()):
        yield f"{name} {value!r} is empty or not one line"


def _date(name: str, value: str | None) -> Iterator[str]:
    try:
        if _rfc3339(value or "") and datetime.fromisoformat(value):
            return
    except ValueError:
        pass
    yield f"{name} {value!r} is no date of RFC 3339"


def _rfc822_date(name: str, value: str | None) -> Iterator[str]:
    try:
        if _rfc822(value or "") and parsedate_to_datetime(value).strftime("%a") == value[:3]:
            return
    except ValueError:
        pass
    yield f"{name} {value!r} is no date of RFC 822"


def _unique(name: str, values: list) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{name} {value!r} {count} times"


# ---------------------------------------------------------------- HTML


class _Html(HTMLParser):
    """Notes what may not stand in the HTML that we make ourselves."""

    VOID = frozenset(("br", "img", "hr", "wbr", "source", "col"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: Faults = []
        self.text = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"p", "a", "ul", "li", "span", *self.VOID}:
            self.faults.append(f"element {tag}")
        for name, value in attrs:
            if name not in {"href", "lang"}:
                self.faults.append(f"attribute {name}")
            if name == "href":
                self.links.append(value or "")
                self.faults += _needs_iri("href", value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.text += data


def read_html(html: str) -> tuple[Faults, str, list[str]]:
    """Faults, text and links of HTML that consists of paragraphs, lists and links alone."""
    reader = _Html()
    reader.feed(html)
    reader.close()
    return [*reader.faults, *(f"<{tag}> is left open" for tag in reader.open)], reader.text, reader.links
