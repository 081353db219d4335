"""Good manners towards a host: one request at a time, a pause between two, and silence while it asks for silence.

A host is a registrable domain (or an IP literal), so that a publisher's many names count as one. Waiting for one host
never delays another. Pauses run on the monotonic clock: a clock set back or forth neither strands a host nor
lets a burst through.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aggregator.errors import ConnectionFailed, FetchError, HttpStatus, LeaseLost
from aggregator.text.hosts import registrable

MAX_CRAWL_DELAY = 60.0
BREAKER_AFTER = 3
"""Failures of the host in a row (no connection, no answer in time, bad gateway) that open its circuit breaker."""
BREAKER_BASE = 60.0
BREAKER_CAP = 86_400.0
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Host:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = float("-inf")  # monotonic; when the pause since the last request began
    last: float | None = None  # epoch of the last request
    crawl_delay: float = 0.0
    blocked_until: float = float("-inf")  # monotonic
    failures: int = 0
    open_until: float = float("-inf")  # monotonic; the circuit breaker
    waiting: int = 0
    held_until: float | None = None  # monotonic; None: no lease of ours


Borrow = Callable[[str], AbstractAsyncContextManager[tuple[float | None, float]]]
"""Lends a host that we hold no lease of for one request; gives how long ago it was last asked and until when it is
blocked."""


class Manners:
    """Keeps the turn of every host. `gap` in seconds; `now` and `monotonic` are clocks, `rand` gives [0, 1)."""

    def __init__(
        self,
        gap: float,
        now: Callable[[], float],
        monotonic: Callable[[], float],
        rand: Callable[[], float] = random.random,
    ) -> None:
        self._gap = gap
        self._now = now
        self._monotonic = monotonic
        self._rand = rand
        self._hosts: dict[str, _Host] = {}
        self.borrow: Borrow | None = None

    def hold(self, host: str, seconds: float | None) -> None:
        """Tell for how long from now a lease keeps others from asking `host`; later we ask nothing either. None ends it."""
        self._host(host).held_until = None if seconds is None else self._monotonic() + seconds

    def renewed(self, ago: float, seconds: float) -> None:
        """Leases that had not ended `ago` seconds ago hold for `seconds` from then; one that had is not ours any more."""
        since = self._monotonic() - ago
        for state in self._hosts.values():
            if state.held_until is not None and state.held_until > since:
                state.held_until = since + seconds

    def asked_ago(self, host: str) -> float | None:
        """Seconds since the last request to `host` ended, by us or by a run that `seed` told of."""
        state = self._hosts.get(registrable(host))
        return self._monotonic() - state.free_at if state and state.free_at > float("-inf") else None

    def set_gap(self, gap: float) -> None:
        """Change the pause between two requests to one host, in seconds."""
        self._gap = gap

    def seed(self, host: str, ago: float) -> None:
        """Tell how many seconds ago another run last asked `host`, so that the pause holds across processes."""
        state = self._host(host)
        since = max(0.0, ago)  # a time to come is a clock that was set back: just asked
        state.free_at = max(state.free_at, self._monotonic() - since)
        state.last = max(state.last or 0.0, self._now() - since)

    def last_request(self, host: str) -> float | None:
        """Return when (epoch) this host was last asked, by us or by a run that `seed` told of."""
        state = self._hosts.get(registrable(host))
        return state.last if state else None

    def block(self, host: str, until: float) -> None:
        """Ask nothing of `host` before `until` (epoch); a later call may only lengthen it."""
        state = self._host(host)
        state.blocked_until = max(state.blocked_until, self._monotonic() + until - self._now())

    def blocked_until(self, host: str) -> float | None:
        """Return until when (epoch) `host` is blocked, by `block` or by its circuit breaker, or None."""
        state = self._hosts.get(registrable(host))
        left = max(state.blocked_until, state.open_until) - self._monotonic() if state else 0.0
        return self._now() + left if left > 0 else None

    def slow(self, host: str, crawl_delay: float) -> None:
        """Lengthen the pause of `host` to the Crawl-delay of its robots.txt, at most MAX_CRAWL_DELAY seconds."""
        self._host(host).crawl_delay = min(max(crawl_delay, 0.0), MAX_CRAWL_DELAY)

    def gap(self, host: str) -> float:
        """Seconds between two requests to `host`."""
        state = self._hosts.get(registrable(host))
        return max(self._gap, state.crawl_delay if state else 0.0)

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Wait until the host of `url` may be asked, and hold its turn. Raises FetchError while it is blocked."""
        state = self._host(url)
        self._check(state, url)
        state.waiting += 1
        try:
            async with state.turn, self._leased(state, url):
                await self._pause(state, url)
                if state.held_until is not None and self._monotonic() >= state.held_until:
                    raise LeaseLost(f"{registrable(url)} may be another run's by now")
                state.last = self._now()
                try:
                    yield
                finally:
                    state.free_at = self._monotonic()
        finally:
            state.waiting -= 1

    @asynccontextmanager
    async def _leased(self, state: _Host, url: str) -> AsyncIterator[None]:
        """Redirects, pages and robots.txt lead to hosts of others: those are borrowed, so that one worker at a time asks."""
        if self.borrow is None or state.held_until is not None:
            yield
            return
        host = registrable(url)
        async with self.borrow(host) as (ago, blocked_until):
            if ago is not None:
                self.seed(host, ago)
            self.block(host, blocked_until)
            yield

    async def _pause(self, state: _Host, url: str) -> None:
        self._check(state, url)
        while (left := state.free_at + max(self._gap, state.crawl_delay) - self._monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)

    def _check(self, state: _Host, url: str) -> None:
        now = self._monotonic()
        if (left := state.blocked_until - now) > 0:
            raise self._refusal("asked us to wait", left, url, HttpStatus)
        if (left := state.open_until - now) > 0:
            raise self._refusal(f"failed {state.failures} times in a row", left, url, ConnectionFailed)

    def _refusal(self, why: str, left: float, url: str, error: type[FetchError]) -> FetchError:
        until = datetime.fromtimestamp(self._now() + left, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        message = f"{registrable(url)} {why}; nothing is asked of it before {until}"
        return error(message, url=url, kind="temporary", retry_after=int(left) + 1)

    def answered(self, url: str) -> None:
        """The host is well: close its circuit breaker."""
        state = self._host(url)
        state.failures = 0
        state.open_until = float("-inf")

    def failed(self, url: str) -> None:
        """The host did not answer. After BREAKER_AFTER such failures in a row it is left alone for a random time up to
        BREAKER_BASE × 2^n seconds (full jitter, at most BREAKER_CAP); the first request after that is the probe:
        because a host is asked one request at a time, all others wait for its outcome."""
        state = self._host(url)
        state.failures += 1
        if (opened := state.failures - BREAKER_AFTER) >= 0:
            longest = min(BREAKER_CAP, BREAKER_BASE * 2 ** min(opened, 20))
            state.open_until = self._monotonic() + longest * self._rand()

    def _host(self, host_or_url: str) -> _Host:
        name = registrable(host_or_url)
        state = self._hosts.get(name)
        if state is None:
            self._forget_idle()
            state = self._hosts[name] = _Host()
        return state

    def _forget_idle(self) -> None:
        if len(self._hosts) < _REMEMBERED:
            return
        past = self._monotonic() - MAX_CRAWL_DELAY - self._gap
        for name, state in list(self._hosts.items()):
            if (
                not state.waiting
                and state.held_until is None
                and max(state.free_at, state.blocked_until, state.open_until) < past
            ):
                del self._hosts[name]
