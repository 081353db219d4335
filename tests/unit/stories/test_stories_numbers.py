"""Numbers are values, however a language writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.numbers import numbers


def keys(text: str) -> list[str]:
    return [number.key for number in numbers(text)]


@pytest.mark.parametrize(
    "text",
    [
        "3 450 тонн",
        "3\u00a0450 тонн",
        "3,450 tonnes",
        "3.450 ton",
        "«3,45 тыс.»",
        "3.45 thousand",
        "3,45 мың",
        "3450",
        "3,45 bin",
        "3.45K".replace("K", " min"),
    ],
)
def test_one_value_in_every_notation(text: str) -> None:
    assert keys(text) == ["3450"]


@pytest.mark.parametrize(
    "text",
    ["1,2 ГВт", "1.2 gigawatts", "1 200 МВт", "1,200 megawatts", "1,2 QVt", "1200 meqavat", "1.2 GW", "1,2 гигаватта"],
)
def test_power_in_mega_and_gigawatts_is_one_value(text: str) -> None:
    assert keys(text) == ["1.2e+09"]


@pytest.mark.parametrize("text", ["$90m", "90 млн долларов", "90 milyon dolar", "90 million", "90 миллионов", "90 mln"])
def test_millions(text: str) -> None:
    assert keys(text) == ["9e+07"]


def test_a_single_group_before_a_scale_word_is_a_decimal() -> None:
    assert keys("2.125 billion") == ["2.125e+09"]
    assert keys("1,234,567 people") == ["1.23457e+06"]
    assert keys("0,125 долларов") == ["0.125"]


def test_both_ends_of_a_range_share_the_scale() -> None:
    assert keys("2,4–2,9 млрд") == keys("2.4 to 2.9 billion") == keys("2,4 ila 2,9 milyar") == ["2.4e+09", "2.9e+09"]


def test_clock_times_and_digits_in_words_are_no_numbers() -> None:
    assert keys("в 14:30 на COP29 у H2O") == []


def test_minutes_and_metres_are_no_scale() -> None:
    assert keys("15 minutes, 5 m, 7 minister") == ["15", "5", "7"]


def test_years_and_small_or_round_counts_weigh_little() -> None:
    weight = {number.key: number.weight for number in numbers("In 2026 the 3 ships brought 20 crews and 547,3 tonnes")}
    assert weight["2026"] <= 0.3
    assert weight["3"] == weight["20"] == 0.15
    assert weight["547.3"] == 1.0


@given(st.integers(min_value=1000, max_value=999_999), st.sampled_from([" ", "\u00a0", "\u202f", ",", ".", "’"]))
def test_grouping_never_changes_a_whole_number(value: int, separator: str) -> None:
    grouped = f"{value:,}".replace(",", separator)
    assert keys(f"{grouped} тонн") == keys(f"{value} тонн") == [f"{value:.6g}"]


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    assert all(0 <= number.weight <= 1 for number in numbers(text))
