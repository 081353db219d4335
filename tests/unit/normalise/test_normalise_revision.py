"""Which changes of an article tell its reader anything new."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise import material
from aggregator.normalise.revision import is_typo

TITLE = "Порт Актау увеличил перевалку на 12 процентов"
TEXT = (
    "Порт Актау за девять месяцев перевалил 3 450 тысяч тонн грузов, сообщили в администрации.\n"
    "Рост составил 12,5 процента, сказал директор порта Ерлан Сагатов.\n"
    "В следующем году планируется открыть новый контейнерный терминал для работы с Баку."
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Порт Актау", "ПОРТ АКТАУ"),
        ("Порт Актау", "порт  актау"),
        ("за девять месяцев", "за девять  месяцев"),
        ("грузов, сообщили", "грузов — сообщили"),
        ("3 450 тысяч", "3\u00a0450 тысяч"),
        ("3 450 тысяч", "3,450 тысяч"),
        ("12,5 процента", "12.5 процента"),
        ("новый контейнерный", "новый контейнерный,"),
        ("администрации", "админстрации"),
        ("планируется", "планируеться"),
        ("терминал", "терминла"),
        ("терминал", "тирминал"),
        ("следующем", "следуюшем"),
        ("\nРост", "\n\n Рост"),
        ("перевалил", "пере\u00adвалил"),
        ("ещё", "еще"),
    ],
)
def test_form_alone_is_not_material(old: str, new: str) -> None:
    assert not material(TITLE, TEXT, TITLE, TEXT.replace(old, new))
    assert not material(TITLE, TEXT.replace(old, new), TITLE, TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12,5", "12,6"),
        ("12,5", "125"),
        ("12,5 процента", "процента"),
        ("3 450", "3 451"),
        ("3 450", "3450 000"),
        ("за девять месяцев", "за 9 месяцев"),
        ("увеличил", "уменьшил"),
        ("перевалил", "не перевалил"),
        ("Баку", "Батуми"),
        ("Ерлан Сагатов", "Айбек Сериков"),
        ("тысяч", "миллионов"),
        (" с Баку", ""),
        ("Рост составил", "Спад составил"),
        ("процента", "процента и ещё немного"),
        ("сказал", "отрицал"),
    ],
)
def test_words_and_numbers_are_material(old: str, new: str) -> None:
    whole = f"{TITLE}\n{TEXT}"
    assert old in whole
    assert material(TITLE, whole, TITLE, whole.replace(old, new))
    assert material(TITLE, whole.replace(old, new), TITLE, whole)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Iran signs the treaty", "Iraq signs the treaty"),
        ("Exports reach 3 million tons", "Exports reach 3 billion tons"),
        ("The deal is legal", "The deal is illegal"),
        ("Temperature of 5 degrees", "Temperature of -5 degrees"),
        ("Rates rise by 5%", "Rates rise by 5"),
        ("A price of 5 $", "A price of 5 €"),
        ("Exports increase again", "Exports decrease again"),
        ("The minister was able", "The minister was unable"),
        ("Not guilty", "Guilty"),
        ("", "A title"),
    ],
)
def test_small_differences_that_turn_the_meaning(old: str, new: str) -> None:
    assert material(old, TEXT, new, TEXT)


def test_a_title_counts_like_the_text() -> None:
    assert material(TITLE, TEXT, "Порт Актау закрыли", TEXT)
    assert not material(TITLE, TEXT, TITLE.upper(), TEXT)


def test_an_added_or_removed_paragraph_is_material() -> None:
    assert material(TITLE, TEXT, TITLE, TEXT + "\nПозже порт опроверг эти сведения.")
    assert material(TITLE, TEXT, TITLE, TEXT.rpartition("\n")[0])


def test_an_added_advert_is_not() -> None:
    assert not material(TITLE, TEXT, TITLE, TEXT + "\nПодписывайтесь на наш Telegram-канал")
    assert not material(TITLE, TEXT, TITLE, TEXT + "\nСамое читаемое\nКурс доллара вырос\nСборная вышла в финал")


def test_many_typos_are_a_rewrite() -> None:
    assert material("", "слово " * 40, "", "слава " * 40)
    assert material("один новый порт", "", "адин новый порт", "")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("receive", "recieve", True), ("Kazakhstan", "Kazahstan", True), ("строит", "строить", True), ("million", "billion", False),
        ("Iran", "Iraq", False), ("port", "sport", False), ("moral", "amoral", False), ("increase", "decrease", False),
        ("abcdef", "abcdefgh", False), ("abcdef", "abcdef", True), ("abcdef", "abdcfe", False), ("worlds", "words", True),
    ],
)  # fmt: skip
def test_one_slip_in_a_long_word_is_a_typo(old: str, new: str, expected: bool) -> None:
    assert is_typo(old, new) == is_typo(new, old) == expected


@given(st.text(), st.text())
def test_the_same_is_never_material(title: str, text: str) -> None:
    assert not material(title, text, title, text)


@given(st.text(alphabet="абв 12.,\n"), st.text(alphabet="абв 12.,\n"))
def test_the_direction_of_a_change_does_not_matter(old: str, new: str) -> None:
    assert material("", old, "", new) == material("", new, "", old)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), st.data())
def test_a_changed_number_is_always_material(numbers: list[int], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(numbers) - 1))
    changed = [*numbers]
    changed[index] += data.draw(st.integers(1, 100))
    words = "Было {} штук и потом осталось".format
    assert material("", " ".join(map(words, numbers)), "", " ".join(map(words, changed)))


@pytest.mark.slow
def test_long_texts_cost_little() -> None:
    started = time.process_time()
    material("", "слово и дело " * 60_000, "", "слово и тело " * 60_000)
    assert time.process_time() - started < 1.5
