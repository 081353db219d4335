"""Manners between runs: what a lease forbids, what a renewal keeps, how a host without a lease is borrowed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from aggregator.errors import FetchError, LeaseLost
from aggregator.fetch.manners import Manners

URL = "https://www.news.example/feed"
HOST = "news.example"


class Clock:
    run = 50.0

    def monotonic(self) -> float:
        return self.run

    def now(self) -> float:
        return 1_795_000_000.0 + self.run


def make() -> tuple[Clock, Manners]:
    clock = Clock()
    return clock, Manners(0.0, clock.now, clock.monotonic)


def ask(ours: Manners, url: str = URL) -> None:
    async def once() -> None:
        async with ours.turn(url):
            pass

    asyncio.run(once())


def test_after_the_end_of_its_lease_a_host_is_not_asked() -> None:
    clock, ours = make()
    ours.hold(HOST, 10)
    ask(ours)
    clock.run += 10
    with pytest.raises(LeaseLost):
        ask(ours)
    ours.hold(HOST, None)
    ask(ours)


def test_a_renewal_keeps_what_was_still_held_and_nothing_that_was_overslept() -> None:
    clock, ours = make()
    ours.hold(HOST, 10)
    clock.run += 8
    ours.renewed(ago=1, seconds=10)
    clock.run += 8
    ask(ours)
    clock.run += 2
    ours.renewed(ago=0, seconds=10)
    with pytest.raises(LeaseLost):
        ask(ours)


def test_a_host_without_a_lease_is_borrowed_for_each_request_and_its_silence_is_kept() -> None:
    clock, ours = make()
    lent: list[str] = []
    blocked = 0.0

    @asynccontextmanager
    async def borrow(host: str) -> AsyncIterator[tuple[float | None, float]]:
        lent.append(f"+{host}")
        yield None, blocked
        lent.append(f"-{host}")

    ours.borrow = borrow
    ask(ours)
    assert lent == ["+news.example", "-news.example"]
    ours.hold(HOST, 10)
    ask(ours)
    assert len(lent) == 2, "our own lease is enough"
    blocked = clock.now() + 60
    with pytest.raises(FetchError, match="asked us to wait"):
        ask(ours, "https://other.example/")


def test_the_time_since_the_last_request_is_known_to_whoever_comes_next() -> None:
    clock, ours = make()
    assert ours.asked_ago(HOST) is None
    ask(ours)
    clock.run += 3
    assert ours.asked_ago(HOST) == 3
