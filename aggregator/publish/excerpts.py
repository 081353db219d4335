"""Excerpts: the beginning of an article, long enough to decide whether to read it, short enough to be a quotation."""

import re
import unicodedata

from aggregator.text.html import escape

LENGTH = 400
"""Characters of an excerpt, about: two or three sentences of a news report."""

_ENOUGH = 160
"""With so many characters taken, the next paragraph is left out rather than cut where no sentence ends."""

_sentence_end = re.compile(
    r"""(?=[.!?…])  # looked at first: it is what most places fail by, and fast
        (?: (?<=[^\W\d_]{4}) \. | (?<=\d\d) \. | (?<=\d\d[%)]) \. | (?<=[)\]»”"’]) \. | [!?…]+ | [.!?…] [»”"’)\]]+ )  # ends one
        ([»”"’)\]]*) (?= \s+ (?:[«„“"‘(\[—–-]\s*)? ([^\W_]) )                             # what begins the next""",
    re.X,
)
"""Not after an initial or a short abbreviation («К. Токаев», «г. Астана», "Mr. Smith"), whose dot ends no sentence."""


def excerpt(text: str, length: int = LENGTH) -> tuple[str, ...]:
    """The first paragraphs of a plain text (one a line), some `length` characters in all.

    The last one is cut where a sentence ends, else between words and with "…". Never longer than `length` + 1.
    """
    taken: list[str] = []
    room = length
    for paragraph in filter(None, map(str.strip, text.split("\n"))):
        if len(paragraph) > room:
            last = _beginning(paragraph, room, whole_sentences=length - room >= min(_ENOUGH, length))
            return (*taken, last) if last else tuple(taken)
        taken.append(paragraph)
        room -= len(paragraph)
    return tuple(taken)


def paragraphs(texts: tuple[str, ...]) -> str:
    """Plain texts as HTML, a `<p>` for each."""
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def _beginning(paragraph: str, room: int, *, whole_sentences: bool) -> str:
    """As much of a paragraph as there is room for; nothing when only whole sentences will do and none fits."""
    found = _sentence_end.finditer(paragraph, 0, room + 60)
    ends = [match.end() for match in found if match.end() <= room and not match[2].islower()]
    if ends and (whole_sentences or ends[-1] >= room // 3):
        return paragraph[: ends[-1]]
    return "" if whole_sentences or room < 2 else _words(paragraph, room) + "…"


def _words(paragraph: str, room: int) -> str:
    """As many whole words as there is room for; of one word longer than that, as many whole characters."""
    if paragraph[room].isspace():
        return paragraph[:room].rstrip(" ,;:–—-")
    cut = paragraph.rfind(" ", 0, room)
    if cut > 0:
        return paragraph[:cut].rstrip(" ,;:–—-")
    while room > 1 and (unicodedata.combining(paragraph[room]) or paragraph[room] in "\u200d\ufe0f"):
        room -= 1
    return paragraph[:room]
