"""A server that watches how a feed reader behaves: one publisher for each criterion, on an address of its own.

Its clock is set by whoever runs a reader, so that days go by in a minute. Every request is remembered with the virtual
time, the real time and its headers; what they say about the reader is judged in behaviour_criteria.py.
"""

import asyncio
import gzip
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate

HOUR, DAY = 3600, 86_400
NET = "127.60.0"

Fields = dict[str, str]


@dataclass(eq=False)
class Seen:
    """One request, the `number`-th of its site. `at` virtual epoch seconds, `began` and `ended` real; `fields` with
    lower-case names.
    """

    watcher: "Watcher" = field(repr=False)
    site: str
    path: str
    at: float
    began: float
    number: int
    fields: Mapping[str, str]
    status: int = 0
    sent: int = 0
    ended: float = 0.0


@dataclass
class Answer:
    """What a publisher says; `drip` sends the body byte by byte, one a second, for so many seconds."""

    status: int = 200
    fields: Fields = field(default_factory=dict)
    body: bytes = b""
    drip: int = 0


Site = Callable[[Seen], Answer]
"""What a publisher answers to a request."""


def feed(host: str, items: int, head: str = "") -> bytes:
    """A document of the last twenty of `items` items, a kilobyte each."""
    text = "Nothing much was said about the harbour, and little of it was new. " * 15
    rows = "".join(
        f"<item><title>Item {n} of {host}</title><guid isPermaLink='false'>{host}-{n}</guid><link>http://{host}/{n}</link>"
        f"<description>{text}</description></item>"
        for n in range(max(0, items - 20), items)
    )
    return (
        "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>"
        f"<title>{host}</title><link>http://{host}/</link><description>x</description>{head}{rows}</channel></rss>"
    ).encode()


@dataclass
class Watcher:
    """The publishers by name, in the order of their addresses, and what was seen of one reader."""

    sites: Mapping[str, Site]
    port: int = 0
    now: float = 0.0
    seen: list[Seen] = field(default_factory=list)

    def host(self, site: str) -> str:
        return f"{NET}.{1 + list(self.sites).index(site)}"

    def url(self, site: str, path: str = "/feed") -> str:
        return f"http://{self.host(site)}:{self.port}{path}"

    def of(self, site: str) -> list[Seen]:
        return [one for one in self.seen if one.site == site]

    # ------------------------------------------------------------ serving

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                await self._exchange(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        site = self._site(fields.get("host", ""))
        request = Seen(self, site, first.split(" ")[1], self.now, time.monotonic(), len(self.of(site)), fields)
        self.seen.append(request)
        answer = self.sites[site](request) if site in self.sites else Answer(404)
        body = _coded(answer, fields)
        request.status, request.sent = answer.status, len(body)
        try:
            await _send(writer, answer, body)
        finally:
            request.ended = time.monotonic()

    def _site(self, host: str) -> str:
        number = host.partition(":")[0].rpartition(".")[2]
        names = list(self.sites)
        return names[int(number) - 1] if number.isdigit() and 0 < int(number) <= len(names) else "?"


def _coded(answer: Answer, fields: Mapping[str, str]) -> bytes:
    if answer.body and not answer.drip and "gzip" in fields.get("accept-encoding", ""):
        answer.fields["Content-Encoding"] = "gzip"
        return gzip.compress(answer.body, mtime=0)
    return answer.body


async def _send(writer: asyncio.StreamWriter, answer: Answer, body: bytes) -> None:
    fields = {"Content-Type": "application/rss+xml"} | answer.fields
    if answer.status != 304:
        fields["Content-Length"] = str(len(body))
    head = f"HTTP/1.1 {answer.status} Watching\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(head.encode("latin-1") + b"\r\n")
    if answer.drip:
        for place in range(answer.drip):
            writer.write(body[place : place + 1])
            await writer.drain()
            await asyncio.sleep(1)
        writer.close()
    elif answer.status != 304:
        writer.write(body)
    await writer.drain()


@contextmanager
def watching(watcher: Watcher) -> Iterator[Watcher]:
    """Serve from a thread while the block runs."""
    started, ends = threading.Event(), []

    async def serve() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(stopping.set))
        server = await asyncio.start_server(watcher.answer, "0.0.0.0", watcher.port)
        watcher.port = server.sockets[0].getsockname()[1]
        started.set()
        await stopping.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    started.wait()
    try:
        yield watcher
    finally:
        ends[0]()
        thread.join(10)


def http_date(moment: float) -> str:
    return formatdate(moment, usegmt=True)
