"""Bytes → text in UTF-8, in the order: byte order mark, strict UTF-8, declaration, HTTP charset, a small detector.

Bytes that decode as strict UTF-8 are UTF-8 whatever anyone declares: the odds against it are astronomic beyond a few
letters. The detector knows only what news in these languages was ever written in: cp1251, koi8-r and the Latin pages.
"""

import codecs
import re

from aggregator.parse.mojibake import depends_on_context, mended

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,80}?\bencoding\s*=\s*["']([A-Za-z][\w.:-]{0,39})["']""")
_DECLARED_IN_HTML = re.compile(rb"""<meta\b[^<>]{0,200}?\bcharset\s*=\s*["']?\s*([A-Za-z][\w.:-]{0,39})""", re.I)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z][\w.:-]{0,39})""", re.I)
_HEAD = 4096

# As in browsers (WHATWG Encoding Standard): who declares latin-1 or ASCII sends cp1252.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
_FAMILIES = """
    utf-8 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp855 cp866 cp874 cp932 cp949
    iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14 iso8859-15
    iso8859-16 koi8-r koi8-u koi8-t kz1048 ptcp154 mac-cyrillic mac-turkish mac-roman gb18030 big5 big5hkscs
    euc_jp euc_kr shift_jis tis-620
"""
_ALLOWED = frozenset(_FAMILIES.split())
_REPLACED = "\ufffd"
_ASCII = bytes(range(128))
_SAMPLE = 200_000
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_CYRILLIC_RUN = re.compile(rb"[\xa8\xb8\xc0-\xff]{3,}")


def utf8(body: bytes, content_type: str = "") -> bytes:
    """`body` in UTF-8 without byte order mark, its mojibake mended; the same object when nothing had to change."""
    text = _strict(body)
    if text is None:
        text = _decoded(body, content_type)
        return mended(text, text.encode()).encode()
    better = mended(text, body)
    return body if better is text else better.encode()


def is_sure(body: bytes, content_type: str = "") -> bool:
    """Whether part of a document is decoded as all of it would be: nothing is left to statistics of its text."""
    if depends_on_context(body):
        return False
    if _strict(body) is not None or body.startswith(codecs.BOM_UTF8):
        return True
    return _names(body, content_type)[:1] not in ([], ["utf-8"])


def _strict(body: bytes) -> str | None:
    """The text of plain UTF-8; None for anything else, and for what a byte order mark or NULs give away as wider."""
    if body[:1] in (b"\xef", b"\xff", b"\xfe") or b"\0" in body[:4]:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _decoded(body: bytes, content_type: str) -> str:
    marked = _marked(body)
    if marked:
        return body.decode(marked, "replace").lstrip("\ufeff")
    text = _lenient(body)
    if _trust(text) > 10:
        return _lenient(_HIGH_RUN.sub(_russian, body)) if _REPLACED in text else text
    for name in (*_names(body, content_type), "utf-8"):
        text = _lenient(body) if name == "utf-8" else body.decode(name, "replace")
        if _trust(text) >= 1:
            return text
    return body.decode(_detected(body[:_SAMPLE]), "replace")


def _marked(body: bytes) -> str | None:
    """The encoding that a byte order mark, or the NULs beside an ASCII first character, betray."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return name
    if b"\0" not in body[:4]:
        return None
    return "utf-16-be" if body[:1] == b"\0" else "utf-16-le"


def _lenient(body: bytes) -> str:
    """UTF-8 with bad bytes replaced; pairs of surrogates encoded one by one (CESU-8) become the character they mean."""
    try:
        return body.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace")


def _russian(run: re.Match[bytes]) -> bytes:
    """A word in cp1251 amid UTF-8: its bytes are letters, while UTF-8 has other bytes between them."""
    word = run[0]
    if _CYRILLIC_RUN.fullmatch(word):
        try:
            word.decode()
        except UnicodeDecodeError:
            return word.decode("cp1251").encode()
    return word


def _trust(text: str) -> float:
    """Characters beyond ASCII that were decoded, for each that could not be; infinite when all could."""
    bad = text.count(_REPLACED)
    if bad == 0:
        return float("inf")
    good = len(text) - bad - len(text.encode("ascii", "ignore"))
    return good / bad


def _names(body: bytes, content_type: str) -> list[str]:
    """Python's names of the encodings that the document, then its HTTP header, declare; unknown ones left out."""
    head = body[:_HEAD]
    found = _DECLARED.search(head) or _DECLARED_IN_HTML.search(head)
    charset = _CHARSET.search(content_type)
    names = [found[1].decode("ascii")] if found else []
    names += [charset[1]] if charset else []
    return [codec for name in names if (codec := _codec(name))]


def _codec(name: str) -> str | None:
    try:
        codec = codecs.lookup(name.lower().removeprefix("x-")).name
    except LookupError:
        return None
    codec = _MEANT.get(codec, codec)
    return codec if codec in _ALLOWED else None


def _detected(sample: bytes) -> str:
    high = sample.translate(None, _ASCII)
    in_words = sum(len(run) for run in _CYRILLIC_RUN.findall(sample))
    if in_words * 2 > len(high):
        lower_1251 = sum(byte >= 0xE0 for byte in high)
        lower_koi8 = sum(0xC0 <= byte < 0xE0 for byte in high)
        return "cp1251" if lower_1251 >= lower_koi8 else "koi8-r"
    # in Turkish and Azerbaijani ğ, ı and ş are common; the Icelandic letters at their places in cp1252 are not
    return "cp1254" if any(letter in high for letter in (b"\xf0", b"\xfd", b"\xfe")) else "cp1252"
