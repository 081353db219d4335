"""`python -m benchmarks.publishing`: what serving and rendering feeds costs, in one run.

Feeds over HTTP beside nginx, which serves the same bytes as static files (precompressed, with its own ETag): answers per
second of the server's CPU, by wrk. One changed topic with 50 excerpts in three formats. The memory of 10,000 topics.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import zstandard

from aggregator import publish
from aggregator.model import Item, Publication, Rendering, Site, StoredArticle, StoredStory
from benchmarks.measure import cpu, memory

NOW = 1_795_372_202
TOPIC = "corridor"
TEXT = (
    "Объём перевозок по Транскаспийскому маршруту вырос на {n} процентов, сообщили в железнодорожной компании. За "
    "девять месяцев через порт Актау прошло {n}8 тысяч контейнеров, из них половина — в сторону Баку. Ministers of "
    "both countries agreed on a common tariff until 20{n}. Порт Алят примет ещё {n} судов; очередь рассосётся к "
    "пятнице, если не помешает ветер. Bu il limanda {n} gəmi qəbul edilib, rəqəm ötən ilə nisbətən artıb."
)
CONFIG = """
[site]
title = "Benchmark"
base_url = "http://127.0.0.1"
languages = ["ru", "en"]
authority = "news.example"
"""
TOPIC_FILE = 'title = { en = "Corridor" }\n[terms.en]\nstrong = ["corridor"]\n'
SOURCE_FILE = """
[[source]]
id = "one"
name = "One"
url = "https://one.example/"
country = "KZ"
language = "ru"
feeds = [{ url = "https://one.example/feed" }]
"""
NGINX = """
{user}worker_processes 1; daemon off; pid {home}/nginx.pid; error_log {home}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  open_file_cache max=100; types {{ application/atom+xml atom; }}
  server {{ listen 127.0.0.1:{port}; root {home}/www; gzip_static on; etag on;
    add_header Cache-Control "public, max-age=300"; add_header Vary "Accept-Encoding"; }}
}}
"""


# ---------------------------------------------------------------- samples


def story(number: int) -> StoredStory:
    """A story with a report and two others elsewhere."""
    text = TEXT.format(n=10 + number)
    reports = tuple(
        StoredArticle(
            id=3 * number + n, source=f"source-{n}", key=f"k{number}-{n}", url=f"https://s{n}.example/news/{number}",
            title=f"Перевозки выросли на {10 + number} процентов, портовики {n} довольны", language="ru",
            published=NOW - 600 * number - n, updated=None, first_seen=NOW, html="".join(f"<p>{text}</p>" for _ in range(3)),
            text="\n".join([text] * 3),
        )
        for n in range(3)
    )  # fmt: skip
    return StoredStory(number, f"slug{number:09d}", NOW - 600 * number, NOW - 600 * number, reports, number)


STORIES = [story(n) for n in range(50)]


def items() -> list[Item]:
    site = Site("Benchmark", "http://news.example", ("ru", "en"))
    return [
        publish.item(one, sources={}, site=site, topic_titles={TOPIC: {"en": "Corridor"}}, tag="tag:news.example,2026:story/")
        for one in STORIES
    ]  # fmt: skip


def feed(name: str = TOPIC, found: list[Item] | None = None) -> Publication:
    site = Site("Benchmark", "http://news.example", ("ru", "en"))
    return publish.publication(
        name, {"en": "Corridor"}, items() if found is None else found, site=site, tag="tag:news.example,2026:story/"
    )


# ---------------------------------------------------------------- servers


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def nginx(home: Path, body: bytes) -> Iterator[tuple[int, int]]:
    """(port, pid) of an nginx that serves the feed."""
    port = free_port()
    (home / "www").mkdir()
    (home / "www" / f"{TOPIC}.atom").write_bytes(body)
    import gzip

    (home / "www" / f"{TOPIC}.atom.gz").write_bytes(gzip.compress(body, compresslevel=6, mtime=0))
    (home / "nginx.conf").write_text(
        NGINX.format(home=home, port=port, user="user root; " if os.geteuid() == 0 else "")
    )
    (home / "body").mkdir()
    process = subprocess.Popen(["nginx", "-c", str(home / "nginx.conf"), "-p", str(home)], stderr=subprocess.DEVNULL)
    try:
        yield answering(port, f"/{TOPIC}.atom"), process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def ours(home: Path) -> Iterator[tuple[int, int]]:
    """(port, pid) of our server in a process of its own, as `aggregator serve` runs it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.publishing", "--serve", str(home), str(port)])
    try:
        yield answering(port, f"/feeds/{TOPIC}.atom"), process.pid
    finally:
        process.terminate()
        process.wait()


def answering(port: int, path: str) -> int:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1):
                return port
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


def serve(home: Path, port: int) -> None:
    """The child: our server over a store that holds the rendered feed."""
    import signal

    from aggregator import store
    from aggregator.bootstrap import open_live, open_store
    from aggregator.cli import loop
    from aggregator.web import Server

    config = home / "config"
    for name, text in (
        ("aggregator.toml", CONFIG),
        ("sources/one.toml", SOURCE_FILE),
        (f"topics/{TOPIC}.toml", TOPIC_FILE),
    ):
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(text)
    opened = open_store(f"sqlite:///{home / 'news.db'}")
    live, _ = open_live(opened, config, NOW)
    with opened.writing() as db:
        store.publications.store(db, TOPIC, publish.render(feed()), NOW)

    async def main() -> None:
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
        await Server(opened, live, host="127.0.0.1", port=port).serve(stopping)

    loop.run(main())


# ---------------------------------------------------------------- over HTTP


@dataclass(frozen=True, slots=True)
class Rate:
    """Answers of one kind from one server: per second of its CPU, and per second."""

    a_cpu_second: float
    a_second: float


def rate(port: int, pid: int, path: str, seconds: int, headers: Mapping[str, str], status: int) -> Rate:
    """Drive a server with wrk for so many seconds. Errors: SystemExit when it answers otherwise than it should."""
    url = f"http://127.0.0.1:{port}{path}"
    check(url, headers, status)
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    before = cpu([pid])
    told = subprocess.run(
        ["wrk", "-t1", "-c32", f"-d{seconds}s", *words, url], capture_output=True, text=True, check=True
    ).stdout
    spent = cpu([pid]) - before
    found = re.search(r"(\d+) requests in ([\d.]+)s", told)
    if found is None or (status == 200 and "Non-2xx" in told):
        raise SystemExit(f"wrk says: {told}")
    return Rate(int(found[1]) / spent, int(found[1]) / float(found[2]))


def check(url: str, headers: Mapping[str, str], status: int) -> None:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=5) as answer:
            found = answer.status
    except urllib.error.HTTPError as error:
        found = error.code
    if found != status:
        raise SystemExit(f"{url} answers {found}, not {status}")


def etag(port: int, path: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return str(answer.headers["ETag"])


def over_http(rounds: int, seconds: int) -> list[str]:
    """Lines of the table; both servers in turns, the median of the rounds."""
    (atom,) = publish.render(feed(), ("atom",))
    with (
        tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two,
        nginx(Path(one), atom.body) as theirs, ours(Path(two)) as own,
    ):  # fmt: skip
        servers = {"nginx": (*theirs, f"/{TOPIC}.atom"), "aggregator": (*own, f"/feeds/{TOPIC}.atom")}
        found: dict[tuple[str, int], list[Rate]] = {}
        for _ in range(rounds):
            for name, (port, pid, path) in servers.items():
                tag = etag(port, path)
                for status, more in ((200, {}), (304, {"If-None-Match": tag})):
                    headers = {"Accept-Encoding": "gzip", **more}
                    found.setdefault((name, status), []).append(rate(port, pid, path, seconds, headers, status))
        return list(_http_lines(found))


def _http_lines(found: Mapping[tuple[str, int], list[Rate]]) -> Iterator[str]:
    for status in (200, 304):
        middle = {
            name: statistics.median(r.a_cpu_second for r in found[name, status]) for name in ("nginx", "aggregator")
        }
        second = {name: statistics.median(r.a_second for r in found[name, status]) for name in ("nginx", "aggregator")}
        kind = "200 in gzip" if status == 200 else "304"
        for name in ("nginx", "aggregator"):
            lowest, highest = (
                min(r.a_cpu_second for r in found[name, status]),
                max(r.a_cpu_second for r in found[name, status]),
            )
            share = f"{100 * middle[name] / middle['nginx']:.0f} %"
            yield f"| {kind} | {name} | {middle[name]:,.0f} | {lowest:,.0f} – {highest:,.0f} | {second[name]:,.0f} | {share} |"


# ---------------------------------------------------------------- rendering and memory


def milliseconds(work: Callable[[], object], times: int = 40) -> list[float]:
    """CPU milliseconds of each of so many runs, sorted; the first ones, which load libraries, are left out."""
    for _ in range(3):
        work()
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(1000 * (time.process_time() - began))
    return sorted(found)


def one_topic() -> list[str]:
    """Stories → bytes in three formats with ETags and marks, and zstd of each."""

    def change() -> list[bytes]:
        packer = zstandard.ZstdCompressor(level=3)
        return [packer.compress(rendering.body) for rendering in publish.render(feed())]

    rows = {"stories → Atom, RSS and JSON Feed, identity and zstd": change, "of which stories → entries": items}
    return [
        f"| {name} | {statistics.median(spent):.1f} | {spent[0]:.1f} – {spent[-1]:.1f} |"
        for name, spent in ((name, milliseconds(work)) for name, work in rows.items())
    ]


def in_memory(topics: int) -> dict[str, float]:
    """In a child: what a server's shelf holds after every one of so many topics was asked for in three formats."""
    from aggregator.web.held import Held, Shelf
    from aggregator.web.service import FEEDS_BYTES

    shelf, whole = Shelf(FEEDS_BYTES), publish.render(feed())
    before = memory([os.getpid()])
    asked = 0
    for number in range(topics):
        for one in whole:
            body = one.body + f"<!-- {number} -->".encode()
            held = Held(Rendering(one.format, one.media_type, body, one.etag, NOW), [], zstd=bytes(len(body) // 8))
            asyncio.run(held.form("gzip"))
            shelf.put((number, one.format), held)
            asked += len(body)
    return {"bodies_mb": asked / 1e6, "held": len(shelf), "counted_mb": shelf.bytes / 1e6,
            "grown_mb": (memory([os.getpid()]) - before) / 1e6, "total_mb": memory([os.getpid()]) / 1e6}  # fmt: skip


# ---------------------------------------------------------------- the command


def main() -> None:
    given = _arguments()
    if given.serve:
        serve(Path(given.serve[0]), int(given.serve[1]))
        return
    if given.fill:
        print(json.dumps(in_memory(given.fill)))
        return
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        print(f"HTTP is not measured: {' and '.join(missing)} not installed (apt-get install nginx-light wrk)\n")
    else:
        print(
            "| answer | server | per CPU second | lowest – highest | per second | of nginx |\n|---|---|---:|---:|---:|---:|"
        )
        print("\n".join(over_http(given.rounds, given.seconds)), flush=True)
    print("\n| one changed topic, 50 excerpts | CPU ms | lowest – highest |\n|---|---:|---:|")
    print("\n".join(one_topic()), flush=True)
    command = [sys.executable, "-m", "benchmarks.publishing", "--fill", str(given.topics)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(
        f"\n{given.topics:,} topics asked for in three formats ({told['bodies_mb']:,.0f} MB of bodies, each also in gzip and "
        f"zstd): {told['held']:.0f} answers are held, the process has {told['total_mb']:.0f} MB, {told['grown_mb']:.0f} of "
        "them for the answers"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publishing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each of wrk's runs")
    parser.add_argument("--topics", type=int, default=10_000)
    parser.add_argument("--serve", nargs=2, metavar=("HOME", "PORT"), help=argparse.SUPPRESS)
    parser.add_argument("--fill", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
