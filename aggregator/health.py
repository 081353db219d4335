"""How each feed fares, in words for an operator. `sources health`, the operations feed and the metrics all speak
through here, so that they cannot disagree.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator import schedule, store
from aggregator.model import Seconds

if TYPE_CHECKING:
    from aggregator.store import Db
    from aggregator.store.health import FeedHealth
    from aggregator.store.work import Work

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a feed, as an entry for the operator's reader. One incident keeps its `since`, so (source, url,
    state, since) identify it; `updated` moves when the words change."""

    source: str
    url: str
    state: str
    since: Seconds
    updated: Seconds
    title: str
    text: str


def feeds(db: "Db", now: Seconds) -> "tuple[FeedHealth, ...]":
    """Every known feed, by source and address, judged by its own rhythm."""
    return store.health.feeds(db, now, schedule.silence)


def in_words(feed: "FeedHealth", now: Seconds) -> str:
    """What the state of a feed means, since when, and when the next poll is and why then. Pure."""
    told = [_state(feed, now)]
    if feed.moved_to:
        told.append(f"moved to {feed.moved_to}")
    if feed.pushed:
        told.append(f"the publisher pushes, last at {_clock(feed.pushed)}, so polls are a safety net")
    if feed.state not in {"gone", "disabled"}:
        told.append(_next(feed))
    return "; ".join(told)


def troubles(health: "tuple[FeedHealth, ...]", now: Seconds) -> tuple[Trouble, ...]:
    """The feeds that an operator should look at, latest trouble first. Pure."""
    found = [_trouble(feed, now) for feed in health if feed.state in {"failing", "silent", "gone", "gap"}]
    return tuple(sorted(found, key=lambda one: (-one.since, one.source, one.url)))


OVERDUE, UNPLACED, UNRENDERED = 900, 600, 300
"""Seconds that something may wait before an operator should look; docs/alerts.yml has the same."""

LONGEST_LOG = 200_000_000
"""Bytes of SQLite's write-ahead log."""


def of_work(work: "Work") -> tuple[tuple[str, str], ...]:
    """What is wrong with the work as a whole: (state, in words). Pure."""
    free, log = work.disk_free, work.log
    wrong = (
        ("overdue", work.overdue_for > OVERDUE,
         (f"{work.overdue} feeds are due and nobody polls them, the first for {_length(work.overdue_for)}: is a process "
         "that polls alive, are there enough of them?")),
        ("unplaced", work.unplaced_for > UNPLACED,
         (f"{work.unplaced} articles wait for their story, the first for {_length(work.unplaced_for)}: nobody places, or "
         "a large import; the log of the process that polls says which")),
        ("unrendered", work.unrendered_for > UNRENDERED,
         (f"{work.unrendered} feeds changed and are not published, the first for {_length(work.unrendered_for)}: the log "
         "names a feed that cannot be rendered")),
        ("disk", free is not None and free < work.database,
         f"{(free or 0) // 10**6} MB are free beside a database of {work.database // 10**6} MB: make room, or `db prune`"),
        ("log", log is not None and log > LONGEST_LOG,
         f"the write-ahead log has {(log or 0) // 10**6} MB: a reader never ends; restart it"),
    )  # fmt: skip
    return tuple((state, told) for state, is_wrong, told in wrong if is_wrong)


def _trouble(feed: "FeedHealth", now: Seconds) -> Trouble:
    since = _since(feed)
    updated = (feed.error_at or since) if feed.state in {"failing", "gone"} else since
    title = f"{feed.source}: {_TITLES[feed.state]} since {_clock(since)}"
    return Trouble(feed.source, feed.url, feed.state, since, updated, title, f"{feed.url}: {in_words(feed, now)}")


_TITLES = {"failing": "a feed is failing", "silent": "a feed is silent", "gone": "a feed is gone",
           "gap": "entries may have passed unseen"}  # fmt: skip


def _since(feed: "FeedHealth") -> Seconds:
    known = {
        "failing": feed.failing_since or feed.error_at,
        "gone": feed.failing_since or feed.error_at,
        "silent": feed.last_new or feed.first_seen,
        "gap": feed.gap_at,
    }[feed.state]
    return known or feed.first_seen


def _state(feed: "FeedHealth", now: Seconds) -> str:
    if feed.state == "failing":
        return f"failing since {_clock(_since(feed))}, {_polls(feed.failures)}: {feed.error_message}{_success(feed)}"
    if feed.state == "gone":
        return f"gone since {_clock(_since(feed))}: {feed.error_message}; remove it, or give its new address"
    if feed.state == "silent":
        return _silent(feed, now)
    if feed.state == "gap":
        return f"entries may have passed unseen before {_clock(feed.gap_at)}; polled more often since"
    if feed.state == "ok":
        return f"ok: {feed.items} entries at the last look, {_newest(feed, now)}"
    return {"new": "not polled yet", "disabled": "disabled in the configuration"}[feed.state]


def _silent(feed: "FeedHealth", now: Seconds) -> str:
    quiet, longest = now - (feed.last_new or feed.first_seen), schedule.pause(feed.pace)
    rhythm = f"its longest pause lately was {_length(longest)}" if longest else "its rhythm is not known yet"
    return f"nothing new since {_clock(feed.last_new or feed.first_seen)} ({_length(quiet)}); {rhythm}"


def _polls(failures: int) -> str:
    return f"{failures} polls in a row" if failures > 1 else "one poll"


def _success(feed: "FeedHealth") -> str:
    return f"; last success {_clock(feed.last_success)}" if feed.last_success else "; never read so far"


def _newest(feed: "FeedHealth", now: Seconds) -> str:
    return f"something new {_length(now - feed.last_new)} ago" if feed.last_new else "nothing new so far"


def _next(feed: "FeedHealth") -> str:
    if feed.next_poll > feed.pace.due:
        return f"next poll {_clock(feed.next_poll)}: nothing is asked of its host before"
    return schedule.explain(feed.pace, None)


def _clock(moment: Seconds | None) -> str:
    return datetime.fromtimestamp(moment or 0, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _length(seconds: Seconds) -> str:
    if seconds >= 2 * DAY:
        return f"{seconds // DAY} days"
    return f"{seconds // 3600} h" if seconds >= 3600 else f"{max(0, seconds) // 60} min"
