"""Processes that prepare documents: started when the first document needs one; a dead one costs one document.

They are forked from a server that has loaded the pure stages and nothing else (stages.py), has no threads, and whose
pages they share. Their rules come as bytes when they start; new rules start new processes.
"""

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import TypeVar

from aggregator import parse, pipeline
from aggregator.errors import ParseError
from aggregator.model import Batch, Job, Match
from aggregator.topics import Rules, match

J = TypeVar("J")
R = TypeVar("R")

LIMIT = 60.0
"""Seconds that one document may take; the largest honest ones take two."""

GRACE = 2.0
"""Seconds that idle processes get to end by themselves."""

_RULES = b""


@dataclass(frozen=True, slots=True)
class Matchable:
    """What the topics stage needs of a stored article."""

    title: str
    text: str
    language: str
    source: str
    country: str


class Pool:
    """`await pool.prepare(job)` in another process. `workers` defaults to the machine's cores.

    No more jobs are handed over than there are processes, so that a job's time is its own and not the queue's.
    """

    def __init__(self, rules: bytes, workers: int | None = None, *, limit: float = LIMIT) -> None:
        self._rules = rules
        self._workers = workers or os.cpu_count() or 1
        self._limit = limit
        self._slots = asyncio.Semaphore(self._workers)
        self._alone = asyncio.Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._retired: list[BaseProcess] = []

    async def prepare(self, job: Job) -> Batch:
        """Errors: ParseError, also when the document kills the process that reads it, or outlasts `limit`."""
        return await self._submit(_prepare, job)

    async def match(self, texts: list[Matchable]) -> list[tuple[Match, ...]]:
        """Topics of stored articles under these rules."""
        return await self._submit(_match, texts)

    async def compare(self, job: Job) -> parse.Comparison:
        """The document beside feedparser's reading. Errors: ParseError, as for `prepare`."""
        return await self._submit(_compare, job)

    def renew(self, rules: bytes) -> None:
        """Use other rules from now on; jobs under way end under the old ones."""
        self._rules = rules
        if self._executor is not None:
            self._retired = [old for old in self._retired if old.is_alive()] + _processes(self._executor)
            self._executor.shutdown(wait=False)
            self._executor = None

    def close(self) -> None:
        """End all processes; what they still do is lost."""
        if self._executor is not None:
            self._retired += _processes(self._executor)
            self._executor.shutdown(wait=False, cancel_futures=True)
        _end(self._retired, GRACE)
        self._executor, self._retired = None, []

    async def _submit(self, work: Callable[[J], R], job: J) -> R:
        try:
            async with self._slots:
                executor = self._executor = self._executor or self._started(self._workers)
                try:
                    return await _run(executor, work, job, self._limit)
                except (BrokenProcessPool, _Endless):
                    self._executor = None if self._executor is executor else self._executor
                    raise
        except BrokenProcessPool:
            return await self._retry(work, job)
        except _Endless as error:
            raise ParseError(f"reading this document took longer than {self._limit:g} s") from error

    async def _retry(self, work: Callable[[J], R], job: J) -> R:
        """A child died while others worked; a process for each of their jobs alone shows which of them did it."""
        async with self._alone:
            executor = self._started(1)
            try:
                return await _run(executor, work, job, self._limit)
            except (BrokenProcessPool, _Endless) as error:
                raise ParseError("reading this document killed the process that read it") from error
            finally:
                _kill(executor)

    def _started(self, workers: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin, initargs=(self._rules,))


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():  # Windows
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["aggregator.worker.stages"])
    return context


class _Endless(Exception):
    """A job outlasted its limit; its process was killed."""


async def _run(executor: ProcessPoolExecutor, work: Callable[[J], R], job: J, limit: float) -> R:
    future = asyncio.get_running_loop().run_in_executor(executor, work, job)
    future.add_done_callback(lambda one: one.cancelled() or one.exception())  # nobody may be left to ask for it
    done, _ = await asyncio.wait({future}, timeout=limit)
    if not done:
        _kill(executor)
        raise _Endless
    return future.result()


def _processes(executor: ProcessPoolExecutor) -> list[BaseProcess]:
    """The executor itself offers no way to kill a process that hangs."""
    return list((executor._processes or {}).values())  # noqa: SLF001


def _kill(executor: ProcessPoolExecutor) -> None:
    processes = _processes(executor)
    executor.shutdown(wait=False, cancel_futures=True)
    _end(processes, 0)


def _end(processes: list[BaseProcess], grace: float) -> None:
    deadline = time.monotonic() + grace
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        process.kill()
    for process in processes:
        process.join()


# ---------------------------------------------------------------- in the child


def _begin(rules: bytes) -> None:
    import signal

    global _RULES
    _RULES = rules
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed tells nobody; its children would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@lru_cache(maxsize=1)
def _rules() -> Rules:
    return Rules.from_bytes(_RULES)


def _prepare(job: Job) -> Batch:
    return pipeline.prepare(job, _rules())


def _compare(job: Job) -> parse.Comparison:
    return parse.compare(job.document, job.feed, timezone=job.source.timezone)


def _match(texts: list[Matchable]) -> list[tuple[Match, ...]]:
    return [
        match(_rules(), title=t.title, text=t.text, language=t.language, source=t.source, country=t.country)
        for t in texts
    ]
