"""The fetcher: one document by HTTP, hop by hop, with manners, guard, caps and one total deadline."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn, Self

import httpx

from aggregator.errors import (
    AddressRefused,
    ConnectionFailed,
    DeadlineExceeded,
    FetchError,
    HttpStatus,
    RedirectError,
    RobotsRefused,
    TooLarge,
)
from aggregator.fetch import facts
from aggregator.fetch.decode import Body, Bomb, Undecodable
from aggregator.fetch.guard import Guard, Resolve, look_up
from aggregator.fetch.http1 import MAX_HEADER_BYTES, HeadersTooLarge
from aggregator.fetch.manners import Manners
from aggregator.fetch.request import Request, header_fields
from aggregator.fetch.robots import MAX_BYTES as ROBOTS_BYTES
from aggregator.fetch.robots import RobotsBook
from aggregator.fetch.transport import RAW_HEADERS, GuardedTransport
from aggregator.model import Document, FetchRules

MAX_HOPS = 5
BLOCK_WITHOUT_RETRY_AFTER = 4 * 3600
"""Seconds a host is left alone after a 429 that names no time."""
DRAIN = 65_536
"""Bytes of an uninteresting body that we read to keep the connection; a longer one costs the connection."""
_PERMANENT = (301, 308)
_REDIRECTS = (301, 302, 303, 307, 308)
_HOST_IS_ILL = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class Answer:
    """One response, decoded: what stood at `url`."""

    url: httpx.URL
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
        self.agent = f"aggregator/{version}" + (f" (+{rules.contact})" if rules.contact else "")
        self._rules = rules
        self._now = now
        self._monotonic = monotonic
        self._threads = ThreadPoolExecutor(32, "resolve")  # its threads start when the first name is looked up
        self._robots = RobotsBook(self._robots_txt, "aggregator", monotonic)
        self._transport = GuardedTransport(Guard(rules, resolve or self._look_up), rules.proxy)
        self._client = httpx.AsyncClient(transport=self._transport, trust_env=False)

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
        journey = _Journey(request, self._rules.timeout)
        return self._document(await self._travel(journey), journey)

    async def crawl_delay(self, url: str) -> float | None:
        """Return the Crawl-delay that the host of `url` asks of us, in seconds, after making it the host's pause."""
        address = _address(url)
        delay = (await self._robots.of(_origin(address))).crawl_delay
        if delay is not None:
            self.manners.slow(address.host, delay)
        return delay

    async def _travel(self, journey: "_Journey") -> "Answer":
        url = _address(journey.request.url)
        while True:
            if journey.request.robots:
                await self._obey_robots(url)
            answer = await self._ask(url, journey)
            target = _redirect_target(answer)
            if target is None:
                return answer
            journey.go_on(url, target, answer.status)
            url = target

    async def _obey_robots(self, url: httpx.URL) -> None:
        await self.crawl_delay(str(url))
        robots = await self._robots.of(_origin(url))
        if not robots.allows(url.raw_path.decode("ascii")):
            raise RobotsRefused(f"robots.txt of {url.host} forbids {url.path}", url=str(url))

    async def _robots_txt(self, url: str) -> bytes:
        journey = _Journey(Request(url, accept="any", max_bytes=ROBOTS_BYTES), self._rules.timeout, cut=True)
        answer = await self._travel(journey)
        return self._document(answer, journey).body

    async def _ask(self, url: httpx.URL, journey: "_Journey") -> Answer:
        """Send one request in its host's turn, within what is left of the deadline."""
        async with self.manners.turn(str(url)):
            started = self._monotonic()
            try:
                async with asyncio.timeout(max(journey.left, 0.001)):
                    answer = await self._exchange(url, journey)
            except (TimeoutError, OSError, httpx.TransportError, ConnectionFailed) as error:
                self._fail(error, url)
            finally:
                journey.left -= self._monotonic() - started
            self._note(answer)
            return answer

    async def _exchange(self, url: httpx.URL, journey: "_Journey") -> Answer:
        fields = header_fields(journey.request, self.agent, secrets=journey.secrets)
        response = await self._client.send(httpx.Request("GET", url, headers=fields), stream=True)
        async with aclosing(response):
            headers: facts.RawHeaders = response.extensions[RAW_HEADERS]
            _check_headers(headers, url)
            if response.status_code in (200, 226):
                body = await self._read(response, headers, journey)
            else:
                body = b""
                await _drain(response)
            return Answer(url, response.status_code, headers, body)

    async def _read(self, response: httpx.Response, headers: facts.RawHeaders, journey: "_Journey") -> bytes:
        cap = journey.request.max_bytes or self._rules.max_bytes
        url = journey.request.url
        try:
            body = Body(facts.values(headers, b"content-encoding"), cap)
            async for chunk in response.aiter_raw():
                body.feed(chunk)
            return body.finish()
        except Bomb:
            if journey.cut:
                return body.beginning()
            raise TooLarge(f"more than {cap} decoded bytes", url=url) from None
        except Undecodable as error:
            raise FetchError(str(error), url=url, kind="soft") from error

    def _fail(self, error: Exception, url: httpx.URL) -> NoReturn:
        """Raise what a failed exchange means, after telling the manners when the host itself is to blame."""
        address = str(url)
        if isinstance(error, httpx.LocalProtocolError):
            raise FetchError(f"this request cannot be sent: {error}", url=address, kind="hard") from error
        if isinstance(error, HeadersTooLarge):
            raise TooLarge(f"more than {MAX_HEADER_BYTES} bytes of headers", url=address) from error
        self.manners.failed(address)
        if isinstance(error, ConnectionFailed):
            raise error
        if isinstance(error, TimeoutError):
            raise DeadlineExceeded(f"no complete answer within {self._rules.timeout:g} s", url=address) from error
        raise ConnectionFailed(f"{url.host}: {error}", url=address) from error

    def _note(self, answer: Answer) -> None:
        """Remember what this answer says about its host."""
        url = str(answer.url)
        if answer.status in _HOST_IS_ILL:
            self.manners.failed(url)
        else:
            self.manners.answered(url)
        if answer.status == 429:
            now = self._now()
            wait = facts.retry_after(answer.headers, int(now))
            self.manners.block(url, now + (BLOCK_WITHOUT_RETRY_AFTER if wait is None else wait))

    def _document(self, answer: Answer, journey: "_Journey") -> Document:
        headers, url, now = answer.headers, str(answer.url), int(self._now())
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


class _Journey:
    """One `get` under way: what is left of its deadline, where it has been, what it may still send.

    `cut` takes the beginning of a body that exceeds the cap instead of refusing it.
    """

    def __init__(self, request: Request, timeout: float, *, cut: bool = False) -> None:
        self.request = request
        self.cut = cut
        self.left = timeout
        self.hops = 0
        self.permanent = True
        self.secrets = True
        self._seen: set[httpx.URL] = set()

    @property
    def acceptable(self) -> set[int]:
        conditional = self.request.validators.etag or self.request.validators.last_modified
        delta = self.request.delta and self.request.validators.etag
        return {200, *({304} if conditional else ()), *({226} if delta else ())}

    def go_on(self, url: httpx.URL, target: httpx.URL, status: int) -> None:
        """Step from `url` to `target`, or raise RedirectError."""
        self.hops += 1
        self._seen.add(url)
        if target in self._seen:
            raise RedirectError(f"the redirects go round in a circle at {target}", url=self.request.url)
        if self.hops > MAX_HOPS:
            raise RedirectError(f"more than {MAX_HOPS} redirects", url=self.request.url)
        if url.scheme == "https" and target.scheme == "http":
            raise RedirectError(f"refused to go from https to {target}", url=self.request.url)
        self.permanent = self.permanent and status in _PERMANENT
        self.secrets = self.secrets and _same_origin(url, target)


def _same_origin(url: httpx.URL, target: httpx.URL) -> bool:
    """Whether secrets may travel along: scheme, host and port agree, or only http became https on standard ports."""
    upgrade = (url.scheme, url.port, target.scheme, target.port) == ("http", None, "https", None)
    return url.host == target.host and (upgrade or (url.scheme, url.port) == (target.scheme, target.port))


def _address(text: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        url = base.join(text) if base else httpx.URL(text)
        url = url.copy_with(fragment=None) if url.fragment else url
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefused(f"not a usable address: {text[:200]!r} ({error})", url=text) from error
    if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 80) < 65_536:
        raise AddressRefused(f"only http and https addresses are fetched, not {text[:200]!r}", url=text)
    return url


def _redirect_target(answer: Answer) -> httpx.URL | None:
    location = facts.header(answer.headers, b"location") if answer.status in _REDIRECTS else None
    if not location:
        return None
    return _address(_text(location), answer.url).copy_with(userinfo=b"")


def _text(location: str) -> str:
    """Undo latin-1: addresses outside ASCII are sent as UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return location


def _origin(url: httpx.URL) -> str:
    return str(url.copy_with(raw_path=b"/", userinfo=b"")).removesuffix("/")


def _check_headers(headers: facts.RawHeaders, url: httpx.URL) -> None:
    if sum(len(name) + len(value) + 4 for name, value in headers) > MAX_HEADER_BYTES:
        raise TooLarge(f"more than {MAX_HEADER_BYTES} bytes of headers", url=str(url))


async def _drain(response: httpx.Response) -> None:
    read = 0
    async for chunk in response.aiter_raw():
        read += len(chunk)
        if read > DRAIN:
            return
