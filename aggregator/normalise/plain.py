"""Plain text of titles, authors and categories: what is shown without markup."""

import re
import unicodedata
from functools import lru_cache

from aggregator.text.html import decode, strip_tags

_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_unfit = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_hidden = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_element = re.compile(
    r"<(a|b|big|br|del|div|em|font|h[1-6]|i|img|ins|mark|p|s|small|span|strong|sub|sup|u)(?=[\s/>])", re.I
)
_ALONE = frozenset(("br", "img"))


def scrub(text: str) -> str:
    """`text` without what XML and databases refuse: control characters, lone surrogates, non-characters."""
    if text.isprintable():
        return text
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return _unfit.sub("", text)
    if (
        len(encoded.translate(None, _CONTROLS)) == len(encoded)
        and b"\xef\xbf" not in encoded
        and b"\xef\xb7" not in encoded
    ):
        return text
    return _unfit.sub("", text)


def one_line(text: str) -> str:
    """`text` as one line of NFC without characters that are not seen or that turn the direction of writing."""
    if not text.isascii():
        text = _hidden.sub("", unicodedata.normalize("NFC", text))
    return " ".join(text.split())


def plain_title(title: str, *, is_html: bool = True) -> str:
    """A title as readers are to see it: tags stripped, then references decoded once; HTML escaped twice once more.

    A `<` that no letter, `/` or `!` follows is text, and so is a tag that stands alone in a decoded title.
    """
    title = scrub(title)
    if is_html:
        title = decode(strip_tags(title))
    if "&" in title or "<" in title:
        title = _unescaped_again(title)
    return one_line(scrub(title))


def _unescaped_again(title: str) -> str:
    return decode(strip_tags(title) if _holds_markup(title) else title)


def _holds_markup(text: str) -> bool:
    """Whether known elements stand in `text` as markup (opened and closed), not as the subject of a sentence."""
    lowered = text.lower()
    return any(name in _ALONE or f"</{name}>" in lowered for name in set(_element.findall(lowered)))


def plain(text: str | None, longest: int) -> str:
    """A short field (author, category) on one line of at most `longest` characters, without markup."""
    if not text:
        return ""
    return _plain(text, longest) if len(text) <= longest else plain_title(text)[:longest].rstrip()


@lru_cache(maxsize=2048)
def _plain(text: str, longest: int) -> str:
    """Remembered, for a source has few authors and categories."""
    return plain_title(text)[:longest].rstrip()
