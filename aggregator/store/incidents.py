"""Incidents: what an operator should know, from its beginning to its end. Each is an entry of the operations feed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from aggregator.model import Seconds
from aggregator.store.engine import AnyRow, Db, lock, plain
from aggregator.store.tables import INCIDENT

CONFIGURATION = "the configuration"
"""The subject of an incident that is about no feed."""


@dataclass(frozen=True, slots=True)
class Incident:
    """`subject` is a feed's address or CONFIGURATION, `state` what is wrong with it, `message` the words for it."""

    id: int
    subject: str
    source: str
    state: str
    message: str
    began: Seconds
    updated: Seconds
    ended: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that is wrong now."""

    subject: str
    source: str
    state: str
    message: str


def note(db: Db, seen: Sequence[Seen], now: Seconds) -> int:
    """Begin incidents for what is wrong now and was not, end those of feeds whose trouble is over; returns how many
    of either. A feed whose trouble changes its kind gets a new one.
    """
    lock(db, "incidents")
    wrong = {(one.subject, one.state): one for one in seen}
    standing = {(one.subject, one.state): one for one in _open(db) if one.subject != CONFIGURATION}
    for one in (wrong[key] for key in wrong.keys() - standing.keys()):
        _begin(db, one, now)
    for key in standing.keys() - wrong.keys():
        _end(db, standing[key].id, now)
    return len(wrong.keys() ^ standing.keys())


def configuration(db: Db, faults: Sequence[str], now: Seconds) -> None:
    """The configuration was refused for these faults, or (none) taken over."""
    lock(db, "incidents")
    message = "\n".join(faults)
    for one in _open(db):
        if one.subject == CONFIGURATION and one.message != message:
            _end(db, one.id, now)
        elif one.subject == CONFIGURATION:
            return
    if faults:
        _begin(db, Seen(CONFIGURATION, "", "refused", message), now)


def refused(db: Db) -> list[str] | None:
    """The faults for which the configuration is refused now."""
    found = next((one for one in _open(db) if one.subject == CONFIGURATION), None)
    return found.message.split("\n") if found else None


def latest(db: Db, limit: int = 50) -> tuple[Incident, ...]:
    """The incidents that changed last."""
    rows = db.execute(select(INCIDENT).order_by(INCIDENT.c.updated.desc(), INCIDENT.c.id.desc()).limit(limit))
    return tuple(map(_incident, rows))


def _open(db: Db) -> tuple[Incident, ...]:
    return tuple(map(_incident, db.execute(select(INCIDENT).where(INCIDENT.c.ended.is_(None)))))


def _begin(db: Db, one: Seen, now: Seconds) -> None:
    values = {"subject": plain(one.subject), "source": one.source, "state": one.state, "message": plain(one.message)}
    db.execute(insert(INCIDENT).values(**values, began=now, updated=now))


def _end(db: Db, id_: int, now: Seconds) -> None:
    db.execute(update(INCIDENT).where(INCIDENT.c.id == id_).values(ended=now, updated=now))


def _incident(row: AnyRow) -> Incident:
    return Incident(row.id, row.subject, row.source, row.state, row.message, row.began, row.updated, row.ended)
