"""Sketches and containment: what texts share word for word."""

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories import describe
from aggregator.stories.shingles import (
    SKETCH_SIZE,
    containment,
    fold,
    hash_of_four,
    passages,
    shared_passages,
    shingles,
    sketch,
    words,
)

SKETCH = (-8999264936308093288, 8808815459298031725)
NUMBERS = st.integers(min_value=0, max_value=(1 << 32) - 1)
WORDS = st.lists(st.text("абвгдежз", min_size=1, max_size=6), min_size=4, max_size=120)


def test_folding_hides_what_editors_change_silently() -> None:
    assert words("Ёлка — «Қазақстан», İSTANBUL’da") == words('елка, "қазақстан" istanbul\'da')
    assert fold("Bakı Ələt") == "baki elet"


def numbered(tokens: list[str]) -> list[int]:
    return [crc32(token.encode()) for token in tokens]


def test_a_sketch_is_the_same_on_every_machine() -> None:
    text = "Один два три. Четыре, пять!"
    assert describe("", text, "ru").sketch == SKETCH
    assert describe("", "один ДВА три четыре пять", "ru").sketch == SKETCH


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_shingles_are_hashed_as_the_interpreter_hashes_or_as_it_would(words: tuple[int, int, int, int]) -> None:
    assert hash_of_four(words) == hash(words)


def test_languages_never_meet_in_a_sketch() -> None:
    text = "bir iki üç dört beş altı yedi"
    assert not set(describe("", text, "az").sketch) & set(describe("", text, "tr").sketch)


def test_texts_of_fewer_than_four_words_have_no_sketch() -> None:
    assert sketch([1, 2, 3]) == describe("", "только три слова", "ru").sketch == ()
    assert shingles("только три слова") == frozenset()


def test_a_text_that_repeats_one_sentence_has_a_short_sketch() -> None:
    assert len(sketch([1, 2, 3, 4, 5] * 300)) == 5


@given(WORDS)
def test_a_sketch_is_small_signed_and_without_doubles(tokens: list[str]) -> None:
    made = sketch(numbered(tokens))
    assert len(made) == len(set(made)) <= SKETCH_SIZE
    assert all(-(1 << 63) <= value < 1 << 63 for value in made)


@given(st.lists(NUMBERS, min_size=4, max_size=600))
def test_a_sketch_holds_the_smallest_hashes(words: list[int]) -> None:
    every = set(map(hash, zip(words, words[1:], words[2:], words[3:], strict=False)))
    assert sketch(words) == tuple(sorted(every)[:SKETCH_SIZE])


@given(WORDS, st.integers(min_value=0, max_value=60))
def test_a_part_of_a_text_is_contained_in_it(tokens: list[str], cut: int) -> None:
    whole, part = shingles(" ".join(tokens)), shingles(" ".join(tokens[cut:]))
    assert containment(whole, part) == containment(part, whole) == (1.0 if part else 0.0)


@given(WORDS)
def test_half_a_text_shares_hashes_with_the_whole(tokens: list[str]) -> None:
    half = tokens[: max(4, len(tokens) // 2)]
    assert shared_passages(sketch(numbered(tokens)), sketch(numbered(half))) >= 1


def test_passages_are_slices_of_both_texts() -> None:
    a = "Вступление. В порту Актау открыли новый терминал, сообщила компания. Хвост первой статьи."
    b = "Из порта сообщают: «в порту Актау открыли новый терминал, сообщила компания», и хвост другой."
    (passage,) = passages(a, b)
    assert (
        passage.text == a[passage.start_a : passage.end_a] == "В порту Актау открыли новый терминал, сообщила компания"
    )
    assert words(b[passage.start_b : passage.end_b]) == words(passage.text)


@given(WORDS, WORDS)
def test_passages_hold_the_same_words_on_both_sides(one: list[str], other: list[str]) -> None:
    a, b = " ".join(one), " ".join(other)
    for passage in passages(a, b):
        assert words(a[passage.start_a : passage.end_a]) == words(b[passage.start_b : passage.end_b])
