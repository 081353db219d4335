"""Small publishers for chaos and soak: each a loopback address of its own, with feeds that only ever grow.

Host n is 127.78.0.n and publishes /feed/0 … /feed/EACH-1; the last feed of each host lives elsewhere: it redirects to the
one host 127.78.1.1 that all of them share. Every request is noted with the moments it came and was answered.
"""

import http.server
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path
from typing import Any

SHARED = "127.78.1.1"
FIRST = 4
"""Entries of a feed in its first edition; each further edition adds one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: moments of the monotonic clock."""

    host: str
    path: str
    came: float
    answered: float
    status: int


@dataclass
class Publishers:
    """`slow` is the longest time an answer takes, in seconds; `edition` how many entries were added since the beginning."""

    hosts: int
    each: int = 3
    slow: float = 0.1
    edition: int = 0
    port: int = 0
    log: list[Asked] = field(default_factory=list)
    began: float = field(default_factory=time.time)

    def feeds(self) -> Iterator[tuple[str, str]]:
        """(host, path) of every feed that is configured."""
        for number in range(1, self.hosts + 1):
            for index in range(self.each):
                yield f"127.78.0.{number}", f"/feed/{index}"

    def moved(self, path: str) -> bool:
        return path == f"/feed/{self.each - 1}"

    def links(self) -> set[str]:
        """Every link that was ever published."""
        return {f"http://{h}:{self.port}{p}/a/{n}" for h, p in self.feeds() for n in range(FIRST + self.edition)}

    def body(self, host: str, path: str) -> bytes:
        """The feed as RSS."""
        rows = "".join(self._item(host, path, number) for number in range(FIRST + self.edition))
        title = f"{host}{path}"
        return f'<rss version="2.0"><channel><title>{title}</title><link>http://{host}/</link>{rows}</channel></rss>'.encode()

    def _item(self, host: str, path: str, number: int) -> str:
        told = words(f"{host}{path}/{number}")
        return (
            f"<item><title>{told[:50]}</title><link>http://{host}:{self.port}{path}/a/{number}</link>"
            f"<guid>{host}{path}-{number}</guid><pubDate>{formatdate(self.began - 3600 + number)}</pubDate>"
            f"<description>{told} cargo</description></item>"
        )

    def answer(self, host: str, path: str, etag: str | None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        if host == SHARED:
            _, _, host, path = path.split("/", 3)
            path = f"/{path}"
        elif self.moved(path):
            return 302, {"Location": f"http://{SHARED}:{self.port}/for/{host}{path}"}, b""
        tag = f'"{self.edition}"'
        if etag == tag:
            return 304, {"ETag": tag}, b""
        return 200, {"ETag": tag, "Content-Type": "application/rss+xml"}, self.body(host, path)


def words(seed: str, count: int = 25) -> str:
    """Invented words, others for every seed: no two texts resemble each other."""
    chance = random.Random(seed)
    letters = ("bdfgklmnprstv", "aeiou", "bdgklmnrst", "aeiou", "klmnrst")
    return " ".join("".join(chance.choice(some) for some in letters) for _ in range(count))


@contextmanager
def serving(publishers: Publishers) -> Iterator[Publishers]:
    """Serve them from threads while the block lasts."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            came = time.monotonic()
            time.sleep(random.uniform(0, publishers.slow))
            host = (self.headers["Host"] or "").partition(":")[0]
            status, headers, body = publishers.answer(host, self.path, self.headers["If-None-Match"])
            publishers.log.append(Asked(host, self.path, came, time.monotonic(), status))
            try:
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # the worker that asked was killed
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = http.server.ThreadingHTTPServer(("0.0.0.0", publishers.port), Handler)
    server.daemon_threads = True
    publishers.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield publishers
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Manners:
    """What the publishers saw: requests, those that came while the host was still answering another, and the shortest
    pause between two at one host, in seconds."""

    requests: int
    at_once: int
    shortest_pause: float


def manners(log: Sequence[Asked]) -> Manners:
    """Of all hosts together."""
    at_once, shortest = 0, float("inf")
    for host in {asked.host for asked in log}:
        seen = sorted((asked for asked in log if asked.host == host), key=lambda asked: asked.came)
        for before, after in pairwise(seen):
            at_once += after.came < before.answered
            shortest = min(shortest, after.came - before.answered)
    return Manners(len(log), at_once, shortest)


def write_config(directory: Path, publishers: Publishers, gap: float) -> Path:
    """An operator's files for them: a source for each host, one topic."""
    for folder in ("sources", "topics"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    (directory / "aggregator.toml").write_text(
        '[site]\ntitle = "Chaos"\nbase_url = "http://127.0.0.1:8080"\nlanguages = ["en"]\n'
        f'[fetch]\nallow = [["127.0.0.0/8", {publishers.port}]]\nports = [{publishers.port}]\nhost_gap = {gap}\n'
    )
    sources: dict[str, list[str]] = {}
    for host, path in publishers.feeds():
        sources.setdefault(host, []).append(f'{{ url = "http://{host}:{publishers.port}{path}" }}')
    (directory / "sources" / "all.toml").write_text(
        "\n".join(
            f'[[source]]\nid = "host-{host.rpartition(".")[2]}"\nname = "{host}"\nurl = "http://{host}:{publishers.port}/"\n'
            f'country = "KZ"\nlanguage = "en"\nfeeds = [{", ".join(feeds)}]\n'
            for host, feeds in sources.items()
        )
    )
    (directory / "topics" / "cargo.toml").write_text(
        'title = { en = "Cargo" }\nmin_score = 5\n[terms.en]\nstrong = ["cargo"]\n'
        '[tests]\nmatch = ["Cargo left the harbour"]\nreject = ["A concert"]\n'
    )
    return directory
