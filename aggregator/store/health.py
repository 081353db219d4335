"""How each feed fares: the rows behind `sources health`, the sources page and the metrics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import and_, select

from aggregator.model import Pace, Seconds
from aggregator.store.engine import AnyRow, Db
from aggregator.store.tables import FEED, HOST, LISTENING

State = Literal["ok", "new", "silent", "failing", "gone", "gap", "disabled"]

GAP_SHOWS = 7 * 24 * 3600
"""A gap is the feed's state for so long."""


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One feed's state and the facts behind it. `pushed` is the last push of its hub while we are listening to one."""

    source: str
    url: str
    state: State
    title: str | None
    active: bool
    first_seen: Seconds
    moved_to: str | None
    last_poll: Seconds | None
    last_success: Seconds | None
    last_new: Seconds | None
    next_poll: Seconds
    pace: Pace
    pushed: Seconds | None
    failures: int
    failing_since: Seconds | None
    items: int
    gaps: int
    gap_at: Seconds | None
    error_class: str | None
    error_status: int | None
    error_message: str | None
    error_at: Seconds | None


def feeds(db: Db, now: Seconds, silence: Callable[[Pace], Seconds]) -> tuple[FeedHealth, ...]:
    """Every known feed, by source and address; `silence` tells how long one may bring nothing new."""
    listening = and_(LISTENING.c.feed == FEED.c.id, LISTENING.c.lease_until > now)
    query = (
        select(FEED, HOST.c.blocked_until, LISTENING.c.pushed)
        .join(HOST, HOST.c.name == FEED.c.host, isouter=True)
        .join(LISTENING, listening, isouter=True)
    )
    rows = db.execute(query.order_by(FEED.c.source, FEED.c.url))
    return tuple(_health(row, now, silence) for row in rows)


def _health(row: AnyRow, now: Seconds, silence: Callable[[Pace], Seconds]) -> FeedHealth:
    pace = Pace(row.due, row.interval, row.floor, row.failures, row.polled, row.profile or b"")
    return FeedHealth(
        source=row.source, url=row.url, state=_state(row, now, silence(pace)), title=row.title, active=row.active,
        first_seen=row.first_seen, moved_to=row.moved_to, last_poll=row.polled, last_success=row.last_success,
        last_new=row.last_new, next_poll=max(row.due, row.blocked_until or 0), pace=pace, pushed=row.pushed,
        failures=row.failures, failing_since=row.failing_since, items=row.items, gaps=row.gaps, gap_at=row.gap_at,
        error_class=row.error_class, error_status=row.error_status, error_message=row.error_message,
        error_at=row.error_at,
    )  # fmt: skip


def _state(row: AnyRow, now: Seconds, silence: Seconds) -> State:
    if not row.active:
        return "disabled"
    if row.gone:
        return "gone"
    if row.error_at is not None:
        return "failing"
    if row.polled is None:
        return "new"
    if row.gap_at is not None and now - row.gap_at < GAP_SHOWS:
        return "gap"
    quiet = now - (row.last_new or row.first_seen)
    return "silent" if quiet > silence else "ok"
