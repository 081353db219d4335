"""Processes that prepare documents: what one document does to its process costs no other document anything."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import worker_doubles
from worker_doubles import job

from aggregator.errors import ParseError
from aggregator.model import Batch
from aggregator.worker import pool as pools
from aggregator.worker.pool import Pool

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_prepare", worker_doubles.prepare)


@pytest.fixture
def make() -> Iterator[Callable[..., Pool]]:
    made: list[Pool] = []

    def one(**how: Any) -> Pool:
        made.append(Pool(b"", **how))
        return made[-1]

    yield one
    for pool in made:
        pool.close()
    assert not children(), "no process is left"


def children() -> set[int]:
    """Processes that the server of this one forked for a pool."""
    started: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            forked = b"multiprocessing.forkserver" in (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if forked and state != "Z":
            started[int(entry.name)] = int(parent)
    return {child for child, parent in started.items() if started.get(parent) == os.getpid()}


def prepare(pool: Pool, *bodies: str) -> list[Any]:
    async def together() -> list[Any]:
        return await asyncio.gather(*(pool.prepare(job(body)) for body in bodies), return_exceptions=True)

    return asyncio.run(together())


def test_a_document_that_kills_its_process_costs_exactly_that_document(make: Callable[..., Pool]) -> None:
    bodies = ["ok"] * 8 + ["die"] + ["ok"] * 8
    found = prepare(make(workers=2), *bodies)
    assert [type(one) for one in found] == [Batch] * 8 + [ParseError] + [Batch] * 8
    assert "killed the process" in str(found[8])


def test_a_process_begins_with_the_stages_loaded(make: Callable[..., Pool]) -> None:
    (found,) = prepare(make(workers=1), "loaded aggregator.worker.stages")
    assert found.facts.title == "True"


def test_two_killers_at_once_take_nobody_with_them(make: Callable[..., Pool]) -> None:
    found = prepare(make(workers=2), "die", "ok", "ok", "die", "ok", "sleep 0.2", "ok", "ok")
    assert [type(one) for one in found] == [ParseError, Batch, Batch, ParseError, *[Batch] * 4]


def test_a_process_that_died_by_accident_costs_nothing(make: Callable[..., Pool], tmp_path: Path) -> None:
    (found,) = prepare(make(workers=2), f"once {tmp_path / 'died'}")
    assert isinstance(found, Batch)


def test_a_document_that_hangs_is_ended_and_the_others_succeed(make: Callable[..., Pool]) -> None:
    pool = make(workers=2, limit=3.0)
    began = time.monotonic()
    found = prepare(pool, "ok", "hang", "ok", "sleep 0.5", "ok")
    assert [type(one) for one in found] == [Batch, ParseError, Batch, Batch, Batch]
    assert "longer than 3 s" in str(found[1])
    assert time.monotonic() - began < 30
    assert isinstance(prepare(make(workers=1), "ok")[0], Batch), "the pool goes on"


def test_waiting_for_a_free_process_is_no_part_of_a_documents_time(make: Callable[..., Pool]) -> None:
    found = prepare(make(workers=1, limit=4.0), *["sleep 0.7"] * 8)
    assert [type(one) for one in found] == [Batch] * 8


def test_what_preparing_raises_comes_back_and_kills_nothing(make: Callable[..., Pool]) -> None:
    refused, fine = prepare(make(workers=1), "refuse", "ok")
    assert (type(refused), str(refused), type(fine)) == (ParseError, "no feed", Batch)


def test_new_rules_start_new_processes_and_let_the_old_ones_finish(make: Callable[..., Pool]) -> None:
    pool = make(workers=1)

    async def renewed() -> tuple[Batch, Batch]:
        before = asyncio.create_task(pool.prepare(job("sleep 1")))
        await asyncio.sleep(0.5)
        pool.renew(b"other")
        return await asyncio.gather(before, pool.prepare(job("ok")))

    old, new = asyncio.run(renewed())
    assert old.facts.title.split()[1] != new.facts.title.split()[1]


def test_closing_ends_a_hanging_process_too(make: Callable[..., Pool]) -> None:
    pool = make(workers=2)

    async def left_behind() -> None:
        tasks = [asyncio.create_task(pool.prepare(job(body))) for body in ("hang", "ok", "hang")]
        await asyncio.wait({tasks[1]}, timeout=20)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        pool.renew(b"other")
        began = time.monotonic()
        pool.close()
        assert time.monotonic() - began < 10 * pools.GRACE

    asyncio.run(left_behind())
    assert not children()


def test_children_die_with_a_killed_parent() -> None:
    program = (
        f"import asyncio, sys, time; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import worker_doubles\n"
        "from aggregator.worker import pool\n"
        "pool._prepare = worker_doubles.prepare\n"
        "if __name__ == '__main__':\n"
        "    one = pool.Pool(b'', workers=1)\n"
        "    async def go():\n"
        "        print((await one.prepare(worker_doubles.job('ok'))).facts.title.split()[1], flush=True)\n"
        "        await one.prepare(worker_doubles.job('hang'))\n"
        "    asyncio.run(go())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while (
        Path(f"/proc/{child}").exists() and Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    ):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.05)
