"""How many cores a million and ten million feeds an hour take: `python -m benchmarks.arithmetic` measures each coefficient on
PostgreSQL, in one run, and prints the reckoning that docs/operating.md shows.

Workers and server are counted apart (CPU seconds of their processes). A poll and an entry are the differences between
rounds of `aggregator fetch`: nothing to do, every feed answers 304, every feed has one new entry. Placing is timed inside
such a round. Leases and looks at what is due are asked of a database with many feeds, jobs of the queue do nothing.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from aggregator import pipeline, store
from aggregator.bootstrap import open_live, open_store
from aggregator.store import Store
from aggregator.worker import queue
from aggregator.worker.local import fetch_round
from benchmarks.chaos import Server
from benchmarks.end_to_end import SCENARIOS, Aggregator, Control, measured, origin, write_config
from benchmarks.measure import cpu
from benchmarks.store_scale import build

NEWS = 0.1
"""New entries a poll."""

HOSTS_A_WORKER = 100
ANSWER = 1.0
"""Seconds that a publisher takes."""

LOOKS = 0.5
"""Looks at what is due, a second, of all workers together."""

HOSTS_A_LEASE = 50

TURNS = 3
"""Rounds of each kind, of which the cheapest counts."""

Costs = dict[str, float]
"""Milliseconds of CPU, by name."""


@contextmanager
def postgresql() -> Iterator[tuple[str, int]]:
    """A server's address and the id of its first process."""
    with tempfile.TemporaryDirectory(prefix="arithmetic-pg-") as name:
        Path(name).chmod(0o755)
        server = Server(Path(name))
        pid = int((Path(name) / "postmaster.pid").read_text().split()[0])
        try:
            yield server.url, pid
        finally:
            server.close()


def rounds(client: Aggregator, control: Control, pid: int, home: Path, feeds: int) -> Costs:
    """What a poll and a new entry cost worker and server."""
    modes = {one.name: dict(one.mode) for one in SCENARIOS}
    idle = [word for word in client.command() if word != "--all"]
    spent: dict[str, tuple[float, float]] = {}

    def once(name: str, command: list[str], mode: dict[str, int]) -> None:
        control.mode(mode)
        cost, _ = measured(command, [pid], home / f"{name}.log")
        worker, server = spent.get(name, (float("inf"), float("inf")))
        spent[name] = min(worker, cost.cpu_s), min(server, cost.server_cpu_s)

    once("cold", client.command(), modes["cold"])
    for turn in range(1, TURNS + 1):
        once("304", client.command(), modes["304"])
        once("idle", idle, modes["304"])
        once("new", client.command(), modes["new"] | {"epoch": turn})

    def each(side: int, more: str, less: str) -> float:
        return max(0.0, spent[more][side] - spent[less][side]) / feeds * 1000

    return {
        "worker: a poll that brings nothing": each(0, "304", "idle"),
        "worker: a new entry, placed and published": each(0, "new", "304"),
        "server: a poll that brings nothing": each(1, "304", "idle"),
        "server: a new entry": each(1, "new", "304"),
    }


def place(url: str, config: Path, control: Control, feeds: int) -> Costs:
    """What placing takes of the one process that places, waiting for the server included, for every new entry."""
    control.mode({**next(one.mode for one in SCENARIOS if one.name == "new"), "epoch": TURNS + 1})
    taken, placed, plain = 0.0, 0, pipeline.place

    def timed(*given: Any) -> int:
        nonlocal taken, placed
        began = time.perf_counter()
        count = plain(*given)
        taken, placed = taken + time.perf_counter() - began, placed + count
        return count

    pipeline.place = timed  # type: ignore[assignment]
    opened = open_store(url)
    try:
        live, _ = open_live(opened, config, int(time.time()))
        asyncio.run(fetch_round(opened, live, everything=True))
    finally:
        pipeline.place = plain
        opened.close()
    assert placed >= feeds // 2, f"only {placed} articles of {feeds} feeds were placed"
    return {"placer: a new entry, wall time": taken / placed * 1000}


def jobs(opened: Store, pid: int, count: int) -> Costs:
    """A job of the queue from its deferral to its end, without what it is for."""
    queue.install(opened)
    done = asyncio.Event()

    class Idle:
        polled = 0

        async def poll(self, shard: int) -> bool:  # noqa: ARG002 - as a crew has it
            Idle.polled += 1
            if Idle.polled == count:
                done.set()
            return False

        async def nothing(self) -> None:
            """Another job's work."""

        place = publish = archive = tend = nothing

    crew: Any = Idle()
    for name in ("place", "publish", "archive", "tend"):
        setattr(crew, name, _named(name))
    app = queue.application(opened.url.set(drivername="postgresql").render_as_string(hide_password=False), crew)

    async def work() -> tuple[float, float]:
        async with app.open_async():
            began, server = time.process_time(), cpu([pid])
            worker = asyncio.create_task(
                app.run_worker_async(concurrency=queue.JOBS, delete_jobs="successful", install_signal_handlers=False)
            )
            for first in range(0, count, 256):
                await queue.defer_shards(app, range(first, min(first + 256, count)))
            await done.wait()
            spent = time.process_time() - began, cpu([pid]) - server
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
            return spent

    ours, theirs = asyncio.run(work())
    return {"worker: a job": ours / count * 1000, "server: a job": theirs / count * 1000}


def _named(name: str) -> Any:
    async def nothing() -> None:
        """Another job's work."""

    nothing.__name__ = name
    return nothing


def leases(opened: Store, pid: int, times: int) -> Costs:
    """Of the server: hosts leased and given back, and a look at what is due."""
    now = int(time.time())
    with opened.writing() as db:
        run = store.runs.begin(db, now)
    server, hosts = cpu([pid]), 0
    for shard in range(times):
        with opened.writing() as db:
            claims = store.feeds.claim(db, run, now, hosts=HOSTS_A_LEASE, shard=shard)
        with opened.writing() as db:
            for host, token in {(claim.host, claim.token) for claim in claims}:
                store.feeds.release(db, host, token, 1.0)
                hosts += 1
    leased, server = cpu([pid]) - server, cpu([pid])
    for _ in range(times):
        with opened.reading() as db:
            store.feeds.due_shards(db, now)
    return {
        "server: a host leased and given back": leased / max(1, hosts) * 1000,
        "server: a look at what is due": (cpu([pid]) - server) / times * 1000,
    }


def reckoning(costs: Costs, feeds_an_hour: int) -> list[tuple[str, str, float]]:
    """(what, how it is reckoned, cores)."""
    polls = feeds_an_hour / 3600
    news = polls * NEWS
    batches = polls / HOSTS_A_LEASE

    def line(name: str, number: float) -> tuple[str, str, float]:
        return name, f"{number:,.1f} a second × {costs[name]:.2f} ms", number * costs[name] / 1000

    found = [
        line("worker: a poll that brings nothing", polls),
        line("worker: a new entry, placed and published", news),
        line("worker: a job", batches),
        line("server: a poll that brings nothing", polls),
        line("server: a new entry", news),
        line("server: a host leased and given back", polls),
        line("server: a look at what is due", LOOKS),
        line("server: a job", batches),
    ]
    for side in ("worker", "server"):
        found.append((f"{side}: all", "", sum(cores for name, _, cores in found if name.startswith(f"{side}: a "))))
    found.append(line("placer: a new entry, wall time", news))
    waiting = polls * ANSWER / HOSTS_A_WORKER
    found.append(("worker processes, for waiting", f"{polls:,.0f} × {ANSWER:.0f} s / {HOSTS_A_WORKER}", waiting))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.arithmetic", description=__doc__)
    parser.add_argument("--feeds", type=int, default=200, help="in the rounds")
    parser.add_argument("--known", type=int, default=200_000, help="feeds in the database of leases and looks")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--port", type=int, default=8471)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="arithmetic-") as name, postgresql() as (url, pid):
        costs = _measure(given, Path(name), url, pid)
    print(f"PostgreSQL, {os.cpu_count()} cores; milliseconds\n")
    for what, cost in costs.items():
        print(f"  {what:45} {cost:8.2f}")
    print(f"\n{NEWS:.0%} of the polls bring a new entry.\n")
    print("| | reckoned as, at 1 M feeds an hour | cores at 1 M | at 10 M |\n|---|---|---:|---:|")
    for (what, how, cores), (_, _, more) in zip(reckoning(costs, 10**6), reckoning(costs, 10**7), strict=True):
        print(f"| {what} | {how} | {cores:.2f} | {more:.1f} |")


def _measure(given: argparse.Namespace, home: Path, url: str, pid: int) -> Costs:
    costs: Costs = {}
    with origin(given.feeds, given.port) as control:
        config = write_config(home / "config", control.get("feeds"), given.port)
        client = Aggregator(config, url)
        costs |= rounds(client, control, pid, home, given.feeds)
        costs |= place(url, config, control, given.feeds)
    opened = open_store(url)
    costs |= jobs(opened, pid, given.jobs)
    with opened.writing() as db:
        names = "article, story, topic_entry, article_topic, feed, host, publication, listening"
        db.execute(text(f"TRUNCATE {names}"))
    build(opened, 20_000, given.known, int(time.time()))
    costs |= leases(opened, pid, 40)
    opened.close()
    return costs


if __name__ == "__main__":
    main()
