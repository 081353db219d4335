"""Texts in one byte a letter, so that folding, cutting and comparing words are single steps over bytes.

Cyrillic and Latin letters of our languages have a byte of their own, lower case 64 below upper case. Accents that no
language of ours tells apart are dropped (é → e); letters of all other scripts share a few bytes, which is enough to tell
most words apart.
"""

import codecs
import re
from functools import lru_cache
from unicodedata import normalize

_CYRILLIC_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһіўїєґ"
_LATIN_LETTERS = "əğışçöüäñūŋžšč"
_LOWER_LETTERS = _CYRILLIC_LETTERS + _LATIN_LETTERS
_UPPER_LETTERS = (_CYRILLIC_LETTERS + "əğ").upper() + "İ" + "şçöüäñūŋžšč".upper()
_MARKS = '.!?:…\n«"“'
"""A word after one of these is written with a capital whatever it is."""
_APOSTROPHES = "'’ʼ`"
_OTHER_SIGNS = "\u00a0\u2009\u202f»”„—–№"
_FIRST_LOWER, _FIRST_UPPER, _UNUSED = 0x80, 0xC0, "\ufffe"
_CONTROLS = [n for n in range(1, 32) if n not in b"\t\n\r"]


def _table() -> str:
    """What each byte stands for; those of no character are for letters of other scripts."""
    table = [chr(n) for n in range(128)] + [_UNUSED] * 128
    for n in _CONTROLS:
        table[n] = _UNUSED
    table[127] = _UNUSED
    signs = [c for c in _MARKS + _APOSTROPHES + _OTHER_SIGNS if ord(c) > 127]
    for n, sign in zip(_CONTROLS, signs, strict=False):
        table[n] = sign
    table[_FIRST_LOWER : _FIRST_LOWER + len(_LOWER_LETTERS)] = _LOWER_LETTERS
    table[_FIRST_UPPER : _FIRST_UPPER + len(_UPPER_LETTERS)] = _UPPER_LETTERS
    for n, place in enumerate(n for n, c in enumerate(table) if c == _UNUSED):
        table[place] = chr(_PRIVATE + n)
    return "".join(table)


_PRIVATE = 0xE000
_TABLE = _table()
_BYTES = codecs.charmap_build(_TABLE)
_OTHER_LETTERS = [c for c in _TABLE if ord(c) >= _PRIVATE]


def _bytes(letters: str) -> bytes:
    return bytes(map(_TABLE.index, letters))


LATIN = b"abcdefghijklmnopqrstuvwxyz" + _bytes(_LATIN_LETTERS)
CYRILLIC = _bytes(_CYRILLIC_LETTERS)
_CAPITALS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" + _bytes(_UPPER_LETTERS)
_SMALL = b"abcdefghijklmnopqrstuvwxyz" + _bytes(_LOWER_LETTERS)
CAPITALS = frozenset(map(bytes, zip(_CAPITALS, strict=True)))
LETTERS = _SMALL + _CAPITALS + _bytes("".join(_OTHER_LETTERS))
LOWER = bytes.maketrans(_CAPITALS + _bytes("İ"), _SMALL + b"i")
FOLDED = LOWER.translate(bytes.maketrans(_bytes("ёıə"), _bytes("еie")))
"""Lower case without what editors change silently."""
_IN_WORDS = frozenset(LETTERS + b"0123456789_")
_SPACED = bytes(
    n if n in _IN_WORDS else ord(".") if _TABLE[n] in _MARKS else ord("'") if _TABLE[n] in _APOSTROPHES else ord(" ")
    for n in range(256)
)
_QUOTING = re.compile(rb"'(?:(?![^ .])|(?<![^ .]'))")
_RUN = re.compile(b"[" + re.escape(LETTERS) + b"]+")
_NO_DIGITS = bytes(n for n in range(256) if n not in b"0123456789")
MARK = b"."


def in_bytes(text: str) -> bytes:
    """The text, a byte a character."""
    return codecs.charmap_encode(text, "aggregator.stories", _BYTES)[0]


def as_text(word: bytes) -> str:
    """A word of `in_bytes` for people."""
    return codecs.charmap_decode(word, "strict", _TABLE)[0]


def spaced(text: str) -> bytes:
    """A text as words and marks between spaces.

    A word is letters, digits, and apostrophes between them; MARK stands for each sign that ends a sentence or begins one.
    """
    signs = in_bytes(text).translate(_SPACED)
    if b"'" in signs:
        signs = _QUOTING.sub(b" ", signs.replace(b"''", b"  "))
    return signs.replace(b".", b" . ")


def tokens(text: str) -> list[bytes]:
    """The words of a text as they stand, and its marks."""
    return spaced(text).split()


def has_digits(words: bytes) -> bool:
    """Whether any digit of ours stands in `spaced` words; numbers are written with no others."""
    return bool(words.translate(None, _NO_DIGITS))


def letters_of(word: bytes) -> bytes:
    """The first letters of a word, without the digits before them and what follows an apostrophe or a digit."""
    if not word.translate(None, LETTERS):
        return word
    found = _RUN.search(word)
    return found.group() if found else b""


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return _others(error.object[error.start : error.end]), error.end


@lru_cache(maxsize=4096)
def _others(run: str) -> str:
    """Characters without a byte of their own: letters without accents or as one of a few, all else as space."""
    return "".join(map(_other, run))


def _other(character: str) -> str:
    if not character.isalnum():
        return "" if "\u0300" <= character <= "\u036f" else " "
    first = normalize("NFKD", character)[0]
    if first in _TABLE and ord(first) < _PRIVATE:
        return first
    return _OTHER_LETTERS[ord(first.lower()[0]) % len(_OTHER_LETTERS)]


codecs.register_error("aggregator.stories", _replaced)
