"""A scripted HTTP server on loopback: says exactly what a test tells it to, byte by byte, and remembers what it heard.

    async with Origin() as origin:
        origin.on("/feed", reply(200, b"<rss/>", ETag='"1"'), reply(304))
        ...fetch origin.url("/feed")...
        assert origin.heard[0].header("if-none-match") is None

The replies of a path are used in turn and the last one for good. A reply is bytes (sent as they are), or an async
function of (heard, writer) that may drip, stall or hang up. Keep-alive is spoken unless a reply says Connection: close.
"""

import asyncio
import contextlib
import gzip
import itertools
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from aggregator.model import FetchRules

LOOPBACK = FetchRules(contact="https://fetcher.example/about", allow=(("127.0.0.0/8", 0),), host_gap=0, timeout=5)
"""Rules that lift the address guard for loopback and wait for nothing."""

CERTIFICATE = Path(__file__).with_name("loopback.pem")
"""A self-signed certificate for loopback and a.example, b.example …; worthless anywhere else."""


async def to_loopback(host: str, port: int) -> list[str]:
    """A resolver that knows every name and leads it to 127.0.0.1."""
    return ["127.0.0.1"]


@dataclass(frozen=True)
class Heard:
    """One request as it came in: raw head, time of arrival (monotonic), number of its connection."""

    head: bytes
    at: float
    connection: int
    reader: asyncio.StreamReader = field(repr=False, compare=False)

    @property
    def target(self) -> str:
        return self.head.split(b" ", 2)[1].decode("ascii")

    @property
    def fields(self) -> list[tuple[str, bytes]]:
        lines = self.head.split(b"\r\n")[1:]
        pairs = [line.partition(b":") for line in lines if line]
        return [(name.decode("ascii").lower(), value.strip()) for name, _, value in pairs]

    def header(self, name: str) -> bytes | None:
        return dict(self.fields).get(name.lower())


Script = Callable[[Heard, asyncio.StreamWriter], Awaitable[None]]


def reply(status: int = 200, body: bytes = b"", **headers: str | bytes) -> bytes:
    """A complete response with Content-Length; `Retry_After="3"` spells Retry-After, None values are left out."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Scripted".encode()]
    if status not in (204, 304) and not {"Content-Length", "Transfer-Encoding"} & fields.keys():
        lines.append(b"Content-Length: %d" % len(body))
    for name, value in fields.items():
        lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode("latin-1")))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def gzipped(body: bytes, **headers: str) -> bytes:
    """A response whose body is gzip."""
    return reply(200, gzip.compress(body), Content_Encoding="gzip", **headers)


def drip(head: bytes, byte: bytes, every: float) -> Script:
    """A response that never ends: `head`, then `byte` again and again."""

    async def script(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(byte)
            await writer.drain()
            await asyncio.sleep(every)

    return script


def stream(head: bytes, chunk: bytes, times: int) -> Script:
    """A response of `head` and `times` chunks, as fast as the reader takes them; then the connection ends."""

    async def script(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(times):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    return script


async def silence(heard: Heard, writer: asyncio.StreamWriter) -> None:
    """Accept the request and never answer, until the far end leaves."""
    await heard.reader.read()


async def hang_up(heard: Heard, writer: asyncio.StreamWriter) -> None:
    """Accept the request and close the connection."""
    writer.close()


@dataclass
class Origin:
    """The server. `host` is the loopback address to bind, `tls` serves https with CERTIFICATE."""

    host: str = "127.0.0.1"
    tls: bool = False
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    busy: int = 0
    most_busy: int = 0

    def __post_init__(self) -> None:
        self._scripts: dict[str, list[bytes | Script]] = {}
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def on(self, target: str, *replies: bytes | Script) -> None:
        """Answer requests for `target` (path and query) with these, in turn."""
        self._scripts[target] = list(replies)

    def url(self, target: str = "/", host: str | None = None) -> str:
        """The address of `target`, under another host name if a scripted resolver leads it here."""
        return f"{'https' if self.tls else 'http'}://{host or self.host}:{self.port}{target}"

    def count(self, target: str) -> int:
        return sum(heard.target == target for heard in self.heard)

    async def __aenter__(self) -> Self:
        context = None
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
        self._server = await asyncio.start_server(self._accept, self.host, self.port, ssl=context, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        try:
            await self._serve(reader, writer, next(self._numbers))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass  # the far end left, or the test is over
        finally:
            self.open -= 1
            self._tasks.discard(task)
            with contextlib.suppress(Exception):
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while not writer.is_closing():
            head = await reader.readuntil(b"\r\n\r\n")
            heard = Heard(head, time.monotonic(), number, reader)
            self.heard.append(heard)
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
            try:
                await self._answer(heard, writer)
            finally:
                self.busy -= 1

    async def _answer(self, heard: Heard, writer: asyncio.StreamWriter) -> None:
        replies = self._scripts.get(heard.target) or [reply(404)]
        said = replies.pop(0) if len(replies) > 1 else replies[0]
        if callable(said):
            await said(heard, writer)
            return
        writer.write(said)
        await writer.drain()
        if b"connection: close" in said[:2000].lower():
            writer.close()
