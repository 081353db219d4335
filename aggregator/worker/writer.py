"""The single writer of a process: transactions queue up in one thread and are committed in groups.

Each job keeps its own all-or-nothing (a savepoint); what is grouped is only the wait for the disk. A caller hears of
its job after the commit, so that nothing is reported that could still be lost. A job that collides with another
process (PostgreSQL: a deadlock, a key that both add) is done again by itself.
"""

import asyncio
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from aggregator.errors import StoreError
from aggregator.store import Db, Store

T = TypeVar("T")
P = ParamSpec("P")
GROUP = 64
"""Jobs in one commit, at most."""

TRIES = 5
"""How often a job that collides is done again."""

Result = tuple[Any, BaseException | None]
"""What a job came to: its value, or why there is none."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Db], Any]
    done: "Future[Any]"


class Writer:
    """`await writer.run(work)`: `work(db)` in the writer's thread, its result after the commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[Concatenate[Db, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(db, …)`; it may be done more than once, what counts is what it did last.

        Errors: whatever it raises (nothing of it is kept), or the commit's own for the whole group. A caller that is
        cancelled stops waiting; its job is done unless it had not begun.
        """
        if self._closed:
            raise StoreError("the writer is closed")
        done: Future[T] = Future()
        self._jobs.put(_Job(lambda db: work(db, *args, **kwargs), done))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Finish what is queued and stop."""
        self._closed = True
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
        wanted = [job for job in group if job.done.set_running_or_notify_cancel()]
        if not wanted:
            return
        for job, result in zip(wanted, self._transaction(wanted), strict=True):
            value, failure = self._again(job, result)
            if failure is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(failure)

    def _again(self, job: _Job, result: Result) -> Result:
        """A job that collided is repeated in a transaction of its own, which holds no other job's locks."""
        for number in range(TRIES):
            if result[1] is None or not self._store.collided(result[1]):
                break
            time.sleep(random.uniform(0, 0.05 * number))
            (result,) = self._transaction([job])
        return result

    def _transaction(self, group: Sequence[_Job]) -> list[Result]:
        """The thread outlives whatever happens here: callers wait for it."""
        results: list[Result] = []
        try:
            with self._store.writing() as db:
                results += [self._attempt(db, job) for job in group]
        except BaseException as error:  # noqa: BLE001 - the commit's failure is every caller's
            results += [(None, error)] * (len(group) - len(results))
            results = [(None, failure or error) for _, failure in results]
        return results

    def _attempt(self, db: Db, job: _Job) -> Result:
        db.exec_driver_sql("SAVEPOINT job")  # by hand: SQLAlchemy's own costs a sixth of a whole poll
        try:
            with self._store.translated():
                value = job.work(db)
        except BaseException as error:  # noqa: BLE001 - handed to the caller that waits for this job
            db.exec_driver_sql("ROLLBACK TO SAVEPOINT job")
            return None, RuntimeError("StopIteration") if isinstance(error, StopIteration) else error
        db.exec_driver_sql("RELEASE SAVEPOINT job")
        return value, None
