"""The newsroom's server over real sockets: keep-alive, drip, rounds, its log, hostile heads, and the resolver."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest

from aggregator.demo.newsroom import load
from aggregator.demo.server import NewsroomServer, resolve

NEWSROOM = load()
NOW = 1_764_000_000
Visit = Callable[[NewsroomServer, httpx.AsyncClient], Awaitable[None]]


def with_server(visit: Visit, drip: float = 0.0) -> None:
    """Run a visit against a server of its own, through a client that knows no name."""

    async def run() -> None:
        async with NewsroomServer(NEWSROOM, now=NOW, drip=drip) as server:
            address = f"http://127.0.0.1:{server.port}"
            async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
                await visit(server, client)

    asyncio.run(run())


def host(id_: str) -> dict[str, str]:
    return {"host": f"{id_}.example"}


async def raw(port: int, head: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head)
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()
        await writer.wait_closed()


def test_a_real_client_reads_a_feed_then_gets_304_on_the_same_connection() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        first = await client.get("/wire/rss", headers=host("rasad-wire"))
        assert first.status_code == 200
        assert first.headers["content-encoding"] == "gzip"
        assert first.text.count("<item>") == 12
        again = await client.get("/wire/rss", headers={**host("rasad-wire"), "if-none-match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        assert server.requests.counts == {
            ("rasad-wire.example", "/wire/rss", 200): 1,
            ("rasad-wire.example", "/wire/rss", 304): 1,
        }
        assert server.requests.log[-1].headers["if-none-match"] == first.headers["etag"]

    with_server(visit)


def test_addresses_name_the_port_in_use() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        outlet = NEWSROOM.outlet("bereg-agency")
        assert server.port > 0
        assert server.url(outlet) == f"http://bereg-agency.example:{server.port}/"
        assert server.feed_url(outlet) == f"http://bereg-agency.example:{server.port}/export/rss.xml"

    with_server(visit)


def test_windows_1251_is_read_by_its_declaration() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        answer = await client.get("/export/rss.xml", headers=host("bereg-agency"))
        assert answer.headers["content-type"] == "text/xml"
        assert "Агентство «Берег»" in answer.content.decode("windows-1251")

    with_server(visit)


def test_a_redirect_leads_to_the_moved_feed() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        answer = await client.get("/rss", headers=host("kizilirmak-haber"))
        target = httpx.URL(answer.headers["location"])
        assert (answer.status_code, target.host, target.port) == (301, "kizilirmak-haber.example", server.port)
        assert (await client.get(target.path, headers=host("kizilirmak-haber"))).status_code == 200

    with_server(visit)


@pytest.mark.slow
def test_the_slow_feed_takes_its_time_and_delays_no_other() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        started = time.monotonic()
        slow = asyncio.create_task(client.get("/feeds/latest.atom", headers=host("silk-desk")))
        quick = await client.get("/feed.json", headers=host("caspian-ledger"))
        assert quick.status_code == 200
        assert not slow.done()
        assert (await slow).text.rstrip().endswith("</feed>")
        assert time.monotonic() - started >= 1.0

    with_server(visit, drip=1.2)


def test_the_second_round_brings_news_to_clients_that_ask_whether_anything_changed() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        first = await client.get("/atom.xml", headers=host("zhaiyq-tany"))
        held = {**host("zhaiyq-tany"), "if-none-match": first.headers["etag"]}
        assert (await client.get("/atom.xml", headers=held)).status_code == 304
        server.advance(2)
        news = await client.get("/atom.xml", headers=held)
        assert (server.round, news.status_code) == (2, 200)
        assert news.text.count("<entry>") == first.text.count("<entry>") + 1

    with_server(visit)


def test_the_log_tells_who_was_asked_for_what() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        await client.get("/rss/all", headers=host("qamal-times"))
        await client.get("/robots.txt", headers=host("qamal-times"))
        asked = [(seen.path, seen.status) for seen in server.requests.to("qamal-times.example")]
        assert asked == [("/rss/all", 500), ("/robots.txt", 200)]
        assert len(server.requests.to("qamal-times.example", "/rss/all")) == 1
        server.requests.clear()
        assert not server.requests.log
        assert not server.requests.counts

    with_server(visit)


def test_head_gets_the_length_but_no_body() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        whole = await client.get("/feed.json", headers=host("caspian-ledger"))
        head = await client.head("/feed.json", headers=host("caspian-ledger"))
        assert head.headers["content-length"] == whole.headers["content-length"]
        assert head.content == b""

    with_server(visit)


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        b"GET http://other.example/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
    ids=["nonsense", "proxy", "version", "flood"],
)
def test_a_hostile_head_is_refused_and_the_server_lives_on(head: bytes) -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        answer = await raw(server.port, head)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert (await client.get("/", headers=host("bereg-agency"))).status_code == 200

    with_server(visit)


def test_an_http_1_0_client_gets_one_answer_and_the_end_of_the_connection() -> None:
    async def visit(server: NewsroomServer, client: httpx.AsyncClient) -> None:
        answer = await raw(server.port, b"GET /robots.txt HTTP/1.0\r\nHost: bereg-agency.example\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"Disallow: /admin/\n")

    with_server(visit)


def test_clients_that_leave_or_linger_do_not_hold_the_server() -> None:
    async def run() -> None:
        async with NewsroomServer(NEWSROOM, now=NOW, drip=60) as server:
            for head in (b"", b"GET /"):
                _, gone = await asyncio.open_connection("127.0.0.1", server.port)
                gone.write(head)
                gone.close()
            _, idle = await asyncio.open_connection("127.0.0.1", server.port)
            _, waiting = await asyncio.open_connection("127.0.0.1", server.port)
            waiting.write(b"GET /feeds/latest.atom HTTP/1.1\r\nHost: silk-desk.example\r\n\r\n")
            while not server.requests.log:
                await asyncio.sleep(0.01)
        idle.close()
        waiting.close()

    started = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - started < 5


def test_newsroom_names_resolve_to_loopback_and_no_other_name_resolves() -> None:
    assert asyncio.run(resolve("bereg-agency.example", 80)) == ["127.0.0.1"]
    assert asyncio.run(resolve("Bereg-Agency.EXAMPLE.", 80)) == ["127.0.0.1"]
    for name in ("localhost", "example.org", "bereg-agency.example.org", "notexample"):
        with pytest.raises(socket.gaierror):
            asyncio.run(resolve(name, 80))
