"""The single writer of a process: transactions queue up in one thread and are committed in groups.

Each job keeps its own all-or-nothing (a savepoint); what is grouped is only the wait for the disk. A caller hears of
its job after the commit, so that nothing is reported that could still be lost.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from aggregator.store import Db, Store

T = TypeVar("T")
P = ParamSpec("P")
GROUP = 64
"""Jobs in one commit, at most."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Db], Any]
    done: "Future[Any]"


class Writer:
    """`await writer.run(work)`: `work(db)` in the writer's thread, its result after the commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[Concatenate[Db, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(db, …)`. Errors: whatever it raises (nothing of it is kept), or the commit's own for the whole group."""
        done: Future[T] = Future()
        self._jobs.put(_Job(lambda db: work(db, *args, **kwargs), done))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Finish what is queued and stop."""
        self._jobs.put(None)
        self._thread.join()

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            group, more = self._gather(job)
            self._commit(group)
            if not more:
                return

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        group = [first]
        while len(group) < GROUP:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, False
            group.append(job)
        return group, True

    def _commit(self, group: Sequence[_Job]) -> None:
        group = [job for job in group if job.done.set_running_or_notify_cancel()]
        try:
            with self._store.writing() as db:
                results = [_attempt(db, job) for job in group]
        except Exception as error:  # noqa: BLE001 - the commit's failure is every caller's
            results = [(None, error)] * len(group)
        for job, (value, failure) in zip(group, results, strict=True):
            if failure is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(failure)


def _attempt(db: Db, job: _Job) -> tuple[Any, Exception | None]:
    savepoint = db.begin_nested()
    try:
        value = job.work(db)
    except Exception as error:  # noqa: BLE001 - handed to the caller that waits for this job
        savepoint.rollback()
        return None, error
    savepoint.commit()
    return value, None
