"""Text decoded wrongly before it was published: UTF-8 taken for cp1252 or cp1251, and cp1252 taken for latin-1.

Both leave traces that honest text does not have: «Ð¿Ñ€Ð¸» or «РїСЂРё» are whole runs of characters whose bytes
happen to be valid UTF-8, and U+0080…U+009F are controls nobody types. Documents without traces cost one scan of bytes.
"""

import re

_C1 = {
    0x80 + index: character
    for index, character in enumerate("€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ")
    if character != "\0"
}
_HIGH_1252 = {character: code for code, character in _C1.items()} | {chr(code): code for code in range(0x80, 0x100)}
_C1 |= dict.fromkeys((0x81, 0x8D, 0x8F, 0x90, 0x9D), "")
_HIGH_1251 = {bytes([code]).decode("cp1251", "ignore") or "\x98": code for code in range(0x80, 0x100)}

_c1_bytes = re.compile(rb"\xc2[\x80-\x9f]")
_c1_reference_bytes = re.compile(rb"&#(?:0{0,9}1[2-5]|[xX]0{0,9}[89])")
_c1_reference = re.compile(r"&#(?:0*(1(?:2[89]|[345]\d))|[xX]0*([89][0-9a-fA-F]));")
_western_bytes = re.compile(
    rb"\xc3(?:[\x82-\x9f](?:\xc2|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]|\xe2[\x80\x82\x84])|\xa2\xe2\x82\xac)"
)
_russian_bytes = re.compile(rb"\xa0(?:\xd1\x95|\xc2\xb0)(?<=\xd0...)", re.S)
"""«о» and «а» in UTF-8, read as cp1251: no Cyrillic text lacks both letters, and no honest one has these pairs."""

_EXPECTED = re.compile(
    "[\u00a0-\u024f\u0259\u0400-\u052f\u2010-\u2044\u20ac\u20b8\u20bc\u20bd\u2116\u2122\U0001f000-\U0001faff]+"
)
"""Letters and signs of the languages we read: a run that means anything else was honest, such as «voilà »»."""
_CYRILLIC = re.compile("[\u0400-\u052f]")


def _range(codec: dict[str, int], first: int, last: int) -> str:
    return f"[{re.escape(''.join(character for character, code in codec.items() if first <= code <= last))}]"


def _sequence(codec: dict[str, int]) -> str:
    """A pattern of characters whose codes form UTF-8 sequences of two to four bytes (RFC 3629)."""
    trail = _range(codec, 0x80, 0xBF)
    two, three, four = (_range(codec, *span) for span in ((0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4)))
    return f"(?:{two}{trail}|{three}{trail}{{2}}|{four}{trail}{{3}})"


_western = re.compile(f"(?<![\u00c0-\u00ff])(?:{_sequence(_HIGH_1252)}){{1,1000}}")
_russian = re.compile(f"(?<![\u0400-\u04ff])(?:{_sequence(_HIGH_1251)}){{2,1000}}")
_russian_single = re.compile(f"(?<![\u0400-\u04ff«„“]){_sequence(_HIGH_1251)}(?![\u0400-\u04ff])")
_russian_letter_bytes = re.compile(
    rb"\xd0[\x92-\xaf](?<![\xd0-\xd3].\xd0.)(?:%s)"
    % b"|".join(re.escape(character.encode()) for character, code in _HIGH_1251.items() if code < 0xC0),
    re.S,
)
_ENOUGH = 3


def mended(text: str, source: bytes) -> str:
    """`text` with double-encoded UTF-8 and C1 controls put right; the same object when there was none.

    `source` is `text` in UTF-8: bytes are scanned much faster than characters.
    """
    found = text
    if not source.isascii():
        if _russian_bytes.search(source):
            found = _mended_russian(found)
        if _western_bytes.search(source):
            found = _western.sub(_western_meaning, found)
    if _c1_reference_bytes.search(source):
        found = _c1_reference.sub(_referred, found)
    return found.translate(_C1) if found is not text or _c1_bytes.search(source) else text


def depends_on_context(source: bytes) -> bool:
    """Whether there may be Russian taken for cp1251, of which single letters are believed only beside whole words."""
    if source.isascii():
        return False
    if _russian_bytes.search(source):
        return True
    if _russian_letter_bytes.search(source) is None:
        return False
    return any(_meaning(found[0], _HIGH_1251) for found in _russian_single.finditer(source.decode("utf-8", "replace")))


def _mended_russian(text: str) -> str:
    """Single letters ("и", "в") are believed broken only where whole words are."""
    text, words = _russian.subn(_russian_meaning, text)
    return _russian_single.sub(_russian_meaning, text) if words >= _ENOUGH else text


def _russian_meaning(match: re.Match[str]) -> str:
    return _meaning(match[0], _HIGH_1251) or match[0]


def _western_meaning(match: re.Match[str]) -> str:
    meaning = _meaning(match[0], _HIGH_1252)
    if meaning and (len(match[0]) > 2 or _CYRILLIC.match(meaning) or _inside_word(match)):
        return meaning
    return match[0]


def _inside_word(match: re.Match[str]) -> bool:
    """No honest word has a sign within it, or a capital after small letters («ilÉ™», «NÉ™», but not «CAFÉ»»)."""
    start, end = match.span()
    before, after = match.string[max(0, start - 2) : start], match.string[end : end + 1]
    return after.isalpha() or before[-1:].islower() or (before[-1:].isalpha() and not before[-2:-1].isalpha())


def _meaning(run: str, codec: dict[str, int]) -> str | None:
    try:
        meaning = bytes(codec[character] for character in run).decode()
    except UnicodeDecodeError:
        return None
    return meaning if _EXPECTED.fullmatch(meaning) else None


def _referred(match: re.Match[str]) -> str:
    code = int(match[1]) if match[1] else int(match[2], 16)
    return _C1.get(code) or ""
