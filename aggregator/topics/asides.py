"""Tells lines of an article that speak of other articles: "Read also: …", and headlines listed under "Most read".

Boilerplate that an outlet repeats is cut before rules see a text; what changes with each page, as such lists do, is
not known to repeat. A headline there is no mention of its subject.
"""

from collections.abc import Sequence

_INVITATIONS = (
    "читайте также", "читайте ещё", "читайте еще", "читать также", "смотрите также",
    "тағы оқыңыз", "тағы да оқыңыз", "сондай-ақ оқыңыз", "сондай-ақ, оқыңыз", "оқи отырыңыз",
    "həmçinin oxuyun", "həmçinin bax", "ayrıca okuyun", "bunu da okuyun", "bunlar da ilginizi",
    "read also", "read more:", "also read", "see also", "you may also like", "don't miss:",
)  # fmt: skip
"""What invites to another article; the line is no part of this one."""
_HEADINGS = (
    "самое читаемое", "популярное", "новости по теме", "материалы по теме", "другие новости", "ещё по теме",
    "еще по теме", "по теме", "похожие новости", "главные новости", "последние новости", "рекомендуем",
    "ең көп оқылған", "көп оқылған", "ұқсас жаңалықтар", "осы тақырыпта", "соңғы жаңалықтар", "басқа жаңалықтар",
    "ən çox oxunan", "çox oxunan", "digər xəbərlər", "oxşar xəbərlər", "əlaqəli xəbərlər", "son xəbərlər",
    "mövzu ilə bağlı", "ilginizi çekebilir", "çok okunan", "en çok okunan", "ilgili haberler", "benzer haberler",
    "son haberler", "diğer haberler", "most read", "most popular", "related", "more stories", "other news",
    "latest news", "recommended", "editor's picks", "trending now", "read more",
)  # fmt: skip
"""What stands over a list of other articles; in a sentence these words mean nothing of the kind."""
_BEGINNINGS = frozenset(words[:3] for words in _INVITATIONS + _HEADINGS)
_LONGEST_OPENING = max(map(len, _INVITATIONS + _HEADINGS)) + 4
_LONGEST_HEADING = 4
_LONGEST_HEADLINE = 24
_SENTENCE_ENDS = (".", "…", "!»", "!", ".»", ".”", '."')


def has_asides(lines: Sequence[str]) -> bool:
    """Whether some line opens as an aside does; quick, because nearly every text is asked."""
    return any(_opens(line) for line in lines)


def asides(lines: Sequence[str]) -> list[bool]:
    """For each line whether it is an aside: one that opens as such, and the headlines that follow a bare heading."""
    found = []
    listing = False
    for line in lines:
        if _opens(line):
            listing = _is_heading(line)
            found.append(True)
        else:
            listing = listing and _is_headline(line)
            found.append(listing)
    return found


def _opens(line: str) -> bool:
    opening = line[:_LONGEST_OPENING].lstrip(" -–—•►→▶*#\t").replace("İ", "i").lower()
    if opening[:3] not in _BEGINNINGS:
        return False
    return opening.startswith(_INVITATIONS) or (opening.startswith(_HEADINGS) and _is_heading(line))


def _is_heading(line: str) -> bool:
    """A bare heading, or one with what it heads after a colon ("Related: …")."""
    words = line.split(maxsplit=_LONGEST_HEADING)
    bare = len(words) <= _LONGEST_HEADING and not line.rstrip().endswith(_SENTENCE_ENDS)
    return bare or any(word.endswith(":") for word in words[:3])


def _is_headline(line: str) -> bool:
    """A headline, or nothing: few words, and no full stop at the end."""
    return len(line.split()) <= _LONGEST_HEADLINE and not line.rstrip().endswith(_SENTENCE_ENDS)
