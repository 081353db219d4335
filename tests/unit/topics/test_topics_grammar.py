"""The grammar of terms: what is read, and what is refused with a mend."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.topics.grammar import Near, Part, Term, TermError, Word, lists_of, parse_term


def word(text: str, kind: str = "inflected", lower: bool = False) -> tuple[Word, ...]:
    return (Word(text, kind, lower),)  # type: ignore[arg-type]


def phrase(*words: tuple[Word, ...]) -> Part:
    return Part(phrases=(words,))


def test_a_phrase_is_a_row_of_words() -> None:
    assert parse_term("Срединный коридор") == Term((Near((phrase(word("Срединный"), word("коридор")),)),))


def test_alternatives_share_a_position() -> None:
    (side,) = parse_term("зелёная энергетика|энергия").sides
    assert side.parts[0].phrases[0][1] == (Word("энергетика"), Word("энергия"))


def test_neighbours_stand_within_a_number_of_words() -> None:
    (side,) = parse_term("KazMunayGas|КазМунайГаз ~8 SOCAR").sides
    assert side.gaps == (8,)
    assert side.parts[1] == phrase(word("SOCAR", "acronym"))


def test_kinds_of_words() -> None:
    (side,) = parse_term("=Keden цифров* ТМТМ германий:lc COP29 7").sides
    assert side.parts[0].phrases[0] == (
        word("Keden", "exact"),
        word("цифров", "prefix"),
        word("ТМТМ", "acronym"),
        word("германий", "inflected", True),
        word("COP29", "acronym"),
        word("7", "exact"),
    )


def test_a_trailing_list_is_asked_for_anywhere_and_one_beside_a_distance_is_a_part() -> None:
    assert parse_term("ООН @region").needs == ("region",)
    assert parse_term("ООН ~5 @region").needs == ()
    assert parse_term("ООН ~5 @region").sides[0].parts[1].list == "region"
    assert parse_term("@node ~8 @node @freight").needs == ("freight",)
    assert lists_of(parse_term("@a & @b")) == ("a", "b")


def test_a_hyphened_word_also_stands_in_one_word() -> None:
    (side,) = parse_term("Trans-Caspian route").sides
    assert side.parts[0].phrases == (
        (word("Trans"), word("Caspian"), word("route")),
        (word("TransCaspian"), word("route")),
    )


def test_alternatives_of_several_words_make_several_phrases() -> None:
    (side,) = parse_term("rare-earth|lanthanide metal").sides
    assert [len(found) for found in side.parts[0].phrases] == [3, 2, 2]


@pytest.mark.parametrize(
    ("term", "complaint"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("~5 Каспий", "edge"),
        ("Каспий ~5", "edge"),
        ("Каспий ~x порт", "not a distance"),
        ("Каспий ~0 порт", "not a distance"),
        ("Каспий ~900 порт", "not a distance"),
        ("порт @ Баку", "amid words"),
        ("порт @region Баку", "amid words"),
        ("@bad! ~5 порт", "not the name of a list"),
        ("@a & ", "empty"),
        ("по*", "begins too many words"),
        ("=порт*", "not a word"),
        ("|", "not a word"),
        ("порт:xx", "not a word"),
        ("!!!", "not a word"),
        ("a-b|c-d a-b|c-d a-b|c-d a-b|c-d a-b|c-d a-b|c-d a-b|c-d", "phrases"),
        (" ".join(["слово"] * 17), "more than 16 words"),
        (" ".join(["раз_два|три"] * 8), "phrases"),
        ("_".join(["слово"] * 5000), "more than 16 words"),
    ],
)
def test_faulty_terms_are_refused_with_a_mend(term: str, complaint: str) -> None:
    with pytest.raises(TermError, match=complaint) as caught:
        parse_term(term)
    assert caught.value.mend


@given(st.text(alphabet="аб c|~@=*:&-'5", max_size=30))
def test_any_text_is_read_or_refused(term: str) -> None:
    mend = "nothing to mend"
    try:
        parse_term(term)
    except TermError as error:
        mend = error.mend
    assert mend
