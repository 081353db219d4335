"""What all handlers of a server share: the store, the live configuration, the shelves of ready answers, the threads
that make new ones, and the one look a second at what was published.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog

from aggregator import store
from aggregator.bootstrap import Live
from aggregator.errors import AggregatorError
from aggregator.model import Seconds
from aggregator.store import Db, Store
from aggregator.web.held import Held, Shelf
from aggregator.web.limits import Limiter
from aggregator.web.problems import Problem
from aggregator.web.public import Public

log = structlog.get_logger()
P = ParamSpec("P")
T = TypeVar("T")

LOOK_EVERY = 1.0
"""Seconds between two looks at the versions of publications."""

FEEDS_BYTES = 128_000_000
MADE_BYTES = 64_000_000
"""What is kept in memory: renderings of feeds; pages, archives and the answers to queries."""

THREADS = 4
MOST_WAITING = 64
"""Answers that may wait to be made; more are told to come back."""


class Service:
    """One server's state. Everything here is touched by the event loop's thread alone, except inside `work`.

    `directory` has the operator's files, where the server knows them.
    """

    def __init__(self, opened: Store, live: Live, clock: Callable[[], float] = time.time) -> None:
        self.opened = opened
        self.clock = clock
        self.public = Public.of(live)
        self.generation = 0
        self.has_hub = False
        self.directory: Path | None = None
        self.closing = threading.Event()
        self.feeds = Shelf(FEEDS_BYTES)
        self.made = Shelf(MADE_BYTES)
        self.versions: dict[str, int] = {}
        self.limiter = Limiter()
        self.next_look = 0.0
        self.started = int(clock())
        self.answers: dict[int, int] = {}
        self._looking: asyncio.Task[None] | None = None
        self._blind = False
        self._pending: dict[Hashable, asyncio.Task[Held]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web")

    def now(self) -> Seconds:
        return int(self.clock())

    def renew(self, live: Live) -> None:
        """Take over another configuration: requests from now on see all of it."""
        self.public = Public.of(live)
        self.generation += 1
        self.feeds.clear()
        self.made.clear()

    def close(self) -> None:
        self.closing.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------ versions

    async def look(self) -> None:
        """Notice what was published since the last look, once a second at most, however many ask for it."""
        if time.monotonic() < self.next_look:
            return
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        try:
            self._notice(await asyncio.to_thread(self._newer, max(self.versions.values(), default=0)))
        except AggregatorError as error:  # what is in memory goes on being served
            if not self._blind:
                log.warning("cannot look for new publications", error=str(error))
            self._blind = True
        finally:
            self.next_look = time.monotonic() + LOOK_EVERY
            self._looking = None

    def _notice(self, news: dict[str, int]) -> None:
        for topic in news:
            for format_ in ("atom", "rss", "json"):
                self.feeds.drop(f"/feeds/{topic}.{format_}")
        self.versions.update(news)
        if self._blind:
            log.info("the database answers again")
        self._blind = False

    def _newer(self, since: int) -> dict[str, int]:
        with self.opened.reading() as db:
            return store.publications.versions(db, since)

    # ------------------------------------------------------------ making answers

    async def make(self, key: Hashable, build: Callable[[Db], Held], *, seconds: float = float("inf")) -> Held:
        """The answer under `key`: held, or built in a thread, once for all who wait, and kept for `seconds`."""
        key = (self.generation, key)
        held = self.made.get(key, time.monotonic())
        if held is not None:
            return held
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.create_task(self._make(key, build, seconds))
        return await asyncio.shield(task)

    async def make_for(
        self, client: str, cost: float, key: Hashable, build: Callable[[Db], Held], *, seconds: float
    ) -> Held:
        """`make` for what costs: only what is not held yet is charged to the client. Errors: Problem 429."""
        full = (self.generation, key)
        if self.made.get(full, time.monotonic()) is None and full not in self._pending:
            self.spend(client, cost)
        return await self.make(key, build, seconds=seconds)

    async def _make(self, key: Hashable, build: Callable[[Db], Held], seconds: float) -> Held:
        try:
            held = await self.work(self._with_db, build)
            self.made.put(key, held, time.monotonic() + seconds)
            return held
        finally:
            del self._pending[key]

    def _with_db(self, build: Callable[[Db], T]) -> T:
        with self.opened.reading() as db:
            return build(db)

    async def read(self, query: Callable[[Db], T]) -> T:
        """What a query finds, in a thread of its own."""
        return await self.work(self._with_db, query)

    async def work(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work in a thread. Errors: Problem 503 when too much of it waits."""
        if len(self._pending) > MOST_WAITING:
            raise Problem(503, "too many answers are being made; come back in a moment", retry_after=5)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))

    def count(self, status: int) -> None:
        self.answers[status] = self.answers.get(status, 0) + 1

    def spend(self, client: str, cost: float) -> None:
        """Take tokens from a client's bucket. Errors: Problem 429."""
        wait = self.limiter.wait(client, cost, time.monotonic())
        if wait:
            raise Problem(429, "too many queries from your address; come back later", retry_after=wait)
