"""Many small publishers on loopback addresses of their own, for tests that start real processes.

Feed i is http://127.77.0.<i>:PORT/feed.xml: its own host to every rule of manners. Strong ETag and 304; `slow` delays
every answer by so many seconds, or until `gate` is set; `asked` keeps the address of every request, `log` (address, status)
of every answer.
"""

import http.server
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

ITEMS = 8


def words(host: str, item: int) -> str:
    """Thirty invented words, others for every item: no two items resemble each other."""
    chance = random.Random(f"{host}/{item}")
    letters = ("bdfgklmnprstv", "aeiou", "bdgklmnrst", "aeiou", "klmnrst")
    return " ".join("".join(chance.choice(some) for some in letters) for _ in range(30))


@dataclass
class Papers:
    count: int
    port: int = 0
    slow: float = 0.0
    edition: int = 0
    broken: set[int] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    log: list[tuple[str, int]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.time)

    def url(self, number: int) -> str:
        return f"http://127.77.0.{number}:{self.port}/feed.xml"

    def body(self, host: str) -> bytes:
        rows = "".join(
            f"<item><title>{words(host, n)[:40]}</title><link>http://{host}:{self.port}/a/{n}</link><guid>{host}-{n}</guid>"
            f"<pubDate>{formatdate(self.began - 600 + n)}</pubDate>"
            f"<description>{words(host, n)} cargo number {n}</description></item>"
            for n in range(self.edition, self.edition + ITEMS)
        )
        return f'<rss version="2.0"><channel><title>{host}</title><link>http://{host}/</link>{rows}</channel></rss>'.encode()

    def links(self) -> set[str]:
        """The links of all articles that a correct reader holds now."""
        good = [n for n in range(1, self.count + 1) if n not in self.broken]
        return {
            f"http://127.77.0.{n}:{self.port}/a/{item}"
            for n in good
            for item in range(self.edition, self.edition + ITEMS)
        }


@contextmanager
def serving(papers: Papers) -> Iterator[Papers]:
    """Serve them from a thread while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = (self.headers["Host"] or "").partition(":")[0]
            papers.asked.append(host)
            papers.gate.wait(papers.slow)
            number, tag = int(host.rpartition(".")[2]), f'"{papers.edition}"'
            status = 500 if number in papers.broken else 304 if self.headers["If-None-Match"] == tag else 200
            papers.log.append((host, status))
            body = papers.body(host) if status == 200 else b"<html>broken</html>" if status == 500 else b""
            self.send_response(status)
            self.send_header("ETag", tag)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = http.server.ThreadingHTTPServer(("0.0.0.0", papers.port), Handler)
    server.daemon_threads = True
    papers.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield papers
    finally:
        papers.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


TOPIC = """\
title = { en = "Cargo" }
min_score = 5
[terms.en]
strong = ["cargo"]
[tests]
match = ["Cargo left the harbour"]
reject = ["A concert in the harbour"]
"""


def write_config(directory: Path, papers: Papers, extra: str = "") -> Path:
    """A config directory that reads them all."""
    (directory / "sources").mkdir(parents=True, exist_ok=True)
    (directory / "topics").mkdir(exist_ok=True)
    (directory / "aggregator.toml").write_text(
        '[site]\ntitle = "Test"\nbase_url = "http://127.0.0.1:8080"\nlanguages = ["en"]\n'
        f'[fetch]\ncontact = "https://paper.example/bot"\nallow = [["127.0.0.0/8", {papers.port}]]\n'
        f"ports = [{papers.port}]\nhost_gap = 0.0\n{extra}"
    )
    (directory / "sources" / "papers.toml").write_text(
        "\n".join(
            f'[[source]]\nid = "paper-{n}"\nname = "Paper {n}"\nurl = "http://127.77.0.{n}:{papers.port}/"\n'
            f'country = "KZ"\nlanguage = "en"\nfeeds = [{{ url = "{papers.url(n)}" }}]\n'
            for n in range(1, papers.count + 1)
        )
    )
    (directory / "topics" / "cargo.toml").write_text(TOPIC)
    return directory
