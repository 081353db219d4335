# ruff: noqa: ARG002, ASYNC109 - the signatures are httpcore's
"""Where connections are made: an httpcore network backend on asyncio that dials only what the guard has checked."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterable, Sequence
from typing import Any, cast

import httpcore

from aggregator.errors import FetchError
from aggregator.fetch.guard import Guard

PAUSE_AT = 262_144
"""Bytes received but not read at which the sender is held back."""
NEXT_ADDRESS_AFTER = 3.0
"""Seconds until the next address of a name is tried when one does not answer."""
MAX_ADDRESSES = 4


class Refused(httpcore.ConnectError):
    """The guard or the resolver said no; `error` is the exception to raise to the caller."""

    def __init__(self, error: FetchError) -> None:
        super().__init__(str(error))
        self.error = error


async def dial(address: str, port: int) -> "Stream":
    """Connect to a checked address literal; the only place in the program that opens a connection to a publisher."""
    _, wire = await asyncio.get_running_loop().create_connection(Wire, address, port)
    return Stream(wire)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves through the guard and dials one checked address after the other."""

    def __init__(self, guard: Guard, trusted: frozenset[tuple[str, int]] = frozenset()) -> None:
        self._guard = guard
        self._trusted = trusted

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            if (host, port) in self._trusted:  # the operator's own proxy, wherever it stands
                return await _dial_first([host], port)
            addresses = await self._guard.addresses(host, port, f"//{host}:{port}")
        except FetchError as error:
            raise Refused(error) from error
        return await _dial_first(addresses[:MAX_ADDRESSES], port)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _dial_first(addresses: Sequence[str], port: int) -> "Stream":
    for address in addresses[:-1]:
        with contextlib.suppress(OSError):  # TimeoutError is one
            async with asyncio.timeout(NEXT_ADDRESS_AFTER):
                return await dial(address, port)
    try:
        return await dial(addresses[-1], port)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


class Wire(asyncio.Protocol):
    """The bytes of one connection: a buffer with back-pressure, and futures for whoever waits on it."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport
        self.closed: asyncio.Future[None] = loop.create_future()
        self._buffer = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._paused = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > PAUSE_AT and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        self._ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._error = exc
        _wake(self._reader)
        self.resume_writing()
        _wake(self.closed)

    def pause_writing(self) -> None:
        self._writer = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        _wake(self._writer)
        self._writer = None

    @property
    def is_readable(self) -> bool:
        """Whether bytes or the end have arrived: on an idle connection the server has hung up."""
        return bool(self._buffer) or self._ended

    async def read(self, max_bytes: int) -> bytes:
        while not self._buffer and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        if not self._buffer and self._error:
            raise httpcore.ReadError(str(self._error)) from self._error
        return self._take(max_bytes)

    def _take(self, max_bytes: int) -> bytes:
        data = bytes(self._buffer[:max_bytes])
        del self._buffer[:max_bytes]
        if self._paused and len(self._buffer) < PAUSE_AT // 2:
            self._paused = False
            self.transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        if self._ended:
            raise httpcore.WriteError("the connection is closed")
        self.transport.write(data)
        if self._writer:
            await self._writer


def _wake(future: "asyncio.Future[None] | None") -> None:
    if future and not future.done():
        future.set_result(None)


class Stream(httpcore.AsyncNetworkStream):
    """httpcore's view of a Wire. Time limits are the fetcher's total deadline, not set per call."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._wire.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            await self._wire.write(buffer)

    async def aclose(self) -> None:
        self._wire.transport.abort()
        await asyncio.shield(self._wire.closed)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(
                self._wire.transport, self._wire, ssl_context, server_hostname=server_hostname
            )
        except BaseException as error:
            self._wire.transport.abort()  # asyncio reports no end of a connection whose handshake failed: do not wait
            if isinstance(error, OSError):
                raise httpcore.ConnectError(f"TLS: {error}") from error
            raise
        assert transport is not None
        self._wire.transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._wire.is_readable
        names = {"server_addr": "peername", "client_addr": "sockname", "socket": "socket", "ssl_object": "ssl_object"}
        return self._wire.transport.get_extra_info(names[info]) if info in names else None
