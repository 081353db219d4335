"""Which invocations poll right now; a dead one's leases are freed at once instead of after their time.

A run is alive when a process of its pid and start time exists on its machine. Runs of other machines are judged by
their leases' end alone.
"""

import os
import socket
from functools import lru_cache
from pathlib import Path

from sqlalchemy import and_, func, select, update

from aggregator.model import Seconds
from aggregator.store.engine import Db, shared_clock
from aggregator.store.tables import FEED, HOST, RUN

SILENT = 300
"""Seconds without a sign of life after which a run of another machine counts as dead; it beats every 30."""


@lru_cache(maxsize=1)
def machine() -> str:
    """A name of this boot of this host."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{socket.gethostname()}/{boot.read_text().strip()[:8] if boot.exists() else ''}"


def born(pid: int) -> str:
    """The start time of a process in clock ticks since boot, "" when it is gone or the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *fields = stat[stat.rindex(")") + 2 :].split()
    return "" if state in "ZX" else fields[18]


def is_alive(pid: int, since: str) -> bool:
    if since:
        return born(pid) == since
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def begin(db: Db, now: Seconds) -> int:
    """Register this process as a run and free what dead runs of this machine hold. Returns the run's number."""
    bury(db, now)
    pid = os.getpid()
    row = {"started": now, "machine": machine(), "pid": pid, "born": born(pid), "beat": now}
    key = db.execute(RUN.insert().values(row)).inserted_primary_key
    assert key is not None  # an INSERT of one row always has one
    return int(key[0])


def end(db: Db, run: int, now: Seconds) -> None:
    """The run is over; whatever it still holds is free."""
    _release(db, [run])
    db.execute(update(RUN).where(RUN.c.id == run).values(ended=now))


def beat(db: Db, run: int, now: Seconds) -> None:
    """Say that this run is alive."""
    db.execute(update(RUN).where(RUN.c.id == run).values(beat=now))


def others(db: Db, run: int, since: Seconds) -> int:
    """How many other runs of other machines showed signs of life since."""
    alive = and_(RUN.c.id != run, RUN.c.machine != machine(), RUN.c.ended.is_(None), RUN.c.beat >= since)
    return int(db.execute(select(func.count(RUN.c.id)).where(alive)).scalar_one())


def bury(db: Db, now: Seconds) -> int:
    """Free the leases of this machine's dead runs; returns how many runs were found dead."""
    rows = db.execute(select(RUN.c.id, RUN.c.pid, RUN.c.born).where(RUN.c.machine == machine(), RUN.c.ended.is_(None)))
    dead = [row.id for row in rows if not is_alive(row.pid, row.born)]
    if dead:
        asked = update(HOST).where(HOST.c.lease_run.in_(dead))  # for all we know, until just now
        db.execute(asked.values(last_request=shared_clock(db) + 1))
        _release(db, dead)
        db.execute(update(RUN).where(RUN.c.id.in_(dead)).values(ended=now))
    return len(dead)


def _release(db: Db, runs: list[int]) -> None:
    held = select(HOST.c.name).where(HOST.c.lease_run.in_(runs))
    db.execute(update(FEED).where(FEED.c.host.in_(held)).values(lease_token=None))
    db.execute(update(HOST).where(HOST.c.lease_run.in_(runs)).values(lease_until=0, lease_token=None, lease_run=None))


def living(db: Db) -> tuple[int, ...]:
    """Process ids of the runs of this machine that are under way."""
    rows = db.execute(select(RUN.c.pid, RUN.c.born).where(RUN.c.machine == machine(), RUN.c.ended.is_(None)))
    return tuple(row.pid for row in rows if is_alive(row.pid, row.born))
