"""The units of a text against a plain reading of it: strings, regular expressions, and nothing remembered."""

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.stories import meanings
from aggregator.stories.alphabet import as_text, in_bytes, tokens
from aggregator.stories.facts import Kind, Zone
from aggregator.stories.lexicon import LANGUAGES, RARE, Table, lexicon
from aggregator.stories.meanings import counted, made, named
from aggregator.stories.numbers import figures
from aggregator.stories.units import _WEIGHTS, LEAD_LETTERS, Told, forms, read

TOKEN = re.compile(r"\w+(?:['’ʼ`]\w+)*|[.!?:…\n«\"“]")
MARKS = set('.!?:…\n«"“')
ALPHABETS = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "kk": "аәбвгғдежзийкқлмнңоөпрстуұүфхһшыіэюяaqtuşıñūjcwx",
    "az": "abcçdeəfgğhxıijkqlmnoöprsştuüvyz",
    "tr": "abcçdefgğhıijklmnoöprsştuüvyzâîû",
    "en": "abcdefghijklmnopqrstuvwxyzé",
}
SOUNDS = {
    **dict(zip("абвгдеёзийклмнопрстуфхыэ", "abvgdeezijklmnoprstufhie", strict=True)),
    **dict(zip("әғқңөұүһі", "agknouuhi", strict=True)),
    **dict(zip("əğışçşöüâîûêéñäáíóúýžščž", "agiSCSouaiueenaaiouiZSCZ", strict=True)),
    **dict(zip("жчшщцюяьъ", (*"ZCSSsua", "", ""), strict=True)),
    **dict(zip("yйqwxcj", "iikvhZZ", strict=True)),
}
ENGLISH = {
    "tsch": "tS", "sch": "S", "sh": "S", "tch": "C", "ch": "C", "dzh": "Z", "zh": "Z", "dj": "Z", "j": "Z", "kh": "h",
    "gh": "g", "ph": "f", "th": "t", "ck": "k", "ts": "s", "tz": "s", "c": "k", "x": "ks",
}  # fmt: skip
CASES = {
    "ru": "(?:ыми|ими|ого|его|ому|ему|ым|им|ом|ем)$",
    "kk": "(?:[дтн]ың|[дтн]ің|[дт]а[нғ]ы?|[дт]е[нг]і?|[ндт][аеыі]н?|[ғқгк][ае]|[мбп]ен)$",
    "az": "(?:n?[ıiuü]n|d[aə]n?|l[aə]|n[ıi]|y[aə])$",
    "tr": "(?:n?[ıiuü]n|d[ae]n?|l[ae]|n[ıi]|y[ae])$",
}
KAZAKH = dict(zip("aäbcdefgğhıijkqlmnñoöprsştuūüvxyzžŋ", "аәбцдефгғхыіжкқлмнңоөпрсштуұүвхйзжң", strict=True))


def lower(word: str) -> str:
    return word.lower().replace("i\u0307", "i")


def sound(letters: re.Match[str]) -> str:
    soft = letters.group() == "c" and letters.string[letters.end() : letters.end() + 1] in ("e", "i", "y")
    return "s" if soft else ENGLISH[letters.group()]


def roman(word: str, language: str) -> str:
    if language == "en":
        word = word.replace("é", "e")
        word = re.sub("c(?=[eiy])|tsch|sch|sh|tch|ch|dzh|zh|dj|j|kh|gh|ph|th|ck|ts|tz|c|x", sound, word)
    return "".join(SOUNDS.get(letter, letter) for letter in word.replace("дж", "ж"))


def single(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)


def skeleton(name: str, language: str) -> str:
    bare = re.sub(CASES[language], "", name) if language in CASES and len(name) > 5 else name
    sounds = single(roman(bare, language)).translate(str.maketrans("gkhdtbp", "kkkttpp"))
    return ("a" if sounds[:1] and sounds[0] in "aeiou" else "") + re.sub("[aeiou]", "", sounds)[:4]


@lru_cache(maxsize=16)
def spelt(language: str, *, parts: bool) -> dict[str, tuple[str, int]]:
    tables: dict[str, Table] = lexicon().parts if parts else lexicon().forms
    return {as_text(form): (sense.id, sense.ending) for form, sense in tables[language].items()}


def longest(word: str, language: str, *, parts: bool = False) -> str | None:
    known = spelt(language, parts=parts)
    for length in range(len(word), 1 if len(word) > 1 else 0, -1):
        identifier, ending = known.get(word[:length], ("", -1))
        if len(word) - length <= ending:
            return identifier
    return None


def plain_unit(word: str, language: str, *, name: bool) -> tuple[int, str | None]:
    letters = re.search(r"[^\W\d_]+", word)
    if not letters:
        return 0, None
    bare = letters.group()
    small = lower(bare)
    identifier = (lexicon().capitals.get(in_bytes(bare)) if name else None) or longest(small, language)
    if language == "kk" and not identifier:
        for pair, letter in (("sh", "ш"), ("ch", "ч"), ("ia", "ия"), ("iu", "ию"), ("yo", "йо")):
            small = small.replace(pair, letter)
        small = "".join(KAZAKH.get(letter, letter) for letter in small)
        identifier = longest(small, language)
    part = longest(small, language, parts=True)
    if identifier:
        return named(identifier), part
    if len(small) < 3:
        return 0, part
    key = single(roman(small, language))[:5]
    level = lexicon().rarity.get(in_bytes(key), RARE)
    bones = skeleton(small, language)
    if name and bare[0].isupper() and level > 2 and len(bones) >= 3:
        return made(in_bytes("~" + bones), Kind.NAME, RARE), part
    return made(in_bytes(key), Kind.STEM, level) if level else 0, part


def plainly(title: str, text: str, language: str) -> dict[int, int]:
    """Units with zones → weights."""
    cut = text.rfind(" ", 0, LEAD_LETTERS) if len(text) > LEAD_LETTERS else len(text)
    parts = [re.sub("[\u0300-\u036f]", "", part) for part in (title, text[:cut], text[cut:])]
    found = [[re.sub("[’ʼ`]", "'", token) for token in TOKEN.findall(part)] for part in parts]
    inside = found[1] + found[2]
    names = {word for before, word in pairwise(inside) if before not in MARKS}
    zones: list[list[int]] = [[], [], []]
    before: str | None = None
    for zone, words in zip(zones, found, strict=True):
        for word in words:
            unit, part = plain_unit(word, language, name=word in names)
            zone.append(unit)
            phrase = lexicon().phrases.get((before or "", part or ""))
            if phrase:
                zone.append(named(phrase))
            before = part
        if zone is zones[0]:
            before = None
    for zone, written in zip(zones, (title, text[:cut], text[cut:]), strict=True):
        zone += [unit for figure in figures(written) for unit in counted(figure)]
    counts = Counter(zones[0] + zones[1] + zones[2])
    weights = {}
    for unit, count in counts.items():
        zone_of = Zone.TITLE if unit in zones[0] else Zone.LEAD if unit in zones[1] else Zone.BODY
        often = (0, 20, 23, 26, 29, 32)[min(count, 5)]
        weights[unit | zone_of << 3] = (unit & 7) * (5 + 2 * zone_of) * often
    return {unit: weight for unit, weight in weights.items() if unit >> 3 << 3 & ~0x18}


def words_in(language: str) -> st.SearchStrategy[str]:
    """Words known and unknown, in any case, with what newsrooms put around and into them."""
    letters = ALPHABETS[language]
    known = st.sampled_from(sorted(spelt(language, parts=False)) + sorted(spelt(language, parts=True)))
    ending = st.text(letters, max_size=4)
    word = st.one_of(st.text(letters, min_size=1, max_size=11), st.builds(str.__add__, known, ending))
    cased = st.builds(
        lambda word, case: case(word), word, st.sampled_from([str, str, str.capitalize, str.upper, str.swapcase])
    )
    odd = st.sampled_from(
        ["-", "—", "'", "’", "''", "…", "29", "3 450", "2,4–2,9 млрд", "_", "%", "№", "«", "\n", "\u00a0", "\u0301",
         "i\u0307", "İ", "I", "ı", "IŞIQ", "КТЖ", "US", "/", "(", "\u00ad", "😀", "0.5", "COP29", "h2", ": ", ". "]
    )  # fmt: skip
    return st.one_of(cased, cased, cased, odd)


@st.composite
def articles(draw: st.DrawFn) -> tuple[str, str, str]:
    language = draw(st.sampled_from(LANGUAGES))
    spaced = st.sampled_from([" ", " ", " ", ", ", ". ", "", " — ", "-", "\n"])
    piece = st.builds(str.__add__, words_in(language), spaced)
    title = "".join(draw(st.lists(piece, max_size=8)))
    return title, "".join(draw(st.lists(piece, max_size=90))), language


@settings(max_examples=250, deadline=None)
@given(articles())
@example(("0.5 IŞIQ", "", "ru"))
@example(("", "acé Ltcy schtsch", "en"))
@example(("İran", "İran’ın İstanbul'da İŞ. İran", "tr"))
@example(("", "Aqtau portı jabıldı. Şığıs QAZAQSTAN ia", "kk"))
@example(("Северный морской путь", "Она. Северный морской путь — «Достык», Достык 'Достык' ''Достык''", "ru"))
def test_the_units_of_a_text_are_those_of_a_plain_reading(article: tuple[str, str, str]) -> None:
    told = read(*article)
    assert {unit: _WEIGHTS[rank] for unit, rank in zip(told.units, told.ranks, strict=True)} == plainly(*article)


@settings(max_examples=100, deadline=None)
@given(articles())
def test_what_people_see_are_the_units_of_the_text(article: tuple[str, str, str]) -> None:
    shown = forms(*article)
    assert {unit >> 8 for unit in read(*article).units if unit >> 5 & 7 != Kind.NUMBER} <= shown.keys()


@settings(max_examples=60, deadline=None)
@given(articles(), articles(), st.integers(min_value=1, max_value=40))
def test_what_is_remembered_changes_nothing(one: tuple[str, str, str], other: tuple[str, str, str], most: int) -> None:
    first = read(*one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meanings, "MOST_WORDS", most)
        assert [read(*other) and read(*one) for _ in range(3)] == [first] * 3
    meanings.forget()
    assert read(*one) == first


def test_words_of_one_letter_case_are_counted_together_and_names_apart() -> None:
    words = meanings.Words("ru")
    assert words[in_bytes("тюльпановый")] == words[in_bytes("тюльпановый")]
    assert words[in_bytes("Тюльпановый")] != words[in_bytes("тюльпановый")]
    assert words[in_bytes("Тюльпановый")][:4] == words[in_bytes("тюльпановый")][:4]


def test_letters_of_other_scripts_make_words_of_their_own() -> None:
    assert len(set(tokens("თბილისი ბათუმი Երևան Αθήνα"))) == 4
    assert tokens("Café naïve") == [b"Cafe", b"naive"]
    assert len(read("", "თბილისი ბათუმი ფოთი ქუთაისი", "ka").units) >= 3


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    meanings.forget()
    monkeypatch.setattr(meanings, "MOST_WORDS", 50)
    for number in range(100):
        read("", " ".join(f"слово{number}а{n}" for n in range(20)), ("ru", "kk")[number % 2])
    known = meanings.words_of("ru")
    assert len(known) <= 80
    assert known._elder is None or known._elder._elder is None
    meanings.forget()


@given(st.lists(st.integers(min_value=0, max_value=4), max_size=40), st.integers(min_value=1, max_value=40))
def test_an_article_is_cut_to_its_weightiest_units_and_of_equal_ones_to_the_first(ranks: list[int], most: int) -> None:
    told = Told([n << 8 for n in range(len(ranks))], bytes(ranks), [])
    assert sorted(told.cut_to(most).units) == sorted(told.weightiest()[:most])
