"""The forms of a Russian word, from pymorphy3's dictionary and guesser (this room's only door to it)."""

from functools import lru_cache
from typing import Any

from aggregator.topics.letters import fold

_SURNAME_ENDINGS = ("", "а", "у", "ым", "е", "ой", "ою", "ы", "ых", "ыми")
_SURNAMES = ("ов", "ев", "ёв", "ин", "ын")


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    from pymorphy3 import MorphAnalyzer  # loading it costs 0.2 s, and only compiling needs it

    return MorphAnalyzer()


@lru_cache(maxsize=65536)
def russian_forms(word: str) -> frozenset[str]:
    """Every form of a word, folded; the word itself when its forms cannot be told.

    Readings whose dictionary form is the word as written win: «Баку» is the city, never the dative of «бак».
    A capitalised word in -ов, -ев, -ин that is no dictionary form is a surname: «Токаев» is not a wine.
    """
    folded = fold(word)
    readings = _analyzer().parse(word)
    written = [reading for reading in readings if fold(reading.normal_form) == folded]
    if word[:1].isupper() and word.endswith(_SURNAMES) and not any("Surn" not in r.tag for r in written):
        return frozenset(folded + ending for ending in _SURNAME_ENDINGS)
    return frozenset({folded}.union(*map(_forms, written or _likely(readings))))


def dictionary_form(word: str) -> str:
    """The dictionary form under which a word is most likely read, folded."""
    return fold(_analyzer().parse(word)[0].normal_form)


def _likely(readings: list[Any]) -> list[Any]:
    """The best reading and those as good that share its dictionary form; none for words nobody knows."""
    if not readings or readings[0].tag.POS is None:
        return []
    best = readings[0]
    return [r for r in readings if r.normal_form == best.normal_form and r.tag.POS == best.tag.POS]


def _forms(reading: Any) -> set[str]:
    """The forms of a reading; of a participle only its own, not those of its verb."""
    tag = reading.tag
    if tag.POS not in ("PRTF", "PRTS"):
        return {fold(form.word) for form in reading.lexeme}
    return {
        fold(form.word)
        for form in reading.lexeme
        if form.tag.POS in ("PRTF", "PRTS") and (form.tag.voice, form.tag.tense) == (tag.voice, tag.tense)
    }
