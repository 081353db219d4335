"""What an operator is told of a feed: its state in words, since when, and the next poll with its reason."""

from dataclasses import replace
from typing import Any

import pytest

from aggregator import health, schedule
from aggregator.model import Pace, Polled
from aggregator.store.health import FeedHealth
from aggregator.web.feed_numbers import of_feeds, shown

NOW = 1_790_000_000  # 2026-09-21 14:13 UTC
DAY = 86_400


def feed(state: str = "ok", **given: Any) -> FeedHealth:
    pace = schedule.after(
        Pace(due=NOW - 60), Polled(at=NOW - 60, new=3, entries=30), interval=None, jitter=0.0
    )  # fmt: skip
    known: dict[str, Any] = {
        "source": "paper", "url": "https://paper.example/feed", "state": state, "title": "Paper", "active": True,
        "first_seen": NOW - 90 * DAY, "moved_to": None, "last_poll": NOW - 60, "last_success": NOW - 60,
        "last_new": NOW - 60, "next_poll": pace.due, "pace": pace, "pushed": None, "failures": 0, "failing_since": None,
        "items": 30, "gaps": 0, "gap_at": None, "error_class": None, "error_status": None, "error_message": None,
        "error_at": None,
    } | given  # fmt: skip
    return FeedHealth(**known)


FAILING = {
    "failures": 4, "failing_since": NOW - 2 * DAY, "error_at": NOW - 60, "error_class": "HttpStatus", "error_status": 500,
    "error_message": "HTTP status 500", "last_success": NOW - 3 * DAY,
}  # fmt: skip


def test_a_healthy_feed_has_nothing_alarming_in_its_words() -> None:
    told = health.in_words(feed(), NOW).lower()
    assert told.startswith("ok: 30 entries at the last look, something new 1 min ago; next poll 2026-09-21")
    assert not [word for word in ("error", "fail", "gone", "html") if word in told]


def test_a_failing_feed_says_since_when_why_and_when_next() -> None:
    told = health.in_words(feed("failing", pace=replace(feed().pace, failures=4), **FAILING), NOW)
    assert told.startswith(
        "failing since 2026-09-19 14:13 UTC, 4 polls in a row: HTTP status 500; last success 2026-09-18"
    )
    assert "next poll 2026-09-21" in told
    assert "never read so far" in health.in_words(feed("failing", **FAILING | {"last_success": None}), NOW)


def test_a_silent_feed_is_compared_with_its_own_rhythm() -> None:
    quiet = feed("silent", last_new=NOW - 11 * DAY)
    assert "nothing new since 2026-09-10 14:13 UTC (11 days); its rhythm is not known yet" in health.in_words(
        quiet, NOW
    )
    pace = Pace(due=NOW - 20 * DAY)
    for days in (20, 16, 11):
        at = NOW - days * DAY
        pace = schedule.after(pace, Polled(at=at, new=3, entries=30), interval=None, jitter=0.0)
    assert "its longest pause lately was 5 days" in health.in_words(replace(quiet, pace=pace), NOW)


@pytest.mark.parametrize(
    ("state", "given", "words"),
    [
        ("new", {"last_poll": None}, "not polled yet"),
        ("gone", FAILING, "gone since 2026-09-19 14:13 UTC: HTTP status 500; remove it, or give its new address"),
        ("gap", {"gap_at": NOW - 60}, "unseen before 2026-09-21 14:12 UTC; polled more often since"),
        ("disabled", {"active": False}, "disabled in the configuration"),
        ("ok", {"moved_to": "https://new.example/"}, "moved to https://new.example/"),
        ("ok", {"pushed": NOW}, "the publisher pushes, last at 2026-09-21 14:13 UTC"),
        ("ok", {"next_poll": NOW + 4 * 3600}, "next poll 2026-09-21 18:13 UTC: nothing is asked of its host before"),
    ],
)
def test_every_state_has_its_words(state: str, given: dict[str, Any], words: str) -> None:
    assert words in health.in_words(feed(state, **given), NOW)


def test_troubles_are_what_an_operator_must_look_at_latest_first() -> None:
    found = health.troubles(
        (feed(), feed("failing", source="b", **FAILING), feed("gap", source="a", gap_at=NOW - 60), feed("new")), NOW
    )
    assert [(one.source, one.state, one.since) for one in found] == [
        ("a", "gap", NOW - 60),
        ("b", "failing", NOW - 2 * DAY),
    ]
    assert found[1].title == "b: a feed is failing since 2026-09-19 14:13 UTC"
    assert "https://paper.example/feed: failing since" in found[1].text


def test_the_metrics_tell_the_same_of_each_feed() -> None:
    told = {
        (family.name, *sample.labels.values()): sample.value
        for family in of_feeds([feed("failing", **FAILING), feed("disabled", active=False)])
        for sample in family.samples
    }
    paper = ("paper", "https://paper.example/feed")
    assert told["aggregator_feed_state", *paper, "failing"] == 1
    assert told["aggregator_feed_failing_since_seconds", *paper] == NOW - 2 * DAY
    assert told["aggregator_feed_failures", *paper] == 4
    assert told["aggregator_feed_next_poll_seconds", *paper] > NOW - 60
    assert not [key for key in told if key[0] == "aggregator_feed_last_push_seconds"]
    assert len([key for key in told if key[0] == "aggregator_feed_state"]) == 1


def test_no_login_gets_into_the_metrics() -> None:
    assert shown("https://me:secret@paper.example:8443/feed?a=1") == "https://paper.example:8443/feed?a=1"
