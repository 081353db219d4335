"""One HTTP/1.1 connection (RFC 9112) on asyncio and llhttp: one exchange at a time, headers capped, body streamed.

A general client spends most of its time on what a feed fetcher has no use for: locks, pools, events. Asking 1,000
unchanged feeds takes about a third of the processor time with this.
"""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator
from typing import cast

import httptools
import httpx

RawHeaders = list[tuple[bytes, bytes]]

MAX_HEADER_BYTES = 32_768
"""Bytes of status line and header fields, early hints included."""
PAUSE_AT = 262_144
"""Body bytes received but not yet taken at which the sender is held back."""
_NOT_IN_HEAD = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class HeadersTooLarge(httpx.RemoteProtocolError):
    """More header bytes than MAX_HEADER_BYTES."""


def request_head(method: str, target: bytes, fields: RawHeaders) -> bytes:
    """Return the head of a request. Raises httpx.LocalProtocolError when a line of it could be taken for two."""
    lines = [b"%s %s HTTP/1.1" % (method.encode("ascii"), target)]
    for name, value in fields:
        if not _FIELD_NAME.fullmatch(name):
            raise httpx.LocalProtocolError(f"not a header name: {name!r}")
        lines.append(b"%s: %s" % (name, value))
    if b" " in target or any(map(_NOT_IN_HEAD.search, lines)):
        raise httpx.LocalProtocolError("a control character or space where none may be")
    return b"\r\n".join(lines) + b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """A connection to one host. `exchange` sends a request and returns status and headers, `body` yields the rest.

    Both raise httpx.RemoteProtocolError or httpx.ReadError. There are no time limits here: the caller has a deadline
    for everything. After an exchange the connection may serve another one while `is_reusable`.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._parser: httptools.HttpResponseParser | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._begin()

    def _begin(self) -> None:
        self.received = 0
        self._fields: RawHeaders = []
        self._status = 0
        self._in_head = True
        self._tunnel = False
        self._done = False
        self._dirty = False
        self._keep_alive = False
        self._error: httpx.TransportError | None = None
        self._chunks: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._paused = False

    # ------------------------------------------------------------ for the caller

    async def start_tls(self, context: ssl.SSLContext, hostname: str) -> None:
        """Secure the connection; raises httpx.ConnectError when the handshake fails."""
        try:
            transport = await self._loop.start_tls(self._transport, self, context, server_hostname=hostname)
        except OSError as error:  # asyncio reports no end of a connection whose handshake failed: do not wait for it
            self._transport.abort()
            raise httpx.ConnectError(f"TLS: {error}") from error
        except BaseException:
            self._transport.abort()
            raise
        self._transport = cast("asyncio.Transport", transport)

    async def exchange(self, data: bytes, *, tunnel: bool = False) -> tuple[int, RawHeaders]:
        """Send a request and return the status and header fields of its final response.

        `tunnel`: the answer to a CONNECT has no body, whatever its headers say.
        """
        self._begin()
        self._tunnel = tunnel
        self._parser = httptools.HttpResponseParser(self)
        # Bare line feeds and odd characters do occur; they endanger servers, not a client that reads one answer at a time.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        if self.closed.done():
            raise httpx.ReadError("the connection is closed")
        self._transport.write(data)
        if self._writable:
            await self._writable
        while self._in_head and not self._error:
            await self._wait()
        if self._in_head and self._error:
            raise self._error
        return self._status, self._fields

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body, still in its content coding, as it arrives."""
        while True:
            if self._chunks:
                yield self._take()
            elif self._error:
                raise self._error
            elif self._done:
                return
            else:
                await self._wait()

    @property
    def is_reusable(self) -> bool:
        """Whether the exchange is over and both ends agreed to go on."""
        over = self._done and not self._chunks and not self._error
        return over and self._keep_alive and not self._dirty and not self.closed.done()

    def abort(self) -> None:
        """Drop the connection now."""
        self._transport.abort()

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        await self._waiter

    def _take(self) -> bytes:
        chunk = self._chunks.popleft()
        self._waiting_bytes -= len(chunk)
        if self._paused and self._waiting_bytes < PAUSE_AT // 2:
            self._paused = False
            self._transport.resume_reading()
        return chunk

    # ------------------------------------------------------------ for asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self._done or self._error:
            self._dirty = True  # nobody asked for this: never reuse the connection
            return
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(httpx.RemoteProtocolError(f"the answer is not HTTP: {error}"))
        if self._in_head and self.received > MAX_HEADER_BYTES:
            self._fail(HeadersTooLarge("endless headers"))
        if self._waiting_bytes > PAUSE_AT and not self._paused and not self._error:
            self._paused = True
            self._transport.pause_reading()
        _wake(self._waiter)

    def _fail(self, error: httpx.TransportError) -> None:
        if self._done:
            self._dirty = True
            return
        self._error = error
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done and not self._error:
            if not self._in_head and exc is None and self._ends_with_connection():
                self._done = True
            else:
                self._error = httpx.ReadError(str(exc)) if exc else self._hung_up()
        _wake(self.closed)
        _wake(self._waiter)
        _wake(self._writable)

    def _hung_up(self) -> httpx.TransportError:
        where = "in the middle of its answer" if self.received else "without an answer"
        return httpx.RemoteProtocolError(f"the server hung up {where}")

    def _ends_with_connection(self) -> bool:
        """Neither length nor chunks frame the body, so the end of the connection does (RFC 9112, section 6.3)."""
        for name, value in self._fields:
            if name.lower() == b"content-length" or (
                name.lower() == b"transfer-encoding" and b"chunked" in value.lower()
            ):
                return False
        return True

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        _wake(self._writable)
        self._writable = None

    # ------------------------------------------------------------ for llhttp

    def on_message_begin(self) -> None:
        if self._done:
            self._dirty = True
        else:
            self._fields = []  # whatever came before was an early hint (1xx)

    def on_header(self, name: bytes, value: bytes | None) -> None:
        if not self._done:
            self._fields.append((name, value or b""))

    def on_headers_complete(self) -> None:
        assert self._parser
        status = self._parser.get_status_code()
        if not self._done and status >= 200:
            self._status = status
            self._in_head = False
            self._done = self._tunnel

    def on_body(self, body: bytes) -> None:
        if not self._done:
            self._chunks.append(body)
            self._waiting_bytes += len(body)

    def on_message_complete(self) -> None:
        assert self._parser
        if not self._in_head and not self._done:
            self._done = True
            self._keep_alive = self._parser.should_keep_alive()


def _wake(future: asyncio.Future[None] | None) -> None:
    if future and not future.done():
        future.set_result(None)
