"""Listening to a hub over real HTTP: found in a feed, asked, verified, and a signed push brings the news at once."""

import asyncio
import hmac
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
import structlog
from origin import Heard, Origin, reply
from rounds import configured, links, rss

from aggregator import store
from aggregator.bootstrap import Live, open_live
from aggregator.cli.serving import serve_only
from aggregator.store import Store
from aggregator.store.tables import HOST
from aggregator.web import Server
from aggregator.worker import listening, service
from aggregator.worker.local import fetch_round

pytestmark = pytest.mark.anyio
CALL = {"trust_env": False, "timeout": 10}


def feed(hub: str, items: int) -> bytes:
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{hub}"/>'
    return rss(range(items), link)


@dataclass
class Hub:
    """A scripted hub: takes every request and remembers the forms."""

    asked: list[dict[str, str]] = field(default_factory=list)
    status: int = 202

    async def __call__(self, heard: Heard, writer: asyncio.StreamWriter) -> None:
        body = await heard.reader.readexactly(int(heard.header("content-length") or 0))
        self.asked.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
        writer.write(reply(self.status))


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def running(opened: Store, config: Path, live: Live, port: int) -> AsyncIterator[None]:
    """Polls and server, as `aggregator run` has them."""
    stopping = asyncio.Event()
    server = Server(opened, live, host="127.0.0.1", port=port)
    tasks = [
        asyncio.create_task(server.serve(stopping)),
        asyncio.create_task(service.keep_polling(opened, config, live, stopping=stopping)),
    ]
    try:
        await server.started.wait()
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "IDLE", 0.05)
    monkeypatch.setattr(listening, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(store.listening, "PUSH_GAP", 0)


async def test_a_signed_push_brings_the_news_at_once(
    origin: Origin, other: Origin, tmp_path: Path, hasty: None
) -> None:
    """Rows 38 and 39: a challenge for anything else is refused, and an unsigned push is taken and ignored."""
    hub, port = Hub(), free_port()
    other.on("/hub", hub)
    origin.on("/feed", reply(200, feed(other.url("/hub"), 2), ETag='"1"'), reply(304))
    config = configured(tmp_path / "config", [origin.url("/feed")], f"http://127.0.0.1:{port}")
    opened = store.Store(f"sqlite:///{tmp_path / 'a.db'}")
    store.schema.ensure(opened)
    live, _ = open_live(opened, config, 0)
    async with running(opened, config, live, port), httpx.AsyncClient(**CALL) as caller:
        await until(lambda: bool(hub.asked))
        (asked,) = hub.asked
        assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", origin.url("/feed"))
        callback = asked["hub.callback"]
        question = {"hub.mode": "subscribe", "hub.topic": asked["hub.topic"], "hub.challenge": "ch/4?", "hub.lease_seconds": "864000"}  # fmt: skip
        for wrong in ({"hub.topic": "http://evil.example/"}, {"hub.mode": "unsubscribe"}, {"hub.challenge": ""}):
            assert (await caller.get(callback, params=question | wrong)).status_code == 404
        assert (await caller.get(callback[:-3] + "xyz", params=question)).status_code == 404
        answer = await caller.get(callback, params=question)
        assert (answer.status_code, answer.text) == (200, "ch/4?")
        assert answer.headers["content-type"].startswith("text/plain")

        news = feed(other.url("/hub"), 3)
        origin.on("/feed", reply(200, news, ETag='"2"'))
        polls = origin.count("/feed")
        for signature in (None, "sha256=" + "0" * 64):
            headers = {"X-Hub-Signature": signature} if signature else {}
            assert (await caller.post(callback, content=news, headers=headers)).status_code == 202
        assert (await caller.post(callback[:-3] + "xyz", content=news)).status_code == 410
        await asyncio.sleep(0.5)
        assert origin.count("/feed") == polls

        signature = "sha256=" + hmac.new(asked["hub.secret"].encode(), news, "sha256").hexdigest()
        assert (await caller.post(callback, content=news, headers={"X-Hub-Signature": signature})).status_code == 202
        await until(lambda: origin.count("/feed") == polls + 1)
        await until(lambda: len(links(opened)) == 3)
    assert len(hub.asked) == 1
    opened.close()


async def test_a_hub_that_refuses_is_left_alone_and_the_feed_is_polled_on(
    origin: Origin, other: Origin, tmp_path: Path, hasty: None
) -> None:
    hub, port = Hub(status=403), free_port()
    other.on("/hub", hub)
    origin.on("/feed", reply(200, feed(other.url("/hub"), 2)))
    config = configured(tmp_path / "config", [origin.url("/feed")], f"http://127.0.0.1:{port}")
    opened = store.Store(f"sqlite:///{tmp_path / 'a.db'}")
    store.schema.ensure(opened)
    live, _ = open_live(opened, config, 0)
    async with running(opened, config, live, port):
        await until(lambda: bool(hub.asked))
        await asyncio.sleep(0.5)
    assert len(hub.asked) == 1
    assert len(links(opened)) == 2
    opened.close()


async def test_without_a_public_address_no_hub_is_asked(
    origin: Origin, other: Origin, tmp_path: Path, hasty: None
) -> None:
    hub, port = Hub(), free_port()
    other.on("/hub", hub)
    origin.on("/feed", reply(200, feed(other.url("/hub"), 2)))
    config = configured(tmp_path / "config", [origin.url("/feed")], f"http://localhost:{port}")
    opened = store.Store(f"sqlite:///{tmp_path / 'a.db'}")
    store.schema.ensure(opened)
    live, _ = open_live(opened, config, 0)
    async with running(opened, config, live, port):
        await until(lambda: len(links(opened)) == 2)
        await asyncio.sleep(0.3)
    assert hub.asked == []
    opened.close()


async def test_a_push_larger_than_any_feed_is_refused_and_costs_no_memory(
    origin: Origin, other: Origin, tmp_path: Path, hasty: None
) -> None:
    hub, port = Hub(), free_port()
    other.on("/hub", hub)
    origin.on("/feed", reply(200, feed(other.url("/hub"), 2)))
    config = configured(tmp_path / "config", [origin.url("/feed")], f"http://127.0.0.1:{port}")
    opened = store.Store(f"sqlite:///{tmp_path / 'a.db'}")
    store.schema.ensure(opened)
    live, _ = open_live(opened, config, 0)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 500_000

    async with running(opened, config, live, port), httpx.AsyncClient(**CALL) as caller:
        await until(lambda: bool(hub.asked))
        try:
            answer = await caller.post(hub.asked[0]["hub.callback"], content=endless())
            assert answer.status_code == 413
        except httpx.TransportError:
            pass  # it hung up in the middle, which is as good
    opened.close()


async def test_a_running_process_says_why_the_next_poll_is_when_it_is(
    origin: Origin, tmp_path: Path, hasty: None
) -> None:
    port = free_port()
    origin.on("/feed", reply(200, rss(range(2)), Cache_Control="max-age=7200"))
    config = configured(tmp_path / "config", [origin.url("/feed")], f"http://localhost:{port}")
    opened = store.Store(f"sqlite:///{tmp_path / 'a.db'}")
    store.schema.ensure(opened)
    live, _ = open_live(opened, config, 0)
    with structlog.testing.capture_logs() as told:
        async with running(opened, config, live, port):
            await until(lambda: any(one["event"] == "polled" for one in told))
    (polled,) = [one for one in told if one["event"] == "polled"]
    assert (polled["feed"], polled["new"]) == (origin.url("/feed"), 2)
    assert polled["then"].startswith("next poll 20")
    assert "the publisher asks not to come before" in polled["then"]
    opened.close()


async def test_beside_fetch_from_cron_the_web_server_listens_and_ends_what_was_removed(
    origin: Origin, other: Origin, tmp_path: Path, hasty: None
) -> None:
    """`fetch` learns of the hub, `serve` asks it, takes its push and makes the feed due, and the next `fetch` polls it."""
    hub, port = Hub(), free_port()
    other.on("/hub", hub)
    origin.on("/feed", reply(200, feed(other.url("/hub"), 2), ETag='"1"'))
    config = configured(tmp_path / "config", [origin.url("/feed")], f"http://127.0.0.1:{port}")
    opened = store.Store(f"sqlite:///{tmp_path / 'a.db'}")
    store.schema.ensure(opened)
    live, _ = open_live(opened, config, 0)
    await fetch_round(opened, live)
    assert hub.asked == []
    server = asyncio.create_task(serve_only(opened, config, live, host="127.0.0.1", port=port))
    async with httpx.AsyncClient(**CALL) as caller:
        await until(lambda: bool(hub.asked))
        (asked,) = hub.asked
        callback, topic = asked["hub.callback"], asked["hub.topic"]
        back = {"hub.topic": topic, "hub.challenge": "ch", "hub.lease_seconds": "864000"}
        await until_answered(caller, callback)
        assert (await caller.get(callback, params={"hub.mode": "subscribe"} | back)).text == "ch"

        news = feed(other.url("/hub"), 3)
        origin.on("/feed", reply(200, news, ETag='"2"'))
        await fetch_round(opened, live)
        assert len(links(opened)) == 2, "nothing is due yet"
        signature = "sha256=" + hmac.new(asked["hub.secret"].encode(), news, "sha256").hexdigest()
        assert (await caller.post(callback, content=news, headers={"X-Hub-Signature": signature})).status_code == 202
        await fetch_round(opened, live)
        assert len(links(opened)) == 3

        (config / "sources" / "paper.toml").write_text("")
        await until(lambda: len(hub.asked) == 2)
        leaving = {"hub.mode": "unsubscribe", "hub.topic": topic, "hub.callback": callback}
        assert hub.asked[1] == leaving
        assert (await caller.get(callback, params={"hub.mode": "unsubscribe"} | back)).text == "ch"
        assert (await caller.get(callback, params={"hub.mode": "unsubscribe"} | back)).status_code == 404
        assert (await caller.post(callback, content=news)).status_code == 410
        await asyncio.sleep(0.3)
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)
    assert len(hub.asked) == 2
    with opened.reading() as db:
        assert not list(db.execute(HOST.select().where(HOST.c.lease_token.is_not(None)))), (
            "the hub's host is given back"
        )
    opened.close()


async def until_answered(caller: httpx.AsyncClient, url: str) -> None:
    async with asyncio.timeout(30):
        while (await caller.get(url)).status_code != 404:
            await asyncio.sleep(0.05)
