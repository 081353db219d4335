"""In which language an article is written: script and letters decide together with the source's word for it.

A naive Bayes over the few letters and words that tell languages apart, the source's language as prior. Only where two
languages come out nearly even is a model asked (py3langid, loaded then: 0.6 s, 110 MB). All languages compete, not only
those of the site: what is none of these becomes "und" instead of the nearest of ours.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aggregator.normalise import alphabets

UNKNOWN = "und"
SAMPLE = 300
"""Characters that are looked at, title first."""
_FOREIGN = 0.0004
_WORD_BONUS = 2.0
_PRIORS = (2.5, 1.0, 1.0)
_MARGIN = 2.5
_FEWEST_LETTERS = 3
_ALIASES = {
    "kz": "kk", "kaz": "kk", "rus": "ru", "aze": "az", "azj": "az", "tur": "tr", "eng": "en", "ua": "uk", "ukr": "uk",
    "uzb": "uz", "uzn": "uz", "kir": "ky", "fas": "fa", "per": "fa", "deu": "de", "ger": "de", "no": "da", "nb": "da",
    "nn": "da", "bs": "hr", "srl": "hr", "ms": "id", "crh": "crh", "azb": "az", "sk": "cs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Script:
    """What tells the languages of one script apart: log probabilities of letters; words → languages they hint at."""

    letters: Mapping[str, Mapping[str, float]]
    rest: Mapping[str, float]
    words: Mapping[str, tuple[str, ...]]
    telling: re.Pattern[str]


def language_of(title: str, text: str, hints: Sequence[str | None], languages: Sequence[str]) -> str:
    """The one of `languages` that title and text are written in, or "und".

    `hints`: what source, entry and document say, in this order of weight; None where they are silent. ISO 639-1 codes,
    also with a region ("ru-RU") or the country codes that sites put there ("kz").
    """
    sample = f"{title}\n{text[:SAMPLE]}"[:SAMPLE].replace("İ", "i").lower()
    priors = _priors(hints)
    return _configured(_written_in(sample, priors), languages)


def _configured(code: str, languages: Sequence[str]) -> str:
    return next((language for language in languages if _primary(language) == code), UNKNOWN)


@lru_cache(maxsize=1024)
def _primary(code: str) -> str:
    """The primary subtag (RFC 5646) in ISO 639-1."""
    primary = re.split("[-_]", code.strip().lower(), maxsplit=1)[0]
    return _ALIASES.get(primary, primary)


def _priors(hints: Sequence[str | None]) -> dict[str, float]:
    priors: dict[str, float] = {}
    for hint, weight in zip(hints, _PRIORS, strict=False):
        if hint:
            code = _primary(hint)
            priors[code] = priors.get(code, 0.0) + weight
    return priors


_cyrillic = re.compile("[\u0400-\u052f]+")
_latin = re.compile("[a-zß-öø-ɏəʻʼḁ-ỿ]+")
_arabic = re.compile("[\u0620-\u064a\u0671-\u06d5]+")


def _written_in(sample: str, priors: Mapping[str, float]) -> str:
    cyrillic, latin = (sum(map(len, runs.findall(sample))) for runs in (_cyrillic, _latin))
    if max(cyrillic, latin) < _FEWEST_LETTERS or 2 * (cyrillic + latin) < len(sample) // 2:
        return _other_script(sample, priors)
    # Russian headlines carry Latin brand names; Latin ones carry no Cyrillic.
    if 3 * cyrillic >= latin:
        return _likeliest(_script("cyrillic"), sample, cyrillic, priors)
    return _likeliest(_script("latin"), sample, latin, priors)


def _other_script(sample: str, priors: Mapping[str, float]) -> str:
    counts = {code: len(letters.findall(sample)) for code, letters in _alone().items()}
    arabic = sum(map(len, _arabic.findall(sample)))
    code = max(counts, key=lambda code: counts[code])
    if arabic >= max(_FEWEST_LETTERS, counts[code]):
        return _likeliest(_script("arabic"), sample, arabic, priors)
    if counts["ja"] and code == "zh":
        return "ja"
    if counts[code] >= _FEWEST_LETTERS:
        return code
    return max(priors, key=lambda code: priors[code], default=UNKNOWN)


def _likeliest(script: _Script, sample: str, letters: int, priors: Mapping[str, float]) -> str:
    scores = _scores(script, sample, letters)
    for code, weight in priors.items():
        if code in scores:
            scores[code] += weight
    best, second = sorted(scores.values(), reverse=True)[:2] if len(scores) > 1 else (0.0, -math.inf)
    if best - second < _MARGIN:
        _ask_model(sample, scores)
    return max(scores, key=lambda code: scores[code])


def _scores(script: _Script, sample: str, letters: int) -> dict[str, float]:
    """Log likelihood of the sample's telling letters and words in each language that may be meant."""
    counts = Counter(script.telling.findall(sample))
    tolerated = max(2.0, 0.03 * letters)
    told = counts.total()
    items = list(counts.items())
    scores = {}
    for code, known in script.letters.items():
        if sum(count for letter, count in items if letter not in known) <= tolerated:
            likelihood = sum(count * known.get(letter, _FOREIGN_LOG) for letter, count in items)
            scores[code] = likelihood + (letters - told) * script.rest[code]
    hits = Counter(code for word in set(sample.split()) & script.words.keys() for code in script.words[word])
    for code in scores:
        scores[code] += _WORD_BONUS * hits[code]
    return scores or dict.fromkeys(script.letters, 0.0)


_FOREIGN_LOG = math.log(_FOREIGN)


def _ask_model(sample: str, scores: dict[str, float]) -> None:
    """Add the model's opinion to `scores`, also on languages that no table knows."""
    top = max(scores.values())
    for label, probability in _model().rank(sample):
        code = _primary(label)
        if code in scores:
            scores[code] += math.log(max(probability, 0.001))
        elif probability > 0.5:
            scores[code] = top + math.log(probability)


@lru_cache(maxsize=1)
def _model() -> Any:
    from py3langid import langid

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=1)
def _alone() -> dict[str, re.Pattern[str]]:
    return {code: re.compile(f"[{letters}]") for code, letters in alphabets.ALONE.items()}


@lru_cache(maxsize=3)
def _script(name: str) -> _Script:
    tables: Mapping[str, str] = getattr(alphabets, name.upper())
    listed: Mapping[str, str] = getattr(alphabets, f"{name.upper()}_WORDS", {})
    shares = {code: _shares(table) for code, table in tables.items()}
    words: dict[str, tuple[str, ...]] = {}
    for code, known in listed.items():
        for word in known.split():
            words[word] = (*words.get(word, ()), code)
    return _Script(
        {code: {letter: math.log(share) for letter, share in table.items()} for code, table in shares.items()},
        {code: math.log(1 - sum(table.values())) for code, table in shares.items()},
        words,
        re.compile("[" + "".join(sorted(set().union(*shares.values()))) + "]"),
    )


def _shares(table: str) -> dict[str, float]:
    return {item[0]: float(item[1:]) / 1000 for item in table.split()}
