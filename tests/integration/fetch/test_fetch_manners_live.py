"""Good manners over real connections: turns, pauses, refusals by status, and connections that do not leak."""

import asyncio
import gc
import itertools
import time
from dataclasses import replace

import pytest
import uvloop
from origin import LOOPBACK, Heard, Origin, hang_up, reply, silence, to_loopback

from aggregator.errors import ConnectionFailed, DeadlineExceeded, FetchError, HttpStatus
from aggregator.fetch import Fetcher, Request, transport
from aggregator.model import Document

pytestmark = pytest.mark.anyio
NOW = 1_795_341_600.0  # Sun, 22 Nov 2026 10:00:00 GMT


async def slowly(heard: Heard, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.03)
    writer.write(reply(200, b"x"))


async def test_a_host_is_asked_one_request_at_a_time(origin: Origin, fetcher: Fetcher) -> None:
    """Row 23: also with host_gap = 0, and over one connection."""
    paths = [f"/{number}" for number in range(6)]
    for path in paths:
        origin.on(path, slowly)
    await asyncio.gather(*(fetcher.get(Request(origin.url(path))) for path in paths))
    assert (origin.most_busy, origin.connections) == (1, 1)


async def test_many_names_of_one_publisher_share_the_pause(origin: Origin) -> None:
    """Row 23: feeds, pages and robots.txt of a registrable domain wait for each other; others do not."""
    for path in ("/feed", "/page", "/robots.txt"):
        origin.on(path, reply(200, b"x"))
    async with Fetcher(replace(LOOPBACK, host_gap=0.12), resolve=to_loopback) as fetcher:
        await asyncio.gather(
            fetcher.get(Request(origin.url("/feed", "feeds.a.example"))),
            fetcher.get(Request(origin.url("/page", "www.a.example"), accept="page", robots=True)),
        )
        times = [heard.at for heard in origin.heard]
        assert len(times) == 3
        assert all(later - earlier >= 0.12 for earlier, later in itertools.pairwise(times))
        fetcher.renew(replace(LOOPBACK, host_gap=60))
        async with asyncio.timeout(30):
            await fetcher.get(Request(origin.url("/feed", "b.example")))
        assert fetcher.manners.last_request("a.example") == pytest.approx(time.time(), abs=5)


async def test_waiting_for_a_turn_does_not_use_up_the_deadline(origin: Origin) -> None:
    for number in range(4):
        origin.on(f"/{number}", slowly)
    rules = replace(LOOPBACK, host_gap=0.3, timeout=0.8)
    async with Fetcher(rules, resolve=to_loopback) as fetcher:
        documents = await asyncio.gather(*(fetcher.get(Request(origin.url(f"/{n}"))) for n in range(4)))
    assert len(documents) == 4


async def give_up(tasks: list[asyncio.Task[Document]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_stuck_host_delays_no_other(origin: Origin, other: Origin) -> None:
    """Row 25."""
    other.on("/", silence)
    origin.on("/", reply(200, b"x"))
    async with Fetcher(replace(LOOPBACK, timeout=60), resolve=to_loopback) as fetcher:
        stuck = [asyncio.create_task(fetcher.get(Request(other.url()))) for _ in range(3)]
        async with asyncio.timeout(30):
            await asyncio.gather(*(fetcher.get(Request(origin.url())) for _ in range(20)))
        assert not any(task.done() for task in stuck)
        await give_up(stuck)
    assert len(other.heard) == 1


async def test_a_slow_name_look_up_delays_no_other(origin: Origin) -> None:
    """Row 25: even when many look-ups hang."""

    async def resolve(host: str, port: int) -> list[str]:
        if host != "a.example":
            await asyncio.sleep(3600)
        return ["127.0.0.1"]

    origin.on("/", reply(200, b"x"))
    async with Fetcher(replace(LOOPBACK, timeout=60), resolve=resolve) as fetcher:
        stuck = [asyncio.create_task(fetcher.get(Request(f"http://n{n}.example/"))) for n in range(50)]
        async with asyncio.timeout(30):
            await fetcher.get(Request(origin.url("/", "a.example")))
        assert not any(task.done() for task in stuck)
        await give_up(stuck)


async def test_a_name_look_up_that_hangs_meets_the_deadline() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.sleep(3600)
        return []

    async with Fetcher(replace(LOOPBACK, timeout=0.1), resolve=resolve) as fetcher:
        with pytest.raises(DeadlineExceeded):
            await fetcher.get(Request("http://a.example/"))


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (429, "120", 120),
        (503, "120", 120),
        (429, "Sun, 22 Nov 2026 10:02:00 GMT", 120),
        (503, "Sunday, 22-Nov-26 10:02:00 GMT", 120),
        (503, "Sun, 22 Nov 2026 09:00:00 GMT", 0),
        (503, "99999999999999", 30 * 86_400),
        (503, "-5", None),
        (503, "soon", None),
        (503, "1.5", None),
        (429, None, None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_date(
    origin: Origin, status: int, retry_after: str | None, seconds: int | None
) -> None:
    """Row 11."""
    origin.on("/", reply(status, **({"Retry-After": retry_after} if retry_after else {})))
    async with Fetcher(LOOPBACK, resolve=to_loopback, now=lambda: NOW) as fetcher:
        with pytest.raises(HttpStatus) as caught:
            await fetcher.get(Request(origin.url()))
    assert (caught.value.status, caught.value.kind, caught.value.retry_after) == (status, "temporary", seconds)


@pytest.mark.parametrize(("retry_after", "until"), [("600", NOW + 600), (None, NOW + 4 * 3600)])
async def test_a_429_silences_the_whole_host(origin: Origin, retry_after: str | None, until: float) -> None:
    """Row 12: four hours when it names no time."""
    origin.on("/a", reply(429, **({"Retry-After": retry_after} if retry_after else {})))
    origin.on("/b", reply(200, b"x"))
    async with Fetcher(LOOPBACK, resolve=to_loopback, now=lambda: NOW) as fetcher:
        with pytest.raises(HttpStatus, match="too often"):
            await fetcher.get(Request(origin.url("/a")))
        assert fetcher.manners.blocked_until("127.0.0.1") == pytest.approx(until, abs=0.1)
        with pytest.raises(HttpStatus, match="nothing is asked") as caught:
            await fetcher.get(Request(origin.url("/b")))
    assert caught.value.kind == "temporary"
    assert caught.value.retry_after == pytest.approx(until - NOW, abs=1)
    assert origin.count("/b") == 0


async def test_a_503_silences_only_the_feed(origin: Origin, fetcher: Fetcher) -> None:
    origin.on("/a", reply(503, Retry_After="600"))
    origin.on("/b", reply(200, b"x"))
    with pytest.raises(HttpStatus):
        await fetcher.get(Request(origin.url("/a")))
    assert (await fetcher.get(Request(origin.url("/b")))).body == b"x"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "hard"), (401, "hard"), (403, "hard"), (404, "hard"), (410, "hard"), (451, "hard"), (408, "temporary"),
     (425, "temporary"), (500, "temporary"), (502, "temporary"), (503, "temporary"), (521, "temporary"),
     (204, "soft"), (206, "soft"), (300, "soft"), (305, "soft")],
)  # fmt: skip
async def test_every_error_status_has_its_class(origin: Origin, fetcher: Fetcher, status: int, kind: str) -> None:
    """Rows 13, 14 and 50: the fetcher's part."""
    origin.on("/", reply(status))
    with pytest.raises(HttpStatus, match=str(status)) as caught:
        await fetcher.get(Request(origin.url()))
    assert (caught.value.kind, caught.value.status, caught.value.url) == (kind, status, origin.url())


async def test_a_410_says_that_the_feed_is_gone(origin: Origin, fetcher: Fetcher) -> None:
    """Row 13."""
    origin.on("/", reply(410))
    with pytest.raises(HttpStatus, match="gone for good"):
        await fetcher.get(Request(origin.url()))


async def test_the_breaker_spares_a_host_that_is_down(origin: Origin, fetcher: Fetcher) -> None:
    """Row 49: after three failures the fourth feed is not even tried."""
    fetcher.manners._rand = lambda: 0.5
    for number in range(5):
        origin.on(f"/{number}", reply(502) if number % 2 else reply(503))
    for number in range(3):
        with pytest.raises(FetchError):
            await fetcher.get(Request(origin.url(f"/{number}")))
    with pytest.raises(ConnectionFailed, match="3 times in a row") as caught:
        await fetcher.get(Request(origin.url("/3")))
    assert caught.value.retry_after == pytest.approx(30, abs=2)
    assert len(origin.heard) == 3


async def test_errors_of_single_documents_do_not_open_the_breaker(origin: Origin, fetcher: Fetcher) -> None:
    for status in (404, 500, 403, 404, 410):
        origin.on("/", reply(status))
        with pytest.raises(HttpStatus):
            await fetcher.get(Request(origin.url()))
    assert len(origin.heard) == 5


async def test_a_kept_connection_that_was_closed_is_replaced(origin: Origin, fetcher: Fetcher) -> None:
    """A server may close a kept connection at any moment: that is no failure of the feed."""

    async def answer_once_per_connection(heard: Heard, writer: asyncio.StreamWriter) -> None:
        first = [other.connection for other in origin.heard].count(heard.connection) == 1
        if first:
            writer.write(reply(200, b"x"))
        else:
            writer.close()

    origin.on("/", answer_once_per_connection)
    for _ in range(3):
        assert (await fetcher.get(Request(origin.url()))).body == b"x"
    assert fetcher.manners.blocked_until("127.0.0.1") is None


async def test_a_server_that_always_hangs_up_is_asked_once(origin: Origin, fetcher: Fetcher) -> None:
    origin.on("/", hang_up)
    with pytest.raises(ConnectionFailed):
        await fetcher.get(Request(origin.url()))
    assert len(origin.heard) == 1


async def settled(condition, seconds: float = 2.0) -> bool:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.01)
    return bool(condition())


async def test_idle_connections_are_closed_after_a_while(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaks over months: neither sockets nor the memory of hosts."""
    monkeypatch.setattr(transport, "KEEP_ALIVE", 0.1)
    origin.on("/", reply(200, b"x"))
    async with Fetcher(LOOPBACK, resolve=to_loopback) as fetcher:
        for number in range(20):
            await fetcher.get(Request(origin.url("/", f"h{number}.example")))
        assert origin.open >= 1
        assert await settled(lambda: origin.open == 0)
        assert fetcher.open_connections == 0


async def test_only_so_many_idle_connections_are_kept(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round over a thousand hosts must not hold a thousand connections."""
    monkeypatch.setattr(transport, "MAX_IDLE", 5)
    origin.on("/", reply(200, b"x"))
    async with Fetcher(LOOPBACK, resolve=to_loopback) as fetcher:
        for number in range(20):
            await fetcher.get(Request(origin.url("/", f"h{number}.example")))
        assert fetcher.open_connections == 5
        assert await settled(lambda: origin.open == 5)
        await fetcher.get(Request(origin.url("/", "h19.example")))
        assert origin.connections == 20


async def test_errors_and_cancellations_leak_no_connection(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "KEEP_ALIVE", 0.05)
    origin.on("/hang-up", hang_up)
    origin.on("/silence", silence)
    origin.on("/big", reply(404, b"x" * 300_000))
    origin.on("/cut", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
    async with Fetcher(replace(LOOPBACK, timeout=0.1), resolve=to_loopback) as fetcher:
        for number, path in enumerate(["/hang-up", "/silence", "/big", "/cut"] * 3):
            with pytest.raises(FetchError):
                await fetcher.get(Request(origin.url(path, f"h{number}.example")))
        cancelled = asyncio.create_task(fetcher.get(Request(origin.url("/silence", "c.example"))))
        await asyncio.sleep(0.03)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert await settled(lambda: origin.open == 0)
        assert fetcher.open_connections == 0


async def test_leaving_the_fetcher_closes_everything(origin: Origin) -> None:
    origin.on("/", reply(200, b"x"))
    async with Fetcher(LOOPBACK, resolve=to_loopback) as fetcher:
        await fetcher.get(Request(origin.url()))
        assert origin.open == 1
    assert await settled(lambda: origin.open == 0)
    gc.collect()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_both_event_loops_serve(run) -> None:  # type: ignore[no-untyped-def]
    async def scenario() -> tuple[bytes, int]:
        async with Origin() as origin, Fetcher(LOOPBACK, resolve=to_loopback) as fetcher:
            origin.on("/old", reply(301, Location="/new"))
            origin.on("/new", reply(200, b"x" * 400_000))
            document = await fetcher.get(Request(origin.url("/old")))
            return document.body, origin.connections

    assert run(scenario()) == (b"x" * 400_000, 1)
