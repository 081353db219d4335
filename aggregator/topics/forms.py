"""The forms of a term's words as patterns: a folded stem and the class of endings that may follow it.

A class is a name, so that compiled rules hold nothing but strings: "" nothing follows, "*" anything does, "=a,b" one
of these endings, "tr:bi:C" a chain of suffixes (suffixes.py).
"""

import re
from collections.abc import Container, Iterable
from functools import lru_cache
from itertools import takewhile

from aggregator.topics.grammar import Word
from aggregator.topics.letters import fold
from aggregator.topics.russian import russian_forms
from aggregator.topics.suffixes import Chains, chain_key, latin_spellings

Pattern = tuple[str, str]

ANY = "mul"
"""ISO 639 for "several languages": names spelt alike take the endings of every language of their script."""
INFLECTED = ("ru", "kk", "az", "tr", "en", ANY)
"""Languages whose words inflect; words of others match as written."""

_LATIN_WORD = re.compile(r"[a-z]+")
_CYRILLIC_WORD = re.compile(r"[\u0400-\u04ff]+")
_VOWELS = {"tr": "aıeioöuüâîû", "az": "aıeəioöuü", "kk": "аәеоөұүыіуияюёэ"}
_FRONT = {"tr": "eiöüîê", "az": "eəiöü", "kk": "әеөүіэ"}
_ROUND = "oöuüû"
_SOFTENED = {
    "tr": {"k": ("g",), "p": ("b",), "t": ("d",)},
    "az": {"k": ("y",), "q": ("g",), "t": ("d",)},
    "kk": {"к": ("г",), "қ": ("ғ",), "п": ("б",)},
}
_HARDENED = {
    "tr": {"g": "k", "b": "p", "d": "t"},
    "az": {"y": "k", "g": "q", "d": "t"},
    "kk": {"г": "к", "ғ": "қ", "б": "п"},
}
_VOICELESS = "пфкқтсшщхцчһбвгд"
"""Kazakh consonants after which endings begin with a voiceless one; final б, в, г, д occur in loans and are such."""
_DROPPING = {
    "tr": frozenset(
        [
            "şehir",
            "nehir",
            "fikir",
            "akıl",
            "oğul",
            "isim",
            "resim",
            "izin",
            "şekil",
            "kısım",
            "metin",
            "nesil",
            "ağız",
            "burun",
            "karın",
            "seyir",
            "emir",
        ]
    ),
    "az": frozenset(["ağız", "burun", "oğul", "fikir", "şəkil", "qisim", "nəsil", "isim", "alın", "qarın", "ömür"]),
    "kk": frozenset(["орын", "ауыз", "мұрын", "ерін", "халық", "құлық", "көңіл", "ғұрып"]),
}
"""Nouns that lose their last vowel before an ending with one: "şehir", "şehrin"."""
_DOUBLING = {
    "tr": frozenset(["hat", "hak", "his", "af", "üs", "zam", "tıp", "sır", "ret", "had"]),
    "az": frozenset[str](),
    "kk": frozenset[str](),
}
"""Nouns that double their last consonant there: "hat", "hattın"."""
_CHANGING = {language: _DROPPING[language] | _DOUBLING[language] for language in _DROPPING}
_INVARIANT = frozenset({"customs", "news", "politics", "economics", "logistics", "series", "species", "premises"})


@lru_cache(maxsize=65536)
def patterns(word: Word, language: str, *, head: bool = False) -> tuple[Pattern, ...]:
    """How a word of a term may stand in a text. `head` says it ends a phrase of several words.

    Words in another script than the language's, with capitals inside (МВт, eTIR) or shorter than three letters match
    as written.
    """
    folded = fold(word.text)
    if word.kind == "prefix":
        return ((folded, "*"),)
    if language == ANY:
        own = ("ru", "kk") if _CYRILLIC_WORD.search(folded) else ("az", "tr", "en")
        return tuple(dict.fromkeys(found for one in own for found in patterns(word, one, head=head)))
    if word.kind != "inflected" or language not in INFLECTED or _stiff(word.text, language):
        return ((folded, ""),)
    if language == "ru":
        return _russian(word.text)
    if language == "en":
        return _english(folded)
    return _suffixing(word.text, language, head)


def _stiff(text: str, language: str) -> bool:
    own = _CYRILLIC_WORD if language in ("ru", "kk") else _LATIN_WORD
    inner = text[1:]
    capitals_inside = inner != inner.lower() and text != text.upper()
    return len(text) < 3 or capitals_inside or not own.fullmatch(fold(text))


def endings(key: str) -> Container[str]:
    """What a class of endings accepts."""
    if key == "*":
        return _Anything()
    if key.startswith("="):
        return frozenset(key[1:].split(","))
    return Chains(key) if key else frozenset(("",))


class _Anything:
    def __contains__(self, rest: object) -> bool:
        return True


def _russian(word: str) -> tuple[Pattern, ...]:
    forms = russian_forms(word)
    stem = _common_start(min(forms), max(forms))
    if len(stem) < 2:
        return tuple((form, "") for form in sorted(forms))
    return ((stem, "=" + ",".join(sorted(form[len(stem) :] for form in forms))),)


def _common_start(first: str, last: str) -> str:
    """What all words between two, in the order of the alphabet, begin with."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(letter for letter, _ in same)


def _english(folded: str) -> tuple[Pattern, ...]:
    if folded.endswith("y") and folded[-2:-1] not in "aeiou":
        return ((folded[:-1], "=y,ys,ies"),)
    if folded.endswith(("s", "x", "z", "ch", "sh")):
        return _english_sibilant(folded)
    return ((folded, "=,s"),)


def _english_sibilant(folded: str) -> tuple[Pattern, ...]:
    if folded.endswith("ies") and len(folded) > 5:
        return ((folded[:-3], "=y,ys,ies"),)
    plural = folded.endswith("s") and not folded.endswith(("ss", "us", "is", "ics"))
    if plural and len(folded) > 4 and folded not in _INVARIANT:
        return ((folded[:-1], "=,s"),)
    return ((folded, "=,s,es"),)


def _suffixing(text: str, language: str, head: bool) -> tuple[Pattern, ...]:
    word = _lower(text, language)
    stems = list(_stems(word, language))
    if head:
        for bare in _without_possessive(word, language):
            stems += _stems(bare, language, ending=word[len(bare) :])
    found = [pattern for stem, state, harmony in stems for pattern in _spelt(stem, language, harmony, state)]
    return tuple(dict.fromkeys(found))


def _lower(text: str, language: str) -> str:
    if language in ("tr", "az"):
        text = text.replace("İ", "i").replace("I", "ı")
    return text.lower().replace("’", "").replace("'", "")


def _spelt(stem: str, language: str, harmony: str, state: str) -> Iterable[Pattern]:
    yield fold(stem), chain_key(language, harmony, state)
    if language == "kk" and len(stem) > 3:
        for latin in latin_spellings(stem, most=12):
            yield latin, chain_key("kl", harmony, state)


def _stems(word: str, language: str, ending: str = "") -> Iterable[tuple[str, str, str]]:
    """(stem, state, harmony) of a word: itself, softened, with a dropped vowel, and with a single last consonant.

    Kazakh writes both «метал» and «металл».
    """
    for harmony in _harmonies(word, language, ending):
        vowel = word[-1] in _VOWELS[language] and not (language == "kk" and word[-1] in "уи")
        closed = _closed(word, language)
        yield word, "V" if vowel else closed, harmony
        if language == "kk" and word[-1] == "ь":
            yield word[:-1], closed, harmony
        if language == "kk" and word[-1] in "уи":
            yield word, "V", harmony
        if len(word) > 3 and word[-1] == word[-2] and not vowel:
            yield word[:-1], closed, harmony
        elif language == "kk" and word[-1] == "л":
            yield word + "л", closed, harmony
        for soft in _SOFTENED[language].get(word[-1], ()):
            yield word[:-1] + soft, "S", harmony
        if word in _DROPPING[language]:
            yield word[:-2] + word[-1], "S", harmony
        if word in _DOUBLING[language]:
            yield word + word[-1], "S", harmony


def _closed(word: str, language: str) -> str:
    """The state of a stem that ends in a consonant."""
    if word in _CHANGING[language]:
        return "X"
    return "T" if language == "kk" and word.rstrip("ь")[-1] in _VOICELESS else "C"


def _harmonies(word: str, language: str, ending: str = "") -> tuple[str, ...]:
    """The harmonies a stem takes; loans that waver (tr "terminal-i", kk «парк-і») take both.

    An ending the word was written with tells at once («паркі» → front).
    """
    vowels = [letter for letter in (ending or word) if letter in _VOWELS[language]]
    last = vowels[-1] if vowels else "e"
    if language == "kk":
        return _kazakh_harmonies(word, last, ending)
    rounding = "u" if last in _ROUND else "i"
    front = last in _FRONT[language]
    if not ending and language == "tr" and not front and word.endswith(("l", "aat")):
        return "b" + rounding, "f" + rounding
    return (("f" if front else "b") + rounding,)


def _kazakh_harmonies(word: str, last: str, ending: str) -> tuple[str, ...]:
    if last in _FRONT["kk"]:
        return ("f",)
    loan = last in "уию" or word[-1] in "кгь"
    return ("b", "f") if loan and not ending else ("b",)


def _without_possessive(word: str, language: str) -> tuple[str, ...]:
    """A head noun without the ending of the third person: "limanı" → "liman", «металдары» → «метал»."""
    high = "ыі" if language == "kk" else "ıiuü"
    if len(word) < 5 or word[-1] not in high:
        return ()
    bare = word[:-1]
    if bare[-1] in "sс" and bare[-2] in _VOWELS[language]:
        return (bare[:-1],)
    if bare[-1] in _VOWELS[language]:
        return ()
    hardened = _HARDENED[language].get(fold(bare[-1]))
    found = [bare, bare[:-1] + hardened] if hardened else [bare]
    if language == "kk" and bare[-1] == "л":
        found.append(bare + "ь")
    if language == "kk" and re.search(r"(?:l[ae]r|[лдт][ае]р)$", fold(bare)) and len(bare) > 6:
        found.append(bare[:-3])
    return tuple(found)
