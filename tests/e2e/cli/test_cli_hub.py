"""A web server killed with -9 between publishing and delivery: what is owed to a subscriber stands in the database, and
the next server sends it, on both databases.
"""

import hmac
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from papers import Papers, serving, write_config
from sqlalchemy import text

from aggregator import store
from aggregator.store import Store

pytestmark = pytest.mark.slow

SECRET = "between us"


@dataclass
class Subscriber:
    """A callback that confirms whatever it is asked; while `holding` is set it takes pings and never answers them."""

    port: int = 0
    holding: threading.Event = field(default_factory=threading.Event)
    pings: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callback"


@contextmanager
def subscribing() -> Iterator[Subscriber]:
    subscriber = Subscriber()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            self._answer(asked["hub.challenge"][0].encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            subscriber.pings.append((self.headers["X-Hub-Signature"], body))
            while subscriber.holding.is_set():
                time.sleep(0.05)
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # who sent the ping was killed
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    subscriber.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield subscriber
    finally:
        subscriber.holding.clear()
        server.shutdown()
        server.server_close()
        thread.join()


def until(met: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


class Servers:
    """`aggregator serve` again and again, on one database."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.environment = home, os.environ | {"AGGREGATOR_DATABASE_URL": url, "AGGREGATOR_LOG": "json"}
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> int:
        """The port of another server, once it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        words = [sys.executable, "-m", "aggregator", "serve", "--port", str(port)]
        with (self.home / f"serve-{port}.log").open("w") as log:
            self.running.append(subprocess.Popen(words, cwd=self.home, env=self.environment, stderr=log))
        until(lambda: self._answers(port))
        return port

    def _answers(self, port: int) -> bool:
        try:
            return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/readiness", timeout=5).status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        self.running.clear()

    def fetch(self) -> None:
        words = [sys.executable, "-m", "aggregator", "fetch", "--all"]
        subprocess.run(words, cwd=self.home, env=self.environment, check=True, capture_output=True, timeout=120)


def test_what_is_owed_when_a_server_is_killed_is_sent_by_the_next(database_url: str, tmp_path: Path) -> None:
    with serving(Papers(2)) as papers, subscribing() as subscriber:
        config = write_config(tmp_path / "config", papers) / "aggregator.toml"
        config.write_text(config.read_text().replace(f'"127.0.0.0/8", {papers.port}', '"127.0.0.0/8", 0'))
        opened = Store(database_url)
        store.schema.ensure(opened)
        servers = Servers(tmp_path, database_url)
        try:
            ask(servers.start(), subscriber)
            until(lambda: row(opened).lease_until)
            settled = len(subscriber.pings)

            subscriber.holding.set()
            servers.fetch()
            until(lambda: len(subscriber.pings) > settled)
            servers.kill()
            owed = row(opened)
            assert owed.owed, "it is not delivered before the callback said so"
            assert owed.claimed > time.time(), "the dead server's hold ends by itself"

            subscriber.holding.clear()
            taken = len(subscriber.pings)
            servers.start()
            with opened.writing() as db:  # a minute passes
                db.execute(text("UPDATE subscription SET claimed = claimed - 60"))
            until(lambda: len(subscriber.pings) > taken)
            until(lambda: not row(opened).owed)
            signature, body = subscriber.pings[-1]
            assert b"/a/7" in body
            assert signature == "sha256=" + hmac.new(SECRET.encode(), body, "sha256").hexdigest()

            servers.kill()
            papers.edition = 3
            servers.fetch()
            assert row(opened).owed, "published while no server ran"
            servers.start()
            until(lambda: not row(opened).owed)
            assert b"/a/10" in subscriber.pings[-1][1]
        finally:
            servers.kill()
            opened.close()


def ask(port: int, subscriber: Subscriber) -> None:
    form = {
        "hub.mode": "subscribe", "hub.topic": "http://127.0.0.1:8080/feeds/cargo.atom", "hub.callback": subscriber.url,
        "hub.secret": SECRET,
    }  # fmt: skip
    answer = urllib.request.urlopen(
        f"http://127.0.0.1:{port}/hub", data=urllib.parse.urlencode(form).encode(), timeout=30
    )
    assert answer.status == 202


def row(opened: Store) -> Any:
    with opened.reading() as db:
        return db.execute(text("SELECT owed, claimed, lease_until FROM subscription")).one()
