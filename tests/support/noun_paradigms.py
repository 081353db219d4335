"""Whole paradigms of Turkish, Azerbaijani and Kazakh nouns, built by the rules of school grammars.

Number × possession × case, and -dAki after the locative: an independent account of what the automata of suffixes.py
must accept. A stem is given with the form it takes before a vowel ("torpaq", "torpağ").
"""

from collections.abc import Iterator

_VOWELS = {"tr": "aâıoueiöü", "az": "aıoueəiöü", "kk": "аоұыяуёюэеәөүіи"}
_FRONT = {"tr": "eiöü", "az": "eəiöü", "kk": "еәөүіэ"}
_HIGH = {"a": "ı", "â": "ı", "ı": "ı", "o": "u", "u": "u", "e": "i", "ə": "i", "i": "i", "ö": "ü", "ü": "ü"}
_VOICELESS = {"tr": "fstkçşhp", "kk": "пфкқтсшщхцчһбвгд"}


def _last_vowel(word: str, language: str) -> str:
    return next(letter for letter in reversed(word) if letter in _VOWELS[language])


def _high(word: str, language: str) -> str:
    return _HIGH[_last_vowel(word, language)]


def _low(word: str, language: str) -> str:
    return ("e" if language == "tr" else "ə") if _last_vowel(word, language) in _FRONT[language] else "a"


def _ends_in_vowel(word: str, language: str) -> bool:
    return word[-1] in _VOWELS[language]


def oghuz(word: str, soft: str, language: str) -> Iterator[str]:
    """Every form of a Turkish or Azerbaijani noun."""
    plural = word + "l" + _low(word, language) + "r"
    for base, before_vowel in ((word, soft), (plural, plural)):
        yield from _cases(base, before_vowel, language)
        for owned, third in _owned(base, before_vowel, language):
            yield from _cases(owned, owned, language, third=third)


def _owned(base: str, soft: str, language: str) -> Iterator[tuple[str, bool]]:
    high = _high(base, language)
    if _ends_in_vowel(base, language):
        yield from ((base + end, False) for end in ("m", "n", f"m{high}z", f"n{high}z"))
        yield base + "s" + high, True
    else:
        yield from ((soft + high + end, False) for end in ("m", "n", f"m{high}z", f"n{high}z"))
        yield soft + high, True


def _cases(base: str, soft: str, language: str, *, third: bool = False) -> Iterator[str]:
    high, low = _high(base, language), _low(base, language)
    vowel = _ends_in_vowel(base, language)
    hard = "t" if language == "tr" and base[-1] in _VOICELESS["tr"] else "d"
    link = "n" if third else "y" if vowel else ""
    stem = base if vowel else soft
    yield base
    yield stem + (link if language == "tr" else "n" if vowel or third else "") + high  # accusative
    yield stem + link + low  # dative
    yield stem + ("n" if vowel or third else "") + high + "n"  # genitive
    for end in ("", "n", "ki"):
        locative = base + ("n" if third else "") + ("d" if third else hard) + low
        yield locative + (end if language == "tr" or end != "ki" else "ki")
    yield base + ("yl" if vowel else "l") + low  # instrumental


def kazakh(word: str, soft: str) -> Iterator[str]:
    """Every form of a Kazakh noun."""
    plural = word + _plural(word)
    for base, before_vowel in ((word, soft), (plural, plural)):
        yield from _kazakh_cases(base)
        i = "і" if _is_front(base) else "ы"
        vowel = _ends_in_vowel(base, "kk")
        stem, link = (base, "") if vowel else (before_vowel, i)
        for end in ("м", "ң", f"м{i}з", f"ң{i}з"):
            owned = stem + link + end
            yield from _kazakh_cases(owned, person=end in {"м", "ң"})
        yield from _kazakh_third(stem + ("с" if vowel else "") + i)


def _is_front(word: str) -> bool:
    return _last_vowel(word, "kk") in _FRONT["kk"]


def _plural(word: str) -> str:
    first = "л" if word[-1] in _VOWELS["kk"] + "рйу" else "т" if word[-1] in _VOICELESS["kk"] else "д"
    return first + ("ер" if _is_front(word) else "ар")


def _kazakh_cases(base: str, *, person: bool = False) -> Iterator[str]:
    front, last = _is_front(base), base[-1]
    i, a = ("і", "е") if front else ("ы", "а")
    hard = last in _VOICELESS["kk"]
    nasal = last in "мнң"
    vowel = last in _VOWELS["kk"] and last not in "уи"
    yield base
    yield base + ("т" if hard else "н" if vowel or nasal else "д") + i + "ң"
    yield base + (a if person else (("к" if front else "қ") if hard else ("г" if front else "ғ")) + a)
    yield base + ("т" if hard else "н" if vowel else "д") + i
    locative = base + ("т" if hard else "д") + a
    yield locative
    yield locative + ("г" if front else "ғ") + i
    yield base + ("т" if hard else "н" if nasal else "д") + a + "н"
    yield base + ("п" if hard else "б" if last in "зжм" and last != "м" else "м") + "ен"


def _kazakh_third(base: str) -> Iterator[str]:
    i, a = ("і", "е") if _is_front(base) else ("ы", "а")
    g = "г" if _is_front(base) else "ғ"
    yield from (base, base + "н" + i + "ң", base + "н" + a, base + "н", base + "нд" + a, base + "нд" + a + g + i)
    yield from (base + "н" + a + "н", base + "мен")
