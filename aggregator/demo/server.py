"""The newsroom on loopback: a small HTTP/1.1 server (RFC 9112) with one port and a virtual host for each outlet."""

import asyncio
import socket
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from types import TracebackType
from typing import Self

from aggregator.demo.newsroom import Newsroom, Outlet
from aggregator.demo.site import Request, Response, Site
from aggregator.model import Seconds

_IDLE = 30.0  # seconds that a kept-alive connection may wait for its next request
_DRIPS = 10  # pieces in which a slow body goes out


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered; `path` with its query, header names in lower case."""

    host: str
    path: str
    status: int
    headers: Mapping[str, str]


class Requests:
    """What was asked of the newsroom: `log` of the latest requests, `counts` of all by (host, path, status)."""

    def __init__(self, keep: int = 10_000) -> None:
        self.log: deque[Seen] = deque(maxlen=keep)
        self.counts: Counter[tuple[str, str, int]] = Counter()

    def add(self, seen: Seen) -> None:
        self.log.append(seen)
        self.counts[seen.host, seen.path, seen.status] += 1

    def to(self, host: str, path: str | None = None) -> list[Seen]:
        """The logged requests to a host, or to one path of it."""
        return [seen for seen in self.log if seen.host == host and path in (None, seen.path)]

    def clear(self) -> None:
        self.log.clear()
        self.counts.clear()


class NewsroomServer:
    """Serves the newsroom on 127.0.0.1 while the `async with` block runs.

    `now` (seconds since the epoch) dates the pieces; `port` 0 takes a free one; `drip` seconds the slow outlet takes.
    """

    def __init__(self, newsroom: Newsroom, *, now: Seconds, port: int = 0, drip: float = 1.5) -> None:
        self.newsroom = newsroom
        self.requests = Requests()
        self._site = Site(newsroom, now, port, drip=drip)
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=32_768)
        self._site = replace(self._site, port=self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        return self._site.port

    @property
    def round(self) -> int:
        return self._site.round

    def advance(self, round: int = 2) -> None:  # noqa: A002 — the word of the newsroom
        """Go on to a round: from the second on, revisions and the late pieces are visible."""
        self._site = replace(self._site, round=round)

    def url(self, outlet: Outlet) -> str:
        return outlet.url(self.port)

    def feed_url(self, outlet: Outlet) -> str:
        return outlet.feed_url(self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the client left or idled: nobody to tell
        except asyncio.CancelledError:
            # the server ends: a client that does not read must not hold it (and asyncio's streams log a task
            # that ends as cancelled, so this one just ends)
            writer.transport.abort()
        finally:
            self._open.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection ends with it."""
        request = await _read(reader)
        if request is None:
            await _write(writer, Response(400), body=True, keep=False)
            return False
        response = self._site.respond(request)
        self.requests.add(Seen(request.host, request.target, response.status, request.headers))
        keep = request.headers.get("connection", "").lower() != "close" and response.status != 405
        await _write(writer, response, body=request.method != "HEAD", keep=keep)
        return keep


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """The next request's head, or None when it is not one or too long; HTTP/1.0 means one request a connection."""
    try:
        async with asyncio.timeout(_IDLE):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    words = first.split(" ")
    if len(words) != 3 or not words[1].startswith("/") or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        return None
    fields = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    return Request(words[0], words[1], headers if words[2] == "HTTP/1.1" else {**headers, "connection": "close"})


async def _write(writer: asyncio.StreamWriter, response: Response, *, body: bool, keep: bool) -> None:
    headers = {
        "server": "nginx",
        "date": formatdate(usegmt=True),
        **response.headers,
        "connection": "keep-alive" if keep else "close",
    }
    if response.status != 304:
        headers["content-length"] = str(len(response.body))
    lines = "".join(f"{name.title()}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n{lines}\r\n".encode("latin-1"))
    if body:
        await _drip(writer, response)
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter, response: Response) -> None:
    """Send the body, at once or in small pieces over `response.drip` seconds."""
    step = len(response.body) // _DRIPS + 1 if response.drip else max(1, len(response.body))
    for start in range(0, len(response.body), step):
        await asyncio.sleep(response.drip / _DRIPS)
        writer.write(response.body[start : start + step])
        await writer.drain()


async def resolve(host: str, port: int) -> list[str]:  # noqa: ARG001 — the signature of a resolver
    """Addresses of a newsroom host: the loopback. Every other name fails, so that a demo cannot leave the machine."""
    if host.lower().rstrip(".").endswith(".example"):
        return ["127.0.0.1"]
    raise socket.gaierror(socket.EAI_NONAME, f"{host} is not a host of the sample newsroom")
