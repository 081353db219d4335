"""The cheap repair: the faults that most broken feeds have, mended in the text before the strict parser's second try.

What goes: byte order marks and junk around the document, control characters, references to characters that do not
exist, HTML's named entities, bare ampersands, prefixes nobody declared, and an item that a cut-off document ends in.
Every pattern is linear on hostile input.
"""

import re
from collections import deque
from html.entities import html5

from aggregator.parse.limits import check_ampersands

_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
    "media": "http://search.yahoo.com/mrss/",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "turbo": "http://turbo.yandex.ru",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "xlink": "http://www.w3.org/1999/xlink",
    "yandex": "http://news.yandex.ru",
}

_root = re.compile(r"<(rss|feed|rdf:RDF|urlset|sitemapindex|channel|entry)(?=[\s>])", re.I)
_control = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_number = re.compile(r"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}));", re.I)
_pair = re.compile(r"&#(?:x(d[89ab][0-9a-f]{2})|(5[5-6][0-9]{3}));&#(?:x(d[c-f][0-9a-f]{2})|(5[6-7][0-9]{3}));", re.I)
_ampersand = re.compile(r"&(?!#[0-9]{1,10};)([A-Za-z][A-Za-z0-9]{1,31};)?")
_prefix = re.compile(r"</?([A-Za-z_][\w.-]{0,30}):[A-Za-z_]|\s([A-Za-z_][\w.-]{0,30}):[\w.-]{1,40}\s{0,8}=")
_declaration = re.compile(r"\sxmlns:([A-Za-z_][\w.-]{0,30})\s{0,8}=")
_item_end = re.compile(r"</(?:rss:|atom:)?(?:item|entry|url)\s{0,8}>", re.I)
_XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_MOST_PREFIXES = 64


def repaired(text: str) -> str:
    """`text` from its root element on, with the cheap faults mended; it need not be well-formed afterwards."""
    check_ampersands(text)
    text = references(_control.sub("", text))
    root = _root.search(text)
    if root is None:
        return text
    text = _completed(text[root.start() :], root[1])
    text = "".join(_outside_cdata(part) if index % 2 == 0 else part for index, part in enumerate(_parts(text)))
    return _declared(text, root.end() - root.start())


def references(text: str) -> str:
    """`text` whose numeric references all name characters that XML allows (section 2.2).

    The halves of a pair of surrogates become the character they mean; a lone one, like any code point that does not
    exist, becomes U+FFFD, as in HTML; a control character disappears.
    """
    return _number.sub(_character, _pair.sub(_joined, text)) if "&#" in text else text


def _joined(match: re.Match[str]) -> str:
    high = int(match[1], 16) if match[1] else int(match[2])
    low = int(match[3], 16) if match[3] else int(match[4])
    if not (0xD800 <= high <= 0xDBFF and 0xDC00 <= low <= 0xDFFF):
        return match[0]
    return chr(0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00))


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF or code in (0xFFFE, 0xFFFF):
        return "\ufffd"
    if code < 0x20 and code not in (0x9, 0xA, 0xD):
        return ""
    return f"&#{code};"


def _completed(text: str, root: str) -> str:
    """`text` up to the end of its root; cut off earlier, it ends with the last whole item.

    Half an item is worse than none: it would be published with half its text, and its other half comes with the next poll.
    """
    end = text.rfind(f"</{root}")
    if end >= 0:
        return text[: end + len(root) + 2] + ">"
    ends = deque(_item_end.finditer(text), maxlen=1)
    if not ends:
        return text
    channel = "</channel>" if root.lower() == "rss" else ""
    return f"{text[: ends[0].end()]}{channel}</{root}>"


def _parts(text: str) -> list[str]:
    """`text` cut into what stands outside and inside CDATA sections, alternately."""
    parts, position = [], 0
    while (start := text.find("<![CDATA[", position)) >= 0:
        end = text.find("]]>", start)
        end = len(text) if end < 0 else end + 3
        parts += [text[position:start], text[start:end]]
        position = end
    return [*parts, text[position:]]


def _outside_cdata(text: str) -> str:
    return _ampersand.sub(_reference, text) if "&" in text else text


def _reference(match: re.Match[str]) -> str:
    """An entity of XML stays, one of HTML becomes its characters, any other ampersand is just an ampersand."""
    name = match[1]
    if name is None:
        return "&amp;"
    if name in _XML_ENTITIES:
        return match[0]
    characters = html5.get(name)
    return f"&amp;{name}" if characters is None else characters.replace("&", "&amp;").replace("<", "&lt;")


def _declared(text: str, root_end: int) -> str:
    """`text` whose root declares the prefixes that nothing declares: well-known ones as what they always mean."""
    declared = {"xml", "xmlns", *_declaration.findall(text)}
    used = dict.fromkeys(match[1] or match[2] for match in _prefix.finditer(text))
    missing = [name for name in used if name not in declared]
    declarations = "".join(
        f' xmlns:{name}="{_NAMESPACES.get(name.lower(), f"urn:undeclared:{name}")}"'
        for name in missing[:_MOST_PREFIXES]
    )
    return text[:root_end] + declarations + text[root_end:]
