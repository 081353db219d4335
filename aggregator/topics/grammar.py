"""Reads one term of a rule into its parts.

term    := side ("&" side)*                both sides dense in title and lead
side    := near ["@" list]                 a trailing list asks for a member of it anywhere in the text
near    := part ("~" number part)*         neighbours within so many words, in any order
part    := (word ("|" word)*)+ | "@" list  as a part, a list stands for any of its members; "_" joins the words
                                           of one alternative ("integration|working_group")
word    := "="exact | prefix"*" | ACRONYM | inflected, each with an optional ":lc" (lower case only)
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import Literal

from aggregator.topics.letters import TOKEN, is_acronym

WordKind = Literal["inflected", "exact", "prefix", "acronym"]
LONGEST_GAP = 60
LONGEST_PHRASE = 16
"""Words that may stand side by side in a term."""
_MOST_VARIANTS = 64
_NAME = re.compile(r"@[\w-]+")
_GAP = re.compile(r"~\d+")


class TermError(ValueError):
    """A term that cannot be read; `mend` says what to write instead."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a term; `lower` when only its lower-case form counts."""

    text: str
    kind: WordKind = "inflected"
    lower: bool = False


Phrase = tuple[tuple[Word, ...], ...]
"""Neighbouring positions, each with its alternatives."""


@dataclass(frozen=True, slots=True)
class Part:
    """Phrases that may stand for each other, or the members of a shared list."""

    phrases: tuple[Phrase, ...] = ()
    list: str | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """Parts that stand within gaps[i] words of the next one; one part and no gap is a plain phrase."""

    parts: tuple[Part, ...]
    gaps: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A term as read: one side, or several that must all be dense; `needs` names lists asked for anywhere."""

    sides: tuple[Near, ...]
    needs: tuple[str, ...] = ()


@lru_cache(maxsize=65536)
def parse_term(source: str) -> Term:
    """Read a term. Raises TermError with the mend."""
    if not source.strip():
        raise TermError("the term is empty", "write a word or remove it")
    needs: list[str] = []
    sides = tuple(_side(side, needs) for side in source.split("&"))
    return Term(sides, tuple(needs))


def lists_of(term: Term) -> tuple[str, ...]:
    """Every shared list a term names."""
    parts = tuple(part.list for side in term.sides for part in side.parts if part.list)
    return term.needs + parts


def _side(source: str, needs: list[str]) -> Near:
    pieces = source.split()
    if not pieces:
        raise TermError("one side of & is empty", "write a term on both sides of &")
    while len(pieces) > 1 and _NAME.fullmatch(pieces[-1]) and not _GAP.fullmatch(pieces[-2]):
        needs.append(pieces.pop()[1:])
    return _near(pieces)


def _near(pieces: list[str]) -> Near:
    groups: list[list[str]] = [[]]
    gaps: list[int] = []
    for piece in pieces:
        if piece.startswith("~"):
            gaps.append(_gap(piece))
            groups.append([])
        else:
            groups[-1].append(piece)
    if not all(groups):
        raise TermError("~n stands at the edge of the term", "write words on both sides of ~n")
    return Near(tuple(map(_part, groups)), tuple(gaps))


def _gap(piece: str) -> int:
    if not _GAP.fullmatch(piece) or not 1 <= int(piece[1:]) <= LONGEST_GAP:
        raise TermError(f"{piece} is not a distance", f"write ~1 to ~{LONGEST_GAP}")
    return int(piece[1:])


def _part(pieces: list[str]) -> Part:
    if len(pieces) == 1 and pieces[0].startswith("@"):
        return Part(list=_list_name(pieces[0]))
    choices = [_alternatives(piece) for piece in pieces]
    if sum(max(map(len, choice)) for choice in choices) > LONGEST_PHRASE:
        raise TermError(f"a phrase of more than {LONGEST_PHRASE} words", "keep the words that tell it from others")
    if any(len(sequence) > 1 for choice in choices for sequence in choice):
        return Part(phrases=_expanded(choices))
    return Part(phrases=(tuple(tuple(sequence[0] for sequence in choice) for choice in choices),))


def _expanded(choices: list[list[tuple[Word, ...]]]) -> tuple[Phrase, ...]:
    """One phrase for each combination, as soon as an alternative is more than one word ("rare-earth|lanthanide")."""
    variants = prod(map(len, choices))
    if variants > _MOST_VARIANTS:
        raise TermError(f"the term stands for {variants} phrases", "split it into several terms")
    combinations = product(*choices)
    return tuple(tuple((word,) for sequence in combination for word in sequence) for combination in combinations)


def _list_name(piece: str) -> str:
    if not _NAME.fullmatch(piece):
        raise TermError(f"{piece} is not the name of a list", "write @name, with letters, digits, - and _")
    return piece[1:]


def _alternatives(piece: str) -> list[tuple[Word, ...]]:
    """The alternatives of one piece, each a sequence of words; a hyphened word also in one word ("Trans-Caspian")."""
    if piece.startswith("@"):
        raise TermError(f"{piece} stands amid words", "put a list at the end of the term or beside ~n")
    found: list[tuple[Word, ...]] = []
    for alternative in piece.split("|"):
        words = _words(alternative)
        found.append(words)
        if (
            len(words) > 1
            and "_" not in alternative
            and all(word.kind == "inflected" and len(word.text) > 2 for word in words)
        ):
            found.append((Word("".join(word.text for word in words), "inflected", words[0].lower),))
    return found


def _words(piece: str) -> tuple[Word, ...]:
    body, lower = (piece[:-3], True) if piece.endswith(":lc") else (piece, False)
    exact, prefix = body.startswith("="), body.endswith("*")
    texts = [text for text in TOKEN.findall(body.strip("=*").replace("_", " ")) if text[0].isalnum()]
    if not texts or (exact and prefix) or set(body.strip("=*")) & set("=*~@:"):
        raise TermError(f"{piece!r} is not a word", "see the grammar of terms in docs/topics.md")
    if prefix and len(texts[-1]) < 3:
        raise TermError(f"{piece!r} begins too many words", "write three letters or more before *")
    words = [Word(text, _kind(text, exact), lower) for text in texts]
    if prefix:
        words[-1] = Word(texts[-1], "prefix", lower)
    return tuple(words)


def _kind(text: str, exact: bool) -> WordKind:
    if is_acronym(text):
        return "acronym"
    return "exact" if exact or len(text) < 2 or text.isdigit() else "inflected"
