"""When a feed is due: floors of the publisher, back-off, the rate, gaps, clocks; and in words why."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import schedule
from aggregator.model import FeedFacts, Pace, Polled
from aggregator.schedule import DAY, HOUR, MAX_INTERVAL, MIN_INTERVAL, NEVER, after, explain, first, mend, spread

NOON = 20_000 * DAY + 12 * HOUR  # Friday, 2024-10-04


def poll(pace: Pace | None = None, *, jitter: float = 0.0, interval: int | None = None, **told: object) -> Pace:
    """One poll of a feed at the time it was due (or `at`)."""
    pace = pace or first(NOON, 0.0)
    polled = Polled(**{"at": pace.due, "entries": 20, **told})  # type: ignore[arg-type]
    return after(pace, polled, interval=interval, jitter=jitter)


def watched(new_per_hour: float, days: int = 21, window: int = 30) -> Pace:
    """The pace of a feed that has published evenly for some weeks."""
    pace, owed = poll(at=NOON, new=window, entries=window), 0.0
    while pace.due < NOON + days * DAY:
        assert pace.polled is not None
        owed += new_per_hour * (pace.due - pace.polled) / HOUR
        pace = poll(pace, new=int(owed), entries=window)
        owed -= int(owed)
    return pace


def test_a_new_feed_is_due_at_once_and_then_hourly() -> None:
    pace = first(NOON, 0.0)
    assert (pace.due, pace.interval) == (NOON, HOUR)
    assert 0.6 * HOUR < poll(pace, new=20).due - NOON <= HOUR
