"""Good manners on a scripted clock: turns, pauses, blocks and the circuit breaker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ConnectionFailed, FetchError, HttpStatus
from aggregator.fetch import manners as module
from aggregator.fetch.manners import BREAKER_AFTER, BREAKER_BASE, BREAKER_CAP, Manners

URL = "https://www.news.example/feed"
HOST = "news.example"
EPOCH = 1_795_000_000.0
_real_sleep = asyncio.sleep


class Clock:
    """A wall clock and a monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.wall, self.run = EPOCH, 5.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.run

    def advance(self, seconds: float) -> None:
        self.wall += seconds
        self.run += seconds

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await _real_sleep(0)

    def tick_for_manners(self, patch: pytest.MonkeyPatch) -> None:
        """Only that module sleeps by this clock: a loop of another thread would move it too."""
        patch.setattr(module, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": self.sleep}))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.tick_for_manners(monkeypatch)
    return clock


def manners(clock: Clock, gap: float = 1.0, rand: Callable[[], float] = lambda: 1.0) -> Manners:
    return Manners(gap, clock.now, clock.monotonic, rand)


async def ask(ours: Manners, url: str = URL) -> None:
    async with ours.turn(url):
        pass


def run(*steps: Awaitable[Any]) -> None:
    async def all_steps() -> None:
        for step in steps:
            await step

    asyncio.run(all_steps())


def refused(ours: Manners, url: str = URL) -> FetchError:
    with pytest.raises(FetchError) as caught:
        run(ask(ours, url))
    return caught.value


def test_two_requests_to_one_host_keep_their_distance(clock: Clock) -> None:
    """Row 23: whatever the host is called, its registrable domain counts."""
    ours = manners(clock)
    run(ask(ours), ask(ours, "http://feeds.news.example:8080/"), ask(ours, "https://NEWS.example"))
    assert clock.run == 7.0
    run(ask(ours, "https://other.example/"))
    assert clock.run == 7.0


def test_the_pause_begins_when_the_answer_is_complete(clock: Clock) -> None:
    ours = manners(clock)

    async def slow_then_fast() -> float:
        async with ours.turn(URL):
            clock.advance(10)
        async with ours.turn(URL):
            return clock.run

    assert asyncio.run(slow_then_fast()) == 16.0


def test_without_a_gap_nothing_waits_but_turns_are_kept(clock: Clock) -> None:
    """Row 23: host_gap = 0 removes only the wait."""
    ours, inside, most = manners(clock, gap=0), 0, 0

    async def one() -> None:
        nonlocal inside, most
        async with ours.turn(URL):
            inside += 1
            most = max(most, inside)
            await _real_sleep(0)
            inside -= 1

    async def five() -> None:
        await asyncio.gather(*(one() for _ in range(5)))

    run(five())
    assert (most, clock.run) == (1, 5.0)


def test_a_failed_request_counts_for_the_pause_as_well(clock: Clock) -> None:
    ours = manners(clock)

    async def fail() -> None:
        async with ours.turn(URL):
            raise ConnectionFailed("no", url=URL)

    with pytest.raises(ConnectionFailed):
        run(fail())
    run(ask(ours))
    assert clock.run == 6.0


def test_another_run_s_request_counts(clock: Clock) -> None:
    """Row 23: state shared by overlapping runs."""
    ours = manners(clock)
    assert ours.last_request(HOST) is None
    ours.seed(HOST, 0.25)
    assert ours.last_request(HOST) == EPOCH - 0.25
    run(ask(ours))
    assert clock.run == 5.75
    assert ours.last_request(URL) == EPOCH + 0.75
    ours.seed(HOST, 500)
    assert ours.last_request(HOST) == EPOCH + 0.75


@pytest.mark.slow
@given(st.floats(-3 * 86_400, 3 * 86_400))
def test_a_clock_that_jumped_strands_no_host(difference: float) -> None:
    """Row 43: a last request "tomorrow" makes us wait one gap, not a day."""
    clock = Clock()
    ours = manners(clock)
    ours.seed(HOST, -difference)
    clock.wall += 86_400
    with pytest.MonkeyPatch.context() as patch:
        clock.tick_for_manners(patch)
        run(ask(ours))
    assert clock.run <= 6.0


@pytest.mark.parametrize("step", [-3600, 3600])
def test_a_clock_that_is_set_while_a_host_is_borrowed_shortens_no_pause(clock: Clock, step: int) -> None:
    @asynccontextmanager
    async def borrow(_: str) -> AsyncIterator[tuple[float | None, float]]:
        clock.wall += step
        yield 0.25, 0.0

    ours = manners(clock)
    ours.borrow = borrow
    run(ask(ours))
    assert clock.run == 5.75


def test_one_stuck_host_delays_no_other(clock: Clock) -> None:
    """Row 25."""
    ours = manners(clock)

    async def scenario() -> None:
        async with ours.turn(URL):
            await asyncio.wait_for(ask(ours, "https://quick.example/"), 1)

    run(scenario())
    assert clock.run == 5.0


def test_a_blocked_host_is_not_asked_and_says_until_when(clock: Clock) -> None:
    """Row 12."""
    ours = manners(clock)
    ours.block(HOST, EPOCH + 3600)
    error = refused(ours)
    assert (error.kind, error.retry_after, type(error)) == ("temporary", 3601, HttpStatus)
    assert "news.example" in str(error)
    assert "2026-11-18 12:06:40 UTC" in str(error)
    assert "2026-11-18 11:26:40 UTC" in str(error) or "UTC" in str(error)
    assert ours.blocked_until("www.news.example") == EPOCH + 3600
    assert ours.last_request(HOST) is None
    run(ask(ours, "https://other.example/"))
    clock.advance(3600)
    run(ask(ours))
    assert ours.blocked_until(HOST) is None


def test_a_block_is_only_ever_lengthened(clock: Clock) -> None:
    ours = manners(clock)
    ours.block(HOST, EPOCH + 3600)
    ours.block(HOST, EPOCH + 60)
    assert ours.blocked_until(HOST) == EPOCH + 3600


def test_those_in_the_queue_learn_of_a_block(clock: Clock) -> None:
    """A 429 on the first feed of a host keeps back the ones that were already waiting for their turn."""
    ours = manners(clock, gap=0)

    async def first() -> None:
        async with ours.turn(URL):
            await _real_sleep(0)
            ours.block(URL, EPOCH + 60)

    async def scenario() -> list[Any]:
        return await asyncio.gather(first(), ask(ours), ask(ours), return_exceptions=True)

    assert [type(result) for result in asyncio.run(scenario())] == [type(None), HttpStatus, HttpStatus]


def test_crawl_delay_lengthens_the_pause_up_to_a_minute(clock: Clock) -> None:
    """Row 48."""
    ours = manners(clock)
    ours.slow(HOST, 7.5)
    run(ask(ours), ask(ours))
    assert clock.run == 12.5
    ours.slow(HOST, 3600)
    assert ours.gap(URL) == 60
    ours.slow(HOST, 0.1)
    assert ours.gap(URL) == 1.0


def break_down(ours: Manners, times: int) -> None:
    for _ in range(times):
        ours.failed(URL)


def test_the_breaker_opens_after_some_failures_in_a_row(clock: Clock) -> None:
    """Row 49."""
    ours = manners(clock, gap=0)
    break_down(ours, BREAKER_AFTER - 1)
    ours.answered(URL)
    break_down(ours, BREAKER_AFTER - 1)
    run(ask(ours))
    ours.failed(URL)
    error = refused(ours)
    assert type(error) is ConnectionFailed
    assert (error.kind, error.retry_after) == ("temporary", BREAKER_BASE + 1)
    assert "3 times in a row" in str(error)
    run(ask(ours, "https://other.example/"))


@pytest.mark.parametrize("more", [0, 1, 5, 10, 11, 100, 5000])
def test_the_breaker_doubles_up_to_a_day(clock: Clock, more: int) -> None:
    """Row 49: 2^n × base, cap 24 h."""
    ours = manners(clock)
    break_down(ours, BREAKER_AFTER + more)
    assert ours.blocked_until(HOST) == EPOCH + min(BREAKER_CAP, BREAKER_BASE * 2 ** min(more, 99))


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 30))
def test_the_breaker_has_full_jitter(share: float, more: int) -> None:
    """Row 49: anywhere between at once and the longest, so that many readers do not come back together."""
    clock = Clock()
    ours = manners(clock, rand=lambda: share)
    break_down(ours, BREAKER_AFTER + more)
    longest = min(BREAKER_CAP, BREAKER_BASE * 2**more)
    assert (ours.blocked_until(HOST) or EPOCH) == pytest.approx(EPOCH + longest * share)


def test_one_probe_decides_for_all_who_wait(clock: Clock) -> None:
    """Row 49: half-open lets one request through; when it fails the others are refused without asking."""
    ours, asked = manners(clock, gap=0), 0
    break_down(ours, BREAKER_AFTER)
    clock.advance(BREAKER_BASE)

    async def probe(well: bool) -> None:
        nonlocal asked
        async with ours.turn(URL):
            asked += 1
            await _real_sleep(0)
            (ours.answered if well else ours.failed)(URL)

    async def five(well: bool) -> list[Any]:
        return await asyncio.gather(*(probe(well) for _ in range(5)), return_exceptions=True)

    async def scenario() -> None:
        assert [type(result) for result in await five(False)] == [type(None)] + [ConnectionFailed] * 4
        assert asked == 1
        clock.advance(2 * BREAKER_BASE)
        assert await five(True) == [None] * 5
        assert asked == 6

    asyncio.run(scenario())


def test_hosts_of_long_ago_are_forgotten_but_not_their_blocks(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 3)
    ours = manners(clock)
    ours.block("blocked.example", EPOCH + 10_000)
    for name in ("a.example", "b.example"):
        run(ask(ours, f"https://{name}/"))
    clock.advance(3600)
    run(ask(ours, "https://c.example/"))
    assert ours.last_request("a.example") is None
    assert ours.blocked_until("blocked.example") is not None
