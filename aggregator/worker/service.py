"""Polling without end: what is due is polled, an edited configuration is taken over whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from aggregator import schedule, store
from aggregator.bootstrap import Live, Tools, open_live, replaced, settled
from aggregator.errors import ConfigError, StoreError
from aggregator.model import Claim, Pace, Polled
from aggregator.store import Store
from aggregator.worker import renewal
from aggregator.worker.archive import rematch, warn_of
from aggregator.worker.listening import keep_listening
from aggregator.worker.local import Round, begin, finish_publishing, keep_publishing, workshop
from aggregator.worker.pool import Pool

log = structlog.get_logger()

IDLE = 2.0
"""Seconds between two looks at what is due, and at the configuration's files."""

PRUNE_EVERY = 6 * 3600
KEEP_DAYS = 90
"""Texts and indexes are kept so long, as `aggregator db prune` does when nothing else is said."""


async def keep_polling(
    opened: Store,
    directory: Path,
    live: Live,
    *,
    stopping: asyncio.Event,
    renewed: Callable[[Live], None] = lambda _: None,
    resolve: Any = None,
) -> None:
    """Poll, place and publish until `stopping` is set; polls under way then end in order."""
    async with workshop(opened, live, resolve) as (tools, pool):
        tools.paced = tell
        run = await begin(tools)
        await tools.write(store.feeds.spread, tools.now(), partial(schedule.spread, now=tools.now(), jitter=0.0))
        await finish_publishing(tools, pool)
        settle = partial(finish_publishing, tools, pool)
        beside = [
            asyncio.create_task(again_and_again("publishing", lambda: keep_publishing(tools, pool))),
            asyncio.create_task(
                again_and_again("watching", lambda: watch(opened, directory, tools, pool, settle, renewed))
            ),
            asyncio.create_task(again_and_again("listening", lambda: keep_listening(tools))),
            asyncio.create_task(again_and_again("tending", lambda: _tend(tools, pool))),
        ]
        try:
            run = await _rounds(tools, run, stopping)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        await finish_publishing(tools, pool)
        await tools.write(store.runs.end, run, tools.now())


def tell(claim: Claim, polled: Polled, pace: Pace) -> None:
    """A line for every poll: what it brought, when the next one is and why then."""
    found = polled.failure or ("gap" if polled.gap else "ok")
    told = schedule.explain(pace, polled)
    log.info("polled", source=claim.source, feed=claim.url, found=found, new=polled.new, then=told)


async def _rounds(tools: Tools, run: int, stopping: asyncio.Event) -> int:
    """Round after round; one that fails (the database is away) is followed by the next under a run of its own.

    Its run is ended, for what it still held would otherwise be renewed with the next one's leases for ever.
    """
    failed = False
    while not stopping.is_set():
        try:
            if failed:
                await tools.write(store.runs.end, run, tools.now())
                run = await begin(tools)
            failed = False
            await Round(tools, run, stopping=stopping, keeping=False).poll()
        except Exception:
            log.exception("round ended early, the next one begins soon")
            failed = True
        await pause(stopping, IDLE)
    return run


async def again_and_again(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Work beside the polls must not end because it failed once."""
    while True:
        try:
            await work()
        except Exception:
            log.exception(f"{name} failed, it begins again soon")
        await asyncio.sleep(IDLE)


async def _tend(tools: Tools, pool: Pool) -> None:
    """Bring stories under this program's rules; now and then drop what is past its time, and match what another process
    stored under rules that were live.
    """
    await renewal.renew(tools)
    while True:
        await asyncio.sleep(PRUNE_EVERY)
        await drop_old(tools)
        await rematch(tools, pool)


async def drop_old(tools: Tools) -> None:
    """Drop what is past its time, a step in a transaction of its own: polls are written in between."""
    for step in store.retention.steps(tools.now(), KEEP_DAYS):
        mark = store.retention.Mark()
        while not mark.done:
            mark = await tools.write(step, mark)


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait, but not beyond the wish to stop."""
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def watch(
    opened: Store,
    directory: Path,
    tools: Tools,
    pool: Pool,
    settle: Callable[[], Awaitable[None]],
    renewed: Callable[[Live], None] = lambda _: None,
) -> None:
    """Take over an edited configuration: all of it, or none and a log line for every fault. `settle` does what follows."""
    before = stamp(directory) if await asyncio.to_thread(settled, opened, directory) else ()
    while True:
        await asyncio.sleep(IDLE)
        now = stamp(directory)
        if now == before:
            others = await asyncio.to_thread(replaced, opened, tools.live)
            if others is not None:
                warn_of(tools.live.number, others.number)
                await _take_over(others, tools, pool, settle, renewed)
            continue
        try:
            live, broken = await asyncio.to_thread(open_live, opened, directory, tools.now())
        except StoreError as error:
            log.warning("configuration not taken over yet", error=str(error))
            continue
        except ConfigError as error:
            live, broken = tools.live, error
        before = now
        if broken is None:
            await _take_over(live, tools, pool, settle, renewed)
            continue
        for fault in broken.faults:
            log.error("configuration refused, the old one stays live", fault=str(fault))


async def _take_over(
    live: Live, tools: Tools, pool: Pool, settle: Callable[[], Awaitable[None]], renewed: Callable[[Live], None]
) -> None:
    log.info("configuration taken over", sources=len(live.sources), topics=len(live.topic_ids))
    if live.number != tools.live.number:
        pool.renew(live.rules)
    tools.live = live
    tools.fetcher.renew(live.config.fetch)
    renewed(live)
    await settle()


def stamp(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the configuration's files: cheap to compare."""
    found = []
    for path in sorted(directory.rglob("*.toml")):
        try:
            stat = path.stat()
        except FileNotFoundError:  # an editor replaced it just now; the next look sees the new one
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)
