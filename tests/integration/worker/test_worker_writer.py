"""The single writer: jobs share commits, never fates, and no caller waits for ever."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from aggregator import store
from aggregator.errors import DatabaseUnavailable, StoreError
from aggregator.store import Db, Store
from aggregator.store.engine import get_meta, next_number, set_meta
from aggregator.worker.writer import Writer, _Job


@pytest.fixture
def writer(opened: Store) -> Iterator[Writer]:
    one = Writer(opened)
    yield one
    one.close()


class Odd(BaseException):
    """No Exception, as what ends a thread."""


def put(db: Db, name: str) -> str:
    set_meta(db, name, "here")
    return name


def spoil(db: Db, name: str, error: BaseException) -> None:
    set_meta(db, name, "half done")
    raise error


def held(opened: Store, *names: str) -> list[bool]:
    with opened.reading() as db:
        return [get_meta(db, name) is not None for name in names]


async def all_of(*calls: Any) -> list[Any]:
    return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)


class Gate:
    """Holds the writer's thread, so that what is asked meanwhile becomes one group."""

    def __init__(self) -> None:
        self.open, self.entered = threading.Event(), threading.Event()

    def __call__(self, _: Db) -> None:
        self.entered.set()
        assert self.open.wait(20)


async def grouped(writer: Writer, *calls: tuple[Any, ...]) -> list[Any]:
    gate = Gate()
    first = asyncio.ensure_future(writer.run(gate))
    await asyncio.to_thread(gate.entered.wait)
    tasks = [asyncio.ensure_future(writer.run(*call)) for call in calls]
    await asyncio.sleep(0.05)
    gate.open.set()
    return (await all_of(first, *tasks))[1:]


@pytest.mark.parametrize("error", [ValueError("no"), Odd("no"), StopIteration(), asyncio.CancelledError()])
def test_a_job_that_fails_leaves_the_others_of_its_group_committed(
    opened: Store, writer: Writer, error: BaseException
) -> None:
    found = asyncio.run(grouped(writer, (put, "a"), (spoil, "b", error), (put, "c")))
    assert (found[0], found[2]) == ("a", "c")
    assert isinstance(found[1], RuntimeError if isinstance(error, StopIteration) else type(error))
    assert held(opened, "a", "b", "c") == [True, False, True]
    assert asyncio.run(all_of(writer.run(put, "later"))) == ["later"], "the thread lives on"


def test_sql_that_fails_leaves_the_others_of_its_group_committed(opened: Store, writer: Writer) -> None:
    def nonsense(db: Db) -> None:
        db.execute(text("SELECT nothing FROM nowhere"))

    found = asyncio.run(grouped(writer, (put, "a"), (nonsense,), (put, "c")))
    assert (found[0], found[2]) == ("a", "c")
    assert isinstance(found[1], Exception)
    assert held(opened, "a", "c") == [True, True]


def test_a_commit_that_fails_is_everyones_error_and_nothing_is_kept(opened: Store, writer: Writer) -> None:
    def refuse(_: Connection) -> None:
        raise OSError("no space left on device")

    async def scene() -> list[Any]:
        event.listen(opened.engine, "commit", refuse)
        try:
            return await grouped(writer, (put, "a"), (spoil, "b", ValueError("mine")), (put, "c"))
        finally:
            event.remove(opened.engine, "commit", refuse)

    found = asyncio.run(scene())
    assert [type(one) for one in found] == [OSError, ValueError, OSError]
    assert held(opened, "a", "b", "c") == [False] * 3
    assert asyncio.run(all_of(writer.run(put, "later"))) == ["later"]


def test_a_full_disk_is_told_to_everyone_and_forgotten_when_there_is_room_again(tmp_path: Any) -> None:
    opened = store.Store(f"sqlite:///{tmp_path / 'small.db'}")
    store.schema.ensure(opened)
    with opened.reading() as db:
        pages = int(db.exec_driver_sql("PRAGMA page_count").scalar_one())
    limit = [pages + 20]
    event.listen(opened.engine, "begin", lambda db: db.exec_driver_sql(f"PRAGMA max_page_count={limit[0]}"))

    def huge(db: Db) -> None:
        for number in range(300):
            set_meta(db, f"huge {number}", "x" * 4000)

    writer = Writer(opened)
    found = asyncio.run(grouped(writer, (put, "a"), (huge,), (put, "c")))
    assert isinstance(found[1], DatabaseUnavailable)
    assert "full" in str(found[1])
    for name, value in (("a", found[0]), ("c", found[2])):
        assert held(opened, name) == [value == name], "what a caller hears is what is stored"
    limit[0] = 10**6
    assert asyncio.run(all_of(writer.run(put, "later"))) == ["later"]
    writer.close()
    opened.close()


def test_a_cancelled_caller_stops_waiting_and_the_next_is_served(opened: Store, writer: Writer) -> None:
    async def scene() -> None:
        gate = Gate()
        running = asyncio.ensure_future(writer.run(gate))
        await asyncio.to_thread(gate.entered.wait)
        queued, other = asyncio.ensure_future(writer.run(put, "never")), asyncio.ensure_future(writer.run(put, "b"))
        await asyncio.sleep(0.05)
        queued.cancel()
        running.cancel()
        await asyncio.gather(queued, running, return_exceptions=True)
        gate.open.set()
        assert await asyncio.wait_for(other, 20) == "b"

    asyncio.run(scene())
    assert held(opened, "never", "b") == [False, True]


def test_closing_finishes_what_is_queued_and_refuses_what_comes_after(opened: Store) -> None:
    writer = Writer(opened)

    async def scene() -> list[Any]:
        tasks = [asyncio.ensure_future(writer.run(put, f"k{n}")) for n in range(200)]
        await asyncio.sleep(0)
        writer.close()
        return await all_of(*tasks, writer.run(put, "late"))

    found = asyncio.run(scene())
    assert found[:-1] == [f"k{n}" for n in range(200)]
    assert isinstance(found[-1], StoreError)
    assert held(opened, "k199", "late") == [True, False]


def test_a_caller_whose_loop_is_gone_does_not_stop_the_thread(opened: Store, writer: Writer) -> None:
    gate = Gate()

    async def leave() -> None:
        left = asyncio.ensure_future(writer.run(gate))
        await asyncio.to_thread(gate.entered.wait)
        left.cancel()

    asyncio.run(leave())
    gate.open.set()
    assert asyncio.run(all_of(writer.run(put, "b"))) == ["b"]


def test_numbers_taken_in_a_failed_job_leave_no_hole(opened: Store, writer: Writer) -> None:
    def take(db: Db, fail: bool) -> int:
        number = next_number(db, "counter")
        if fail:
            raise ValueError
        return number

    found = asyncio.run(grouped(writer, (take, False), (take, True), (take, False)))
    assert (found[0], found[2]) == (1, 2)


def crossing(first: str, second: str, meet: threading.Barrier) -> Any:
    """A job that takes two counters in an order; the first time it waits until the other has taken its first."""
    tries: list[int] = []

    def work(db: Db) -> int:
        tries.append(1)
        next_number(db, first)
        if len(tries) == 1:
            meet.wait(20)
        next_number(db, second)
        return len(tries)

    return work


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_processes_that_lock_crosswise_both_get_their_work_done(opened: Store) -> None:
    one, two, meet = Writer(opened), Writer(opened), threading.Barrier(2)

    async def scene() -> list[Any]:
        return await all_of(one.run(crossing("x", "y", meet)), two.run(crossing("y", "x", meet)))

    assert sorted(asyncio.run(scene())) == [1, 2], "one of them was done twice"
    with opened.reading() as db:
        assert (get_meta(db, "x"), get_meta(db, "y")) == ("2", "2")
    one.close()
    two.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lost_connection_is_an_error_and_the_next_job_gets_a_new_one(opened: Store, writer: Writer) -> None:
    def cut(db: Db) -> None:
        db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    found = asyncio.run(grouped(writer, (put, "a"), (cut,), (put, "c")))
    assert all(isinstance(one, StoreError) for one in found), found
    assert held(opened, "a", "c") == [False, False]
    assert asyncio.run(all_of(writer.run(put, "later"))) == ["later"]


def test_a_group_all_of_whose_callers_left_costs_no_transaction(opened: Store, writer: Writer) -> None:
    done: Future[Any] = Future()
    done.cancel()
    writer._commit([_Job(lambda db: put(db, "x"), done)])
    assert held(opened, "x") == [False]
