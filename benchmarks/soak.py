"""A day of service in minutes: `python -m benchmarks.soak`: 500 feeds, a scripted clock, everything else as it is.

The clock moves by TICK seconds at a time; at each what is due is fetched over loopback HTTP, parsed, placed and published
as `aggregator run` does it, and its web server is asked for feeds, pages and metrics. Nothing of that is simulated but the
time between two ticks. The publishers (a process of their own, on the same clock) note who asks before the time they named
(ttl, max-age, Retry-After). Each hour memory, files, threads and descriptors are measured; after the warm-up none may go
on growing but the database, and that only with its articles.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import random
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from aggregator import store
from aggregator.bootstrap import Live, Tools, open_live, open_store
from aggregator.fetch import Fetcher
from aggregator.store import Store, engine
from aggregator.web import Server
from aggregator.web.held import Shelf
from aggregator.worker.local import Round, begin, publish_dirty
from aggregator.worker.placing import place_all
from aggregator.worker.pool import Pool
from aggregator.worker.service import drop_old
from aggregator.worker.writer import Writer
from benchmarks.publishers import words

TICK = 240
"""Seconds by which the clock moves at a time."""

WARM_UP = 6
"""Hours after which memory and caches should be what they will be."""

FIRST = 20
"""Entries of a feed when the day begins: ten thousand articles fill the caches of a service that has run for long."""

CACHE_KB = 2_000
"""What a connection keeps of the database's pages, instead of 32 MB, so that it is full within the warm-up."""

TTL, MAX_AGE, RETRY_AFTER = 7200, 5400, 3600

MADE_BYTES = 4_000_000
"""What the web server keeps of pages and queries, instead of 64 MB: so little is full within the warm-up."""

ASKED = (
    "/feeds/cargo.atom", "/feeds/cargo.rss", "/feeds/all.json", "/feeds/all.atom?limit=20", "/feeds/all.atom?q=cargo", "/",
    "/topics/cargo", "/sources", "/opml", "/metrics", "/readiness", "/api/v1/stories?limit=5",
)  # fmt: skip
"""What readers ask the web server for at every tick."""


@dataclass
class Outlets:
    """Feed n is http://127.79.x.y/feed; how often it publishes and what it asks of its readers follow from n."""

    count: int
    clock: Any
    began: int
    port: int = 0
    not_before: dict[int, float] = field(default_factory=dict)
    polls: int = 0
    early: int = 0
    served: dict[str, int] = field(default_factory=dict)

    def host(self, number: int) -> str:
        return f"127.79.{number // 250}.{number % 250 + 1}"

    def number(self, host: str) -> int:
        *_, high, low = host.split(".")
        return int(high) * 250 + int(low) - 1

    def published(self, number: int, now: float) -> int:
        """How many entries there are by now: from two a day to thirty."""
        spacing = (2_880, 7_200, 14_400, 28_800, 43_200)[number % 5]
        return FIRST + int((now - self.began + number * 37) // spacing)

    def answer(self, number: int, etag: str | None) -> tuple[int, dict[str, str], bytes]:
        now = self.clock.value
        self.polls += 1
        if now < self.not_before.get(number, 0) - 1:
            self.early += 1
        newest, kind = self.published(number, now), number % 10
        headers = {"ETag": f'"{newest}"', "Content-Type": "application/rss+xml"}
        if kind == 3 and (self.polls + number) % 7 == 0:
            self.not_before[number] = now + RETRY_AFTER
            return 503, {"Retry-After": str(RETRY_AFTER)}, b"later"
        self.not_before[number] = now + {1: TTL, 2: MAX_AGE}.get(kind, 0)
        if kind == 2:
            headers["Cache-Control"] = f"max-age={MAX_AGE}"
        if etag == headers["ETag"]:
            return 304, headers, b""
        return 200, headers, self.body(number, newest)

    def body(self, number: int, newest: int) -> bytes:
        host, ttl = self.host(number), f"<ttl>{TTL // 60}</ttl>" if number % 10 == 1 else ""
        rows = "".join(self._item(number, n) for n in range(max(0, newest - 20), newest))
        return f'<rss version="2.0"><channel><title>{host}</title><link>http://{host}/</link>{ttl}{rows}</channel></rss>'.encode()

    def _item(self, number: int, n: int) -> str:
        spacing = (2_880, 7_200, 14_400, 28_800, 43_200)[number % 5]
        when = self.began - number * 37 + (n - FIRST + 1) * spacing
        told = text_of(number, n, int(when - self.began) // 7200)
        return (
            f"<item><title>{told[:60]}</title><link>http://{self.host(number)}:{self.port}/a/{n}</link>"
            f"<guid>{number}-{n}</guid><pubDate>{formatdate(when)}</pubDate>"
            f"<description>{told}{' cargo' if n % 10 == 0 else ''}</description></item>"
        )


@lru_cache(maxsize=50_000)
def text_of(number: int, n: int, slot: int) -> str:
    """Half of the entries report an event of their two hours that others report too, in part in the same words."""
    own = random.Random(f"{number}/{n}")
    words_ = own.choices(vocabulary(), k=60)
    if own.random() < 0.5:
        event = random.Random(f"event {slot}/{own.randrange(40)}").choices(vocabulary(), k=40)
        words_[:40] = event if own.random() < 0.5 else own.sample(event, 40)
    return " ".join(words_)


@lru_cache(maxsize=1)
def vocabulary() -> list[str]:
    """As in a language, the words are many but not without end."""
    return [*dict.fromkeys(words("vocabulary", 8_000).split())]


class Answering(asyncio.Protocol):
    """One request a connection, answered at once. Threads would cost more than all that is measured."""

    def __init__(self, outlets: Outlets) -> None:
        self.outlets = outlets
        self.asked = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.asked += data
        if self.asked.endswith(b"\r\n\r\n"):
            self.transport.write(self.answer())  # type: ignore[attr-defined]
            self.transport.close()

    def answer(self) -> bytes:
        line, *lines = self.asked.decode("latin-1").strip().split("\r\n")
        fields = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        if line.split()[1] == "/_counts":
            told = {"polls": self.outlets.polls, "early": self.outlets.early}
            status, headers, body = 200, dict[str, str](), json.dumps(told).encode()
        else:
            host = fields["host"].partition(":")[0]
            status, headers, body = self.outlets.answer(self.outlets.number(host), fields.get("if-none-match"))
        headers |= {"Content-Length": str(len(body)), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + body


def serve(outlets: Outlets, ready: Any) -> None:
    """The publishers' process."""

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Answering(outlets), "0.0.0.0", 0, backlog=1024)
        outlets.port = server.sockets[0].getsockname()[1]
        ready.put(outlets.port)
        await server.serve_forever()

    asyncio.run(listen())


@contextmanager
def publishing(count: int, clock: Any, began: int) -> Iterator[Outlets]:
    context = multiprocessing.get_context("fork")
    outlets, ready = Outlets(count, clock, began), context.Queue()
    process = context.Process(target=serve, args=(outlets, ready), daemon=True)
    process.start()
    outlets.port = ready.get(timeout=20)
    try:
        yield outlets
    finally:
        process.kill()
        process.join()


def write_config(directory: Path, outlets: Outlets) -> Path:
    for folder in ("sources", "topics"):
        (directory / folder).mkdir(parents=True)
    (directory / "aggregator.toml").write_text(
        '[site]\ntitle = "Soak"\nbase_url = "http://127.0.0.1:8080"\nlanguages = ["en"]\n'
        f'[fetch]\nallow = [["127.0.0.0/8", {outlets.port}]]\nports = [{outlets.port}]\nhost_gap = 0.0\n'
    )
    (directory / "sources" / "all.toml").write_text(
        "\n".join(
            f'[[source]]\nid = "outlet-{n}"\nname = "Outlet {n}"\nurl = "http://{outlets.host(n)}/"\ncountry = "KZ"\n'
            f'language = "en"\nfeeds = [{{ url = "http://{outlets.host(n)}:{outlets.port}/feed" }}]\n'
            for n in range(outlets.count)
        )
    )
    (directory / "topics" / "cargo.toml").write_text(
        'title = { en = "Cargo" }\nmin_score = 5\n[terms.en]\nstrong = ["cargo"]\n'
        '[tests]\nmatch = ["Cargo left the harbour"]\nreject = ["A concert"]\n'
    )
    return directory


# ---------------------------------------------------------------- the day


@dataclass(frozen=True, slots=True)
class Hour:
    """Sizes at the end of an hour; memory of this process and of its pool, MB; files, MB; what the web server answered."""

    hour: int
    polls: int
    articles: int
    process_mb: float
    pool_mb: float
    database_mb: float
    log_mb: float
    rest_mb: float
    threads: int
    descriptors: int
    answered: int
    wrong_answers: int
    latest: int
    took: float

    @property
    def kb_an_article(self) -> float:
        return self.database_mb * 1000 / self.articles


async def day(opened: Store, live: Live, clock: Any, hours: int, told: Any) -> list[Hour]:
    """Live through it; what was measured at the end of each hour."""
    writer, pool, found = Writer(opened), Pool(live.rules), list[Hour]()
    start, steady = clock.value, lambda: clock.value - start
    async with (
        Fetcher(live.config.fetch, now=lambda: clock.value, monotonic=steady) as fetcher,
        web(opened, live, clock) as readers,
    ):
        tools = Tools(live, opened, fetcher, pool.prepare, writer.run, lambda: clock.value)
        run, latest, began = await begin(tools), 0, time.monotonic()
        for tick in range(1, hours * 3600 // TICK + 1):
            clock.value += TICK
            latest = max(latest, await tools.write(lateness, tools.now()))
            await Round(tools, run, keeping=False).poll()
            await place_all(tools)
            await publish_dirty(tools)
            await readers.ask()
            if tick * TICK % (6 * 3600) == 0:
                await drop_old(tools)
            if tick * TICK % 3600 == 0:
                took = time.monotonic() - began
                found.append(measure(opened, pool, readers, tick * TICK // 3600, latest, took))
                told(found[-1])
                latest, began = 0, time.monotonic()
        await tools.write(store.runs.end, run, tools.now())
    pool.close()
    writer.close()
    return found


@dataclass
class Readers:
    """Those who ask our web server, with the ETag of their last answer, as feed readers do."""

    port: int
    statuses: Counter[int] = field(default_factory=Counter)
    etags: dict[str, str] = field(default_factory=dict)
    ticks: int = 0

    async def ask(self) -> None:
        """From one address after another: what a server grants each of them in a minute is counted by a clock of its own."""
        self.ticks += 1
        transport = httpx.AsyncHTTPTransport(local_address=f"127.80.{self.ticks // 250}.{self.ticks % 250 + 1}")
        async with httpx.AsyncClient(transport=transport, timeout=30) as client:
            for path in ASKED:
                known = {"If-None-Match": self.etags[path]} if path in self.etags else {}
                answer = await client.get(f"http://127.0.0.1:{self.port}{path}", headers=known)
                self.statuses[answer.status_code] += 1
                if "etag" in answer.headers:
                    self.etags[path] = answer.headers["etag"]


@asynccontextmanager
async def web(opened: Store, live: Live, clock: Any) -> AsyncIterator[Readers]:
    """The web server of `run`, on the scripted clock."""
    server, stopping = Server(opened, live, host="127.0.0.1", port=0), asyncio.Event()
    server.app.service.clock = lambda: clock.value
    server.app.service.made = Shelf(MADE_BYTES)
    serving = asyncio.create_task(server.serve(stopping))
    await server.started.wait()
    yield Readers(server.port)
    stopping.set()
    await serving


def lateness(db: store.Db, now: int) -> int:
    """Seconds that the feed which waits longest is overdue."""
    query = text("SELECT coalesce(max(:now - due), 0) FROM feed WHERE active AND NOT gone AND due <= :now")
    return int(db.execute(query, {"now": now}).scalar_one())


def measure(opened: Store, pool: Pool, readers: Readers, hour: int, latest: int, took: float) -> Hour:
    gc.collect()
    processes = list((pool._executor._processes or {}) if pool._executor else {})  # noqa: SLF001
    with opened.reading() as db:
        polls = int(db.execute(text("SELECT sum(polls) FROM feed")).scalar_one())
        articles = int(db.execute(text("SELECT count(*) FROM article")).scalar_one())
    file = Path(str(opened.url.database))
    sizes = {path.name: path.stat().st_size / 1e6 for path in file.parent.iterdir() if path.is_file()}
    main, log = sizes.pop(file.name), sizes.pop(f"{file.name}-wal", 0.0)
    wrong = sum(number for status, number in readers.statuses.items() if status not in (200, 304))
    return Hour(
        hour, polls, articles, resident("self"), sum(map(resident, processes)), main, log, sum(sizes.values()),
        threading.active_count(), len(list(Path("/proc/self/fd").iterdir())), readers.statuses.total(), wrong, latest, took,
    )  # fmt: skip


def resident(pid: object) -> float:
    """MB of memory of its own."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1e3


def growth(values: list[float]) -> float:
    """Of the last hours over those after the warm-up, in parts."""
    later = values[WARM_UP:]
    third = max(1, len(later) // 3)
    return max(later[-third:]) / max(later[:third]) - 1


GROWING = {"process_mb": 0.05, "pool_mb": 0.05, "kb_an_article": 0.05, "threads": 0.1, "descriptors": 0.25}
"""What may grow after the warm-up, and by how much at most."""


def faults(found: list[Hour], counts: dict[str, int]) -> list[str]:
    wrong = [f"{counts['early']} polls came before the time the publisher named"] if counts["early"] else []
    if len(found) > WARM_UP + 2:
        for name, most in GROWING.items():
            grown = growth([getattr(hour, name) for hour in found])
            wrong += [f"{name} grew by {grown:.1%} after {WARM_UP} hours"] if grown > most else []
    if max(hour.log_mb for hour in found) > 100:
        wrong.append("the write-ahead log grew beyond its bound")
    if max(hour.rest_mb for hour in found) > 1:
        wrong.append("other files grow beside the database")
    if found[-1].wrong_answers:
        wrong.append(f"the web server gave {found[-1].wrong_answers} answers that were neither 200 nor 304")
    if max(hour.latest for hour in found) > 2 * TICK:
        wrong.append(f"a feed waited {max(hour.latest for hour in found)} s beyond its time")
    return wrong


def live_through(feeds: int, hours: int, home: Path) -> tuple[list[Hour], dict[str, int]]:
    engine.CACHE_KB = CACHE_KB
    began = int(time.time())
    clock = multiprocessing.get_context("fork").Value("d", began)
    with publishing(feeds, clock, began) as outlets:
        opened = open_store(f"sqlite:///{home / 'soak.db'}")
        live, broken = open_live(opened, write_config(home / "config", outlets), began)
        assert broken is None
        with opened.writing() as db:  # a service that runs for long has its feeds spread over the hour
            db.execute(text("UPDATE feed SET due = :now + id * 7 % 3600"), {"now": began})
        found = asyncio.run(day(opened, live, clock, hours, tell))
        with urllib.request.urlopen(f"http://127.79.0.1:{outlets.port}/_counts") as answer:
            counts = json.load(answer)
        opened.close()
    return found, counts


COLUMNS = {
    "hour": "{0.hour}", "polls": "{0.polls}", "articles": "{0.articles}", "process MB": "{0.process_mb:.1f}",
    "pool MB": "{0.pool_mb:.1f}", "database MB": "{0.database_mb:.1f}", "KB an article": "{0.kb_an_article:.2f}",
    "log MB": "{0.log_mb:.1f}", "other files MB": "{0.rest_mb:.2f}", "threads": "{0.threads}",
    "descriptors": "{0.descriptors}", "answers": "{0.answered}", "latest poll s": "{0.latest}", "took s": "{0.took:.1f}",
}  # fmt: skip


def tell(hour: Hour) -> None:
    print("| " + " | ".join(form.format(hour) for form in COLUMNS.values()) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--hours", type=int, default=24)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as home:
        print("| " + " | ".join(COLUMNS) + " |\n|" + "---:|" * len(COLUMNS), flush=True)
        found, counts = live_through(given.feeds, given.hours, Path(home))
    wrong = faults(found, counts)
    print(f"\n{counts['polls']} polls, {counts['early']} of them early")
    if len(found) > WARM_UP + 2:
        grown = {name: growth([getattr(hour, name) for hour in found]) for name in GROWING}
        told = ", ".join(f"{name} {by:+.1%}" for name, by in grown.items())
        print(f"grown after {WARM_UP} hours: {told}")
    print("all is flat" if not wrong else "WRONG\n  " + "\n  ".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
