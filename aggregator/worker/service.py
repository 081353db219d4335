"""Polling without end: what is due is polled, an edited configuration is taken over whole or not at all."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from aggregator import schedule, store
from aggregator.bootstrap import Live, Tools, open_live
from aggregator.errors import AggregatorError
from aggregator.store import Store
from aggregator.worker.local import Round, finish_publishing, keep_publishing, workshop
from aggregator.worker.pool import Pool

log = structlog.get_logger()

IDLE = 2.0
"""Seconds between two looks at what is due, and at the configuration's files."""

PRUNE_EVERY = 6 * 3600


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
        run = await tools.write(store.runs.begin, tools.now())
        await tools.write(store.feeds.spread, tools.now(), partial(schedule.spread, now=tools.now(), jitter=0.0))
        await finish_publishing(tools, pool)
        beside = [
            asyncio.create_task(_guarded(keep_publishing(tools))),
            asyncio.create_task(_watch(opened, directory, tools, pool, renewed)),
        ]
        try:
            while not stopping.is_set():
                await Round(tools, run, stopping=stopping).poll()
                await _pause(stopping, IDLE)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        await finish_publishing(tools, pool)
        await tools.write(store.runs.end, run, tools.now())


async def _guarded(work: Any) -> None:
    """A background task that dies must be seen."""
    try:
        await work
    except Exception:
        log.exception("publishing stopped")
        raise


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def _watch(opened: Store, directory: Path, tools: Tools, pool: Pool, renewed: Callable[[Live], None]) -> None:
    """Take over an edited configuration: all of it, or none and a log line for every fault."""
    before = stamp(directory)
    while True:
        await asyncio.sleep(IDLE)
        now = stamp(directory)
        if now == before:
            continue
        before = now
        try:
            live, broken = await asyncio.to_thread(open_live, opened, directory, tools.now())
        except AggregatorError as error:
            log.warning("configuration not taken over", error=str(error))
            continue
        if broken is not None:
            for fault in broken.faults:
                log.error("configuration refused, the old one stays live", fault=str(fault))
            continue
        log.info("configuration taken over", sources=len(live.sources), topics=len(live.topic_ids))
        if live.number != tools.live.number:
            pool.renew(live.rules)
        tools.live = live
        tools.fetcher.renew(live.config.fetch)
        renewed(live)
        await finish_publishing(tools, pool)


def stamp(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the configuration's files: cheap to compare."""
    found = []
    for path in sorted(directory.rglob("*.toml")):
        stat = path.stat()
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)
