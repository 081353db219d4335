"""How the topic rules see letters: tokens of a text with their places, and the folding that makes spellings meet.

Tokens are memoised as they stand, so folding happens once for each distinct spelling, not once for each word read;
that is why this room cuts texts itself instead of folding them whole.
"""

import re
from functools import lru_cache

from aggregator.text.fold import fold as fold_text

UPPER = "A-ZÇĞİÖŞÜƏÑÄА-ЯЁӘҒҚҢӨҰҮҺІ"
_LOWER = "a-zçğıöşüəñäа-яёәғқңөұүһі"
_WORD = r"[\w\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff]"
_APOSTROPHES = "'’‘ʼʻ`´"
BREAKS = frozenset(",.;:!?…()[]{}/|\n\ue000•·→►")
"""Marks that take a position, so that no phrase runs across them; quotes and dashes take none."""
STOPS = frozenset(".!?…\n\ue000")
"""Those that end a sentence; a full stop does not always."""

LINE_END = "\ue000"
"""Stands for a line's end where white space is cut away; a private-use character, itself read as a line's end."""
PARAGRAPH = f" {LINE_END} "

TOKEN = re.compile(
    rf"{_WORD}+(?:[{_APOSTROPHES}]{_WORD}+)*(?:[-‑](?<=[{UPPER}0-9]{{2}}.)[{_LOWER}]{{1,7}}(?!{_WORD}))?"
    rf"|[{re.escape(''.join(sorted(BREAKS)))}]"
)
"""A word with its apostrophes; an acronym keeps its hyphened ending («БҰҰ-ның»), any other hyphen parts two words."""

LONGEST = 48
"""Characters of the longest token worth looking at."""

_ACRONYM = re.compile(rf"[{UPPER}][{UPPER}0-9]{{1,6}}")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile("[a-z]")
_LOOKALIKES = str.maketrans("aceopxyih", "асеорхуіһ")


_UNREAD = str.maketrans("", "", _APOSTROPHES + "-‑")


def fold(token: str) -> str:
    """A token's spelling for comparison: folded as everywhere (case, ё, Latin marks), and apostrophes and hyphens off.

    Latin look-alikes inside a Cyrillic word become Cyrillic: Kazakh sites type "iске" with a Latin i.

    >>> fold("İŞBİRLİĞİ"), fold("Əliyev’in"), fold("Ёлка")
    ('isbirligi', 'eliyevin', 'елка')
    """
    folded = fold_text(token)
    if not folded.isalpha():
        folded = folded.translate(_UNREAD)
    if folded.isascii() or not _LATIN.search(folded):
        return folded
    return unmixed(folded) if _CYRILLIC.search(folded) else folded


def unmixed(folded: str) -> str:
    """Latin letters made the Cyrillic ones that they look like."""
    return folded.translate(_LOOKALIKES)


_ENDING = re.compile(rf"[-‑{_APOSTROPHES}]")


@lru_cache(maxsize=4096)
def is_acronym(word: str) -> bool:
    """Whether a word is written like an acronym: 2–7 capitals or digits, a capital first, two capitals at least."""
    return bool(_ACRONYM.fullmatch(word)) and sum(letter.isupper() for letter in word) >= 2


def acronym_of(token: str) -> str | None:
    """The acronym that a token of a text consists of, without its ending («БҰҰ-ның», "TDT'nin", "SEZs")."""
    if not (token[:1].isupper() and token[1:2].upper() == token[1:2]):
        return None
    base = _ENDING.split(token, maxsplit=1)[0]
    if base[-1:] == "s" and base[:-1].isupper():
        base = base[:-1]
    return base if is_acronym(base) else None


def split(text: str) -> list[str]:
    """The words and breaking marks of a text, in order."""
    return TOKEN.findall(text)
