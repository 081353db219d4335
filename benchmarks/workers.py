"""Two workers against one on one PostgreSQL, where publishers answer slowly: `python -m benchmarks.workers`.

Every feed has a host of its own and nothing new; each answer takes SLOW seconds. A worker asks at most a hundred hosts at
a time, so that one alone is bound by the far end and two should do nearly twice as much, while there is CPU for both.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from aggregator.bootstrap import open_live, open_store
from aggregator.store import Store
from aggregator.worker.queue import install
from benchmarks.chaos import database

ROOT = Path(__file__).parent.parent
BODY = b'<rss version="2.0"><channel><title>Quiet</title><link>http://quiet.example/</link></channel></rss>'


def host(number: int) -> str:
    return f"127.76.{number // 250}.{number % 250 + 1}"


class Slow(asyncio.Protocol):
    """Answers every GET after a while; nothing is ever new."""

    seconds = 1.0
    asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            Slow.asked += 1
            known = b"if-none-match" in data.lower()
            asyncio.get_running_loop().call_later(Slow.seconds, self.answer, known)

    def answer(self, known: bool) -> None:
        head = "304 Not Modified" if known else "200 OK"
        length = "" if known else f"Content-Type: application/rss+xml\r\nContent-Length: {len(BODY)}\r\n"
        told = f'HTTP/1.1 {head}\r\nETag: "1"\r\n{length}\r\n'.encode()
        self.transport.write(told + (b"" if known else BODY))  # type: ignore[attr-defined]


@contextmanager
def slow_publishers(seconds: float) -> Iterator[int]:
    """Their port; they run in a thread of this process."""
    Slow.seconds, loop = seconds, asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Slow, "0.0.0.0", 0, backlog=4096))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)


def write_config(directory: Path, feeds: int, port: int) -> Path:
    for folder in ("sources", "topics"):
        (directory / folder).mkdir(parents=True)
    (directory / "aggregator.toml").write_text(
        '[site]\ntitle = "Workers"\nbase_url = "http://127.0.0.1:8080"\nlanguages = ["en"]\n'
        f'[fetch]\nallow = [["127.0.0.0/8", {port}]]\nports = [{port}]\nhost_gap = 0.0\n'
    )
    (directory / "sources" / "all.toml").write_text(
        "\n".join(
            f'[[source]]\nid = "quiet-{n}"\nname = "Quiet {n}"\nurl = "http://{host(n)}/"\ncountry = "KZ"\nlanguage = "en"\n'
            f'feeds = [{{ url = "http://{host(n)}:{port}/feed" }}]\n'
            for n in range(feeds)
        )
    )
    (directory / "topics" / "cargo.toml").write_text(
        'title = { en = "Cargo" }\nmin_score = 5\n[terms.en]\nstrong = ["cargo"]\n'
        '[tests]\nmatch = ["Cargo left the harbour"]\nreject = ["A concert"]\n'
    )
    return directory


def polls(opened: Store) -> int:
    with opened.reading() as db:
        return int(db.execute(text("SELECT sum(polls) FROM feed")).scalar_one())


def throughput(opened: Store, url: str, config: Path, workers: int, seconds: float) -> tuple[float, float]:
    """Polls a second of so many workers once they all work, and the share of the cores they used."""
    words = [sys.executable, "-m", "aggregator", "worker", "--config", str(config), "--database", url]
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    processes = [subprocess.Popen(words, **quiet) for _ in range(workers)]  # type: ignore[call-overload]
    try:
        while running(opened) < workers:
            time.sleep(0.2)
        time.sleep(10)  # both have taken their share
        before, cpu, began = polls(opened), used(processes), time.monotonic()
        time.sleep(seconds)
        taken = time.monotonic() - began
        return (polls(opened) - before) / taken, (used(processes) - cpu) / taken
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def running(opened: Store) -> int:
    with opened.reading() as db:
        return int(db.execute(text("SELECT count(*) FROM run WHERE ended IS NULL")).scalar_one())


def keep_due(opened: Store) -> None:
    """Whatever is polled is due again at once: the queue never runs dry."""
    with opened.writing() as db:
        db.exec_driver_sql(
            "CREATE FUNCTION keep_due() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.due := 0; RETURN NEW; END $$"
        )
        db.exec_driver_sql("CREATE TRIGGER due BEFORE UPDATE ON feed FOR EACH ROW EXECUTE FUNCTION keep_due()")
        db.execute(text("UPDATE feed SET due = 0"))


def used(processes: list[subprocess.Popen[bytes]]) -> float:
    """CPU seconds of the workers."""
    fields = [Path(f"/proc/{p.pid}/stat").read_text().rpartition(")")[2].split() for p in processes]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers", description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--slow", type=float, default=5.0, help="seconds until an answer")
    parser.add_argument("--seconds", type=float, default=30)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="workers-") as home,
        slow_publishers(given.slow) as port,
        database("postgresql", Path(home)) as (url, _),
    ):
        config = write_config(Path(home, "config"), given.feeds, port)
        opened = open_store(url)
        install(opened)
        open_live(opened, config, int(time.time()))
        keep_due(opened)
        found = {}
        print("| workers | polls a second | cores used by the workers |\n|---:|---:|---:|")
        for workers in (1, 2, 1, 2):
            rate, cores = throughput(opened, url, config, workers, given.seconds)
            found.setdefault(workers, []).append(rate)
            print(f"| {workers} | {rate:.1f} | {cores:.2f} |", flush=True)
        opened.close()
    print(f"\ntwo workers do {sum(found[2]) / sum(found[1]):.2f} times as much as one")


if __name__ == "__main__":
    main()
