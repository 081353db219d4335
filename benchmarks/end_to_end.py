"""`aggregator fetch --all` against the loopback origin, and a peer in turns with it, in one scenario after the other."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.archive import grow
from benchmarks.measure import Cost

ROOT = Path(__file__).parent.parent
NET = "127.40"
TIMEOUT = 3600
"""Seconds for one refresh; one that takes longer is a finding, not a measurement."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One refresh of every feed; `mode` is what the origin is told before."""

    name: str
    title: str
    mode: Mapping[str, int]


SCENARIOS = (
    Scenario("cold", "cold import", {"epoch": 0, "validators": 1, "stamp": 0, "broken": 0}),
    Scenario("304", "unchanged, answered 304", {"validators": 1, "stamp": 0, "broken": 0}),
    Scenario("same", "unchanged, no validators", {"validators": 0, "stamp": 0, "broken": 0}),
    Scenario("stamp", "no news, but other bytes", {"validators": 0, "stamp": 1, "broken": 0}),
    Scenario("new", "one new entry in each feed", {"epoch": 1, "validators": 1, "stamp": 0, "broken": 0}),
    Scenario("broken", "one new entry, 5 % broken", {"epoch": 2, "validators": 1, "stamp": 0, "broken": 1}),
)
"""In this order: each starts from what the one before left."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a client's refresh cost, and what it holds afterwards."""

    scenario: str
    client: str
    cost: Cost
    database_bytes: int
    articles: int
    expected: int
    requests: int
    feeds: int
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        """Seconds, the database server's included."""
        return self.cost.cpu_s + self.cost.server_cpu_s

    def as_json(self) -> dict[str, object]:
        """Flat, for --json."""
        return {
            "feeds": self.feeds, "scenario": self.scenario, "client": self.client, "status": self.cost.status,
            "cpu_ms_a_feed": round(self.cpu / self.feeds * 1000, 2), "wall_s": round(self.cost.wall_s, 2),
            "cpu_s": round(self.cost.cpu_s, 2), "server_cpu_s": round(self.cost.server_cpu_s, 2),
            "peak_mb": round(self.cost.peak_mb), "database_mb": round(self.database_bytes / 1e6, 1),
            "articles": self.articles, "expected": self.expected, "requests": self.requests, "report": self.report,
        }  # fmt: skip


class Client(Protocol):
    """A program under measurement: its command, and what it holds."""

    name: str
    agent: str

    def command(self) -> list[str]: ...
    def database_bytes(self) -> int: ...
    def articles(self) -> int: ...


# ---------------------------------------------------------------- the clients


@dataclass(slots=True)
class Aggregator:
    """This project. `url` is a database address; PostgreSQL's is emptied by whoever gives it."""

    config: Path
    url: str
    name: str = "aggregator"
    agent: str = "aggregator"
    archived: int = 0

    def command(self) -> list[str]:
        words = ["fetch", "--all", "--json", "--config", str(self.config), "--database", self.url]
        return [sys.executable, "-m", "aggregator", *words]

    def database_bytes(self) -> int:
        if self.url.startswith("sqlite:///"):
            return _file_bytes(Path(self.url.removeprefix("sqlite:///")))
        return self._ask("SELECT pg_database_size(current_database())")

    def articles(self) -> int:
        return self._ask("SELECT count(*) FROM article") - self.archived

    def with_archive(self, articles: int) -> "Aggregator":
        """Another one, whose store holds what this one's does, multiplied into the past, and no polls."""
        here = Path(self.url.removeprefix("sqlite:///"))
        there = here.with_name("archive.db")
        shutil.copy(here, there)
        return Aggregator(
            self.config, f"sqlite:///{there}", f"aggregator, {articles:,} older", archived=grow(there, articles)
        )

    def _ask(self, query: str) -> int:
        if self.url.startswith("sqlite:///"):
            return _ask_sqlite(Path(self.url.removeprefix("sqlite:///")), query)
        import psycopg

        with psycopg.connect(self.url) as db:
            row = db.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


@dataclass(slots=True)
class Peer:
    """A script of peers/; always SQLite. `table` holds what it stored."""

    name: str
    agent: str
    table: str
    database: Path
    urls: Path

    def command(self) -> list[str]:
        return [sys.executable, "-m", f"benchmarks.peers.{self.name}", str(self.database), str(self.urls)]

    def database_bytes(self) -> int:
        return _file_bytes(self.database)

    def articles(self) -> int:
        return _ask_sqlite(self.database, f"SELECT count(*) FROM {self.table}")


PEERS = {
    "naive": ("python-httpx", "article"),
    "lemon": ("reader", "entries"),
    "newsboat": ("newsboat", "rss_item"),
    "floor": ("floor", "entry"),
}
"""Scripts of peers/: what they call themselves, and the table of what they stored."""

SKIPPED = {("newsboat", "304")}
"""newsboat asked without validators when it was tried: this scenario costs it what the next one does."""


def installed() -> list[str]:
    """The peers that this machine has."""
    return [name for name in PEERS if name != "newsboat" or shutil.which("newsboat")]


def peer(name: str, home: Path, urls: Path) -> Peer:
    """One of PEERS with a database of its own."""
    agent, table = PEERS[name]
    return Peer(name, agent, table, home / f"{name}.db", urls)


def _file_bytes(path: Path) -> int:
    parts = (path, path.with_name(path.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def _ask_sqlite(path: Path, query: str) -> int:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(db.execute(query).fetchone()[0])
    finally:
        db.close()


# ---------------------------------------------------------------- the origin


class Control:
    """The origin's control addresses."""

    def __init__(self, port: int) -> None:
        self._base = f"http://{NET}.1.1:{port}/_control"
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def get(self, path: str) -> Any:
        """The JSON of a control address."""
        with self._open(f"{self._base}/{path}", timeout=300) as answer:
            return json.load(answer)

    def mode(self, changes: Mapping[str, int]) -> Any:
        """Change the origin; answers mode and truth."""
        return self.get("mode?" + "&".join(f"{name}={value}" for name, value in changes.items()))


@contextmanager
def origin(feeds: int, port: int) -> Iterator[Control]:
    """The origin in a process of its own, ready when the block begins."""
    words = ["--feeds", str(feeds), "--port", str(port), "--net", NET]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.origin", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if "listening" not in process.stdout.readline():
            raise RuntimeError(f"the origin did not start; is port {port} free?")
        yield Control(port)
    finally:
        process.terminate()
        process.wait()


# ---------------------------------------------------------------- configuration


def write_config(directory: Path, feeds: Sequence[Mapping[str, str]], port: int) -> Path:
    """An operator's files for the origin: a source for each feed, and the topics as shipped."""
    shutil.copytree(ROOT / "config" / "topics", directory / "topics")
    (directory / "sources").mkdir()
    (directory / "sources" / "origin.toml").write_text("\n".join(map(_source, range(len(feeds)), feeds)), "utf-8")
    (directory / "aggregator.toml").write_text(_site(port), "utf-8")
    return directory


def _source(number: int, feed: Mapping[str, str]) -> str:
    title, url = json.dumps(feed["title"], ensure_ascii=False), feed["url"]
    site = url.partition("/feed/")[0] + "/"
    return (
        f'[[source]]\nid = "outlet-{number}"\nname = {title}\nurl = "{site}"\n'
        f'country = "KZ"\nlanguage = "{feed["language"]}"\nfeeds = [{{ url = "{url}" }}]\n'
    )


def _site(port: int) -> str:
    languages = tomllib.loads((ROOT / "config" / "aggregator.toml").read_text(encoding="utf-8"))["site"]["languages"]
    return (
        f'[site]\ntitle = "Benchmark"\nbase_url = "http://127.0.0.1:8080"\nlanguages = {json.dumps(languages)}\n'
        f'[fetch]\nallow = [["127.0.0.0/8", {port}]]\nports = [{port}]\nhost_gap = 0\n'
    )


# ---------------------------------------------------------------- the runs


def run(
    scenarios: Sequence[Scenario],
    clients: list[Client],
    control: Control,
    servers: Sequence[int],
    logs: Path,
    archive: int = 0,
) -> Iterator[Result]:
    """Every client in every scenario, in turns; after the first one ours also over a store with an archive."""
    for scenario in scenarios:
        truth = control.mode(scenario.mode)
        for client in _taking_part(clients, archive, scenario):
            control.get("reset")
            cost, report = measured(client.command(), servers, logs / f"{client.name}-{scenario.name}.log")
            asked = sum(t["requests"] for agent, t in control.get("counts").items() if client.agent in agent.lower())
            yield Result(
                scenario.name, client.name, cost, client.database_bytes(), client.articles(), truth["entries"], asked,
                truth["feeds"], report,
            )  # fmt: skip


def _taking_part(clients: list[Client], archive: int, scenario: Scenario) -> Iterator[Client]:
    for client in list(clients):
        if (client.name, scenario.name) not in SKIPPED:
            yield client
    if archive and not any(isinstance(client, Aggregator) and client.archived for client in clients):
        ours = next(client for client in clients if isinstance(client, Aggregator))
        clients.append(ours.with_archive(archive))
        yield clients[-1]


def measured(command: Sequence[str], servers: Sequence[int], log: Path) -> tuple[Cost, dict[str, Any]]:
    """The cost of a command, and the last line of its output when that is JSON."""
    named = [word for pid in servers for word in ("--server", str(pid))]
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", "--timeout", str(TIMEOUT), *named, "--", *command],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=output, text=True, check=True,
        )  # fmt: skip
    return Cost(**json.loads(done.stdout)), _json_of(log.read_text(encoding="utf-8"))


def _json_of(text: str) -> dict[str, Any]:
    start = text.find("{")
    try:
        return {k: v for k, v in json.loads(text[start:]).items() if k != "errors"} if start >= 0 else {}
    except json.JSONDecodeError:
        return {}


def table(results: Sequence[Result]) -> str:
    """A Markdown table; the last column is CPU in parts of the first peer's in the same scenario."""
    titles = {scenario.name: scenario.title for scenario in SCENARIOS}
    peers = {r.scenario: r for r in reversed(results) if not r.client.startswith(("aggregator", "floor"))}
    lines = [
        "| scenario | client | CPU ms a feed | wall s | peak MB | database MB | articles of the truth | CPU ratio |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for r in results:
        peer = peers.get(r.scenario)
        ratio = f"{r.cpu / peer.cpu:.2f}" if peer is not None and r.client.startswith("aggregator") else ""
        each = r.cpu / r.feeds * 1000
        lines.append(
            f"| {titles[r.scenario]} | {r.client} | {each:.2f} | {r.cost.wall_s:.1f} "
            f"| {r.cost.peak_mb:.0f} | {r.database_bytes / 1e6:.1f} | {r.articles} of {r.expected} | {ratio} |"
        )
    return "\n".join(lines)
