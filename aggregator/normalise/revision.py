"""Whether a new version of an article tells its reader anything new."""

import re

from aggregator.normalise.boilerplate import Boilerplate
from aggregator.text.fold import fold

MOST_WORDS = 20_000
_SHARE_OF_TYPOS = 0.02

_word = re.compile(r"[^\W_]+|[%$€£₸₼₽₺°]")
_number = re.compile(r"(?<![\w.,])[-−]?\d+(?:[.,\u00a0\u202f ]\d+)*|\d+(?:[.,]\d+)*")
_thousands = re.compile(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}(?!\d))")


def material(old_title: str, old_text: str, new_title: str, new_text: str) -> bool:
    """Whether title or text changed in more than case, white space, punctuation, a typo or a template's lines.

    A typo is one letter (added, dropped, changed or swapped with its neighbour) inside a word of five or more letters,
    at most one in fifty words. A changed number is always material, and so is any word that came or went.
    """
    return _differs(old_title, new_title) or _differs(_body(old_text), _body(new_text))


def _body(text: str) -> str:
    return Boilerplate.empty().cut(text)


def _differs(old: str, new: str) -> bool:
    if old == new:
        return False
    if _numbers(old) != _numbers(new):
        return True
    before, after = _word.findall(fold(old)), _word.findall(fold(new))
    if "".join(before) == "".join(after):
        return False
    return not _only_typos(before, after)


def _numbers(text: str) -> list[str]:
    """The numbers of a text in one way of writing: sign, no thousands separators, a point before decimals."""
    return [
        _thousands.sub("", found).replace("−", "-").replace(",", ".").replace("\u00a0", " ").replace("\u202f", " ")
        for found in _number.findall(text)
    ]


def _only_typos(before: list[str], after: list[str]) -> bool:
    if len(before) != len(after) or len(before) > MOST_WORDS:
        return False
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    return len(changed) <= max(1, round(len(before) * _SHARE_OF_TYPOS)) and all(is_typo(*pair) for pair in changed)


def is_typo(old: str, new: str) -> bool:
    """Whether two words differ by one slip (Damerau–Levenshtein distance 1) behind the first letter of a long word."""
    if min(len(old), len(new)) < 5 or old[0] != new[0] or abs(len(old) - len(new)) > 1:
        return False
    start = next(
        (index for index, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    a, b = old[start:], new[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
