"""In which language an article is written: script and letters decide together with the source's word for it.

A naive Bayes over the few letters, words and endings that tell languages apart, the source's language as prior. Only
where two languages come out nearly even are n-grams asked (ngrams.py). All languages
compete, not only those of the site: what is none of these becomes "und" instead of the nearest of ours.
"""

import math
import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aggregator.normalise import alphabets, ngrams

UNKNOWN = "und"
SAMPLE = 300
"""Characters that are looked at, title first."""
_FOREIGN = 0.0004
_UNIT = 1 << 24
_COMMON = 5
_GRAMS = 160
"""Characters that n-grams are asked of: two headlines' worth, of which they judge as well as of more."""
_WORD_BONUS = 2.0
_ENDING_BONUS = 1.0
_ONLY_ONE = 1.6
_PRIORS = (3.0, 1.0, 1.0)
_MARGIN = 2.5
_PLENTY = 2
_CLEAR = 10.0
_FEWEST_LETTERS = 3
_UNHEARD = -3.0
_ENOUGH_TO_DOUBT = 15
"""Characters below which n-grams neither outweigh what the source says nor bring up a language of no table."""
_ALIASES = {
    "kz": "kk", "kaz": "kk", "rus": "ru", "aze": "az", "azj": "az", "tur": "tr", "eng": "en", "ua": "uk", "ukr": "uk",
    "uzb": "uz", "uzn": "uz", "kir": "ky", "fas": "fa", "per": "fa", "deu": "de", "ger": "de", "no": "da", "nb": "da",
    "nn": "da", "bs": "hr", "srl": "hr", "ms": "id", "crh": "crh", "azb": "az", "sk": "cs",
}  # fmt: skip


Clue = tuple[tuple[str, float], ...]
"""(language, bonus) for each language that a form points to."""


@dataclass(frozen=True, slots=True)
class _Script:
    """What tells the languages of one script apart; a row is one integer with 64 bits for each of `codes` (`_row`), so that
    all languages are counted for by one multiplication and one addition.

    `letters`: how improbable a letter is, `common` those of many languages, `rare` the others, `rest` all that tell
    nothing together; `start`: how uncommon the language is; `words`: common ones → (language, bonus) each; `endings`: of
    two and three letters, likewise; `grams`: the name of its table of n-grams.
    """

    codes: tuple[str, ...]
    letters: Mapping[str, int]
    common: tuple[str, ...]
    rare: re.Pattern[str]
    rest: int
    start: int
    words: Mapping[str, Clue]
    endings: Mapping[str, Clue]
    grams: str | None


@dataclass(frozen=True, slots=True)
class _Sure:
    """What shows a language without doubt: `letters` and `words` of it alone, and none of the letters `foreign` to it."""

    letters: frozenset[str]
    words: frozenset[str]
    foreign: re.Pattern[str]


def language_of(title: str, text: str, hints: Sequence[str | None], languages: Sequence[str]) -> str:
    """The one of `languages` that title and text are written in, or "und".

    `hints`: what source, entry and document say, in this order, None where one is silent; the first that speaks weighs
    most. ISO 639-1 codes, also with a region ("ru-RU") or the country codes that sites put there ("kz").
    """
    sample = f"{title}\n{text[:SAMPLE]}"[:SAMPLE].replace("İ", "i").lower()
    priors = _priors(tuple(hints))
    expected = next(iter(priors), "")
    code = expected if _is_plainly(expected, sample) else _written_in(sample, priors)
    return _configured(code, tuple(languages))


def _is_plainly(code: str, sample: str) -> bool:
    """Whether no doubt is left that the sample is in the language it should be in: the usual case, so decided first."""
    sure = _sure().get(code)
    if sure is None:
        return False
    told = len(sure.words.intersection(sample.split())) + sum([letter in sample for letter in sure.letters])
    return told >= _PLENTY and not sure.foreign.search(sample)


@lru_cache(maxsize=256)
def _configured(code: str, languages: tuple[str, ...]) -> str:
    return next((language for language in languages if _primary(language) == code), UNKNOWN)


@lru_cache(maxsize=1024)
def _primary(code: str) -> str:
    """The primary subtag (RFC 5646) in ISO 639-1."""
    primary = re.split("[-_]", code.strip().lower(), maxsplit=1)[0]
    return _ALIASES.get(primary, primary)


@lru_cache(maxsize=1024)
def _priors(hints: tuple[str | None, ...]) -> Mapping[str, float]:
    priors: dict[str, float] = {}
    for hint, weight in zip(filter(None, hints), _PRIORS, strict=False):
        code = _primary(hint)
        priors[code] = priors.get(code, 0.0) + weight
    return priors


_cyrillic = re.compile("[\u0400-\u052f]+")
_latin = re.compile("[a-zß-öø-ɏəʻʼḁ-ỿ]+")
_arabic = re.compile("[\u0620-\u064a\u0671-\u06d5]+")


def _written_in(sample: str, priors: Mapping[str, float]) -> str:
    # Russian headlines carry Latin brand names; Latin ones carry no Cyrillic.
    weight = 8 if next(iter(priors), "") in _script("cyrillic").codes else 3
    cyrillic = _cyrillic.findall(sample)
    in_cyrillic = sum(map(len, cyrillic))
    mostly = 4 * in_cyrillic >= max(len(sample), 4 * _FEWEST_LETTERS)
    if mostly and weight * in_cyrillic >= len(sample) - in_cyrillic:
        return _likeliest(_script("cyrillic"), sample, cyrillic, priors)
    latin = _latin.findall(sample)
    in_latin = sum(map(len, latin))
    if max(in_cyrillic, in_latin) < _FEWEST_LETTERS or 4 * (in_cyrillic + in_latin) < len(sample):
        return _other_script(sample, priors)
    if in_cyrillic * weight >= in_latin:
        return _likeliest(_script("cyrillic"), sample, cyrillic, priors)
    return _likeliest(_script("latin"), sample, latin, priors)


def _other_script(sample: str, priors: Mapping[str, float]) -> str:
    counts = {code: len(letters.findall(sample)) for code, letters in _alone().items()}
    arabic = _arabic.findall(sample)
    code = max(counts, key=lambda code: counts[code])
    if sum(map(len, arabic)) >= max(_FEWEST_LETTERS, counts[code]):
        return _likeliest(_script("arabic"), sample, arabic, priors)
    if counts["ja"] and code == "zh":
        return "ja"
    if counts[code] >= _FEWEST_LETTERS:
        return code
    return max(priors, key=lambda code: priors[code], default=UNKNOWN)


def _likeliest(script: _Script, sample: str, words: list[str], priors: Mapping[str, float]) -> str:
    scores = _by_letters(script, sample, sum(map(len, words)))
    for code, weight in priors.items():
        if code in scores:
            scores[code] += weight
    if _margin(scores) < _CLEAR:
        for code, bonus in _clues(script, words):
            scores[code] += bonus
        if _margin(scores) < _MARGIN:
            _ask_grams(script, sample, scores)
    return max(scores, key=scores.__getitem__)


def _margin(scores: Mapping[str, float]) -> float:
    *_, second, best = sorted(scores.values())
    return best - second


def _by_letters(script: _Script, sample: str, letters: int) -> dict[str, float]:
    """Log likelihood of the sample's letters in each language of the script."""
    untold, total = letters, script.start
    for letter in (*script.common, *set(script.rare.findall(sample))):
        count = sample.count(letter)
        untold -= count
        total += count * script.letters[letter]
    total += untold * script.rest
    size = len(script.codes)
    columns = struct.unpack(f"<{size}Q", total.to_bytes(8 * size, "little"))
    return {code: column / -_UNIT for code, column in zip(script.codes, columns, strict=True)}


def _row(improbabilities: Iterable[float]) -> int:
    """Numbers of 0 and more, one for each language of a script, side by side; a sum of 300 such rows overflows none."""
    columns = [round(number * _UNIT) for number in improbabilities]
    return int.from_bytes(struct.pack(f"<{len(columns)}Q", *columns), "little")


def _clues(script: _Script, words: list[str]) -> Iterator[tuple[str, float]]:
    """What the words point to, and their endings; a form that comes again tells nothing more."""
    for word in script.words.keys() & set(words):
        yield from script.words[word]
    for ending in script.endings.keys() & {*[word[-3:] for word in words], *[word[-2:] for word in words]}:
        yield from script.endings[ending]


def _ask_grams(script: _Script, sample: str, scores: dict[str, float]) -> None:
    """Add the opinion of n-grams to `scores`, also on languages that no table knows; of Kazakh in Latin they have none."""
    if script.grams is None:
        return
    top = max(scores.values())
    found: dict[str, float] = {}
    for language, probability in ngrams.probabilities(script.grams, sample[:_GRAMS]).items():
        code = _primary(language)
        found[code] = found.get(code, 0.0) + probability
    for code in scores.keys() - found.keys():
        scores[code] += _UNHEARD
    much = len(sample.strip()) >= _ENOUGH_TO_DOUBT
    for code, probability in found.items():
        if code in scores:
            scores[code] += math.log(max(probability, 0.001 if much else 0.1))
        elif probability > 0.5 and much:
            scores[code] = top + math.log(probability)


@lru_cache(maxsize=1)
def _alone() -> dict[str, re.Pattern[str]]:
    return {code: re.compile(f"[{letters}]") for code, letters in alphabets.ALONE.items()}


@lru_cache(maxsize=3)
def _script(name: str) -> _Script:
    shares, words, endings = _tables(name)
    commonness = alphabets.COMMONNESS.get(name, {})
    commonest = max(commonness.values(), default=0.0)
    owners = Counter(letter for table in shares.values() for letter in table)
    telling = sorted(owners)
    rare = "".join(letter for letter in telling if owners[letter] < _COMMON)
    return _Script(
        tuple(shares),
        {letter: _row(-math.log(table.get(letter, _FOREIGN)) for table in shares.values()) for letter in telling},
        tuple(letter for letter in telling if letter not in rare),
        re.compile(f"[{rare}]"),
        _row(-math.log(1 - sum(table.values())) for table in shares.values()),
        _row(commonest - commonness.get(code, 0.0) for code in shares),
        _listed(words, _WORD_BONUS),
        _listed(endings, _ENDING_BONUS),
        name if name in ("cyrillic", "latin") else None,
    )


@lru_cache(maxsize=1)
def _sure() -> dict[str, _Sure]:
    """By language; Kazakh by its Cyrillic."""
    found = {}
    for name in ("latin", "cyrillic"):
        shares, words, _ = _tables(name)
        telling = set().union(*shares.values())
        counts = Counter(word for listed in words.values() for word in set(listed.split()))
        owners = Counter(letter for table in shares.values() for letter in table)
        for code, table in shares.items():
            letters = frozenset(letter for letter in table if owners[letter] == 1)
            own = frozenset(word for word in words[code].split() if counts[word] == 1)
            found[code] = _Sure(letters, own, re.compile(f"[{''.join(sorted(telling - table.keys()))}]"))
    return found


def _tables(name: str) -> tuple[dict[str, dict[str, float]], Mapping[str, str], Mapping[str, str]]:
    """(shares of letters, words, endings) by language."""
    tables: Mapping[str, str] = getattr(alphabets, name.upper())
    words: Mapping[str, str] = getattr(alphabets, f"{name.upper()}_WORDS", {})
    endings: Mapping[str, str] = getattr(alphabets, f"{name.upper()}_ENDINGS", {})
    return {code: _shares(table) for code, table in tables.items()}, words, endings


def _shares(table: str) -> dict[str, float]:
    return {item[0]: float(item[1:]) / 1000 for item in table.split()}


def _listed(tables: Mapping[str, str], bonus: float) -> dict[str, Clue]:
    clues: dict[str, Clue] = {}
    for code, table in tables.items():
        for form in set(table.split()):
            clues[form] = (*clues.get(form, ()), (code, bonus))
    return {form: _weighed(told) for form, told in clues.items()}


def _weighed(told: Clue) -> Clue:
    """A clue that points to one language only counts more."""
    return told if len(told) > 1 else ((told[0][0], told[0][1] * _ONLY_ONE),)
