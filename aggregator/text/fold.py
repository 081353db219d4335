"""Folding: one spelling for words that readers hold to be the same.

Case goes, ё meets е, the three dotted and undotted i of Turkic alphabets meet, ə meets e, Latin letters lose their
diacritics, and marks that are not seen (stress, soft hyphen, zero width) vanish. Cyrillic letters of their own standing
(й, қ, ғ, ң, ө, ү, ұ, һ, і, ї, ў) stay: they tell words apart.
"""

import re
import unicodedata

_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_APOSTROPHE_LETTERS = "\u02b9\u02bb\u02bc\u02bd\u02be\u02bf"
_BY_HAND = {
    "ё": "е", "ѐ": "е", "ѝ": "и", "ə": "e", "ǝ": "e", "ı": "i", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h",
    "ŋ": "n", "ŧ": "t", "ſ": "s", "ŉ": "n", "µ": "μ",
    "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ς": "σ", "ɵ": "o", "ƶ": "z", "ꞑ": "n",
}  # fmt: skip


def _latin_bases() -> dict[str, str]:
    """Lower-case Latin letters with diacritics → their base letter."""
    blocks = [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]
    pairs = ((chr(code), unicodedata.normalize("NFD", chr(code))[0]) for code in blocks)
    return {letter: base for letter, base in pairs if base != letter and base.isascii() and letter.islower()}


_FOLDED = {
    **_latin_bases(),
    **dict.fromkeys(map(chr, range(0x300, 0x370)), ""),
    **dict.fromkeys(_UNSEEN + _APOSTROPHE_LETTERS, ""),
    **_BY_HAND,
}
_special = re.compile("[" + "".join(map(re.escape, sorted(_FOLDED))) + "]").findall


def fold(s: str) -> str:
    """`s` with all differences of spelling removed that do not tell words apart; idempotent, length may change."""
    if s.isascii():
        return s.lower()
    folded = unicodedata.normalize("NFC", s).lower()
    present = set(_special(folded))
    if not present:
        return folded
    for letter in present:
        folded = folded.replace(letter, _FOLDED[letter])
    return unicodedata.normalize("NFC", folded)
