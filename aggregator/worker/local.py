"""Polling on this machine: hosts side by side, the feeds of one host one after another.

A round takes what is due (or everything) once and ends; `run` starts the next as soon as something is due again.
Placing and publishing go on beside the polls, so that a slow host keeps no story waiting.
"""

import asyncio
import random
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from aggregator import pipeline, store
from aggregator.bootstrap import Live, Tools
from aggregator.errors import LeaseLost, StoreError
from aggregator.model import Claim, Failure, Outcome
from aggregator.store import Store
from aggregator.worker.archive import rematch
from aggregator.worker.patience import postpone
from aggregator.worker.placing import place_all
from aggregator.worker.pool import Pool
from aggregator.worker.shadow import Shadow
from aggregator.worker.writer import Writer

log = structlog.get_logger()

HOSTS = 100
"""Hosts polled side by side."""

RENEW_EVERY = 30
"""Seconds between two renewals of our leases; a lease outlives three missed ones."""

TRUSTED = store.feeds.LEASE - 2
"""Seconds that we rely on a lease; the clock that all share counts whole ones."""

PUBLISH_EVERY = 5
"""A feed is rendered at most once in so many seconds, and at the end of a round."""


BORROW_WITHIN = 30.0
"""Seconds that a poll waits for a host that it was redirected to and another worker holds."""

UNNOTED = 3600
"""Seconds until a feed is polled again whose failure could not be written down."""

FIRST_ROUND = 60
"""Seconds for which a first round collects before anything is placed."""

RENDER_AGAIN = 300
"""Seconds until a feed that could not be rendered is tried again."""


@dataclass(slots=True)
class Report:
    """What a round came to; the JSON of `aggregator fetch`."""

    outcomes: list[Outcome] = field(default_factory=list)
    polled: int = 0
    skipped: int = 0
    seconds: float = 0.0
    shadow: Shadow | None = None

    def count(self, state: str) -> int:
        return sum(outcome.state == state for outcome in self.outcomes)

    def as_json(self) -> dict[str, object]:
        """Keys as documented in docs/operating.md."""
        done = self.outcomes
        errors = [(o, o.failure) for o in done if o.failure is not None]
        return {
            "feeds": len(done), "ok": self.count("ok"), "not_modified": self.count("not_modified"),
            "unchanged": self.count("unchanged"), "failed": self.count("failed"), "skipped": self.skipped,
            "entries": sum(o.entries for o in done), "new": sum(o.new for o in done),
            "updated": sum(o.updated for o in done), "gaps": sum(o.gap for o in done),
            "seconds": round(self.seconds, 3),
            "errors": [{"feed": o.source, "url": o.url, "class": f.name, "message": f.message} for o, f in errors],
        } | ({"shadow": self.shadow.as_json()} if self.shadow else {})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Orphan:
    """A host that could not be given back because the database was away."""

    host: str
    token: str
    asked_at: float | None
    blocked_until: int


@dataclass(slots=True)
class Round:
    """One pass over the feeds. After `deadline` (monotonic), `most` polls or `stopping` no poll begins; those under way
    are finished.

    `hosts` are polled side by side, as far as `slots`, shared with other rounds, allow. `keeping`: the report holds every
    outcome; a round that never ends must not. `beating`: this round renews the run's leases itself. `orphans` takes the
    hosts that could not be given back; without it that ends the round.
    """

    tools: Tools
    run: int
    everything: bool = False
    source: str | None = None
    deadline: float = float("inf")
    seen: Callable[[Outcome], None] = lambda _: None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    report: Report = field(default_factory=Report)
    shard: int | None = None
    hosts: int = HOSTS
    most: float = float("inf")
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HOSTS))
    keeping: bool = True
    beating: bool = True
    orphans: list[Orphan] | None = None

    async def poll(self) -> Report:
        """Poll until nothing is left to claim. Leases are renewed meanwhile and given back at the end."""
        began = time.monotonic()
        tasks: set[asyncio.Task[None]] = set()
        beats = asyncio.create_task(self._renew() if self.beating else asyncio.sleep(0))
        try:
            await self._fill(tasks)
            while tasks:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                tasks -= done
                for task in done:
                    task.result()
                if len(tasks) <= self.hosts // 2:
                    await self._fill(tasks)
        finally:
            beats.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(beats, *tasks, return_exceptions=True)
        self.report.seconds = time.monotonic() - began
        return self.report

    def _over(self) -> bool:
        return self.stopping.is_set() or time.monotonic() >= self.deadline or self.report.polled >= self.most

    async def _fill(self, tasks: set[asyncio.Task[None]]) -> None:
        if self._over():
            return
        room, now, until = self.hosts - len(tasks), self.tools.now(), time.monotonic() + TRUSTED
        claims = await self.tools.write(
            store.feeds.claim, self.run, now, hosts=room, everything=self.everything, source=self.source,
            shard=self.shard,
        )  # fmt: skip
        for host, feeds in by_host(claims).items():
            tasks.add(asyncio.create_task(self._poll_host(host, feeds, until), name=host))

    async def _poll_host(self, host: str, claims: Sequence[Claim], until: float) -> None:
        manners = self.tools.fetcher.manners
        if claims[0].asked_ago is not None:
            manners.seed(host, claims[0].asked_ago)
        manners.hold(host, until - time.monotonic())
        try:
            async with self.slots:
                for claim in claims:
                    if self._over():
                        break
                    if not self.everything and await postpone(claim, self.tools):
                        continue
                    if (outcome := await self._poll(claim)) is not None:
                        self._note(outcome)
        finally:
            manners.hold(host, None)
            await self._release(host, claims[0].token)

    def _note(self, outcome: Outcome) -> None:
        self.report.polled += 1
        if self.keeping:
            self.report.outcomes.append(outcome)
        self.seen(outcome)

    async def _poll(self, claim: Claim) -> Outcome | None:
        """One feed; a fault of ours costs this poll and is seen, the others go on. None when another run took it over."""
        try:
            return await pipeline.collect(claim, self.tools)
        except LeaseLost:
            log.warning("lease lost, nothing was stored", feed=claim.url)
        except StoreError:
            raise
        except Exception as error:
            log.exception("poll failed by a fault of this program", feed=claim.url)
            return await self._failed(
                claim, Failure("soft", type(error).__name__, f"internal error, please report it: {error}")
            )
        return None

    async def _failed(self, claim: Claim, failure: Failure) -> Outcome:
        """The outcome of a poll that failed by a fault of ours, even when that cannot be written down either."""
        try:
            return await self.tools.write(pipeline.keep, claim, failure, None, self.tools)
        except StoreError:
            raise
        except Exception:
            log.exception("a failed poll could not be noted; the others go on", feed=claim.url)
            await self.tools.write(store.feeds.put_off, claim, self.tools.now() + UNNOTED)
            return Outcome.of(claim, failure, None, 0, 0)

    async def _release(self, host: str, token: str) -> None:
        manners = self.tools.fetcher.manners
        ago = manners.asked_ago(host)
        asked_at = None if ago is None else time.monotonic() - ago
        orphan = Orphan(host, token, asked_at, int(manners.blocked_until(host) or 0))
        try:
            await give_back(self.tools, orphan)
        except StoreError:
            if self.orphans is None:
                raise
            self.orphans.append(orphan)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                await renew(self.tools, self.run)
            except StoreError as error:
                log.warning("leases not renewed, the next try may be in time", error=str(error))


async def renew(tools: Tools, run: int) -> None:
    """Keep what a run holds for another while. Errors: StoreError."""
    began = time.monotonic()
    await tools.write(store.feeds.renew, run, tools.now())
    tools.fetcher.manners.renewed(time.monotonic() - began, TRUSTED)


async def give_back(tools: Tools, one: Orphan) -> None:
    ago = None if one.asked_at is None else time.monotonic() - one.asked_at
    await tools.write(store.feeds.release, one.host, one.token, ago, one.blocked_until)


@asynccontextmanager
async def borrowed(tools: Tools, run: int, host: str) -> AsyncIterator[tuple[float | None, float]]:
    """A host for one request that we hold no lease of: how long ago it was last asked, and until when it is
    blocked.

    Errors: LeaseLost when others keep it for long; the feed that led there stays due.
    """
    deadline = time.monotonic() + BORROW_WITHIN
    while (lent := await tools.write(store.feeds.borrow, run, host)) is None:
        if time.monotonic() > deadline:
            raise LeaseLost(f"{host} is asked by another worker")
        await asyncio.sleep(random.uniform(0.1, 0.5))
    token, ago, blocked = lent
    try:
        yield ago, blocked
    finally:
        manners = tools.fetcher.manners
        await give_back(tools, Orphan(host, token, time.monotonic(), int(manners.blocked_until(host) or 0)))


async def release_orphans(tools: Tools, orphans: list[Orphan]) -> None:
    """Give back what could not be given back before. Errors: StoreError when it still cannot."""
    while orphans:
        await give_back(tools, orphans[-1])
        orphans.pop()


def by_host(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    grouped: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        grouped[claim.host].append(claim)
    return grouped


# ---------------------------------------------------------------- placing and publishing


async def publish_dirty(tools: Tools, *, older_than: int = 0) -> int:
    """Render the feeds that wait since `older_than` seconds; returns how many changed."""
    before = tools.now() - older_than
    names = await tools.write(store.publications.dirty, before)
    changed = 0
    for name in names:
        try:
            changed += await tools.write(pipeline.publish_feed, name, tools)
        except StoreError:
            raise
        except Exception:
            log.exception("feed not rendered by a fault of this program; the others are", feed=name)
            await tools.write(store.publications.postpone, name, tools.now() + RENDER_AGAIN)
    if names:
        await tools.write(store.entries.published, tools.now())
    return changed


async def keep_publishing(tools: Tools, pool: Pool) -> None:
    """Place and publish beside the polls, until cancelled; a first round waits until all feeds were asked, or a while.

    Its entries then stand in the order of their articles' dates instead of the order in which feeds answered.
    """
    patience = time.monotonic() + FIRST_ROUND
    while True:
        await asyncio.sleep(1)
        if time.monotonic() < patience and await tools.write(store.entries.is_first_round):
            continue
        await rematch(tools, pool, waiting=True)
        await place_all(tools)
        await publish_dirty(tools, older_than=PUBLISH_EVERY)


# ---------------------------------------------------------------- one round, for cron


@asynccontextmanager
async def workshop(opened: Store, live: Live, resolve: Any = None) -> AsyncIterator[tuple[Tools, Pool]]:
    """Fetcher, pool and writer for as long as the block lasts."""
    from aggregator.fetch import Fetcher

    writer, pool = Writer(opened), Pool(live.rules)
    try:
        async with Fetcher(live.config.fetch, resolve=resolve) as fetcher:
            yield Tools(live, opened, fetcher, pool.prepare, writer.run), pool
    finally:
        pool.close()
        writer.close()


async def begin(tools: Tools) -> int:
    """Begin a run, in whose name hosts are leased and borrowed."""
    run = await tools.write(store.runs.begin, tools.now())
    tools.fetcher.manners.borrow = partial(borrowed, tools, run)
    return run


async def fetch_round(
    opened: Store,
    live: Live,
    *,
    everything: bool = False,
    source: str | None = None,
    budget: float | None = None,
    seen: Callable[[Outcome], None] = lambda _: None,
    resolve: Any = None,
    shadow: Shadow | None = None,
    stopping: asyncio.Event | None = None,
) -> Report:
    """Collect, place and publish once. SIGTERM and SIGINT end it early and in order; nothing is left half done.

    They set `stopping`, for a caller whose work goes on after the round.
    """
    async with workshop(opened, live, resolve) as (tools, pool):
        tools.prepare = shadow.beside(pool) if shadow else tools.prepare
        run = await begin(tools)
        deadline = time.monotonic() + budget if budget is not None else float("inf")
        wanted = await tools.write(store.feeds.wanted, tools.now(), everything, source)
        await rematch(tools, pool)
        one = Round(tools, run, everything, source, deadline, seen, stopping or asyncio.Event())
        with stopped_by_signals(one.stopping):
            beside = asyncio.create_task(keep_publishing(tools, pool))
            try:
                report = await one.poll()
            finally:
                beside.cancel()
                await asyncio.gather(beside, return_exceptions=True)
        await tools.write(store.runs.end, run, tools.now())
        await finish_publishing(tools, pool)
        report.skipped = max(0, wanted - len(report.outcomes))
        report.shadow = shadow
        return report


async def finish_publishing(tools: Tools, pool: Pool) -> None:
    """Leave nothing waiting: match again, place, render."""
    await rematch(tools, pool)
    await place_all(tools)
    await publish_dirty(tools)


@contextmanager
def stopped_by_signals(event: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `event`; the second one ends the process as usual."""
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        log.info("stopping: polls under way are finished, no new one begins", signal=number.name)
        event.set()
        for other in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(other)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
