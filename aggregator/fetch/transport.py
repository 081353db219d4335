"""The httpx transport: guarded connections, one kept per origin for a few seconds, one TLS context for all.

An operator's proxy is asked for plain addresses in full and for a tunnel to secure ones (RFC 9110, section 9.3.6).
"""

import asyncio
import base64
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from functools import cached_property

import httpx

from aggregator.fetch.backend import dial_first
from aggregator.fetch.guard import Guard
from aggregator.fetch.http1 import Connection, RawHeaders, request_head

KEEP_ALIVE = 5.0
"""Seconds an idle connection is kept: long enough for the next feed of the same host, short for everybody else."""
MAX_IDLE = 64
"""Idle connections kept in all: a secure one holds 100 to 400 KB."""
RAW_HEADERS = "raw_headers"
"""The extension of a response under which its header fields travel, (name, value) bytes as they came."""
_PORTS = {"http": 80, "https": 443}
_Origin = tuple[str, str, int]


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests over connections that `guard` permits. Raises FetchError (guard, names), httpx.TransportError."""

    def __init__(self, guard: Guard, proxy: str | None = None) -> None:
        self._live: set[Connection] = set()
        self._idle: OrderedDict[_Origin, tuple[Connection, float]] = OrderedDict()
        self._sweeper: asyncio.TimerHandle | None = None
        self.renew(guard, proxy)

    def renew(self, guard: Guard, proxy: str | None) -> None:
        """Go on under other rules: kept connections, made under the old ones, are dropped."""
        self._guard = guard
        self._proxy = httpx.URL(proxy) if proxy else None
        if self._proxy and self._proxy.scheme != "http":
            raise ValueError(f"[fetch] proxy must be an http:// address, not {proxy}")
        while self._idle:
            self._drop(self._idle.popitem()[1][0])

    @property
    def open_connections(self) -> int:
        """Connections in use or kept."""
        return len(self._live)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        # Loading the certificates takes 70 ms: once, and only when a first https address is asked for.
        context = httpx.create_ssl_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        data = await self._written(request)
        url = request.url
        origin = (url.scheme, url.host, url.port or _PORTS[url.scheme])
        connection = self._kept(origin)
        if connection:
            try:
                return await self._exchange(connection, data, origin)
            except httpx.TransportError:
                if connection.received:
                    raise
            # It was closed under us before a byte came back: asking again is safe (RFC 9112, section 9.3.1).
        return await self._exchange(await self._connect(origin, str(url)), data, origin)

    async def _exchange(self, connection: Connection, data: bytes, origin: _Origin) -> httpx.Response:
        try:
            status, headers = await connection.exchange(data)
        except BaseException:
            self._drop(connection)
            raise
        # httpx is shown no headers: it would keep cookies and build the next request of a redirect, asked or not.
        stream = _Body(self, connection, origin)
        return httpx.Response(status, stream=stream, extensions={RAW_HEADERS: headers})

    async def _written(self, request: httpx.Request) -> bytes:
        url, fields = request.url, request.headers.raw
        target = url.raw_path
        if self._proxy and url.scheme == "http":
            target = b"http://" + url.netloc + target
            fields = [*fields, *self._proxy_fields()]
        assert isinstance(request.stream, httpx.AsyncByteStream)
        return request_head(request.method, target, fields) + b"".join([part async for part in request.stream])

    # ------------------------------------------------------------ connections

    async def _connect(self, origin: _Origin, url: str) -> Connection:
        scheme, host, port = origin
        if self._proxy:
            self._guard.check_unresolved(host, port, url)
            proxy, proxy_port = self._proxy.host, self._proxy.port or 80
            connection = await dial_first(await self._guard.resolved(proxy, proxy_port, url), proxy_port)
        else:
            connection = await dial_first(await self._guard.addresses(host, port, url), port)
        self._live.add(connection)
        try:
            if self._proxy and scheme == "https":
                await self._open_tunnel(connection, host, port)
            if scheme == "https":
                await connection.start_tls(self._context, host)
        except BaseException:
            self._drop(connection)
            raise
        return connection

    async def _open_tunnel(self, connection: Connection, host: str, port: int) -> None:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        fields = [(b"Host", target.encode("ascii")), *self._proxy_fields()]
        status, _ = await connection.exchange(request_head("CONNECT", target.encode("ascii"), fields), tunnel=True)
        if status != 200:
            raise httpx.ProxyError(f"the proxy refuses a tunnel to {target} with status {status}")

    def _proxy_fields(self) -> RawHeaders:
        if not self._proxy or not self._proxy.username:
            return []
        login = f"{self._proxy.username}:{self._proxy.password}".encode()
        return [(b"Proxy-Authorization", b"Basic " + base64.b64encode(login))]

    def _kept(self, origin: _Origin) -> Connection | None:
        connection, expires = self._idle.pop(origin, (None, 0.0))
        if connection and (not connection.is_reusable or expires < asyncio.get_running_loop().time()):
            self._drop(connection)
            return None
        return connection

    def give_back(self, connection: Connection, origin: _Origin) -> None:
        """Keep a connection whose exchange is over, or drop it."""
        if not connection.is_reusable or origin in self._idle:
            self._drop(connection)
            return
        loop = asyncio.get_running_loop()
        self._idle[origin] = (connection, loop.time() + KEEP_ALIVE)
        if len(self._idle) > MAX_IDLE:
            self._drop(self._idle.popitem(last=False)[1][0])
        if self._sweeper is None:
            self._sweeper = loop.call_later(KEEP_ALIVE, self._sweep)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while self._idle and next(iter(self._idle.values()))[1] <= loop.time():
            self._drop(self._idle.popitem(last=False)[1][0])
        oldest = next(iter(self._idle.values()), None)
        self._sweeper = loop.call_at(oldest[1], self._sweep) if oldest else None

    def _drop(self, connection: Connection) -> None:
        connection.abort()
        self._live.discard(connection)

    async def aclose(self) -> None:
        if self._sweeper:
            self._sweeper.cancel()
            self._sweeper = None
        self._idle.clear()
        for connection in list(self._live):
            self._drop(connection)
        await asyncio.sleep(0)  # the loop closes an aborted socket in its next turn


class _Body(httpx.AsyncByteStream):
    """The raw body; closing it gives the connection back."""

    def __init__(self, transport: GuardedTransport, connection: Connection, origin: _Origin) -> None:
        self._transport = transport
        self._connection: Connection | None = connection
        self._origin = origin

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._connection:
            async for chunk in self._connection.body():
                yield chunk

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            self._transport.give_back(connection, self._origin)
