"""HTML → element tree by libxml2, with the size of what it is asked to read bounded."""

from lxml import etree

from aggregator.errors import ParseError
from aggregator.parse.draft import web_address
from aggregator.parse.repair import references

MOST_BYTES = 8_000_000
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")


def parse(data: bytes) -> etree._Element:
    """The root element of an HTML page in UTF-8; ParseError when there is none or the page is over 8 MB."""
    if len(data) > MOST_BYTES:
        raise ParseError(f"a page of {len(data) // 1_000_000} MB is too large to read")
    data = references(data.translate(None, _CONTROLS).decode()).encode()
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ParseError(f"the page cannot be read: {error.msg}") from None
    if root is None:
        raise ParseError("the page is empty")
    return root


def base_of(root: etree._Element, url: str) -> str:
    """What relative addresses on the page are relative to: <base href>, else its own address."""
    for element in root.iter("base"):
        return web_address(element.get("href") or "", url) or url
    return url


def text_of(element: etree._Element) -> str:
    """The text in `element` on one line."""
    return " ".join("".join(element.itertext()).split())


def title_of(root: etree._Element) -> str:
    """The text of <title>."""
    return next((text_of(title) for title in root.iter("title")), "")
