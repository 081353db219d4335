"""Forms of words: inflection tables of five languages, spellings that meet, and look-alikes that must stay apart."""

from pathlib import Path

import pytest

from aggregator.model import Topic
from aggregator.topics import Rules, compile_rules, match

TABLES = Path(__file__).parents[2] / "corpus" / "topics" / "forms"
LANGUAGES = ("ru", "kk", "az", "tr", "en")


def rules_for(language: str, *terms: str) -> Rules:
    return compile_rules([Topic("t", {}, {language: {"strong": terms}})], [])


def found(rules: Rules, text: str) -> bool:
    return bool(match(rules, title="", text=text, language="und"))


def rows(language: str) -> list[tuple[str, list[str], list[str]]]:
    lines = (TABLES / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    parts = (line.partition(":") for line in lines if line and not line.startswith("#"))
    split = ((term, rest.partition("|")) for term, _, rest in parts)
    return [(term, forms.split(), others.split()) for term, (forms, _, others) in split]


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_has_forty_terms(language: str) -> None:
    assert len(rows(language)) >= 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_the_table_is_found(language: str) -> None:
    missed = {}
    for term, forms, _ in rows(language):
        rules = rules_for(language, term)
        missed[term] = [form for form in forms if not found(rules, form)]
    assert {term: forms for term, forms in missed.items() if forms} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_lookalikes_of_the_table_are_not_found(language: str) -> None:
    wrong = {}
    for term, _, others in rows(language):
        rules = rules_for(language, term)
        wrong[term] = [word for word in others if found(rules, word)]
    assert {term: words for term, words in wrong.items() if words} == {}
