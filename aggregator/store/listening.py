"""What hubs we listen to (WebSub): one row a feed, from the first request through verification and renewals to the last
push. The rows are the subscriber's half; those who listen to us are in hub.py.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, or_, select, update

from aggregator.model import Seconds
from aggregator.store.engine import AnyRow, Db, insert_missing
from aggregator.store.tables import FEED, LISTENING

Mode = Literal["subscribe", "unsubscribe"]

PENDING = 3600
"""Seconds after our request in which its verification is awaited."""

FIRST_RETRY = 600
LAST_RETRY = 86_400
"""Seconds until a hub that did not verify is asked again; doubles up to a day."""

LONGEST_ADDRESS = 2048
"""Characters of a hub's or topic's address that we are willing to send around."""

LONGEST_LEASE = 30 * 86_400
SHORTEST_LEASE = 300

MOST_PARTINGS = 3
"""How often a hub is asked to end what we no longer want; after that its pushes are answered with 410."""

LEAVING = "leaving"

PUSH_GAP = 60
"""Seconds between two polls of a feed, however often its hub pushes."""


@dataclass(frozen=True, slots=True)
class Request:
    """A subscription to ask for, or to end: the feed's topic at its hub, and the end of our callback's address."""

    feed: int
    hub: str
    topic: str
    path: str
    secret: str
    mode: Mode = "subscribe"


@dataclass(frozen=True, slots=True)
class Listening:
    """What a callback's address stands for. `waits`: the feed is to be polled as soon as may be, and no poll has begun."""

    feed: int
    secret: str
    pushed: Seconds | None
    waits: bool


def is_due(db: Db, now: Seconds) -> bool:
    """Whether there is something to ask of a hub: what a server looks at before it writes."""
    return any(db.execute(query.limit(1)).first() is not None for query in (_wanted(now), _unwanted(now)))


def wishes(db: Db, now: Seconds, limit: int = 20) -> tuple[Request, ...]:
    """The subscriptions to ask for now: new ones, ones whose lease is half over, ones that were never verified.

    Each is marked as asked in this transaction, so that no other process asks for it too.
    """
    found = list(db.execute(_wanted(now).limit(limit)))
    db.execute(delete(LISTENING).where(LISTENING.c.feed.in_([row.id for row in found if row.other])))
    insert_missing(db, LISTENING, [_new(row) for row in found if row.feed is None or row.other])
    return tuple(one for row in found if (one := _ask(db, row.id, now)) is not None)


def _wanted(now: Seconds) -> Select[Any]:
    """Feeds whose hub is to be asked; `other` when they name another one than is known."""
    topic = func.coalesce(FEED.c.self_url, FEED.c.url)
    other = or_(LISTENING.c.hub != FEED.c.hub, LISTENING.c.topic != topic)
    ageing = 2 * (LISTENING.c.lease_until - now) < LISTENING.c.lease_until - LISTENING.c.asked
    wanted = or_(LISTENING.c.lease_until.is_(None), ageing, LISTENING.c.state == LEAVING)
    return (
        select(FEED.c.id, FEED.c.hub, topic.label("topic"), LISTENING.c.feed, other.label("other"))
        .join(LISTENING, LISTENING.c.feed == FEED.c.id, isouter=True)
        .where(FEED.c.active, FEED.c.gone.is_(False), FEED.c.hub.is_not(None), FEED.c.error_at.is_(None))
        .where(func.length(FEED.c.hub) <= LONGEST_ADDRESS, func.length(topic) <= LONGEST_ADDRESS)
        .where(or_(LISTENING.c.feed.is_(None), other, and_(LISTENING.c.retry_at <= now, wanted)))
        .order_by(FEED.c.id)
    )


def _new(row: AnyRow) -> dict[str, object]:
    return {
        "feed": row.id, "hub": row.hub, "topic": row.topic, "path": secrets.token_urlsafe(24),
        "secret": secrets.token_urlsafe(32), "state": "asked", "asked": 0, "failures": 0, "retry_at": 0,
    }  # fmt: skip


def _ask(db: Db, feed: int, now: Seconds) -> Request | None:
    """Mark a subscription as asked for; None when another process did so first."""
    mine = and_(LISTENING.c.feed == feed, LISTENING.c.retry_at <= now)
    row = db.execute(select(LISTENING).where(mine)).first()
    if row is None:
        return None
    changes = {"state": "asked" if row.state == LEAVING else row.state} | _asking(row, now)
    if db.execute(update(LISTENING).where(mine).values(changes)).rowcount != 1:
        return None
    return Request(feed, row.hub, row.topic, row.path, row.secret)


def _asking(row: AnyRow, now: Seconds) -> dict[str, object]:
    wait = min(FIRST_RETRY * 2 ** min(row.failures, 10), LAST_RETRY)
    return {"asked": now, "failures": row.failures + 1, "retry_at": now + wait}


def partings(db: Db, now: Seconds, limit: int = 20) -> tuple[Request, ...]:
    """The subscriptions to end now: of feeds that were removed, switched off or are gone. Each is marked as asked.

    One that no hub ever verified, that ended by itself or that its hub was asked to end often enough is forgotten.
    """
    found = list(db.execute(_unwanted(now).limit(limit)))
    return tuple(one for row in found if (one := _part(db, row, now)) is not None)


def _unwanted(now: Seconds) -> Select[Any]:
    feeds = select(FEED.c.id).where(or_(FEED.c.active.is_(False), FEED.c.gone))
    idle = or_(LISTENING.c.retry_at <= now, LISTENING.c.state != LEAVING)
    return select(LISTENING).where(LISTENING.c.feed.in_(feeds), idle).order_by(LISTENING.c.feed)


def _part(db: Db, row: AnyRow, now: Seconds) -> Request | None:
    begun = row.state == LEAVING
    if row.lease_until is None or row.lease_until <= now or (begun and row.failures >= MOST_PARTINGS):
        forget(db, row.feed)
        return None
    mine = and_(LISTENING.c.feed == row.feed, LISTENING.c.state == row.state, LISTENING.c.asked == row.asked)
    changes = _asking(row, now) if begun else {"asked": now, "failures": 1, "retry_at": now + FIRST_RETRY}
    if db.execute(update(LISTENING).where(mine).values(changes | {"state": LEAVING})).rowcount != 1:
        return None
    return Request(row.feed, row.hub, row.topic, row.path, row.secret, "unsubscribe")


def parted(db: Db, path: str, topic: str, now: Seconds) -> bool:
    """Whether we did ask to end this lately; from here on it is forgotten, and so is what its address stood for."""
    asked = and_(LISTENING.c.path == path, LISTENING.c.topic == topic, LISTENING.c.asked >= now - PENDING)
    return db.execute(delete(LISTENING).where(asked, LISTENING.c.state == LEAVING)).rowcount == 1


def forget(db: Db, feed: int) -> None:
    db.execute(delete(LISTENING).where(LISTENING.c.feed == feed))


def refused(db: Db, feed: int, now: Seconds) -> None:
    """The hub does not want us: it is asked again in a day."""
    gone = {"state": "refused", "lease_until": None, "retry_at": now + LAST_RETRY}
    db.execute(update(LISTENING).where(LISTENING.c.feed == feed).values(gone))


def verify(db: Db, path: str, topic: str, lease: Seconds | None, now: Seconds) -> bool:
    """Whether we did ask for this lately; from here on we listen, for `lease` seconds (the hub's word)."""
    length = LONGEST_LEASE if lease is None else min(max(lease, SHORTEST_LEASE), LONGEST_LEASE)
    asked = and_(LISTENING.c.path == path, LISTENING.c.topic == topic, LISTENING.c.asked >= now - PENDING)
    live = {"state": "live", "lease_until": now + length, "asked": now, "failures": 0, "retry_at": 0}
    return db.execute(update(LISTENING).where(asked, LISTENING.c.state != LEAVING).values(live)).rowcount == 1


def deny(db: Db, path: str, topic: str, now: Seconds) -> bool:
    """The hub says that it denied our subscription (section 5.2)."""
    feed = db.execute(select(LISTENING.c.feed).where(LISTENING.c.path == path, LISTENING.c.topic == topic)).scalar()
    if feed is not None:
        refused(db, feed, now)
    return feed is not None


def at(db: Db, path: str, now: Seconds) -> Listening | None:
    """What a callback stands for, while the feed is polled at all and we wanted to hear of it."""
    waits = and_(FEED.c.lease_token.is_(None), FEED.c.due <= _soon(now))
    query = select(LISTENING, waits.label("waits")).join(FEED, FEED.c.id == LISTENING.c.feed)
    row = db.execute(query.where(LISTENING.c.path == path, FEED.c.active, FEED.c.gone.is_(False))).first()
    return Listening(row.feed, row.secret, row.pushed, bool(row.waits)) if row else None


def pushed(db: Db, feed: int, now: Seconds) -> None:
    """A hub says that there is something new: the feed is due, though not within a Retry-After nor twice a minute.

    The publisher's max-age does not hold it back: his own push says that what it promised is over.
    """
    db.execute(select(FEED.c.id).where(FEED.c.id == feed).with_for_update())  # a poll that ends now is waited for
    later = case((LISTENING.c.pushed >= now, LISTENING.c.pushed + 1), else_=now)  # so that each push can be told
    db.execute(update(LISTENING).where(LISTENING.c.feed == feed).values(pushed=later))
    db.execute(update(FEED).where(FEED.c.id == feed, FEED.c.due > _soon(now)).values(due=_soon(now)))


def hurry(db: Db, feed: int, heard: Seconds, now: Seconds) -> None:
    """A poll ends that began after the push `heard`: if another came since, what was read may be older than its news."""
    newer = select(LISTENING.c.feed).where(LISTENING.c.feed == feed, LISTENING.c.pushed > heard).exists()
    db.execute(update(FEED).where(FEED.c.id == feed, FEED.c.due > _soon(now), newer).values(due=_soon(now)))


def _soon(now: Seconds) -> ColumnElement[Any]:
    """When a feed that has something new may be polled."""
    earliest = func.coalesce(FEED.c.polled, 0) + PUSH_GAP
    soon = case((earliest > now, earliest), else_=now)
    return case((FEED.c.retry_at > soon, FEED.c.retry_at), else_=soon)


def missed(db: Db, feed: int, since: Seconds) -> None:
    """A poll found something new of which no push since `since` told: the hub is not relied on until its next push."""
    late = and_(LISTENING.c.feed == feed, LISTENING.c.pushed < since)
    db.execute(update(LISTENING).where(late).values(pushed=None))
