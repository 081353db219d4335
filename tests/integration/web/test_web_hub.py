"""The hub, with subscribers on loopback: intent is verified, pings are signed and soon, nothing is lost over a restart,
and nobody is called who should not be.
"""

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from aggregator import store
from aggregator.model import FetchRules
from aggregator.store import hub as subscriptions
from aggregator.web import Server

Site = Any
BEGAN = 1_795_372_202 + 3 * 3600 - time.monotonic()
"""Added to the monotonic clock: a little after everything that the site published."""

LOOPBACK = FetchRules(allow=(("127.0.0.0/8", 0),))
FEED = "http://news.example/feeds/cargo.atom"


@dataclass
class Subscriber:
    """A callback that confirms what it expects and keeps what it is sent. `status` answers pings, `echo` challenges."""

    status: int = 200
    echo: Callable[[str], str] = lambda challenge: challenge
    challenges: list[dict[str, str]] = field(default_factory=list)
    pings: list[tuple[dict[str, str], bytes, float]] = field(default_factory=list)
    port: int = 0

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        await self.server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callback?mine=1"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
        method, target, _ = line.split(" ")
        if method == "GET":
            asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
            self.challenges.append(asked)
            status, body = 200, self.echo(asked["hub.challenge"]).encode()
        else:
            sent = await reader.readexactly(int(headers["content-length"]))
            self.pings.append((headers, sent, time.monotonic()))
            status, body = self.status, b""
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()


@pytest.fixture
def report(more_news: Callable[[Site, str], None]) -> Callable[[Site, str], None]:
    """Has something reported and published now."""

    def now(site: Site, title: str) -> None:
        more_news(site, title)
        site.settle(int(BEGAN + time.monotonic()))

    return now


@asynccontextmanager
async def serving(site: Site, rules: FetchRules = LOOPBACK) -> AsyncIterator[Server]:
    live = replace(site.live, config=replace(site.live.config, fetch=rules))
    server, stopping = Server(site.opened, live, host="127.0.0.1", port=0), asyncio.Event()
    server.app.service.clock = lambda: BEGAN + time.monotonic()
    task = asyncio.create_task(server.serve(stopping))
    await asyncio.wait_for(server.started.wait(), 5)
    try:
        yield server
    finally:
        stopping.set()
        await asyncio.wait_for(task, 10)


async def ask(server: Server, to: str, **fields: str) -> httpx.Response:
    form = {"hub.mode": "subscribe", "hub.topic": FEED, "hub.callback": to}
    form |= {f"hub.{name}": value for name, value in fields.items()}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"http://127.0.0.1:{server.port}/hub", data=form)


async def until(true: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def held(site: Site) -> tuple[subscriptions.Subscription, ...]:
    with site.opened.reading() as db:
        return subscriptions.listed(db)


def clock(site: Site, ahead: int) -> None:
    """Make every subscription's next work due now."""
    from sqlalchemy import text

    with site.opened.writing() as db:
        db.execute(text("UPDATE subscription SET due = due - :n, claimed = 0"), {"n": ahead})


def test_a_subscriber_confirms_and_is_sent_the_signed_feed_within_two_seconds(
    own_site: Site, report: Callable[[Site, str], None]
) -> None:
    async def main() -> None:
        async with Subscriber() as subscriber, serving(own_site) as server:
            answer = await ask(server, subscriber.url, secret="ключ", lease_seconds="4000")
            assert answer.status_code == 202
            await until(lambda: held(own_site)[0].lease_until)
            (challenge,) = subscriber.challenges
            assert (challenge["hub.mode"], challenge["hub.topic"]) == ("subscribe", FEED)
            assert (challenge["hub.lease_seconds"], challenge["mine"]) == ("4000", "1")
            await asyncio.to_thread(report, own_site, "Cargo in a hurry")
            published = time.monotonic()
            await until(lambda: subscriber.pings)
            headers, body, arrived = subscriber.pings[0]
            assert arrived - published < 2
            assert b"Cargo in a hurry" in body
            assert headers["x-hub-signature"] == "sha256=" + hmac.new("ключ".encode(), body, "sha256").hexdigest()
            assert headers["content-type"] == "application/atom+xml; charset=utf-8"
            assert headers["link"] == f'<http://news.example/hub>; rel="hub", <{FEED}>; rel="self"'
            with own_site.opened.reading() as db:
                stored = store.publications.rendering(db, "cargo", "atom")
            assert stored is not None
            assert body == stored[0].body
            await until(lambda: not held(own_site)[0].owed)

    asyncio.run(main())


def test_feeds_name_the_hub_in_header_and_body_where_a_server_runs(own_site: Site) -> None:
    async def main() -> None:
        async with serving(own_site) as server:
            await until(lambda: served(own_site))
            await asyncio.to_thread(own_site.settle, int(BEGAN + time.monotonic()))
            async with httpx.AsyncClient(trust_env=False) as client:
                for format_ in ("atom", "rss", "json"):
                    answer = await client.get(f"http://127.0.0.1:{server.port}/feeds/cargo.{format_}")
                    assert '<http://news.example/hub>; rel="hub"' in answer.headers["link"]
                    assert "http://news.example/hub" in answer.text

    def served(site: Site) -> bool:
        with site.opened.reading() as db:
            return subscriptions.is_served(db, int(BEGAN + time.monotonic()))

    assert "/hub" not in own_site.get("/feeds/cargo.atom").text
    assert "/hub" not in own_site.get("/feeds/cargo.atom").headers["link"]
    asyncio.run(main())


def test_what_the_callback_does_not_confirm_never_begins(own_site: Site) -> None:
    async def main() -> None:
        async with Subscriber(echo=lambda _: "something else") as subscriber, serving(own_site) as server:
            assert (await ask(server, subscriber.url)).status_code == 202
            await until(lambda: subscriber.challenges and not held(own_site))

    asyncio.run(main())


def test_only_the_callback_itself_can_end_a_subscription(own_site: Site) -> None:
    async def main() -> None:
        async with Subscriber() as subscriber, serving(own_site) as server:
            await ask(server, subscriber.url)
            await until(lambda: held(own_site)[0].lease_until)
            subscriber.echo = lambda _: "no"
            await ask(server, subscriber.url, mode="unsubscribe")
            await until(lambda: len(subscriber.challenges) == 2 and held(own_site)[0].asked is None)
            assert held(own_site)[0].lease_until
            subscriber.echo = lambda challenge: challenge
            await ask(server, subscriber.url, mode="unsubscribe")
            await until(lambda: not held(own_site))

    asyncio.run(main())


def test_subscriptions_and_pings_survive_a_restart(own_site: Site, report: Callable[[Site, str], None]) -> None:
    async def main() -> None:
        async with Subscriber() as subscriber:
            async with serving(own_site) as server:
                await ask(server, subscriber.url, secret="s")
                await until(lambda: held(own_site)[0].lease_until)
            await asyncio.to_thread(report, own_site, "Cargo while nobody served")
            assert held(own_site)[0].owed
            assert not subscriber.pings
            async with serving(own_site):
                await until(lambda: subscriber.pings)
            assert b"Cargo while nobody served" in subscriber.pings[0][1]

    asyncio.run(main())


def test_two_servers_send_each_ping_once(own_site: Site, report: Callable[[Site, str], None]) -> None:
    async def main() -> None:
        async with Subscriber() as subscriber, serving(own_site) as server, serving(own_site):
            for n in range(10):
                await ask(server, f"{subscriber.url}&n={n}")
            await until(lambda: len(held(own_site)) == 10 and all(one.lease_until for one in held(own_site)))
            await asyncio.to_thread(report, own_site, "Cargo for ten")
            await until(lambda: not any(one.owed for one in held(own_site)))
            await asyncio.sleep(1.2)
            assert len(subscriber.pings) == 10
            assert len(subscriber.challenges) == 10

    asyncio.run(main())


def test_a_callback_that_fails_is_tried_again_later_and_dropped_in_the_end(
    own_site: Site, report: Callable[[Site, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MOST_FAILURES", 3)

    async def main() -> None:
        async with Subscriber(status=500) as subscriber, serving(own_site) as server:
            await ask(server, subscriber.url)
            await until(lambda: held(own_site)[0].lease_until)
            await asyncio.to_thread(report, own_site, "Cargo nobody takes")
            for count in (1, 2):
                await until(lambda count=count: held(own_site)[0].failures == count)
                await asyncio.sleep(0.7)
                assert len(subscriber.pings) == count, "it is not tried again before its pause is over"
                clock(own_site, 1000)
            await until(lambda: not held(own_site))

    asyncio.run(main())


def test_a_callback_that_recovers_gets_what_it_missed(own_site: Site, report: Callable[[Site, str], None]) -> None:
    async def main() -> None:
        async with Subscriber(status=503) as subscriber, serving(own_site) as server:
            await ask(server, subscriber.url)
            await until(lambda: held(own_site)[0].lease_until)
            await asyncio.to_thread(report, own_site, "Cargo kept for later")
            await until(lambda: held(own_site)[0].failures)
            subscriber.status = 204
            clock(own_site, 1000)
            await until(lambda: not held(own_site)[0].owed)
            assert b"Cargo kept for later" in subscriber.pings[-1][1]
            assert held(own_site)[0].failures == 0

    asyncio.run(main())


def test_a_callback_that_says_gone_is_dropped_at_once(own_site: Site, report: Callable[[Site, str], None]) -> None:
    async def main() -> None:
        async with Subscriber(status=410) as subscriber, serving(own_site) as server:
            await ask(server, subscriber.url)
            await until(lambda: held(own_site)[0].lease_until)
            await asyncio.to_thread(report, own_site, "Cargo goodbye")
            await until(lambda: not held(own_site))

    asyncio.run(main())


@pytest.mark.parametrize(
    "callback",
    ["http://127.0.0.1:9/", "http://10.0.0.1/x", "http://[::1]/", "http://169.254.169.254/latest", "http://2130706433/",
     "http://0x7f.1/", "http://[::ffff:10.0.0.1]/", "https://localhost/"],
)  # fmt: skip
def test_no_callback_leads_to_an_address_that_is_not_public(own_site: Site, callback: str) -> None:
    async def main() -> None:
        async with serving(own_site, FetchRules()) as server:
            answer = await ask(server, callback)
            assert answer.status_code == 403
            assert answer.json()["parameter"] == "hub.callback"
            assert not held(own_site)

    asyncio.run(main())


def test_an_address_that_turns_private_later_is_not_called_either(
    own_site: Site, report: Callable[[Site, str], None]
) -> None:
    async def main() -> None:
        async with Subscriber() as subscriber:
            async with serving(own_site) as server:
                await ask(server, subscriber.url)
                await until(lambda: held(own_site)[0].lease_until)
            async with serving(own_site, FetchRules()):
                await asyncio.to_thread(report, own_site, "Cargo not for you")
                await until(lambda: not held(own_site))
            assert not subscriber.pings

    asyncio.run(main())


BAD = {
    "mode": "publish",
    "topic": "http://news.example/feeds/secret.atom",
    "callback": "ftp://127.0.0.1/x",
    "secret": "s" * 200,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [*BAD.items(), ("topic", "http://news.example/feeds/nope.atom"), ("topic", "http://other.example/feeds/cargo.atom"),
     ("topic", FEED + "?lang=ru"), ("topic", "http://news.example/feeds/cargo/archive/1.atom"), ("callback", "http:///x"),
     ("callback", "http://127.0.0.1/#x"), ("callback", "http://127.0.0.1/\r\nX: y"), ("callback", "http://a/" + "x" * 1000),
     ("callback", "http://127.0.0.1:99999/"), ("callback", "")],
)  # fmt: skip
def test_what_cannot_be_subscribed_is_refused_by_name(own_site: Site, name: str, value: str) -> None:
    async def main() -> None:
        async with serving(own_site) as server:
            answer = await ask(server, "http://127.0.0.1:9/x", **{name: value})
            assert answer.status_code == 400
            assert answer.json()["parameter"] == f"hub.{name}"
            assert not held(own_site)

    asyncio.run(main())


def test_what_is_no_form_is_refused(own_site: Site) -> None:
    async def main() -> None:
        async with serving(own_site) as server, httpx.AsyncClient(trust_env=False) as client:
            url, form = f"http://127.0.0.1:{server.port}/hub", {"content-type": "application/x-www-form-urlencoded"}
            assert (await client.get(url)).status_code == 405
            assert (await client.post(url, json={})).status_code == 415
            assert (await client.post(url, content=b"a" * 9000, headers=form)).status_code == 413
            assert (await client.post(url, content=b"hub.mode=%ff", headers=form)).status_code == 400

    asyncio.run(main())


def test_one_host_gets_so_many_subscriptions_and_no_more(own_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST_A_HOST", 2)

    async def main() -> None:
        async with Subscriber() as subscriber, serving(own_site) as server:
            asked = [(await ask(server, f"{subscriber.url}&n={n}")).status_code for n in range(3)]
            assert asked == [202, 202, 503]

    asyncio.run(main())


def test_a_client_that_asks_too_often_is_told_to_wait(own_site: Site) -> None:
    async def main() -> None:
        async with Subscriber() as subscriber, serving(own_site) as server:
            statuses = [(await ask(server, f"{subscriber.url}&n={n}")).status_code for n in range(30)]
            assert statuses[:20] == [202] * 20
            assert 429 in statuses

    asyncio.run(main())


def test_a_topic_that_became_private_is_pushed_no_more(own_site: Site, topic_files: dict[str, str]) -> None:
    async def main() -> None:
        async with Subscriber() as subscriber:
            async with serving(own_site) as server:
                await ask(server, subscriber.url)
                await until(lambda: held(own_site)[0].lease_until)
            hidden = topic_files | {"cargo": "private = true\n" + topic_files["cargo"]}
            await asyncio.to_thread(own_site.take_over, hidden)
            await asyncio.to_thread(own_site.settle, int(BEGAN + time.monotonic()))
            async with serving(own_site):
                await until(lambda: not held(own_site))
            assert not subscriber.pings

    asyncio.run(main())


def test_a_lease_ends(own_site: Site) -> None:
    one = subscriptions.Subscription(
        "http://a.example/", "cargo", "atom", asked="subscribe", asked_secret=None, asked_lease=60
    )
    with own_site.opened.writing() as db:
        assert subscriptions.ask(db, one, "a.example", 1000) is None
        (claimed,) = subscriptions.claim(db, 1000, 10)
        assert subscriptions.claim(db, 1001, 10) == (), "what one server holds no other gets"
        subscriptions.confirmed(db, claimed, 1000)
        subscriptions.owe(db, "cargo", ["atom"], 7, 1061)
        assert [found.owed for found in subscriptions.listed(db)] == [0]
        assert subscriptions.expire(db, 1061) == 1


def test_pauses_grow_to_six_hours() -> None:
    assert [subscriptions.pause(n) for n in range(8)] == [10, 40, 160, 640, 2560, 10240, 21600, 21600]
