"""What the pages say: phrases, numbers, times and names of languages in the reader's language."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

from aggregator.model import Seconds

LANGUAGES = ("ru", "kk", "az", "tr", "en")
"""The languages of the interface."""

NAMES: Mapping[str, str] = {
    "ru": "Русский", "kk": "Қазақша", "az": "Azərbaycanca", "tr": "Türkçe", "en": "English",
}  # fmt: skip
"""What languages call themselves."""

_MONTHS = {
    "en": "Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec",
    "ru": "янв. февр. марта апр. мая июня июля авг. сент. окт. нояб. дек.",
    "kk": "қаң. ақп. нау. сәу. мам. мау. шіл. там. қыр. қаз. қар. жел.",
    "az": "yan. fev. mar. apr. may iyn. iyl. avq. sen. okt. noy. dek.",
    "tr": "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
}
DAY = 24 * 3600


@lru_cache(maxsize=1)
def phrases() -> Mapping[str, Mapping[str, str | list[str]]]:
    """phrases.toml: key → language → phrase, or its forms by number."""
    return tomllib.loads((files("aggregator.web") / "phrases.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Speech:
    """How to speak to a reader. `now` in epoch seconds tells what is today."""

    language: str
    now: Seconds = 0

    def say(self, key: str, **values: object) -> str:
        phrase = phrases()[key][self.language]
        assert isinstance(phrase, str)
        if "«{" in phrase:  # quotes within quotes are of the other kind
            values = {name: inner_quotes(value) for name, value in values.items()}
        return phrase.format(**values)

    def count(self, key: str, number: int) -> str:
        """A phrase with a number in it, in the form that goes with the number."""
        forms = phrases()[key][self.language]
        form = forms[min(plural(self.language, number), len(forms) - 1)]
        return form.format(n=self.number(number))

    def number(self, number: float) -> str:
        """1 234.5 with a no-break space; a comma where the language writes one."""
        text = f"{number:,.1f}".removesuffix(".0") if isinstance(number, float) else f"{number:,}"
        if self.language == "en":
            return text
        return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")

    def figure(self, number: float) -> str:
        """A number of a text: four digits are not parted, they may be a year."""
        return str(number) if isinstance(number, int) and number < 10_000 else self.number(number)

    def percent(self, share: float) -> str:
        """A share of 1 as a whole number of percent; never 100 % when it is less."""
        whole = min(99, round(share * 100)) if share < 1 else 100
        return f"%{whole}" if self.language == "tr" else f"{whole}{'' if self.language in ('en', 'az') else chr(0xA0)}%"

    def time(self, when: Seconds | None) -> str:
        """today, 18:30; 20 Nov, 18:30; 20 Nov 2025, 18:30"""
        if when is None:
            return self.say("never")
        moment, now = datetime.fromtimestamp(when, UTC), datetime.fromtimestamp(self.now, UTC)
        clock = f"{moment:%H:%M}"
        apart = now.toordinal() - moment.toordinal()
        if apart in (0, 1):
            return self.say("yesterday" if apart else "today", time=clock)
        year = "" if moment.year == now.year else f" {moment.year}"
        return f"{self.day(when)}{year}, {clock}"

    def day(self, when: Seconds) -> str:
        """20 Nov"""
        moment = datetime.fromtimestamp(when, UTC)
        return f"{moment.day}\N{NO-BREAK SPACE}{_MONTHS[self.language].split()[moment.month - 1]}"

    def language_name(self, code: str) -> str:
        return NAMES.get(code) or (self.say("other_language") if code in ("", "und") else code)


def inner_quotes(value: object) -> object:
    """Агентство «Берег» → Агентство „Берег“"""
    return value.replace("«", "„").replace("»", "“") if isinstance(value, str) else value


def plural(language: str, number: int) -> int:
    """The index of the form that goes with a number (CLDR's plural rules for integers)."""
    if language != "ru":
        return 0 if number == 1 else 1
    tens, ones = number % 100, number % 10
    if ones == 1 and tens != 11:
        return 0
    return 1 if ones in (2, 3, 4) and tens not in (12, 13, 14) else 2


def negotiate(accepted: str, offered: Sequence[str], default: str) -> str:
    """The language of `offered` that an Accept-Language header wants most (RFC 9110, section 12.5.4)."""
    best, weight = default, 0.0
    for part in accepted[:500].split(","):
        tag, _, parameters = part.partition(";")
        code = tag.strip().partition("-")[0].lower()
        quality = _quality(parameters)
        if code in offered and quality > weight:
            best, weight = code, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if not name.strip():
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def default_language(site_languages: Sequence[str]) -> str:
    """The site's first language that the interface speaks."""
    return next((code for code in site_languages if code in LANGUAGES), "en")
