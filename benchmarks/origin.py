"""A loopback origin of many publishers, for measurements: `python -m benchmarks.origin --feeds 200 --port 8300`.

Feed `i` has an address of its own in 127.0.0.0/8, so that no client can reuse a connection between publishers.

Control, on any of the addresses:
    /_control/mode?epoch=1&validators=1&conditional=1&broken=0&stamp=0&slow=3   any subset; answers mode and truth
        validators=0 sends neither ETag nor Last-Modified, conditional=0 never answers 304, stamp=1 ends every document
        with a comment that differs each time, broken=1 makes a twentieth of the feeds (number % 20 == 7) misbehave
    /_control/truth   what a correct client holds at this epoch      /_control/feeds   the subscriptions, as JSON
    /_control/counts  requests, statuses and bytes of each User-Agent      /_control/reset   forget them
"""

import argparse
import asyncio
import gzip
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from urllib.parse import parse_qsl, urlsplit

from benchmarks.documents import Body, Outlet, World

Headers = Sequence[tuple[str, str]]

BROKEN = (
    "ampersand", "truncated", "wrong charset", "control characters", "500", "404", "410", "slow", "301", "302", "loop",
    "html page", "empty", "429", "503",
)  # fmt: skip
"""How a broken feed misbehaves, by turns."""
UNREADABLE = frozenset({"500", "404", "410", "loop", "html page", "empty", "429", "503"})
"""Kinds that no client gets an entry from."""
REASONS = {"500": "Internal Server Error", "404": "Not Found", "410": "Gone", "429": "Too Many Requests",
           "503": "Service Unavailable"}  # fmt: skip
HTML = b"<!doctype html><html><head><title>x</title></head><body><p>Service page</p></body></html>"


@dataclass(slots=True)
class Mode:
    """What the origin is like at present."""

    epoch: int = 0
    validators: int = 1
    conditional: int = 1
    broken: int = 0
    stamp: int = 0
    slow: int = 3


@dataclass(slots=True)
class Truth:
    """What a client that loses nothing holds: `entries` since epoch 0, `stories` when copies count once."""

    feeds: int
    entries: int
    stories: int
    bytes: int
    gzipped: int


@dataclass(slots=True)
class Tally:
    """What one User-Agent asked."""

    requests: int = 0
    conditional: int = 0
    bytes: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    feeds: dict[int, int] = field(default_factory=dict)


def misbehaviour(number: int) -> str | None:
    """How feed `number` misbehaves when the mode is broken; None for nineteen of twenty."""
    return BROKEN[number // 20 % len(BROKEN)] if number % 20 == 7 else None


def address(number: int, net: str, port: int) -> str:
    """Where feed `number` lives; `net` is two octets."""
    return f"http://{net}.{1 + number // 250}.{1 + number % 250}:{port}"


class Origin:
    """The publishers, their mode and what they were asked."""

    def __init__(self, feeds: int, *, net: str = "127.40", port: int = 8300, seed: str = "1", now: int | None = None):
        world = World(seed, int(time.time()) if now is None else now, max(1, feeds // 250))
        self.outlets = [Outlet.invent(world, number, address(number, net, port)) for number in range(feeds)]
        self.mode = Mode()
        self.tallies: dict[str, Tally] = {}
        self._bodies: dict[int, list[Body]] = {}
        self._stamps = count()

    def bodies(self, epoch: int) -> list[Body]:
        """The documents of an epoch, made once."""
        if epoch not in self._bodies:
            self._bodies[epoch] = [outlet.body(epoch) for outlet in self.outlets]
        return self._bodies[epoch]

    def truth(self) -> Truth:
        """Of the present mode: what came with a broken epoch counts only where it can be read."""
        epoch, bodies = self.mode.epoch, self.bodies(self.mode.epoch)
        lost = {o.number for o in self.outlets if self.mode.broken and misbehaviour(o.number) in UNREADABLE}
        last = {o.number: o.size + epoch - (o.number in lost) for o in self.outlets}
        stories = {outlet.item(n).story for outlet in self.outlets for n in range(last[outlet.number])}
        sizes = (sum(len(body.plain) for body in bodies), sum(len(body.gzipped) for body in bodies))
        return Truth(len(self.outlets), sum(last.values()), len(stories), *sizes)

    def set_mode(self, changes: Mapping[str, str]) -> None:
        """Errors: AttributeError for a name that no mode has, ValueError for a value that is no number."""
        for name, value in changes.items():
            getattr(self.mode, name)
            setattr(self.mode, name, int(value))
        self.bodies(self.mode.epoch)

    def control(self, action: str, query: str) -> object:
        """The JSON of a control address."""
        if action == "reset":
            self.tallies.clear()
        elif action == "mode":
            self.set_mode(dict(parse_qsl(query)))
        elif action == "feeds":
            return [{"url": o.url, "title": o.title, "language": o.language} for o in self.outlets]
        elif action == "counts":
            return {agent: asdict(tally) for agent, tally in self.tallies.items()}
        return asdict(self.mode) | asdict(self.truth())

    # ------------------------------------------------------------ answers

    def answer(self, path: str, headers: Mapping[str, str]) -> tuple[bytes, float]:
        """The response to a GET, and the seconds to wait before it."""
        target = urlsplit(path)
        if target.path.startswith("/_control/"):
            value = self.control(target.path.removeprefix("/_control/"), target.query)
            return response("200 OK", json.dumps(value).encode(), [("Content-Type", "application/json")]), 0
        tally = self.tallies.setdefault(headers.get("user-agent", "-"), Tally())
        tally.requests += 1
        tally.conditional += "if-none-match" in headers or "if-modified-since" in headers
        data, wait = self._page(target.path, headers, tally)
        tally.bytes += len(data)
        status = data[9:12].decode()
        tally.statuses[status] = tally.statuses.get(status, 0) + 1
        return data, wait

    def _page(self, path: str, headers: Mapping[str, str], tally: Tally) -> tuple[bytes, float]:
        folder, _, name = path.removeprefix("/").partition("/")
        number = name.removesuffix(".xml")
        if folder not in {"feed", "moved"} or not number.isdigit() or int(number) >= len(self.outlets):
            return response("404 Not Found", b"no such page", [("Content-Type", "text/plain")]), 0
        index = int(number)
        tally.feeds[index] = tally.feeds.get(index, 0) + 1
        kind = misbehaviour(index) if self.mode.broken and folder == "feed" else None
        if kind is not None:
            body = self.bodies(self.mode.epoch)[index]
            return _misbehave(kind, body, self.outlets[index]), self.mode.slow if kind == "slow" else 0
        return self._document(index, headers), 0

    def _document(self, index: int, headers: Mapping[str, str]) -> bytes:
        body, mode = self.bodies(self.mode.epoch)[index], self.mode
        validators = [("ETag", body.etag), ("Last-Modified", body.last_modified), ("Vary", "Accept-Encoding")]
        if mode.validators and mode.conditional and _unchanged(body, headers):
            return response("304 Not Modified", None, validators)
        described = [("Content-Type", body.content_type), *(validators if mode.validators else ())]
        zipped = "gzip" in headers.get("accept-encoding", "")
        data = body.gzipped if zipped else body.plain
        if mode.stamp:
            stamped = body.plain + b"<!-- %d -->\n" % next(self._stamps)
            data = gzip.compress(stamped, 1) if zipped else stamped
        return response("200 OK", data, [*described, ("Content-Encoding", "gzip")] if zipped else described)


def _unchanged(body: Body, headers: Mapping[str, str]) -> bool:
    """RFC 9110, section 13.2.2: If-None-Match goes before If-Modified-Since."""
    if "if-none-match" in headers:
        return body.etag in headers["if-none-match"]
    return headers.get("if-modified-since") == body.last_modified


def response(status: str, body: bytes | None, headers: Headers) -> bytes:
    """An HTTP/1.1 response; `body` None sends no length (304)."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def _misbehave(kind: str, body: Body, outlet: Outlet) -> bytes:
    xml = [("Content-Type", body.content_type)]
    if kind in REASONS:
        later = [("Retry-After", "3600")] if kind in {"429", "503"} else []
        return response(f"{kind} {REASONS[kind]}", b"error", [("Content-Type", "text/plain"), *later])
    if kind in {"301", "302", "loop"}:
        path = f"/feed/{outlet.number}.xml" if kind == "loop" else f"/moved/{outlet.number}.xml"
        status = "301 Moved Permanently" if kind == "301" else "302 Found"
        return response(status, b"", [("Location", outlet.address + path)])
    if kind == "html page":
        return response("200 OK", HTML, [("Content-Type", "text/html")])
    return response("200 OK", _damaged(kind, body.plain, outlet.encoding), xml)


def _damaged(kind: str, plain: bytes, encoding: str) -> bytes:
    damages: dict[str, Callable[[], bytes]] = {
        "ampersand": lambda: plain.replace(b"</title>", b" & Co</title>"),
        "truncated": lambda: plain[: len(plain) * 2 // 3],
        "wrong charset": lambda: plain.decode(encoding).encode("cp1251", "replace"),
        "control characters": lambda: plain.replace(b"<p>", b"<p>\x0b", 5),
        "empty": lambda: b"",
    }
    return damages.get(kind, lambda: plain)()


# ---------------------------------------------------------------- the wire


class Connection(asyncio.Protocol):
    """GET requests on a kept-alive connection; nobody sends this server a body."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
            self._respond(first.split(" ")[1], headers)

    def _respond(self, path: str, headers: Mapping[str, str]) -> None:
        data, wait = self._origin.answer(path, headers)
        asyncio.get_running_loop().call_later(wait, self._send, data, headers.get("connection", "").lower() == "close")

    def _send(self, data: bytes, last: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if last:
            self._transport.close()


async def serve(origin: Origin, port: int) -> None:
    """Answer on every loopback address until cancelled; says so on stdout when ready."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(origin), "0.0.0.0", port, backlog=4096)
    print(json.dumps(asdict(origin.truth())), "listening", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--port", type=int, default=8300)
    parser.add_argument("--net", default="127.40", help="two octets; each feed gets an address in it")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--now", type=int, help="epoch seconds of the newest entry, default: now")
    parser.add_argument("--epochs", type=int, default=1, help="epochs made before serving")
    given = parser.parse_args()
    origin = Origin(given.feeds, net=given.net, port=given.port, seed=given.seed, now=given.now)
    for epoch in range(given.epochs):
        origin.bodies(epoch)
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(origin, given.port))
    else:
        uvloop.run(serve(origin, given.port))


if __name__ == "__main__":
    main()
