"""Tokens: runs of letters and digits.

Hyphens, apostrophes, underscores and punctuation break tokens; stress marks and soft hyphens inside a word do not.
"""

import re
from collections.abc import Iterator

_WORD = re.compile("[^\\W_]+(?:[\u0300-\u036f\u00ad\u200b-\u200d\u2060]+[^\\W_]+)*[\u0300-\u036f]*")


def words(s: str) -> list[str]:
    """The tokens of `s` in order, as written."""
    return _WORD.findall(s)


def spans(s: str) -> Iterator[tuple[str, int, int]]:
    """The tokens of `s` with their offsets: (token, start, end), `s[start:end] == token`."""
    for match in _WORD.finditer(s):
        yield match[0], match.start(), match.end()
