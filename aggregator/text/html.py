"""Plain text out of HTML, and back.

For text only: what comes out is never markup, so nothing here has to be safe to show. Every pattern is linear on
hostile input: no alternative reads past the next `<`, and what spans further (comments, scripts) is found in one pass.
"""

import re
from functools import lru_cache
from html import unescape

_BLOCKS = """
    address article aside audio blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html iframe legend li listing main menu nav ol
    optgroup option p plaintext pre search section summary table tbody tfoot thead title tr ul video
"""
BLOCKS = frozenset(_BLOCKS.split())
"""Elements whose edges break a line."""

_GAPS = {**dict.fromkeys(BLOCKS, "\n"), "td": " ", "th": " "}

ATTRIBUTES = r"""(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+"""
_UNREAD = r"script|style|template|noscript|iframe|svg|math|textarea|select|object|noembed|noframes"

_tag = re.compile(rf"<(?:/?([a-z][^\s/<>]*+)|[!?]){ATTRIBUTES}>", re.I | re.A)
_block = re.compile(rf"</?(?:p|br|div|li|h[1-6]|ul|ol|tr)(?=[\s/>]){ATTRIBUTES}>", re.I | re.A)
_unread = re.compile(rf"<(?:!--|({_UNREAD})(?=[\s/>]))", re.I | re.A)
_ends = {name: re.compile(rf"</{name}{ATTRIBUTES}>", re.I | re.A) for name in _UNREAD.split("|")}
_entity = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_unseen = ("\u00ad", "\u200b", "\u2060", "\ufeff")

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_special = re.compile("[&<>\"']")


def escape(s: str) -> str:
    """`s` as HTML text or attribute value."""
    return _special.sub(lambda match: _ESCAPES[match[0]], s)


@lru_cache(maxsize=4096)
def _meaning(entity: str) -> str:
    return unescape(entity)


def decode(s: str) -> str:
    """`s` with its character references resolved once. Only complete ones: `&copy=1` of an address is none."""
    return _entity.sub(lambda match: _meaning(match[0]), s) if "&" in s else s


def without_unread(html: str) -> str:
    """`html` without comments and elements that no reader sees; an unclosed one ends with the text, as in browsers."""
    kept, start = [], 0
    while opening := _unread.search(html, start):
        kept.append(html[start : opening.start()])
        closing = _closing(html, opening)
        if closing is None:
            return " ".join(kept)
        start = closing
    kept.append(html[start:])
    return " ".join(kept)


def _closing(html: str, opening: re.Match[str]) -> int | None:
    """Where the comment or element that starts with `opening` ends."""
    if opening[1] is None:
        end = html.find("-->", opening.end() - 2)
        return None if end < 0 else end + 3
    closing = _ends[opening[1].lower()].search(html, opening.end())
    return closing.end() if closing else None


def strip_tags(html: str) -> str:
    """`html` on one line without tags, its references still undecoded; a `<` that opens no tag is text."""
    if "<" not in html:
        return html
    if _unread.search(html):
        html = without_unread(html)
    return _tag.sub(_gap, html).replace("\n", " ")


def to_text(html: str) -> str:
    """The text of `html`: paragraphs on lines of their own, references decoded, white space folded, scripts dropped.

    HTML without any tag keeps its line breaks: that is how plain text arrives.
    """
    if "<" in html:
        if _unread.search(html):
            html = without_unread(html)
        if _tag.search(html):
            html = _tag.sub(_gap, _block.sub("\n", html.replace("\n", " ")))
    return fold_lines(decode(html))


def _gap(tag: re.Match[str]) -> str:
    """What a tag puts between the words around it."""
    name = tag[1]
    return _GAPS.get(name) or _GAPS.get(name.lower(), "") if name else ""


def fold_lines(text: str) -> str:
    """`text` with white space folded within lines, empty lines and unseen characters dropped."""
    return "\n".join([line for line in map(_folded, text.split("\n")) if line])


def _folded(line: str) -> str:
    """Neither unseen characters nor white space but U+0020 are printable (Unicode's Z and C), so most lines have none."""
    if line.isprintable() and "  " not in line:
        return line.strip(" ")
    for character in _unseen:
        line = line.replace(character, "")
    return " ".join(line.split())
