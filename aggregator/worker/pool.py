"""Processes that prepare documents: spawned when the first document needs one; a dead one costs one document.

The child imports the pure stages only. Its rules come as bytes when it starts; new rules start new children.
"""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import wait
from typing import TypeVar

from aggregator import pipeline
from aggregator.errors import ParseError
from aggregator.model import Batch, Job, Match
from aggregator.topics import Rules, match

J = TypeVar("J")
R = TypeVar("R")

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
    """`await pool.prepare(job)` in another process. `workers` defaults to the machine's cores."""

    def __init__(self, rules: bytes, workers: int | None = None) -> None:
        self._rules = rules
        self._workers = workers or os.cpu_count() or 1
        self._executor: ProcessPoolExecutor | None = None
        self._alone = asyncio.Lock()

    async def prepare(self, job: Job) -> Batch:
        """Errors: ParseError, also when the document kills the process that reads it, twice."""
        try:
            return await self._submit(_prepare, job)
        except BrokenProcessPool:
            return await self._retry(job)

    async def _retry(self, job: Job) -> Batch:
        """A child died with several documents in hand; one at a time shows which of them did it."""
        async with self._alone:
            try:
                return await self._submit(_prepare, job)
            except BrokenProcessPool as error:
                raise ParseError("reading this document killed the process that read it") from error

    async def _submit(self, work: Callable[[J], R], job: J) -> R:
        executor = self._started()
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, work, job)
        except BrokenProcessPool:
            if self._executor is executor:
                self._executor = None
            raise

    async def match(self, texts: list[Matchable]) -> list[tuple[Match, ...]]:
        """Topics of stored articles under these rules."""
        return await self._submit(_match, texts)

    def renew(self, rules: bytes) -> None:
        """Use other rules from now on; jobs under way end under the old ones."""
        self._rules = rules
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(
                self._workers, mp_context=context, initializer=_begin, initargs=(self._rules,)
            )
        return self._executor


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


def _match(texts: list[Matchable]) -> list[tuple[Match, ...]]:
    return [
        match(_rules(), title=t.title, text=t.text, language=t.language, source=t.source, country=t.country)
        for t in texts
    ]
