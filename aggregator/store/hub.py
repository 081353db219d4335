"""Subscriptions of our hub (WebSub): who asked for what, what each is owed, and which piece of work is due.

A row is claimed for a minute by the server that works on it; one that dies with it is taken up by the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, delete, func, or_, select, update

from aggregator.model import Rendering, Seconds
from aggregator.store.engine import AnyRow, Db, get_meta, set_meta, upsert
from aggregator.store.entries import mark_dirty
from aggregator.store.tables import PUBLICATION, RENDERING, SUBSCRIPTION

Mode = Literal["subscribe", "unsubscribe"]

CLAIM = 60
"""Seconds that a server holds a piece of work."""

MOST_A_HOST = 100
MOST = 20_000
"""Subscriptions, verified or not, of one registrable domain, and in all."""

MOST_FAILURES = 10
FIRST_PAUSE, LONGEST_PAUSE = 10, 6 * 3600
"""Seconds until a failed ping is tried again: four times longer each time. Ten failures in a row take 22 hours."""

MOST_CHALLENGES = 3
"""How often a callback is asked to confirm when it does not answer at all."""

PRESENCE = 24 * 3600
"""Feeds name the hub as long as a server was seen within so many seconds."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One callback's subscription to one feed. `asked` waits for its confirmation; `owed` is a version to be sent."""

    callback: str
    publication: str
    format: str
    secret: str | None = None
    lease_until: Seconds = 0
    asked: Mode | None = None
    asked_secret: str | None = None
    asked_lease: Seconds = 0
    owed: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request for a subscription is not taken."""

    reason: str


def ask(db: Db, wanted: Subscription, host: str, now: Seconds) -> Refused | None:
    """Remember a request until its callback has confirmed it; a newer one replaces it, a standing lease goes on."""
    row = db.execute(select(SUBSCRIPTION).where(_key(wanted))).first()
    if row is None and wanted.asked == "unsubscribe":
        return None  # nothing to end; saying so would tell others who is subscribed
    if row is None and (full := _full(db, host)) is not None:
        return full
    asked = {"asked": wanted.asked, "asked_secret": wanted.asked_secret, "asked_lease": wanted.asked_lease}
    standing = {"secret": None, "lease_until": 0, "owed": 0, "claimed": 0} if row is None else {}
    key = {"callback": wanted.callback, "publication": wanted.publication, "format": wanted.format}
    if row is None:
        upsert(db, SUBSCRIPTION, [{**key, "host": host, **asked, **standing, "due": now, "failures": 0}])
    else:
        db.execute(update(SUBSCRIPTION).where(_key(wanted)).values(**asked, due=now, failures=0))
    return None


def _full(db: Db, host: str) -> Refused | None:
    if _count(db, SUBSCRIPTION.c.host == host) >= MOST_A_HOST:
        return Refused(f"{host} has {MOST_A_HOST} subscriptions; no more are taken for one host")
    if _count(db) >= MOST:
        return Refused("this hub has as many subscriptions as it can serve")
    return None


def _count(db: Db, *conditions: Any) -> int:
    return int(db.execute(select(func.count()).select_from(SUBSCRIPTION).where(*conditions)).scalar_one())


def owe(db: Db, publication: str, formats: Iterable[str], version: int, now: Seconds) -> None:
    """A feed changed: everyone with a lease is to be sent the new version. Part of the transaction that stored it."""
    wanted = and_(
        SUBSCRIPTION.c.publication == publication,
        SUBSCRIPTION.c.format.in_(tuple(formats)),
        SUBSCRIPTION.c.lease_until > now,
    )
    # A callback that fails keeps its pause: no news makes it come back earlier.
    due = func.coalesce(SUBSCRIPTION.c.due, now)
    db.execute(update(SUBSCRIPTION).where(wanted).values(owed=version, due=due))


def is_due(db: Db, now: Seconds) -> bool:
    """Whether anything waits to be done: what a server asks about twice a second."""
    return db.execute(select(SUBSCRIPTION.c.callback).where(_waiting(now)).limit(1)).first() is not None


def claim(db: Db, now: Seconds, most: int) -> tuple[Subscription, ...]:
    """Take work that is due, for a minute; no other server gets it meanwhile."""
    query = select(SUBSCRIPTION).where(_waiting(now)).order_by(SUBSCRIPTION.c.due).limit(most)
    found = tuple(_subscription(row) for row in db.execute(query.with_for_update(skip_locked=True)))
    for one in found:
        db.execute(update(SUBSCRIPTION).where(_key(one)).values(claimed=now + CLAIM))
    return found


def _waiting(now: Seconds) -> Any:
    return and_(SUBSCRIPTION.c.due <= now, SUBSCRIPTION.c.claimed <= now)


def content(db: Db, one: Subscription) -> tuple[Rendering, int] | None:
    """What is to be sent, and its version; None when that feed is gone."""
    columns = (RENDERING.c.media_type, RENDERING.c.etag, RENDERING.c.last_modified, RENDERING.c.body)
    query = select(*columns, PUBLICATION.c.version).join(PUBLICATION, PUBLICATION.c.id == RENDERING.c.publication)
    row = db.execute(query.where(RENDERING.c.publication == one.publication, RENDERING.c.format == one.format)).first()
    if row is None:
        return None
    made = Rendering(one.format, row.media_type, bytes(row.body), row.etag, row.last_modified)  # type: ignore[arg-type]
    return made, row.version


# ---------------------------------------------------------------- what became of it


def confirmed(db: Db, one: Subscription, now: Seconds) -> None:
    """The callback wants what was asked in its name."""
    if one.asked == "unsubscribe":
        drop(db, one)
        return
    values = {"secret": one.asked_secret, "lease_until": now + one.asked_lease, "failures": 0}
    _answered(db, one, values, now)


def denied(db: Db, one: Subscription, now: Seconds) -> None:
    """The callback did not ask for it: the request goes, an earlier lease stays."""
    _answered(db, one, {}, now)


def _answered(db: Db, one: Subscription, values: dict[str, Any], now: Seconds) -> None:
    """End a request, unless a newer one has taken its place; a row without a lease has nothing left to be for."""
    done = {"asked": None, "asked_secret": None, "asked_lease": 0, **values}
    same = and_(_key(one), SUBSCRIPTION.c.asked == one.asked, SUBSCRIPTION.c.asked_lease == one.asked_lease)
    db.execute(update(SUBSCRIPTION).where(same).values(done))
    _release(db, one)
    db.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.asked.is_(None), SUBSCRIPTION.c.lease_until <= now))


def delivered(db: Db, one: Subscription, version: int) -> None:
    """A version arrived; a newer one may be owed by now."""
    arrived = and_(_key(one), SUBSCRIPTION.c.owed <= version)
    db.execute(update(SUBSCRIPTION).where(arrived).values(owed=0))
    db.execute(update(SUBSCRIPTION).where(_key(one)).values(failures=0))
    _release(db, one)


def _release(db: Db, one: Subscription) -> None:
    idle = and_(_key(one), SUBSCRIPTION.c.asked.is_(None), SUBSCRIPTION.c.owed == 0)
    db.execute(update(SUBSCRIPTION).where(_key(one)).values(claimed=0))
    db.execute(update(SUBSCRIPTION).where(idle).values(due=None))


def failed(db: Db, one: Subscription, now: Seconds) -> bool:
    """No answer, or an error: try again after a pause, and not for ever. Returns whether the subscription was dropped."""
    if one.failures + 1 >= (MOST_CHALLENGES if one.asked and one.lease_until <= now else MOST_FAILURES):
        drop(db, one)
        return True
    values = {"failures": one.failures + 1, "claimed": 0, "due": now + pause(one.failures)}
    db.execute(update(SUBSCRIPTION).where(_key(one)).values(values))
    return False


def pause(failures: int) -> Seconds:
    """10 s, 40 s, 160 s … 6 h."""
    return int(min(FIRST_PAUSE * 4 ** min(failures, 20), LONGEST_PAUSE))


def drop(db: Db, one: Subscription) -> None:
    db.execute(delete(SUBSCRIPTION).where(_key(one)))


def expire(db: Db, now: Seconds) -> int:
    """Leases that ended, unless they are just being renewed."""
    over = and_(SUBSCRIPTION.c.lease_until <= now, or_(SUBSCRIPTION.c.asked.is_(None), SUBSCRIPTION.c.due.is_(None)))
    return db.execute(delete(SUBSCRIPTION).where(over)).rowcount


def _key(one: Subscription) -> Any:
    return and_(
        SUBSCRIPTION.c.callback == one.callback,
        SUBSCRIPTION.c.publication == one.publication,
        SUBSCRIPTION.c.format == one.format,
    )


def _subscription(row: AnyRow) -> Subscription:
    return Subscription(
        row.callback, row.publication, row.format, row.secret, row.lease_until, row.asked, row.asked_secret,
        row.asked_lease, row.owed, row.failures,
    )  # fmt: skip


def listed(db: Db) -> tuple[Subscription, ...]:
    """Every subscription, by callback."""
    return tuple(_subscription(row) for row in db.execute(select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.callback)))


# ---------------------------------------------------------------- is there a hub at all?


def served(db: Db, now: Seconds) -> None:
    """A server runs: feeds may name its hub, which all of them do from their next rendering on."""
    absent = not is_served(db, now)
    set_meta(db, "served", str(now))
    if absent:
        mark_dirty(db, db.execute(select(PUBLICATION.c.id).where(PUBLICATION.c.gone.is_(None))).scalars(), now)


def is_served(db: Db, now: Seconds) -> bool:
    """Whether a server was seen within a day; where there is none, feeds name no hub."""
    seen = get_meta(db, "served")
    return seen is not None and now - int(seen) < PRESENCE
