"""TLS that is verified, on both event loops, and the operator's proxy."""

import asyncio

import pytest
import uvloop
from origin import LOOPBACK, Heard, Origin, reply, to_loopback

from aggregator.errors import AddressRefused, ConnectionFailed
from aggregator.fetch import Fetcher, Request
from aggregator.model import FetchRules

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_https_works_on_both_event_loops(run, trusted: None) -> None:  # type: ignore[no-untyped-def]
    async def scenario() -> tuple[bytes, int]:
        async with Origin(tls=True) as secure, Fetcher(LOOPBACK, resolve=to_loopback) as fetcher:
            secure.on("/", reply(200, b"x" * 500_000))
            for _ in range(3):
                document = await fetcher.get(Request(secure.url("/", "a.example")))
            return document.body, secure.connections

    assert run(scenario()) == (b"x" * 500_000, 1)


async def test_a_name_the_certificate_does_not_carry_is_refused(secure: Origin, fetcher: Fetcher) -> None:
    secure.on("/", reply(200, b"x"))
    with pytest.raises(ConnectionFailed, match=r"(?i)tls.*certificate"):
        await fetcher.get(Request(secure.url("/", "impostor.example")))
    assert secure.heard == []


async def test_an_unknown_certificate_is_refused(fetcher: Fetcher) -> None:
    async with Origin(tls=True) as secure:
        with pytest.raises(ConnectionFailed, match=r"(?i)certificate"):
            await fetcher.get(Request(secure.url("/", "a.example")))
        assert secure.heard == []


async def test_a_server_that_speaks_no_tls_is_a_temporary_error(fetcher: Fetcher) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionFailed, match="TLS"):
            await fetcher.get(Request(f"https://a.example:{port}/"))


async def test_a_standard_upgrade_to_https_keeps_the_secrets() -> None:
    """The same host on the standard ports: otherwise a configured http address could never log in."""
    import httpx

    from aggregator.fetch.journey import same_origin

    def same(here: str, there: str) -> bool:
        return same_origin(httpx.URL(here), httpx.URL(there))

    assert same("http://a.example/x", "https://a.example/y")
    assert same("https://a.example/x", "https://a.example:443/y")
    assert not same("https://a.example/", "http://a.example/")
    assert not same("http://a.example/", "https://www.a.example/")
    assert not same("http://a.example/", "https://a.example:8443/")
    assert not same("http://a.example:8080/", "https://a.example/")


def through(proxy: Origin) -> FetchRules:
    return FetchRules(host_gap=0, timeout=5, proxy=f"http://user:secret@{proxy.host}:{proxy.port}")


async def test_plain_requests_go_through_the_proxy(origin: Origin) -> None:
    origin.on("http://news.example/feed", reply(200, b"x"))
    async with Fetcher(through(origin)) as fetcher:
        assert (await fetcher.get(Request("http://news.example/feed"))).body == b"x"
    assert origin.heard[0].header("proxy-authorization") == b"Basic dXNlcjpzZWNyZXQ="
    assert origin.heard[0].header("host") == b"news.example"


async def test_https_goes_through_a_tunnel(origin: Origin, secure: Origin) -> None:
    secure.on("/feed", reply(200, b"secret news"))

    async def tunnel(heard: Heard, writer: asyncio.StreamWriter) -> None:
        reader, upstream = await asyncio.open_connection(secure.host, secure.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                sink.write(data)

        there = asyncio.create_task(pump(heard.reader, upstream))
        try:
            await pump(reader, writer)
        finally:
            there.cancel()
            upstream.close()

    origin.on("a.example:443", tunnel)
    async with Fetcher(through(origin)) as fetcher:
        document = await fetcher.get(Request("https://a.example/feed"))
    assert document.body == b"secret news"


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://127.0.0.1/", "http://news.example:8080/", "http://[::1]/"])
async def test_the_guard_holds_in_front_of_a_proxy(origin: Origin, url: str) -> None:
    """Row 27: addresses and ports are ours to refuse; what a name leads to is the proxy's to check."""
    async with Fetcher(through(origin)) as fetcher:
        with pytest.raises(AddressRefused):
            await fetcher.get(Request(url))
    assert origin.heard == []
