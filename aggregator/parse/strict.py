"""UTF-8 → element tree by libxml2, strictly: well-formed and harmless, or an error that says which it is not."""

from lxml import etree

from aggregator.errors import ParseError
from aggregator.parse.limits import check_xml

_HEAVY = frozenset({etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG})
_HARMLESS = frozenset({etree.ErrorTypes.WAR_UNKNOWN_VERSION, etree.ErrorTypes.WAR_NS_URI_RELATIVE})


class NotWellFormed(Exception):
    """libxml2 refused the document; `message` names the first fault with line and column."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse(data: bytes) -> etree._Element:
    """The root element of `data` (UTF-8 whatever it declares), without comments and processing instructions.

    Raises NotWellFormed for what another reader may still read, ParseError for what nobody shall: elements nested
    deeper than 256, text over 10 MB (libxml2's limits), names over 50 kB.
    """
    check_xml(data)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _refusal(error, parser) from None
    if len(parser.error_log):
        _accept_warnings(parser.error_log)
    if _declares_entities(root):
        raise NotWellFormed("it declares entities")
    return root


def _refusal(error: etree.XMLSyntaxError, parser: etree.XMLParser) -> Exception:
    message = error.msg or "no element found"
    # sections, comments and instructions that are too big go by the code of unfinished ones
    if any(entry.type in _HEAVY or "too big" in (entry.message or "") for entry in parser.error_log):
        return ParseError(f"the document is refused as hostile: {message.splitlines()[0]}")
    return NotWellFormed(message)


def _accept_warnings(log: etree._ListErrorLog) -> None:
    """An entity that only the DTD nobody loads declares leaves a hole in the text: that is not well-formed for us."""
    for entry in log:
        if entry.type not in _HARMLESS:
            raise NotWellFormed(f"{entry.message}, line {entry.line}")


def _declares_entities(root: etree._Element) -> bool:
    dtd = root.getroottree().docinfo.internalDTD
    return dtd is not None and any(True for _ in dtd.iterentities())
