"""Folding: what meets, what stays apart."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.fold import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("İSTANBUL", "istanbul"),
        ("Istanbul", "ıstanbul"),
        ("IĞDIR", "iğdir"),
        ("Azərbaycan", "azerbaycan"),
        ("ƏLƏT", "elet"),
        ("Ёлка", "елка"),
        ("Türkiye", "TURKIYE"),
        ("Çeşme", "cesme"),
        ("Qazaqstan", "qazaqstan"),
        ("jańa", "jana"),
        ("jaña", "jaŋa"),
        ("за́мок", "замок"),
        ("й", "и\u0306"),
        ("so\u00adlar", "solar"),
        ("Straße", "strasse"),
        ("O‘zbekiston".replace("‘", "ʻ"), "ozbekiston"),
        ("КТЖ", "ктж"),
    ],
)
def test_spellings_of_one_word_meet(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("қала", "кала"),
        ("үн", "ун"),
        ("өң", "он"),
        ("мой", "мои"),
        ("ғарыш", "гарыш"),
        ("світ", "свит"),
        ("һәм", "хәм"),
    ],
)
def test_cyrillic_letters_of_their_own_standing_stay(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_changes_nothing_more(s: str) -> None:
    assert fold(fold(s)) == fold(s)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F)))
def test_case_never_matters_in_latin(s: str) -> None:
    assert fold(s.upper()) == fold(s)


@given(st.text())
def test_normal_form_never_matters(s: str) -> None:
    assert fold(unicodedata.normalize("NFD", s)) == fold(unicodedata.normalize("NFC", s))
