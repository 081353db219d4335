"""uvicorn's protocol on httptools, which bounds neither the size of a request's head nor the time it may take."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 32_768
"""Bytes of request line and headers together (uvicorn's other protocol, on h11, takes twice that)."""

SLOWEST_HEAD = 10.0
"""Seconds from the first byte of a head to its last, and from a connection to its first byte."""


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
        super().on_headers_complete()

    def _unhurried(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _refuse(self) -> None:
        self._in_head = False
        self._unhurried()
        if not self.transport.is_closing():
            self.send_400_response("The request's head is too long, or takes too long.")
