"""The interface in five languages: complete, with the same blanks, numbers and times as each language writes them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import aggregator.web
from aggregator.web.phrases import LANGUAGES, Speech, default_language, negotiate, phrases, plural

NOW = 1795372202  # Sun, 22 Nov 2026 18:30:02 UTC


def _blanks(phrase: str | list[str]) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", phrase if isinstance(phrase, str) else phrase[0]))


@pytest.mark.parametrize("key", sorted(phrases()))
def test_every_phrase_is_there_in_all_languages_with_the_same_blanks(key: str) -> None:
    found = phrases()[key]
    assert set(found) == set(LANGUAGES)
    assert all(found.values()), "an empty phrase"
    assert len({frozenset(_blanks(phrase)) for phrase in found.values()}) == 1
    assert len({type(phrase) for phrase in found.values()}) == 1


@pytest.mark.parametrize("key", sorted(key for key, found in phrases().items() if isinstance(found["ru"], list)))
def test_numbers_have_three_forms_in_russian_and_the_number_in_each(key: str) -> None:
    forms = phrases()[key]
    assert len(forms["ru"]) in (1, 3)
    assert len(forms["en"]) in (1, 2)
    assert all("{n}" in form for found in forms.values() for form in found)


def _keys_used() -> Iterator[str]:
    room = Path(aggregator.web.__file__).parent
    for path in (*room.glob("*.py"), *room.glob("templates/*.html")):
        text = path.read_text("utf-8")
        yield from re.findall(r"""(?<![\w.])(?:t|n|speech\.say|speech\.count|self\.say)\(\s*["'](\w+)["']""", text)


def test_templates_and_code_use_no_phrase_that_is_missing_and_none_is_left_over() -> None:
    used = set(_keys_used()) - {"state_"}
    composed = {key for key in phrases() if re.match(r"state_|told_|why_|error_|e\d", key)} | {"today", "yesterday"}
    assert used - composed <= set(phrases())
    assert set(phrases()) - used - composed == set()


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1 сюжет"), (2, "2 сюжета"), (5, "5 сюжетов"), (11, "11 сюжетов"), (21, "21 сюжет"), (114, "114 сюжетов")],
)
def test_russian_counts(number: int, said: str) -> None:
    assert Speech("ru").count("stories_count", number) == said


def test_english_has_one_and_other_and_the_turkic_languages_one_form() -> None:
    assert [Speech("en").count("stories_count", n) for n in (0, 1, 2)] == ["0 stories", "1 story", "2 stories"]
    assert [Speech("kk").count("stories_count", n) for n in (1, 2)] == ["1 оқиға", "2 оқиға"]
    assert plural("ru", 0) == 2


def test_numbers_are_grouped_as_the_language_does_and_years_stay_whole() -> None:
    assert Speech("en").number(1234567) == "1,234,567"
    assert Speech("ru").number(1234567) == "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567"
    assert Speech("ru").number(3.5) == "3,5"
    assert Speech("en").figure(2032) == "2032"
    assert Speech("en").figure(445_000_000) == "445,000,000"


def test_percent_is_never_hundred_when_it_is_less() -> None:
    assert Speech("en").percent(0.9997) == "99%"
    assert Speech("en").percent(1.0) == "100%"
    assert Speech("tr").percent(0.5) == "%50"
    assert Speech("ru").percent(0.5) == "50\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (NOW - 60, "today, 18:29"),
        (NOW - 24 * 3600, "yesterday, 18:30"),
        (NOW - 3 * 24 * 3600, "19\N{NO-BREAK SPACE}Nov, 18:30"),
        (NOW - 400 * 24 * 3600, "18\N{NO-BREAK SPACE}Oct 2025, 18:30"),
        (NOW + 24 * 3600, "23\N{NO-BREAK SPACE}Nov, 18:30"),
        (None, "never"),
    ],
)
def test_times_are_as_short_as_they_can_be(when: int | None, said: str) -> None:
    assert Speech("en", NOW).time(when) == said


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ru"),
        ("kk", "kk"),
        ("kk-KZ, ru;q=0.8", "kk"),
        ("de, en;q=0.7, ru;q=0.3", "en"),
        ("de, fr", "ru"),
        ("az-Latn;q=0.5, tr;q=0.9", "tr"),
        ("en;q=0, tr;q=0.1", "tr"),
        ("en;q=x", "ru"),
        ("*", "ru"),
        ("EN", "en"),
    ],
)
def test_the_browsers_language_is_taken_when_we_speak_it(header: str, language: str) -> None:
    assert negotiate(header, LANGUAGES, "ru") == language


def test_the_site_speaks_its_first_language_that_the_interface_knows() -> None:
    assert default_language(("de", "az", "ru")) == "az"
    assert default_language(("de",)) == "en"


def test_quotes_within_quotes_are_of_the_other_kind() -> None:
    assert Speech("ru").say("read_at", source="Агентство «Берег»") == "Читать на «Агентство „Берег“»"
    assert Speech("en").say("read_at", source="Агентство «Берег»") == "Read at Агентство «Берег»"


def test_what_both_reports_name_is_shown_as_it_stands_in_them() -> None:
    from aggregator.stories.explanation import Common
    from aggregator.web.evidence import names

    common = [Common("ganja", "place", "Гянджу", "Gəncəyə"), Common("=truck", "concept", "фура", "tır"),
              Common("~x", "name", "KTZ", "ktz")]  # fmt: skip
    assert names(common) == ("Гянджу / Gəncəyə", "KTZ")
    assert names(common, flip=True) == ("Gəncəyə / Гянджу", "ktz")
