"""An httpx transport with one small httpcore pool per host, all on one TLS context.

One big pool rescans all its connections at every request (8–10 ms at 1,000 connections); a pool per host never has
more than two. Idle pools are closed after KEEP_ALIVE seconds, so that nothing leaks over months.
"""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import httpcore
import httpx

KEEP_ALIVE = 10.0
"""Seconds an idle connection is kept: long enough for the next feed of the same host, short for everybody else."""
PER_HOST = 2


class Pool(Protocol):
    """httpcore's direct and proxied pools, as far as we use them."""

    @property
    def connections(self) -> Sequence[httpcore.AsyncConnectionInterface]: ...

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response: ...

    async def aclose(self) -> None: ...


class PoolPerHost(httpx.AsyncBaseTransport):
    """Sends each request through the pool of its host. `make_pool` builds one; raises what httpcore raises."""

    def __init__(self, make_pool: Callable[[], Pool]) -> None:
        self._make_pool = make_pool
        self._busy: dict[str, tuple[Pool, int]] = {}
        self._idle: OrderedDict[str, tuple[Pool, float]] = OrderedDict()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def open_pools(self) -> int:
        """How many hosts may have a connection open now."""
        return len(self._busy) + len(self._idle)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        pool = self._take(host)
        try:
            response = await _send(pool, request)
        except BaseException:
            self._give_back(host)
            raise
        stream = _Stream(response, lambda: self._give_back(host))
        # Cookies are not for us: without the header httpx keeps no jar.
        headers = [field for field in response.headers if field[0].lower() != b"set-cookie"]
        return httpx.Response(response.status, headers=headers, stream=stream)

    def _take(self, host: str) -> Pool:
        pool, users = self._busy.get(host) or (self._idle.pop(host, (None, 0))[0], 0)
        pool = pool or self._make_pool()
        self._busy[host] = (pool, users + 1)
        return pool

    def _give_back(self, host: str) -> None:
        pool, users = self._busy.pop(host)
        if users > 1:
            self._busy[host] = (pool, users - 1)
            return
        loop = asyncio.get_running_loop()
        self._idle[host] = (pool, loop.time() + KEEP_ALIVE)
        if self._sweeper is None:
            self._sweeper = loop.call_later(KEEP_ALIVE, self._sweep)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while self._idle and next(iter(self._idle.values()))[1] <= loop.time():
            _, (pool, _) = self._idle.popitem(last=False)
            task = loop.create_task(pool.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        oldest = next(iter(self._idle.values()), None)
        self._sweeper = loop.call_at(oldest[1], self._sweep) if oldest else None

    async def aclose(self) -> None:
        if self._sweeper:
            self._sweeper.cancel()
            self._sweeper = None
        pools = [pool for pool, _ in [*self._busy.values(), *self._idle.values()]]
        self._idle.clear()
        await asyncio.gather(*(pool.aclose() for pool in pools), *self._closing)


def pool_factory(backend: httpcore.AsyncNetworkBackend, proxy: str | None) -> Callable[[], Pool]:
    """Return what builds the pool of one host. The TLS context (70 ms) is made when the first host needs it."""
    context = _LazyContext()

    def direct() -> Pool:
        return httpcore.AsyncConnectionPool(
            ssl_context=context.get(), max_connections=PER_HOST, keepalive_expiry=KEEP_ALIVE, network_backend=backend
        )

    def proxied() -> Pool:
        url = httpx.URL(proxy or "")
        return httpcore.AsyncHTTPProxy(
            proxy_url=str(url.copy_with(userinfo=b"")),
            proxy_auth=(url.username, url.password) if url.username else None,
            ssl_context=context.get(),
            max_connections=PER_HOST,
            keepalive_expiry=KEEP_ALIVE,
            network_backend=backend,
        )

    return proxied if proxy else direct


class _LazyContext:
    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None

    def get(self) -> ssl.SSLContext:
        self._context = self._context or httpx.create_ssl_context()
        return self._context


async def _send(pool: Pool, request: httpx.Request) -> httpcore.Response:
    """Send once; once more when a kept connection turns out to have been closed under us (RFC 9112, section 9.3.1)."""
    kept = any(connection.is_idle() for connection in pool.connections)
    try:
        return await pool.handle_async_request(_core_request(request))
    except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError) as error:
        if not kept or (isinstance(error, httpcore.RemoteProtocolError) and "disconnected" not in str(error)):
            raise
        return await pool.handle_async_request(_core_request(request))


def _core_request(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
    )


class _Stream(httpx.AsyncByteStream):
    """The raw body; closing it gives the connection back."""

    def __init__(self, response: httpcore.Response, done: Callable[[], None]) -> None:
        self._response = response
        self._done: Callable[[], None] | None = done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        done, self._done = self._done, None
        if done:
            try:
                await self._response.aclose()
            finally:
                done()
