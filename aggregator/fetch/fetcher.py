"""The fetcher: one document by HTTP, hop by hop, with manners, guard, caps and one total deadline."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn, Self

import httpx

from aggregator.errors import (
    ConnectionFailed,
    DeadlineExceeded,
    FetchError,
    HttpStatus,
    RobotsRefused,
    TooLarge,
)
from aggregator.fetch import facts
from aggregator.fetch.decode import Body, Bomb, Undecodable
from aggregator.fetch.guard import Guard, Resolve, look_up
from aggregator.fetch.http1 import MAX_HEADER_BYTES, HeadersTooLarge
from aggregator.fetch.journey import Journey, address, origin
from aggregator.fetch.manners import Manners
from aggregator.fetch.request import Request
from aggregator.fetch.robots import MAX_BYTES as ROBOTS_BYTES
from aggregator.fetch.robots import Robots, RobotsBook
from aggregator.fetch.transport import RAW_HEADERS, GuardedTransport
from aggregator.model import Document, FetchRules

BLOCK_WITHOUT_RETRY_AFTER = 4 * 3600
"""Seconds a host is left alone after a 429 that names no time."""
DRAIN = 65_536
"""Bytes of an uninteresting body that we read to keep the connection; a longer or slower one costs the connection."""
DRAIN_TIME = 1.0
_HOST_IS_ILL = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class Answer:
    """One response, decoded."""

    status: int
    headers: facts.RawHeaders
    body: bytes = b""


class Fetcher:
    """Fetches documents as `rules` say; an async context manager, one per process.

    `resolve` replaces the name look-up (the demo's names all live on loopback); `now` is the wall clock (epoch),
    `monotonic` the clock for pauses and deadlines. `manners` holds what is known of each host.
    """

    def __init__(
        self,
        rules: FetchRules,
        *,
        resolve: Resolve | None = None,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        version: str = "0.1.0",
    ) -> None:
        self.manners = Manners(rules.host_gap, now, monotonic)
        self._version = version
        self._now = now
        self._monotonic = monotonic
        self._threads = ThreadPoolExecutor(64, "resolve")  # its threads start when the first name is looked up
        self._resolve = resolve or self._look_up
        self._robots = RobotsBook(self._robots_txt, "aggregator", monotonic)
        self._transport = GuardedTransport(Guard(rules, self._resolve), rules.proxy)
        self._client = httpx.AsyncClient(transport=self._transport, trust_env=False)
        self.renew(rules)

    def renew(self, rules: FetchRules) -> None:
        """Go on under other rules, from the next request on; what is known of the hosts stays."""
        self.agent = f"aggregator/{self._version}" + (f" (+{rules.contact})" if rules.contact else "")
        self.manners.set_gap(rules.host_gap)
        self._transport.renew(Guard(rules, self._resolve), rules.proxy)
        self._rules = rules

    async def _look_up(self, host: str, port: int) -> list[str]:
        return list(await look_up(host, port, self._threads))

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def open_connections(self) -> int:
        """Connections in use or kept for the next request of their host."""
        return self._transport.open_connections

    async def get(self, request: Request) -> Document:
        """Fetch `request.url` and follow its redirects. Raises the FetchError tree, each error with its kind."""
        journey = Journey(request, self._rules.timeout)
        return self._document(await self._travel(journey), journey)

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> int:
        """Send `content` to `url` and return the status, whatever it is; no redirect is followed. For push (WebSub):
        callbacks pass the guard and keep the manners like every other address. Raises FetchError."""
        request = Request(url, headers=headers, accept="any", content=content)
        return (await self._ask(Journey(request, self._rules.timeout))).status

    async def check(self, url: str) -> None:
        """Look whether `url` may be dialled, without dialling it. Raises AddressRefused, ConnectionFailed (no such name)."""
        checked = address(url)
        port = checked.port or (443 if checked.scheme == "https" else 80)
        guard = Guard(self._rules, self._resolve)
        if self._rules.proxy:
            guard.check_unresolved(checked.host, port, url)
        else:
            async with asyncio.timeout(self._rules.timeout):
                await guard.addresses(checked.host, port, url)

    async def crawl_delay(self, url: str) -> float | None:
        """Return the Crawl-delay that the host of `url` asks of us, in seconds, after making it the host's pause."""
        return (await self._heed_robots(address(url))).crawl_delay

    async def _heed_robots(self, url: httpx.URL) -> Robots:
        robots = await self._robots.of(origin(url))
        if robots.crawl_delay is not None:
            self.manners.slow(url.host, robots.crawl_delay)
        return robots

    async def _travel(self, journey: Journey) -> Answer:
        while True:
            if journey.request.robots:
                await self._obey_robots(journey.url)
            answer = await self._ask(journey)
            if not journey.go_on(answer.status, facts.header(answer.headers, b"location")):
                return answer

    async def _obey_robots(self, url: httpx.URL) -> None:
        robots = await self._heed_robots(url)
        if not robots.allows(url.raw_path.decode("ascii")):
            raise RobotsRefused(f"robots.txt of {url.host} forbids {url.raw_path.decode('ascii')}", url=str(url))

    async def _robots_txt(self, url: str) -> bytes:
        journey = Journey(Request(url, accept="any", max_bytes=ROBOTS_BYTES), self._rules.timeout, cut=True)
        answer = await self._travel(journey)
        return self._document(answer, journey).body

    async def _ask(self, journey: Journey) -> Answer:
        """Send one request in its host's turn, within what is left of the deadline."""
        url = str(journey.url)
        async with self.manners.turn(url):
            started = self._monotonic()
            try:
                async with asyncio.timeout(max(journey.left, 0.001)):
                    answer = await self._exchange(journey)
            except (TimeoutError, OSError, httpx.TransportError, ConnectionFailed) as error:
                self._fail(error, url)
            finally:
                journey.left -= self._monotonic() - started
            self._note(answer, url)
            return answer

    async def _exchange(self, journey: Journey) -> Answer:
        fields, url = journey.fields(self.agent), journey.url
        content = journey.request.content
        method = "GET" if content is None else "POST"
        response = await self._client.send(httpx.Request(method, url, headers=fields, content=content), stream=True)
        async with aclosing(response):
            headers: facts.RawHeaders = response.extensions[RAW_HEADERS]
            _check_headers(headers, url)
            if response.status_code in (200, 226):
                body = await self._read(response, headers, journey)
            else:
                body = b""
                await _drain(response)
            return Answer(response.status_code, headers, body)

    async def _read(self, response: httpx.Response, headers: facts.RawHeaders, journey: Journey) -> bytes:
        cap = journey.request.max_bytes or self._rules.max_bytes
        url = str(journey.url)
        try:
            with closing(Body(facts.values(headers, b"content-encoding"), cap)) as body:
                try:
                    async for chunk in response.aiter_raw():
                        body.feed(chunk)
                    return body.finish()
                except Bomb:
                    if journey.cut:
                        return body.beginning()
                    raise TooLarge(f"more than {cap} decoded bytes", url=url) from None
        except Undecodable as error:
            raise FetchError(str(error), url=url, kind="soft") from error

    def _fail(self, error: Exception, url: str) -> NoReturn:
        """Raise what a failed exchange means, after telling the manners when the host itself is to blame."""
        if isinstance(error, httpx.LocalProtocolError):
            raise FetchError(f"this request cannot be sent: {error}", url=url, kind="hard") from error
        if isinstance(error, HeadersTooLarge):
            raise TooLarge(f"more than {MAX_HEADER_BYTES} bytes of headers", url=url) from error
        self.manners.failed(url)
        if isinstance(error, ConnectionFailed):
            raise error
        if isinstance(error, TimeoutError):
            raise DeadlineExceeded(f"no complete answer within {self._rules.timeout:g} s", url=url) from error
        raise ConnectionFailed(f"{httpx.URL(url).host}: {error}", url=url) from error

    def _note(self, answer: Answer, url: str) -> None:
        """Remember what this answer says about its host."""
        if answer.status in _HOST_IS_ILL:
            self.manners.failed(url)
        else:
            self.manners.answered(url)
        if answer.status == 429:
            now = self._now()
            wait = facts.retry_after(answer.headers, int(now))
            self.manners.block(url, now + (BLOCK_WITHOUT_RETRY_AFTER if wait is None else wait))

    def _document(self, answer: Answer, journey: Journey) -> Document:
        headers, url, now = answer.headers, str(journey.url), int(self._now())
        if answer.status not in journey.acceptable:
            raise HttpStatus(
                facts.explain_status(answer.status),
                url=url,
                kind=facts.kind_of(answer.status),
                status=answer.status,
                retry_after=facts.retry_after(headers, now),
            )
        links = facts.links(headers, url)
        return Document(
            url=url,
            status=answer.status,
            body=answer.body,
            content_type=facts.header(headers, b"content-type") or "",
            validators=facts.validators(headers),
            moved_to=url if journey.hops and journey.permanent else None,
            fresh_for=facts.fresh_for(headers, now),
            hub=links.get("hub"),
            self_url=links.get("self"),
            fetched_at=now,
        )


def _check_headers(headers: facts.RawHeaders, url: httpx.URL) -> None:
    if sum(len(name) + len(value) + 4 for name, value in headers) > MAX_HEADER_BYTES:
        raise TooLarge(f"more than {MAX_HEADER_BYTES} bytes of headers", url=str(url))


async def _drain(response: httpx.Response) -> None:
    """Read a body that nobody wants; what goes wrong with it changes nothing about the status that came before."""
    read = 0
    with contextlib.suppress(TimeoutError, httpx.TransportError):
        async with asyncio.timeout(DRAIN_TIME):
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > DRAIN:
                    return
