"""One HTTP/1.1 connection against scripted bytes: however they are cut, the answer is the same; rubbish is an error."""

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.fetch.http1 import Connection, HeadersTooLarge, request_head


class Wire:
    """The asyncio transport of a connection that nobody is at the other end of."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.written, self.aborted = connection, b"", False

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        if not self.aborted:
            self.aborted = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def _talk(pieces: Sequence[bytes], *, end: bool) -> tuple[int, list[tuple[bytes, bytes]], bytes, bool]:
    connection = Connection()
    wire = Wire(connection)
    connection.connection_made(wire)  # type: ignore[arg-type]

    async def speak() -> None:
        for piece in pieces:
            await asyncio.sleep(0)
            connection.data_received(piece)
        if end:
            connection.connection_lost(None)

    speaker = asyncio.ensure_future(speak())
    try:
        async with asyncio.timeout(2):
            status, fields = await connection.exchange(b"GET / HTTP/1.1\r\n\r\n")
            body = b"".join([chunk async for chunk in connection.body()])
            await speaker
            return status, fields, body, connection.is_reusable
    finally:
        await speaker


def talk(*pieces: bytes, end: bool = False) -> Any:
    return asyncio.run(_talk(pieces, end=end))


ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 5\r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early\r\nX: 0\r\n\r\nHTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 5\r\n\r\nhello",
    "bare line feeds": b"HTTP/1.1 200 OK\nX: 1\nContent-Length: 5\n\nhello",
    "both frames": (
        b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    ),
    "no reason": b"HTTP/1.1 200\r\nX: 1\r\nContent-Length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize("kind", ANSWERS)
@given(cuts=st.lists(st.integers(0, 120), max_size=6))
@example(cuts=list(range(120)))
def test_an_answer_may_arrive_in_any_pieces(kind: str, cuts: list[int]) -> None:
    data = ANSWERS[kind]
    at = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(at) if data[a:b]]
    status, fields, body, reusable = talk(*pieces)
    assert (status, body, reusable) == (200, b"hello", True)
    assert (b"X", b"1") in fields
    assert (b"X", b"0") not in fields


def test_a_body_without_a_frame_ends_with_the_connection() -> None:
    assert talk(b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo", end=True)[2:] == (b"hello", False)


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(status: int) -> None:
    data = b"HTTP/1.1 %d x\r\nContent-Length: 100\r\nETag: x\r\n\r\n" % status
    assert talk(data)[2:] == (b"", True)


def test_what_comes_after_the_answer_spoils_the_connection() -> None:
    """Else the next answer could be one that nobody asked for."""
    data = ANSWERS["length"]
    for extra in (b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"):
        for pieces in ((data + extra,), (data, extra)):
            status, _, body, reusable = talk(*pieces)
            assert (status, body, reusable) == (200, b"hello", False)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.0 200 OK\r\nContent-Length: 5", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5"]
)
def test_a_server_may_decline_to_go_on(head: bytes) -> None:
    assert talk(head + b"\r\n\r\nhello")[3] is False


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x16\x03\x01\x02\x00",
        b"<rss></rss>",
    ],
)
def test_half_an_answer_is_none(data: bytes) -> None:
    with pytest.raises(httpx.TransportError):
        talk(*([data] if data else []), end=True)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=5), st.booleans())
def test_rubbish_raises_transport_errors_only(pieces: list[bytes], after_a_head: bool) -> None:
    if after_a_head:
        pieces = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *pieces]
    with contextlib.suppress(httpx.TransportError):
        talk(*pieces, end=True)


def test_headers_are_counted_over_all_early_hints() -> None:
    """Row 32."""
    with pytest.raises(HeadersTooLarge):
        talk(*[b"HTTP/1.1 103 Early\r\nX: " + b"x" * 1000 + b"\r\n\r\n"] * 40)


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        (b"/a b", []),
        (b"/\r\nX: y", []),
        (b"/", [(b"x y", b"z")]),
        (b"/", [(b"", b"z")]),
        (b"/", [(b"x", b"y\r\nz: 1")]),
        (b"/", [(b"x", b"y\nz")]),
        (b"/", [(b"x", b"y\0")]),
        (b"/", [(b"x:", b"y")]),
    ],
)
def test_no_line_can_become_two(target: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    """Row 37: the last door before the wire."""
    with pytest.raises(httpx.LocalProtocolError):
        request_head("GET", target, fields)
