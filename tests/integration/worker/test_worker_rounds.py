"""Rounds: hosts are given back whatever happens, leases are kept meanwhile, one feed's fault is one feed's."""

import asyncio
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from store_making import pace

from aggregator import pipeline, store
from aggregator.errors import DatabaseUnavailable, LeaseLost
from aggregator.model import Claim, Document, Feed, Outcome
from aggregator.store import Db, Store
from aggregator.store.tables import FEED, HOST
from aggregator.worker import local
from aggregator.worker.local import Round
from aggregator.worker.writer import Writer

Collect = Callable[[Claim, Any], Any]


class Manners:
    """The fetcher's memory of hosts, as far as a round asks it."""

    def __init__(self) -> None:
        self.seeded: dict[str, float] = {}

    def seed(self, host: str, ago: float) -> None:
        self.seeded[host] = ago

    def hold(self, host: str, seconds: float | None) -> None:
        """As the fetcher's."""

    def renewed(self, ago: float, seconds: float) -> None:
        """As the fetcher's."""

    def asked_ago(self, host: str) -> float:
        return 0.0

    def blocked_until(self, host: str) -> None:
        return None


@pytest.fixture
def tools(opened: Store) -> Iterator[Any]:
    writer = Writer(opened)
    yield SimpleNamespace(
        write=writer.run, now=lambda: int(time.time()), store=opened, fetcher=SimpleNamespace(manners=Manners()),
        pace=lambda *_: pace(int(time.time()) + 3600), live=SimpleNamespace(number=1),
    )  # fmt: skip
    writer.close()


def feeds(opened: Store, hosts: int, each: int = 1) -> None:
    wanted = [(Feed(f"s{h}", f"https://h{h}.example/{n}"), f"h{h}.example") for h in range(hosts) for n in range(each)]
    with opened.writing() as db:
        store.feeds.sync(db, wanted, int(time.time()) - 10)


def begin(opened: Store) -> int:
    with opened.writing() as db:
        return store.runs.begin(db, int(time.time()))


def leased(opened: Store) -> list[str]:
    with opened.reading() as db:
        held = list(db.execute(select(HOST.c.name).where(HOST.c.lease_token.is_not(None))).scalars())
        return held + list(db.execute(select(FEED.c.url).where(FEED.c.lease_token.is_not(None))).scalars())


async def answered(claim: Claim, tools: Any) -> Outcome:
    return await tools.write(pipeline.keep, claim, Document(claim.url), None, tools)


def collecting(monkeypatch: pytest.MonkeyPatch, collect: Collect) -> None:
    monkeypatch.setattr(local.pipeline, "collect", collect)


def poll(tools: Any, run: int, **how: Any) -> local.Report:
    return asyncio.run(asyncio.wait_for(Round(tools, run, **how).poll(), 60))


def test_every_feed_is_polled_once_and_every_host_given_back(
    opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds(opened, 120, 2)
    collecting(monkeypatch, answered)
    told = poll(tools, begin(opened))
    assert len({outcome.url for outcome in told.outcomes}) == len(told.outcomes) == 240
    assert leased(opened) == []


def test_feeds_of_one_host_are_polled_one_after_another(
    opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds(opened, 3, 4)
    busy: dict[str, int] = {}

    async def collect(claim: Claim, tools: Any) -> Outcome:
        busy[claim.host] = busy.get(claim.host, 0) + 1
        assert busy[claim.host] == 1
        await asyncio.sleep(0.01)
        busy[claim.host] -= 1
        return await answered(claim, tools)

    collecting(monkeypatch, collect)
    assert len(poll(tools, begin(opened)).outcomes) == 12
    assert leased(opened) == []


def test_a_fault_of_ours_costs_one_poll_and_is_seen(opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds(opened, 5, 2)

    async def collect(claim: Claim, tools: Any) -> Outcome:
        if claim.url == "https://h3.example/0":
            raise KeyError("surprise \0 \ud800")
        return await answered(claim, tools)

    collecting(monkeypatch, collect)
    told = poll(tools, begin(opened))
    assert (len(told.outcomes), told.count("failed")) == (10, 1)
    assert leased(opened) == []
    with opened.reading() as db:
        (bad,) = [feed for feed in store.health.feeds(db, int(time.time()), lambda _: 0) if feed.state == "failing"]
    assert (bad.error_class, bad.url) == ("KeyError", "https://h3.example/0")


def test_a_lost_lease_is_no_outcome_and_no_failure(opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds(opened, 3)
    lost: list[str] = []

    async def collect(claim: Claim, tools: Any) -> Outcome:
        if claim.host == "h1.example" and not lost:
            lost.append(claim.url)
            raise LeaseLost("taken")
        return await answered(claim, tools)

    collecting(monkeypatch, collect)
    assert poll(tools, begin(opened)).count("failed") == 0
    assert leased(opened) == []


def test_stopping_finishes_polls_under_way_and_begins_no_other(
    opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds(opened, 3, 3)
    stopping = asyncio.Event()

    async def collect(claim: Claim, tools: Any) -> Outcome:
        await asyncio.sleep(0.05)
        stopping.set()
        return await answered(claim, tools)

    collecting(monkeypatch, collect)
    assert len(poll(tools, begin(opened), stopping=stopping).outcomes) == 3
    assert leased(opened) == []


def test_a_budget_ends_a_long_host_too(opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds(opened, 1, 50)

    async def collect(claim: Claim, tools: Any) -> Outcome:
        await asyncio.sleep(0.1)
        return await answered(claim, tools)

    collecting(monkeypatch, collect)
    told = poll(tools, begin(opened), deadline=time.monotonic() + 0.35)
    assert 1 <= len(told.outcomes) <= 10
    assert leased(opened) == []


def test_a_round_that_dies_gives_its_hosts_back(opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds(opened, 4)

    async def collect(claim: Claim, tools: Any) -> Outcome:
        if claim.host == "h2.example":
            await asyncio.sleep(0.2)
            raise DatabaseUnavailable("away")
        await asyncio.sleep(30)
        return await answered(claim, tools)

    collecting(monkeypatch, collect)
    with pytest.raises(DatabaseUnavailable):
        poll(tools, begin(opened))
    assert leased(opened) == []


def test_leases_are_renewed_while_polls_last_and_after_a_failed_renewal(
    opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds(opened, 1)
    monkeypatch.setattr(local, "RENEW_EVERY", 0.05)
    renewed: list[int] = []
    honest = store.feeds.renew

    def renew(db: Db, run: int, now: int) -> None:
        renewed.append(run)
        if len(renewed) == 1:
            raise DatabaseUnavailable("for a moment")
        honest(db, run, now)

    monkeypatch.setattr(store.feeds, "renew", renew)

    async def collect(claim: Claim, tools: Any) -> Outcome:
        while len(renewed) < 3:
            await asyncio.sleep(0.01)
        return await answered(claim, tools)

    collecting(monkeypatch, collect)
    run = begin(opened)
    assert len(poll(tools, run).outcomes) == 1
    assert set(renewed) == {run}


def test_a_feed_that_cannot_be_rendered_keeps_no_other_from_its_readers(
    opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened.writing() as db:
        store.publications.sync(db, ["a", "b", "c"], 1)

    def publish_feed(db: Db, name: str, tools: Any) -> bool:
        if name == "b":
            raise ValueError("cannot be")
        return store.publications.store(db, name, [], tools.now())

    monkeypatch.setattr(local.pipeline, "publish_feed", publish_feed)
    asyncio.run(local.publish_dirty(tools))
    with opened.reading() as db:
        assert store.publications.dirty(db, tools.now()) == ()
        assert store.publications.dirty(db, tools.now() + local.RENDER_AGAIN + 1) == ("b",)


def test_the_report_counts_what_the_outcomes_say() -> None:
    report = local.Report([Outcome("s", "u", "ok", entries=3, new=2, gap=True), Outcome("s", "v", "not_modified")])
    told = report.as_json()
    assert [told[key] for key in ("feeds", "ok", "not_modified", "failed", "entries", "new", "gaps")] == [
        2,
        1,
        1,
        0,
        3,
        2,
        1,
    ]
