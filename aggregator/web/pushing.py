"""The hub's own work: asking callbacks whether they meant it, and sending them what was published (WebSub, sections 5.3
and 7). Several servers share the work; each piece is claimed in the store before it is done.
"""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

import structlog

from aggregator import publish, store
from aggregator.errors import AddressRefused, AggregatorError, FetchError, HttpStatus, TooLarge
from aggregator.fetch import Fetcher, Request
from aggregator.model import Rendering
from aggregator.store import Db
from aggregator.store.hub import Subscription
from aggregator.web.headers import ascii_url
from aggregator.web.service import Service

log = structlog.get_logger()
T = TypeVar("T")

LOOK_EVERY = 0.5
"""Seconds between two looks at what is due."""

AT_ONCE = 50
"""Callbacks that are called side by side; those of one host one after another."""

LONGEST_ECHO = 4096
"""Bytes that a callback may answer a challenge with."""

GONE = 410


class Hub:
    """Works until it is stopped. `fetcher` calls the callbacks, behind the guard of addresses."""

    def __init__(self, service: Service, fetcher: Fetcher) -> None:
        self.service = service
        self.fetcher = fetcher
        self._tasks: set[asyncio.Task[None]] = set()

    async def check(self, url: str) -> None:
        """Errors: FetchError when the address may not be called, or is none."""
        await self.fetcher.check(url)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look for work twice a second until told to stop; what is under way is then left to its claim's end."""
        while not stopping.is_set():
            try:
                await self._look()
            except AggregatorError as error:
                log.warning("the hub waits for the database", error=str(error))
            except Exception:
                log.exception("the hub stumbled, it goes on")
            await _pause(stopping, LOOK_EVERY)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self) -> None:
        room = AT_ONCE - len(self._tasks)
        if room <= 0 or not await asyncio.to_thread(self._is_due):
            return
        for one in await self._write(lambda db, now: store.hub.claim(db, now, room)):
            task = asyncio.create_task(self._serve(one))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _is_due(self) -> bool:
        with self.service.opened.reading() as db:
            return store.hub.is_due(db, self.service.now())

    async def _write(self, work: Callable[[Db, int], T]) -> T:
        """`work(db, now)` in a transaction, in a thread."""

        def inside() -> T:
            with self.service.opened.writing() as db:
                return work(db, self.service.now())

        return await asyncio.to_thread(inside)

    async def _serve(self, one: Subscription) -> None:
        """One piece of work; when it fails by a fault of ours, its claim ends by itself and it is done again."""
        try:
            await (self._challenge(one) if one.asked else self._ping(one))
        except AggregatorError as error:
            log.warning("a subscription waits for the database", callback=_host(one), error=str(error))
        except Exception:
            log.exception("a subscription could not be served", callback=_host(one))

    # ------------------------------------------------------------ verification of intent

    async def _challenge(self, one: Subscription) -> None:
        """Ask the callback whether it meant it: only its echo of the challenge counts (section 5.3)."""
        challenge = secrets.token_urlsafe(24)
        try:
            answer = await self.fetcher.get(
                Request(challenge_url(one, self._address(one), challenge), accept="any", max_bytes=LONGEST_ECHO)
            )
            meant = hmac.compare_digest(answer.body.strip(), challenge.encode("ascii"))
        except (AddressRefused, HttpStatus, TooLarge):
            meant = False
        except FetchError as error:
            await self._fail(one, str(error))
            return
        await self._write(lambda db, now: (store.hub.confirmed if meant else store.hub.denied)(db, one, now))
        log.info("subscription answered", callback=_host(one), feed=one.publication, mode=one.asked, meant=meant)

    # ------------------------------------------------------------ content distribution

    async def _ping(self, one: Subscription) -> None:
        """Send the feed as it now stands (section 7)."""
        found = await asyncio.to_thread(self._content, one)
        if found is None or not self.service.public.has_feed(one.publication):
            await self._write(lambda db, _: store.hub.drop(db, one))  # removed, or private by now
            return
        rendering, version = found
        headers = ping_headers(one, rendering, self._address(one), publish.hub_address(self.service.public.site))
        try:
            status = await self.fetcher.post(one.callback, rendering.body, headers)
        except AddressRefused:
            status = GONE
        except FetchError as error:
            await self._fail(one, str(error))
            return
        if 200 <= status < 300:
            await self._write(lambda db, _: store.hub.delivered(db, one, version))
        elif status == GONE:
            await self._write(lambda db, _: store.hub.drop(db, one))
            log.info("subscription ended by its callback", callback=_host(one), feed=one.publication)
        else:
            await self._fail(one, f"status {status}")

    def _content(self, one: Subscription) -> tuple[Rendering, int] | None:
        with self.service.opened.reading() as db:
            return store.hub.content(db, one)

    async def _fail(self, one: Subscription, why: str) -> None:
        dropped = await self._write(lambda db, now: store.hub.failed(db, one, now))
        log.info("callback failed", callback=_host(one), feed=one.publication, why=why, dropped=dropped)

    def _address(self, one: Subscription) -> str:
        return f"{self.service.public.base}/feeds/{one.publication}.{one.format}"


def challenge_url(one: Subscription, topic: str, challenge: str) -> str:
    """The callback with what we ask appended; its own query stays as it is."""
    said = {"hub.mode": one.asked, "hub.topic": topic, "hub.challenge": challenge}
    if one.asked == "subscribe":
        said["hub.lease_seconds"] = str(one.asked_lease)
    return one.callback + ("&" if "?" in one.callback else "?") + urlencode(said)


def ping_headers(one: Subscription, rendering: Rendering, topic: str, hub: str) -> dict[str, str]:
    """Media type, hub and topic; with a secret a signature over the body (section 8)."""
    links = f'<{ascii_url(hub)}>; rel="hub", <{ascii_url(topic)}>; rel="self"'
    headers = {"Content-Type": rendering.media_type, "Link": links}
    if one.secret:
        headers["X-Hub-Signature"] = signature(one.secret, rendering.body)
    return headers


def signature(secret: str, body: bytes) -> str:
    """sha256=… (RFC 2104)."""
    return f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"


def _host(one: Subscription) -> str:
    """What a log may say of a callback: its path may be a secret."""
    return one.callback.partition("://")[2].partition("/")[0].rpartition("@")[2]


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
