"""uvicorn's protocol on httptools, which bounds neither the size of a request's head nor the time it may take; and a
short way for the polls of feeds that lie ready in memory: most of what a server of feeds does.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 32_768
"""Bytes of request line and headers together (uvicorn's other protocol, on h11, takes twice that)."""

SLOWEST_HEAD = 10.0
"""Seconds from the first byte of a head to its last, and from a connection to its first byte."""


_STATUS = {200: b"HTTP/1.1 200 OK\r\n", 304: b"HTTP/1.1 304 Not Modified\r\n"}


class _Answered:
    """Stands for a request that was answered the short way, where uvicorn asks how its last one fares."""

    response_complete = True
    disconnected = False
    message_event = asyncio.Event()


class GuardedProtocol(HttpToolsProtocol):
    """Closes connections whose head grows or lingers beyond the bounds. A head that comes in one piece costs a flag."""

    _in_head = False
    _head = 0
    _slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(SLOWEST_HEAD, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unhurried()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self._refuse()
            elif self._slow is None:
                self._slow = self.loop.call_later(SLOWEST_HEAD, self._refuse)

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._unhurried()
        if not self._answered_at_once():
            super().on_headers_complete()

    def _answered_at_once(self) -> bool:
        """Answer a poll of a feed that lies ready, in one write and without a task. Everything unusual goes the long way:
        other methods and versions, a connection that closes or upgrades, pipelining, a client that does not read.
        """
        parser, cycle = self.parser, self.cycle
        method = parser.get_method()
        if (
            (cycle is not None and not cycle.response_complete)
            or method not in (b"GET", b"HEAD")
            or self.flow.write_paused
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
        ):
            return False
        found = _app(self).at_once(self.url, self.headers)
        if found is None:
            return False
        status, fields, body = found
        dates = b"".join(b"%s: %s\r\n" % field for field in self.server_state.default_headers)
        self.transport.write(b"".join((_STATUS[status], dates, fields, body if method == b"GET" else b"")))
        self.cycle = _Answered()  # type: ignore[assignment]
        self.on_response_complete()
        return True

    def _unhurried(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _refuse(self) -> None:
        self._in_head = False
        self._unhurried()
        if not self.transport.is_closing():
            self.send_400_response("The request's head is too long, or takes too long.")


def _app(protocol: HttpToolsProtocol) -> Any:
    """Our application, which uvicorn may have wrapped."""
    app: Any = protocol.config.app
    return app
