"""Deltas of a feed (RFC 3229): what they do not name still stands in it."""

from aggregator.model import Entry, FeedFacts, Reading
from aggregator.normalise import Window


def reading(*numbers: int) -> Reading:
    return Reading(FeedFacts(), tuple(Entry(str(n), f"https://paper.example/{n}", f"Title {n}") for n in numbers))


def seen(window: Window, *numbers: int, delta: bool = False) -> tuple[list[str | None], bool, Window]:
    look = window.look(lambda _: reading(*numbers), delta=delta)
    return [one.entry.id for one in look.fresh], look.gap, look.window


def test_a_delta_is_no_gap_and_forgets_nothing_that_may_still_stand_there() -> None:
    _, _, window = seen(Window(), 5, 4, 3, 2, 1)
    fresh, gap, window = seen(window, 7, 6, delta=True)
    assert (fresh, gap, len(window)) == (["7", "6"], False, 5)
    fresh, gap, _ = seen(window, 8, 7, 6, 5, 4)
    assert (fresh, gap) == (["8"], False)


def test_without_a_delta_the_same_document_is_a_gap() -> None:
    _, _, window = seen(Window(), 5, 4, 3)
    assert seen(window, 7, 6)[1]


def test_a_delta_larger_than_the_window_is_remembered_whole() -> None:
    _, _, window = seen(Window(), 1)
    assert len(seen(window, 4, 3, 2, delta=True)[2]) == 3
