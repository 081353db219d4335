"""Tokens and their offsets."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.words import spans, words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Баку—Тбилиси — Карс", ["Баку", "Тбилиси", "Карс"]),
        ("Türkiye'nin ihracatı", ["Türkiye", "nin", "ihracatı"]),
        ("КТЖ-ның 3,5 млн", ["КТЖ", "ның", "3", "5", "млн"]),
        ("за́мок и замо́к", ["за́мок", "и", "замо́к"]),
        ("so\u00adlar snake_case", ["so\u00adlar", "snake", "case"]),
        ("", []),
        ("…—«»!", []),
    ],
)
def test_tokens_are_runs_of_letters_and_digits(text: str, tokens: list[str]) -> None:
    assert words(text) == tokens


@given(st.text())
def test_offsets_point_at_their_tokens(text: str) -> None:
    found = list(spans(text))
    assert [token for token, _, _ in found] == words(text)
    assert all(text[start:end] == token for token, start, end in found)
    assert all(before[2] <= after[1] for before, after in pairwise(found))
