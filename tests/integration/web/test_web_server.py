"""The server in a real event loop on a real port: starting, stopping, and clients that misbehave."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from aggregator.errors import AggregatorError
from aggregator.web import Server, protocol

Site = Any
GET = b"GET /feeds/cargo.atom HTTP/1.1\r\nHost: x\r\n\r\n"


@asynccontextmanager
async def serving(site: Site) -> AsyncIterator[Server]:
    server, stopping = Server(site.opened, site.live, host="127.0.0.1", port=0), asyncio.Event()
    task = asyncio.create_task(server.serve(stopping))
    await asyncio.wait_for(server.started.wait(), 5)
    try:
        yield server
    finally:
        stopping.set()
        await asyncio.wait_for(task, 6)


async def exchange(server: Server, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send the parts with pauses; what comes back until the server closes or stays silent for a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        return await asyncio.wait_for(reader.read(500), 15)
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def run(site: Site, use: Callable[[Server], Any]) -> Any:
    async def main() -> Any:
        async with serving(site) as server:
            return await use(server)

    return asyncio.run(main())


def test_it_serves_over_the_wire(site: Site) -> None:
    answer = run(site, lambda server: exchange(server, GET))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"server:" not in answer.lower()


def test_several_requests_share_a_connection(site: Site) -> None:
    async def twice(server: Server) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        found = 0
        for _ in range(3):
            writer.write(b"HEAD /feeds/cargo.atom HTTP/1.1\r\nHost: x\r\n\r\n")
            found += (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()
        return found

    assert run(site, twice) == 3


def test_a_taken_port_is_told_with_what_to_do(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Server(site.opened, site.live, host="127.0.0.1", port=taken.getsockname()[1])
        with pytest.raises(AggregatorError, match="--port"):
            asyncio.run(server.serve(asyncio.Event()))


def test_a_host_that_is_none_is_told(site: Site) -> None:
    with pytest.raises(AggregatorError, match="--host"):
        asyncio.run(Server(site.opened, site.live, host="192.0.2.1", port=0).serve(asyncio.Event()))


def test_it_leaves_signals_to_its_owner(site: Site) -> None:
    import signal

    async def look(_: Server) -> Any:
        return signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    assert run(site, look)[1] == before


@pytest.mark.slow
def test_it_ends_within_five_seconds_although_clients_hang_on(site: Site) -> None:
    async def hang(server: Server) -> float:
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
            await writer.drain()
            hanging.append(writer)
        return time.monotonic()

    async def main() -> float:
        async with serving(site) as server:
            began = await hang(server)
        took = time.monotonic() - began
        for writer in hanging:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        return took

    hanging: list[asyncio.StreamWriter] = []
    assert asyncio.run(main()) < 5


def test_a_configuration_is_renewed_while_it_serves(own_site: Site, topic_files: dict[str, str]) -> None:
    async def main() -> tuple[bytes, bytes]:
        async with serving(own_site) as server:
            before = await exchange(server, b"GET /feeds/harbour.json HTTP/1.0\r\n\r\n")
            without = {name: text for name, text in topic_files.items() if name != "harbour"}
            await asyncio.to_thread(own_site.take_over, without)
            server.renew(own_site.live)
            return before, await exchange(server, b"GET /feeds/harbour.json HTTP/1.0\r\n\r\n")

    before, after = asyncio.run(main())
    assert before.startswith(b"HTTP/1.1 200")
    assert after.startswith(b"HTTP/1.1 410")


@pytest.mark.parametrize(
    "request_bytes",
    [b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET \xff HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"],
)
def test_what_is_no_request_is_refused(site: Site, request_bytes: bytes) -> None:
    answer = run(site, lambda server: exchange(server, request_bytes))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_a_head_without_end_is_cut_off(site: Site) -> None:
    lines = [b"GET / HTTP/1.1\r\nHost: x\r\n", *(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(60))]
    answer = run(site, lambda server: exchange(server, *lines))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_a_head_that_takes_its_time_is_cut_off_and_a_slow_honest_one_is_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "SLOWEST_HEAD", 0.3)
    drip = [b"GET / HTTP/1.1\r\n", b"X-1: a\r\n", b"X-2: a\r\n"]
    assert run(site, lambda server: exchange(server, *drip, pause=0.08)).startswith(b"HTTP/1.1 400")
    honest = [GET[:20], GET[20:]]
    assert run(site, lambda server: exchange(server, *honest, pause=0.1)).startswith(b"HTTP/1.1 200")
    assert run(site, exchange) == b"", "a connection that says nothing is closed"


# ---------------------------------------------------------------- the short way of polls


async def conversation(server: Server, *requests: bytes) -> list[tuple[bytes, bytes]]:
    """Head and body of each answer on one connection; the date is left out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    found = []
    for request in requests:
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        fields = dict(line.split(b": ", 1) for line in head.strip().split(b"\r\n")[1:])
        silent = request.startswith(b"HEAD") or b" 304 " in head.partition(b"\r\n")[0]
        body = await reader.readexactly(0 if silent else int(fields.get(b"content-length", b"0")))
        found.append((b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"date")), body))
    writer.close()
    await writer.wait_closed()
    return found


def asked(method: bytes = b"GET", path: bytes = b"/feeds/cargo.atom", **fields: bytes) -> bytes:
    lines = [method + b" " + path + b" HTTP/1.1", b"Host: x"]
    lines += [name.replace("_", "-").encode() + b": " + value for name, value in fields.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n"


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize("coding", [b"gzip", b"br", b"identity"])
def test_the_short_way_says_what_the_long_one_says(
    site: Site, method: bytes, coding: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aggregator.web.app import App

    taken = []
    short = App.at_once

    def watched(self: App, url: bytes, headers: list[tuple[bytes, bytes]]) -> Any:
        found = short(self, url, headers)
        taken.append(found is not None)
        return found

    request = asked(method, accept_encoding=coding)
    monkeypatch.setattr(App, "at_once", watched)
    first, again = run(site, lambda server: conversation(server, request, request))
    assert taken == [False, True]
    assert first == again
    tag = re.search(rb"etag: (\S+)", first[0])
    assert tag is not None
    unchanged = asked(method, accept_encoding=coding, if_none_match=tag[1])
    monkeypatch.setattr(App, "at_once", lambda *_: None)
    long_304 = run(site, lambda server: conversation(server, request, unchanged))[1]
    monkeypatch.setattr(App, "at_once", watched)
    short_304 = run(site, lambda server: conversation(server, request, unchanged))[1]
    assert long_304[0].startswith(b"HTTP/1.1 304 Not Modified")
    assert long_304 == short_304


def test_the_short_way_bears_bodies_pipelines_and_what_comes_after(site: Site) -> None:
    plain = asked()
    with_body = asked(content_length=b"5") + b"hello"

    async def talk(server: Server) -> list[int]:
        await conversation(server, plain)
        answers = await conversation(server, plain, with_body, plain, asked(path=b"/feeds/nope.atom"), plain)
        statuses = [int(head.split(b" ")[1]) for head, _ in answers]
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(plain * 3 + asked(path=b"/liveness", connection=b"close"))
        data = await asyncio.wait_for(reader.read(-1), 5)
        writer.close()
        return [*statuses, data.count(b"HTTP/1.1 200 OK")]

    assert run(site, talk) == [200, 200, 200, 404, 200, 4]
