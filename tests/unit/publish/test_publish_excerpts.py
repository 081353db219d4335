"""An excerpt ends where a sentence or at least a word ends, and is never longer than it may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publish import excerpt
from aggregator.publish.excerpts import paragraphs

SENTENCE = "Порт Актау отправил первый контейнерный поезд. "


def test_a_short_text_is_quoted_whole() -> None:
    assert excerpt("Первый абзац.\n\n Второй. \n") == ("Первый абзац.", "Второй.")


def test_a_long_paragraph_is_cut_at_the_end_of_a_sentence() -> None:
    (taken,) = excerpt(SENTENCE * 20)

    assert taken == (SENTENCE * 8).strip()
    assert len(taken) <= 400


def test_a_paragraph_that_hardly_begins_is_left_out() -> None:
    first = "А" * 300 + "."

    assert excerpt(f"{first}\n{'слово ' * 100}") == (first,)


def test_a_paragraph_without_sentences_is_cut_between_words() -> None:
    (taken,) = excerpt("слово " * 100)

    assert taken.endswith("слово…")
    assert len(taken) <= 401


@pytest.mark.parametrize(
    "text",
    [
        "Президент К. Токаев прибыл в г. Баку на ул. Низами с визитом",
        "Встреча с Mr. Smith из U.S. Department прошла",
        "Рост на 5,5 млрд. долларов и т. д. и т. п. по данным",
        "Президент İ. Əliyev Bakıda görüş keçirib",
        "Өткен жылы 5 млрд. әрі 7 трлн. қаржы",
        "İhracat 12. ayda milyar. ələ keçən",
    ],
)
def test_a_short_abbreviation_ends_no_sentence(text: str) -> None:
    (taken,) = excerpt(text + " слово" * 50, 60)

    assert taken.endswith("…")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Он сказал: «Мы готовы». Затем " + "слово " * 50, "готовы»."),
        ("Кто виноват? Неизвестно " + "слово " * 50, "виноват?"),
        ("Это случилось в 2025. Потом " + "слово " * 50, "2025."),
        ("The deal was signed (in Baku). Then " + "word " * 50, "Baku)."),
        ("Рост составил 12%. Экспорт " + "слово " * 50, "12%."),
        ("Сарапшылар осылай дейді. – Бұл маңызды " + "сөз " * 50, "дейді."),
    ],
)
def test_sentences_end_as_they_are_written(text: str, end: str) -> None:
    (taken,) = excerpt(text, 36)

    assert taken.endswith(end)


def test_an_endless_word_is_cut_between_whole_characters() -> None:
    (taken,) = excerpt("e\u0301" * 300, 99)

    assert taken == "e\u0301" * 49 + "…"


def test_html_has_no_bare_markup() -> None:
    assert paragraphs(("A <b> & B", "C")) == "<p>A &lt;b&gt; &amp; B</p><p>C</p>"


@given(st.text(), st.integers(2, 500))
def test_an_excerpt_is_the_beginning_of_its_text_and_no_word_is_cut(text: str, length: int) -> None:
    taken = excerpt(text, length)
    whole = [line.strip() for line in text.split("\n") if line.strip()]

    assert sum(map(len, taken)) <= length + 1
    assert list(taken[:-1]) == whole[: len(taken) - 1] if taken else True
    for got, line in zip(taken[-1:], whole[len(taken) - 1 :] if taken else [], strict=False):
        kept = got if line.startswith(got) else got.removesuffix("…")
        assert line.startswith(kept)
        rest = line[len(kept) :]
        assert not rest or not rest[0].isalnum() or not kept[-1:].isalnum() or " " not in line[:length]


@given(st.text(alphabet="aB .!?»", max_size=900))
def test_hostile_texts_cost_no_more_than_plain_ones(text: str) -> None:
    assert sum(map(len, excerpt(text))) <= 401
