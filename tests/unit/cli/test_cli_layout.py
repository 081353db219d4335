"""Tables as lines: whole rows in a pipe, laid out for the width of a terminal, and nothing cut in either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cli.layout import SAMPLE, lay_out
from aggregator.cli.output import counted, distance

TITLES = ("source", "state", "in words")
ROWS = [
    ("astana-times", "ok", "20 entries at the last look; next poll after its usual pace"),
    ("қазақ", "failing", "3 failed polls in a row: the server answered 503 https://example.org/" + "x" * 90),
]


def test_without_a_width_a_row_is_one_line_however_long() -> None:
    lines = list(lay_out(TITLES, ROWS))
    assert lines == [
        "source        state    in words",
        f"astana-times  ok       {ROWS[0][2]}",
        f"қазақ         failing  {ROWS[1][2]}",
    ]


def test_a_narrow_terminal_wraps_the_last_column_under_its_title() -> None:
    lines = list(lay_out(TITLES, ROWS[:1], 60))
    assert lines == [
        "source        state  in words",
        "astana-times  ok     20 entries at the last look; next poll",
        "                     after its usual pace",
    ]


def test_what_does_not_fit_stands_beneath_indented() -> None:
    lines = list(lay_out(("id", "name", "feed"), [("x" * 20, "y" * 12, "https://example.org/feed.xml")], 40))
    assert lines[-2:] == [f"{'x' * 20}  {'y' * 12}", "    https://example.org/feed.xml"]


def test_letters_that_take_two_columns_and_breaks_inside_a_cell_keep_the_rows_straight() -> None:
    lines = list(lay_out(("a", "b"), [("日本", "x"), ("no\nbreak", "y\tz")]))
    assert lines == ["a         b", "日本      x", "no break  y z"]


def test_a_longer_cell_beyond_the_sample_pushes_only_its_own_row() -> None:
    rows = [*[("a", "b")] * SAMPLE, ("longer", "c"), ("a", "d")]
    assert list(lay_out(("t", "u"), rows))[-2:] == ["longer  c", "a  d"]


def test_rows_are_read_as_they_are_written() -> None:
    def endless():
        while True:
            yield "a", "b"

    lines = lay_out(("t", "u"), endless())
    assert [next(lines) for _ in range(SAMPLE * 3)][-1] == "a  b"


words = st.text(alphabet="abcdefgh ", min_size=0, max_size=60).map(lambda text: " ".join(text.split()))


@given(st.lists(st.tuples(words, words, words), max_size=8), st.integers(20, 120))
def test_no_word_is_ever_lost(rows: list[tuple[str, str, str]], width: int) -> None:
    shown = " ".join(lay_out(("", "", ""), rows, width)).split()
    assert sorted(shown) == sorted(word for row in rows for cell in row for word in cell.split())


@given(st.lists(st.tuples(words, words, words), max_size=8), st.integers(64, 120))
def test_lines_keep_within_the_width(rows: list[tuple[str, str, str]], width: int) -> None:
    assert all(len(line) <= max(width, 64) for line in lay_out(("", "", ""), rows, width))


def test_an_empty_table_is_its_heading() -> None:
    assert list(lay_out(("a", "b"), [], 80)) == ["a  b"]


@pytest.mark.parametrize(
    ("when", "said"),
    [(None, "never"), (1000, "now"), (941, "now"), (940, "1m ago"), (1000 + 7200, "in 2h"), (1000 - 3 * 86400, "3d ago"),
    ],
)  # fmt: skip
def test_distances_in_time_are_short(when: int | None, said: str) -> None:
    assert distance(when, 1000) == said


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(n, "feed") for n in (0, 1, 2)] == ["0 feeds", "1 feed", "2 feeds"]
    assert counted(2, "entry", "entries") == "2 entries"
