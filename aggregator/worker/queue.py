"""The same work on many machines: procrastinate's jobs in PostgreSQL, a worker process on each machine that likes.

A job polls one shard of the hosts, places what waits, publishes what changed, or tends the archive. Leases and tokens in
our own tables remain the truth: a job that is done twice, or half, does no harm. A lock a shard keeps one host's manners
with one worker at a time; whatever is due is looked for anew every few seconds, so that no lost job strands a feed.

Nothing here depends on a machine's wall clock: looks are timed by the monotonic clock and jobs are never dated, for a
worker whose clock was set back would otherwise defer nothing until that time had come again.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import procrastinate
import structlog
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status

from aggregator import schedule, store
from aggregator.bootstrap import Live, Tools
from aggregator.errors import SchemaOutdated
from aggregator.model import Outcome, Seconds
from aggregator.store import Store
from aggregator.store.engine import get_meta, lock
from aggregator.worker import renewal
from aggregator.worker.archive import rematch
from aggregator.worker.listening import keep_listening
from aggregator.worker.local import (
    HOSTS,
    PUBLISH_EVERY,
    Orphan,
    Round,
    begin,
    publish_dirty,
    release_orphans,
    renew,
    workshop,
)
from aggregator.worker.placing import place_all
from aggregator.worker.pool import Pool
from aggregator.worker.service import IDLE, PRUNE_EVERY, again_and_again, drop_old, pause, tell, watch

log = structlog.get_logger()

JOBS = 64
"""Shards that one worker polls side by side; HOSTS bounds the hosts in all of them together."""

HOSTS_A_JOB = 50
POLLS_A_JOB = 200
SECONDS_A_JOB = 120.0
"""A job takes no more than this; what is left is found by the next look."""

LOOK_EVERY = 2.0
"""Seconds between two looks at what is due, of all workers together."""

STALLED = 30.0
"""Seconds after its last heartbeat that a worker counts as dead and its jobs are taken from it."""

HEARTBEAT = 10.0
"""Seconds between two heartbeats of a worker."""

GRACE = 30.0
"""Seconds that jobs under way get to end once the worker is asked to stop."""


# ---------------------------------------------------------------- procrastinate's own tables


def install(opened: Store) -> None:
    """Bring procrastinate's tables to the version of the library; `aggregator db upgrade` does this."""
    with opened.writing() as db:
        lock(db, "migrate")
        driver = cast("Any", db.connection.driver_connection)
        if not _is_installed(db):
            driver.execute(procrastinate.schema.SchemaManager.get_schema())
        else:
            for path in _missing(_held(db)):
                driver.execute(path.read_text(encoding="utf-8"))
        db.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{_current()}'")


def ensure(opened: Store) -> None:
    """The tables are there, made on the spot when there are none. Errors: SchemaOutdated when they are older."""
    with opened.reading() as db:
        missing = _missing(_held(db)) if _is_installed(db) else None
    if missing is None:
        install(opened)
    elif missing:
        raise SchemaOutdated("the queue's tables are of an older version: run `aggregator db upgrade`")


def _is_installed(db: store.Db) -> bool:
    return db.exec_driver_sql("SELECT to_regclass('procrastinate_jobs')").scalar() is not None


def _held(db: store.Db) -> str:
    """The version of the tables, written on one of them; tables that somebody else made count as new."""
    query = "SELECT obj_description('procrastinate_jobs'::regclass)"
    return str(db.exec_driver_sql(query).scalar() or _current())


def _current() -> str:
    """The library's version as its migrations are named: 03.10.00."""
    return ".".join(f"{int(part):02}" for part in version("procrastinate").split(".")[:3])


def _missing(since: str) -> list[Path]:
    folder = Path(procrastinate.schema.SchemaManager.get_migrations_path())
    return [path for path in sorted(folder.glob("*.sql")) if since < path.name[: len(since)] <= _current()]


# ---------------------------------------------------------------- what a worker does


@dataclass(slots=True)
class Crew:
    """One worker process: its tools, its run, and what became of its polls."""

    tools: Tools
    pool: Pool
    run: int
    stopping: asyncio.Event
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HOSTS))
    orphans: list[Orphan] = field(default_factory=list)

    async def poll(self, shard: int) -> bool:
        """Poll what is due in a shard; whether anything is there to be placed now."""
        news = False

        def seen(outcome: Outcome) -> None:
            nonlocal news
            news = news or bool(outcome.new or outcome.updated)

        await Round(
            self.tools, self.run, shard=shard, hosts=HOSTS_A_JOB, most=POLLS_A_JOB, keeping=False, beating=False,
            deadline=time.monotonic() + SECONDS_A_JOB, stopping=self.stopping, seen=seen, slots=self.slots,
            orphans=self.orphans,
        ).poll()  # fmt: skip
        return news

    async def place(self) -> None:
        await rematch(self.tools, self.pool, waiting=True)
        await place_all(self.tools)

    async def publish(self) -> None:
        await publish_dirty(self.tools, older_than=PUBLISH_EVERY)

    async def archive(self) -> None:
        """Match the archive anew after the rules changed."""
        await rematch(self.tools, self.pool)

    async def tend(self) -> None:
        await drop_old(self.tools)
        await rematch(self.tools, self.pool)
        await renewal.renew(self.tools)


def application(address: str, crew: Crew) -> procrastinate.App:
    """The jobs of a crew, on the queue of a database."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4))

    @app.task(name="poll")
    async def poll(shard: int) -> None:
        if await crew.poll(shard):
            await defer(app, ["place"])

    for work in (crew.place, crew.publish, crew.archive, crew.tend):
        name = work.__name__
        app.task(name=name, lock=name, queueing_lock=name)(_task(work))
    return app


def _task(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def task() -> None:
        await work()

    return task


async def defer(app: procrastinate.App, names: Iterable[str]) -> None:
    """Queue the jobs of these names that are not queued yet."""
    queued = await _queued(app)
    for name in names:
        if name not in queued:
            with suppress(AlreadyEnqueued):  # another worker was quicker
                await app.configure_task(name, lock=name, queueing_lock=name).defer_async()


async def defer_shards(app: procrastinate.App, shards: Iterable[int]) -> int:
    """Queue a poll of each of these shards that is not queued yet; returns how many that were."""
    queued, count = await _queued(app), 0
    for shard in shards:
        name = f"shard {shard}"
        if name not in queued:
            with suppress(AlreadyEnqueued):
                await app.configure_task("poll", lock=name, queueing_lock=name).defer_async(shard=shard)
                count += 1
    return count


async def _queued(app: procrastinate.App) -> set[str]:
    """Asking first spares the server's log a line for each job that is there."""
    rows = await app.connector.execute_query_all_async(
        "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock IS NOT NULL"
    )
    return {row["queueing_lock"] for row in rows}


# ---------------------------------------------------------------- looking after the queue


@dataclass(frozen=True, slots=True)
class Due:
    """What waits to be done, as the tables tell it."""

    shards: tuple[int, ...]
    jobs: tuple[str, ...]


def due(db: store.Db, now: Seconds) -> Due:
    jobs = []
    if store.placing.unplaced(db, 1):
        jobs.append("place")
    if store.publications.dirty(db, now - PUBLISH_EVERY):
        jobs.append("publish")
    tended = int(get_meta(db, "tended") or 0)
    if not now - PRUNE_EVERY < tended <= now:
        jobs.append("tend")
    return Due(store.feeds.due_shards(db, now), tuple(jobs))


async def look(app: procrastinate.App, crew: Crew) -> None:
    """Queue whatever is due, and take their jobs from workers that died."""
    found = await asyncio.to_thread(_read_due, crew.tools)
    await defer_shards(app, found.shards)
    await defer(app, found.jobs)
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED))
    if stalled:
        await crew.tools.write(store.runs.bury, crew.tools.now())  # what it held on this machine is free at once
    for job in stalled:
        log.warning("a worker died over a job, its work is found again", job=job.call_string)
        assert job.id is not None  # it comes from the database
        with suppress(ConnectorException):  # it ended just now, or another worker took it away
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)


def _read_due(tools: Tools) -> Due:
    with tools.store.reading() as db:
        return due(db, tools.now())


async def _keep_looking(app: procrastinate.App, crew: Crew) -> None:
    """All workers together look once in LOOK_EVERY seconds, at random moments."""
    while True:
        await look(app, crew)
        rows = await app.connector.execute_query_all_async("SELECT count(*) AS n FROM procrastinate_workers")
        await asyncio.sleep(LOOK_EVERY * max(1, rows[0]["n"]) * random.uniform(0.5, 1.5))


async def _keep_alive(crew: Crew) -> None:
    """Renew the leases of our run; hosts that could not be given back are given back now, or nobody ever would."""
    while True:
        await renew(crew.tools, crew.run)
        await release_orphans(crew.tools, crew.orphans)
        await asyncio.sleep(store.feeds.LEASE / 4)


async def keep_working(
    opened: Store, directory: Path, live: Live, *, stopping: asyncio.Event, resolve: Any = None
) -> None:
    """Do jobs until `stopping` is set; polls under way then end in order and what is left is others' work."""
    await asyncio.to_thread(ensure, opened)
    async with workshop(opened, live, resolve) as (tools, pool):
        tools.paced = tell
        run = await begin(tools)
        await _spread(tools, run)
        crew = Crew(tools, pool, run, stopping)
        app = application(opened.url.set(drivername="postgresql").render_as_string(hide_password=False), crew)
        async with app.open_async():
            beside = [
                asyncio.create_task(again_and_again("looking for work", lambda: _keep_looking(app, crew))),
                asyncio.create_task(again_and_again("renewing leases", lambda: _keep_alive(crew))),
                asyncio.create_task(again_and_again("watching", lambda: _watch(opened, directory, app, crew))),
                asyncio.create_task(again_and_again("listening", lambda: keep_listening(tools))),
            ]
            try:
                await _work(app, stopping)
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
        await release_orphans(tools, crew.orphans)
        await tools.write(store.runs.end, run, tools.now())


async def _spread(tools: Tools, run: int) -> None:
    """After a long silence of everyone what is overdue is spread; a worker that joins others changes nothing."""
    if not await tools.write(store.runs.others, run, tools.now() - store.runs.SILENT):
        await tools.write(store.feeds.spread, tools.now(), partial(schedule.spread, now=tools.now(), jitter=0.0))


async def _work(app: procrastinate.App, stopping: asyncio.Event) -> None:
    """procrastinate's worker, begun again whenever the database was away."""
    while not stopping.is_set():
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=JOBS, delete_jobs="successful", install_signal_handlers=False,
                fetch_job_polling_interval=IDLE, stalled_worker_timeout=STALLED, shutdown_graceful_timeout=GRACE,
                update_heartbeat_interval=HEARTBEAT,
            )
        )  # fmt: skip
        asked = asyncio.create_task(stopping.wait())
        await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        working.cancel()  # it finishes what it has begun
        (failure,) = await asyncio.gather(working, return_exceptions=True)
        if isinstance(failure, Exception):
            log.warning("the queue cannot be reached, another try follows", error=str(failure))
            await pause(stopping, IDLE)


async def _watch(opened: Store, directory: Path, app: procrastinate.App, crew: Crew) -> None:
    """Take over an edited configuration; matching the archive anew is one worker's job."""

    async def settle() -> None:
        await defer(app, ["archive"])

    await watch(opened, directory, crew.tools, crew.pool, settle)
