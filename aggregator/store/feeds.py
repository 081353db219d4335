"""The feed table is the schedule: which feeds are due, who holds them, and what became of each poll."""

import math
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ClauseElement, and_, bindparam, case, func, or_, select, update

from aggregator.errors import LeaseLost
from aggregator.model import Batch, Claim, Document, Failure, Feed, Pace, Seconds, Validators
from aggregator.store import listening, runs, templates
from aggregator.store.engine import AnyRow, Db, chunks, insert_missing, plain, shared_clock
from aggregator.store.tables import ARTICLE, FEED, HOST, LISTENING, RUN, SIGHTING, SOURCE
from aggregator.text.hosts import shard as shard_of

LEASE = 120
"""Seconds a host is held for; renewed while its feeds are polled."""

EACH = 100
"""Feeds of one host that are leased at once; a host of thousands (a platform of blogs) is given back in between."""

STRANDED = 26 * 3600
"""A due time further ahead than this was written under a wrong clock."""

ADOPT_AFTER = 3, 48 * 3600
"""A permanent redirect is adopted after so many polls with one target over so many seconds."""


# ---------------------------------------------------------------- config → rows


def sync(db: Db, feeds: Iterable[tuple[Feed, str]], now: Seconds) -> None:
    """Make the table list the configured feeds with their hosts; others stop being polled, nothing is forgotten."""
    wanted = {(feed.source, feed.url): (feed, host) for feed, host in feeds}
    columns = (FEED.c.id, FEED.c.source, FEED.c.url, FEED.c.active)
    known = {(row.source, row.url): row for row in db.execute(select(*columns))}
    new = [_row(feed, host, now) for key, (feed, host) in wanted.items() if key not in known]
    insert_missing(db, FEED, new)
    insert_missing(db, HOST, [_host(name) for name in sorted({host for _, host in wanted.values()})])
    for key, row in known.items():
        active = key in wanted and wanted[key][0].enabled
        if active != row.active:
            db.execute(update(FEED).where(FEED.c.id == row.id).values(active=active, lease_token=None))


def _host(name: str) -> dict[str, Any]:
    return {"name": name, "lease_until": 0, "blocked_until": 0}


def _row(feed: Feed, host: str, now: Seconds) -> dict[str, Any]:
    fixed = {"interval": 3600, "floor": 0, "failures": 0, "retry_at": 0, "polled_run": 0, "items": 0, "gaps": 0}
    counters = {"polls": 0, "failed_polls": 0}
    return fixed | counters | {
        "source": feed.source, "url": feed.url, "host": host, "shard": shard_of(host), "active": feed.enabled, "due": now,
        "first_seen": now, "gone": False, "moved_count": 0,
    }  # fmt: skip


def rename_source(db: Db, old: str, new: str) -> None:
    """Follow `formerly` of a source: its feeds keep their memory, its articles their identity under the new id."""
    for table, key in ((FEED, FEED.c.url), (ARTICLE, ARTICLE.c.key), (SIGHTING, SIGHTING.c.key)):
        taken = select(key).where(table.c.source == new)
        db.execute(update(table).where(table.c.source == old, key.not_in(taken)).values(source=new))
    if db.execute(select(SOURCE.c.id).where(SOURCE.c.id == new)).first() is None:
        db.execute(update(SOURCE).where(SOURCE.c.id == old).values(id=new))


# ---------------------------------------------------------------- leases


def claim(
    db: Db,
    run: int,
    now: Seconds,
    *,
    hosts: int = 200,
    everything: bool = False,
    source: str | None = None,
    shard: int | None = None,
) -> tuple[Claim, ...]:
    """Lease up to `hosts` hosts with their due feeds (EACH at most of one); a host's come together, longest due first.

    `everything` takes each enabled feed once a run whatever is due, but never a host that another run holds, never
    within a Retry-After, and never one polled since this run began (by run number, so that no clock matters).
    `shard`: only hosts of that part.
    """
    token, moment = secrets.token_hex(8), shared_clock(db)
    leased: list[str] = []
    for when in [_asked_anew(now, run)] if everything else [FEED.c.due <= now, _stranded(now)]:
        due = _wanted(when, source, shard)
        while len(leased) < hosts and (names := _free_hosts(db, due, _free(now, moment), hosts - len(leased))):
            _lease(db, names, due, {"lease_until": moment + LEASE, "lease_token": token, "lease_run": run}, moment)
            leased += names
    claims = [_claim(row, run, now, moment) for row in _leased(db, leased, token)]
    _give_back(db, sorted(set(leased) - {one.host for one in claims}))
    return tuple(sorted(claims, key=lambda one: (one.pace.due, one.feed)))


def _leased(db: Db, hosts: Sequence[str], token: str) -> Iterator[AnyRow]:
    told = (LISTENING.c.pushed, LISTENING.c.lease_until.label("listens_until"))
    query = select(FEED, SOURCE.c.boilerplate, SOURCE.c.kept, HOST.c.last_request, *told).join(
        HOST, HOST.c.name == FEED.c.host
    )
    query = query.join(LISTENING, LISTENING.c.feed == FEED.c.id, isouter=True)
    query = query.join(SOURCE, SOURCE.c.id == FEED.c.source, isouter=True).where(FEED.c.lease_token == token)
    for part in chunks(hosts):
        yield from db.execute(query.where(FEED.c.host.in_(part)))


def _give_back(db: Db, hosts: Sequence[str]) -> None:
    """Another run polled what was due of these between our look and our lock; nobody would ever release them."""
    for part in chunks(hosts):
        free = {"lease_until": 0, "lease_token": None, "lease_run": None}
        db.execute(update(HOST).where(HOST.c.name.in_(part)).values(free))


def _free(now: Seconds, moment: Seconds) -> Any:
    """A host that nobody holds (by the shared clock) and that does not ask for silence (by ours). A lease that ends far
    ahead was written before that clock began anew.
    """
    free = or_(HOST.c.lease_until <= moment, HOST.c.lease_until > moment + LEASE * 2)
    return and_(free, HOST.c.blocked_until <= now)


def _free_hosts(db: Db, due: Any, free: Any, hosts: int) -> list[str]:
    """Some hosts, at most `hosts`, whose feeds are due the longest, locked; none is left when the list is empty.

    It walks the index of due times and stops early, however many are due.
    """
    oldest = select(FEED.c.host).join(HOST, HOST.c.name == FEED.c.host).where(due, free)
    found = db.execute(oldest.order_by(FEED.c.due).limit(hosts * 4)).scalars()
    names = list(dict.fromkeys(found))[:hosts]
    locked = select(HOST.c.name).where(free).with_for_update(of=HOST, skip_locked=True)
    return [name for part in chunks(names) for name in db.execute(locked.where(HOST.c.name.in_(part))).scalars()]


def _lease(db: Db, names: Sequence[str], due: Any, lease: dict[str, Any], moment: Seconds) -> None:
    """A host that was never given back may have been asked until just now."""
    for part in chunks(names):
        taken = and_(HOST.c.name.in_(part), HOST.c.lease_token.is_not(None))
        db.execute(update(HOST).where(taken).values(last_request=moment + 1))
        db.execute(update(HOST).where(HOST.c.name.in_(part)).values(lease))
        nth = func.row_number().over(partition_by=FEED.c.host, order_by=(FEED.c.due, FEED.c.id)).label("nth")
        ranked = select(FEED.c.id, nth).where(FEED.c.host.in_(part), due).subquery()
        mine = select(ranked.c.id).where(ranked.c.nth <= EACH)
        db.execute(update(FEED).where(FEED.c.id.in_(mine)).values(lease_token=lease["lease_token"]))


def due_shards(db: Db, now: Seconds, most: int = 5_000) -> tuple[int, ...]:
    """The shards of the `most` feeds that wait longest for a poll and whose hosts are free."""
    waiting: set[int] = set()
    free = _free(now, shared_clock(db))
    for when in (FEED.c.due <= now, _stranded(now)):
        oldest = select(FEED.c.shard).join(HOST, HOST.c.name == FEED.c.host)
        oldest = oldest.where(_wanted(when, None, None), free).order_by(FEED.c.due).limit(most)
        waiting |= set(db.execute(select(oldest.subquery().c.shard).distinct()).scalars())
    return tuple(sorted(waiting))


def wanted(db: Db, now: Seconds, everything: bool, source: str | None) -> int:
    """How many feeds a round would like to poll, leases and Retry-After aside."""
    when = FEED.c.active if everything else _due(now, 0, everything, source)
    mine = FEED.c.source == source if source is not None else FEED.c.active
    return int(db.execute(select(func.count(FEED.c.id)).where(FEED.c.active, when, mine)).scalar_one())


def _due(now: Seconds, run: int, everything: bool, source: str | None) -> Any:
    when = _asked_anew(now, run) if everything else or_(FEED.c.due <= now, _stranded(now))
    return _wanted(when, source, None)


def _asked_anew(now: Seconds, run: int) -> Any:
    return and_(FEED.c.polled_run < run, FEED.c.retry_at <= now)


def _stranded(now: Seconds) -> Any:
    """A due time so far ahead, though the publisher set no floor, was written under a wrong clock."""
    return and_(FEED.c.due > now + STRANDED, FEED.c.floor <= now)


def _wanted(when: Any, source: str | None, shard: int | None) -> Any:
    conditions = [FEED.c.active, FEED.c.gone.is_(False), when]
    if source is not None:
        conditions.append(FEED.c.source == source)
    if shard is not None:
        conditions.append(FEED.c.shard == shard)
    return and_(*conditions)


def _claim(row: AnyRow, run: int, now: Seconds, moment: Seconds) -> Claim:
    pace = Pace(row.due, row.interval, row.floor, row.failures, row.polled, row.profile or b"")
    return Claim(
        feed=row.id, source=row.source, url=_address(row, now), configured_url=row.url, host=row.host,
        token=row.lease_token, run=run, pace=pace, asked_ago=_ago(row.last_request, moment),
        validators=Validators(row.etag, row.last_modified),
        body_hash=row.body_hash or b"", window=row.window or b"", boilerplate=row.boilerplate or b"",
        kept=templates.lines(row.kept),
        pushed=row.pushed is not None and (row.listens_until or 0) > now,
        heard=None if row.listens_until is None else row.pushed or 0,
    )  # fmt: skip


def _ago(when: Seconds | None, moment: Seconds) -> Seconds | None:
    """Never more than it truly is: `when` was rounded up, `moment` down."""
    return None if when is None else max(0, moment - when)


def _address(row: AnyRow, now: Seconds) -> str:
    polls, seconds = ADOPT_AFTER
    adopted = row.moved_to and row.moved_count >= polls and now - (row.moved_since or now) >= seconds
    return str(row.moved_to if adopted else row.url)


def hasten(db: Db, now: Seconds) -> None:
    """Make every feed that is polled at all due now."""
    db.execute(update(FEED).where(FEED.c.active, FEED.c.gone.is_(False)).values(due=now))


def spread(db: Db, now: Seconds, times: Callable[[Sequence[Seconds]], Sequence[Seconds]]) -> int:
    """Give overdue feeds new due times (`times` of the old ones, in their order); returns how many moved."""
    overdue = select(FEED.c.id, FEED.c.due).where(_due(now, 0, False, None)).order_by(FEED.c.due, FEED.c.id)
    rows = list(db.execute(overdue))
    moved = [
        {"feed": row.id, "when": due}
        for row, due in zip(rows, times([r.due for r in rows]), strict=True)
        if due != row.due
    ]
    if moved:
        db.execute(update(FEED).where(FEED.c.id == bindparam("feed")).values(due=bindparam("when")), moved)
    return len(moved)


def renew(db: Db, run: int, now: Seconds) -> None:
    """Keep what this run holds for another while."""
    db.execute(update(HOST).where(HOST.c.lease_run == run).values(lease_until=shared_clock(db) + LEASE))
    runs.beat(db, run, now)


def borrow(db: Db, run: int, host: str) -> tuple[str, Seconds | None, Seconds] | None:
    """Lease a host for one request, whether it has feeds or not: (token, seconds since it was last asked, blocked until
    by our wall clock). None while another run holds it.
    """
    insert_missing(db, HOST, [_host(host)])
    moment, token = shared_clock(db), secrets.token_hex(8)
    open_ = and_(HOST.c.name == host, or_(HOST.c.lease_until <= moment, HOST.c.lease_until > moment + LEASE * 2))
    row = db.execute(select(HOST).where(open_).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    asked = moment + 1 if row.lease_token is not None else row.last_request
    lease = {"lease_until": moment + LEASE, "lease_token": token, "lease_run": run, "last_request": asked}
    db.execute(update(HOST).where(HOST.c.name == host).values(lease))
    return token, _ago(asked, moment), row.blocked_until


def postpone(db: Db, claim: Claim, due: Seconds) -> None:
    """Poll a leased feed later instead."""
    mine = and_(FEED.c.id == claim.feed, FEED.c.lease_token == claim.token)
    db.execute(update(FEED).where(mine).values(due=due, lease_token=None))


def release(db: Db, host: str, token: str, asked_ago: float | None, blocked_until: Seconds = 0) -> None:
    """Give a host back, with the manners the next holder must keep: it was last asked so many seconds ago, and asks for
    silence until a time of the wall clock.
    """
    db.execute(_FREE_FEEDS, {"where": host, "held": token})
    freed: dict[str, Any] = {"lease_until": 0, "lease_token": None, "lease_run": None}
    if asked_ago is not None:
        freed["last_request"] = shared_clock(db) + 1 - math.floor(asked_ago)  # never before it truly was
    if blocked_until:
        freed["blocked_until"] = blocked_until
    db.execute(_FREE_HOST, freed | {"where": host, "held": token})


_FREE_FEEDS = (
    update(FEED)
    .where(FEED.c.host == bindparam("where"), FEED.c.lease_token == bindparam("held"))
    .values(lease_token=None)
)
_FREE_HOST = update(HOST).where(HOST.c.name == bindparam("where"), HOST.c.lease_token == bindparam("held"))


# ---------------------------------------------------------------- what a poll came to


def finish(
    db: Db, claim: Claim, now: Seconds, pace: Pace, answer: Document | Failure, batch: Batch | None = None
) -> None:
    """Write the feed's new state under the claim's token; `batch` is what was read, None when nothing changed.

    Errors: LeaseLost, and then nothing of the poll may stay.
    """
    failed = isinstance(answer, Failure)
    values: dict[str, Any] = {
        "due": pace.due, "interval": pace.interval, "floor": pace.floor, "failures": pace.failures,
        "profile": pace.profile, "polled": now, "lease_token": None,
    }  # fmt: skip
    if isinstance(answer, Failure):
        values |= _failed(answer, now)
    else:
        values |= _answered(claim, answer, now) | (_read(batch, answer, now) if batch is not None else {})
    computed = {name: value for name, value in values.items() if isinstance(value, ClauseElement)}
    statement = _FINISH[failed].values(computed) if computed else _FINISH[failed]
    plain_ones = {name: value for name, value in values.items() if name not in computed}
    fence = {"this": claim.feed, "held": claim.token, "run": claim.run}
    if db.execute(statement, plain_ones | fence).rowcount != 1:
        raise LeaseLost(f"{claim.url}: another run took this feed over")
    if claim.heard is not None:
        listening.hurry(db, claim.feed, claim.heard, now)
    if claim.pushed and batch is not None and batch.unseen:
        listening.missed(db, claim.feed, claim.pace.polled or 0)


_FINISH = {
    failed: update(FEED)
    .where(FEED.c.id == bindparam("this"), FEED.c.lease_token == bindparam("held"))
    .values(
        polls=FEED.c.polls + 1,
        failed_polls=FEED.c.failed_polls + int(failed),
        polled_run=select(func.coalesce(func.max(RUN.c.id), bindparam("run"))).scalar_subquery(),
    )
    for failed in (False, True)
}
"""Built once: to build a statement costs more than to run it. Plain values come as parameters and name their columns."""


def put_off(db: Db, claim: Claim, until: Seconds) -> None:
    """Only say that a feed is not due: what became of its poll cannot be written down."""
    fenced = and_(FEED.c.id == claim.feed, FEED.c.lease_token == claim.token)
    db.execute(update(FEED).where(fenced).values(due=until, polled_run=claim.run))


def _answered(claim: Claim, document: Document, now: Seconds) -> dict[str, Any]:
    """Changes after any answer that was not an error. A 304 keeps the validators it does not name."""
    etag = document.validators.etag
    modified = document.validators.last_modified
    if document.not_modified:
        etag, modified = etag or claim.validators.etag, modified or claim.validators.last_modified
    changes = {"etag": etag, "last_modified": modified, "last_success": now, "retry_at": 0}
    return changes | _no_error() | _moved(claim, document, now)


def _read(batch: Batch, document: Document, now: Seconds) -> dict[str, Any]:
    """Changes after a document was read; a gap is counted, never smoothed over."""
    changes: dict[str, Any] = {
        "body_hash": document.digest, "window": batch.window, "items": FEED.c["items"] if document.is_delta else batch.entries,
        "title": batch.facts.title or None, "hub": document.hub or batch.facts.hub,
        "self_url": document.self_url or batch.facts.self_url,
    }  # fmt: skip
    if batch.waiting:  # asked without them, the next answer holds the document again
        changes |= {"etag": None, "last_modified": None, "body_hash": None}
    if batch.unseen:
        changes["last_new"] = now
    return changes | ({"gaps": FEED.c.gaps + 1, "gap_at": now} if batch.gap else {})


def _failed(failure: Failure, now: Seconds) -> dict[str, Any]:
    """Changes after a failure; validators, window and articles stay."""
    return {
        "error_class": failure.name, "error_status": failure.status, "error_message": plain(failure.message),
        "error_at": now, "failing_since": func.coalesce(FEED.c.failing_since, now),
        "gone": failure.status == 410, "retry_at": now + (failure.retry_after or 0),
    } | ({"moved_count": 0} if failure.kind == "hard" else {})  # fmt: skip


def _no_error() -> dict[str, Any]:
    return dict.fromkeys(("error_class", "error_status", "error_message", "error_at", "failing_since"))


def _moved(claim: Claim, document: Document, now: Seconds) -> dict[str, Any]:
    if document.moved_to is None:
        return {} if claim.url != claim.configured_url else {"moved_to": None, "moved_since": None, "moved_count": 0}
    same = FEED.c.moved_to == document.moved_to
    return {
        "moved_to": document.moved_to,
        "moved_count": case((same, FEED.c.moved_count + 1), else_=1),
        "moved_since": case((same, FEED.c.moved_since), else_=now),
    }
