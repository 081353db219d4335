"""What an operator reads when the database cannot be used: one sentence with the mend, never a traceback."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from papers import Papers, serving, write_config
from sqlalchemy.engine import URL, make_url

from aggregator import store
from aggregator.errors import DatabaseUnavailable
from aggregator.store import Store, engine

pytestmark = pytest.mark.slow

AS_ANYBODY = """
import ctypes, os, sys
for capability in (1, 2):  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: root obeys the modes of files as anybody does
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "aggregator", *sys.argv[1:]])
"""


def said(home: Path, *words: str, status: int, limit: str = "", plainly: bool = False) -> str:
    """The one line on stderr. `plainly`: with all rights that this process has."""
    command = [sys.executable, *(("-m", "aggregator") if plainly else ("-c", AS_ANYBODY)), *words]
    if limit:
        command = ["sh", "-c", f'ulimit -f {limit}; exec "$@"', "sh", *command]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith(("error:", "Error", "Traceback"))]
    assert len(errors) == 1, done.stderr
    return errors[0]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with serving(Papers(10)) as papers:
        write_config(tmp_path / "config", papers)
        yield tmp_path


def test_a_directory_that_may_not_be_written(home: Path) -> None:
    (home / "data").mkdir(mode=0o555)
    told = said(home, "fetch", status=1)
    assert "sqlite:///data/aggregator.db" in told
    assert "write access to its directory" in told


def test_a_file_that_may_not_be_written(home: Path) -> None:
    store.schema.ensure(Store(f"sqlite:///{home / 'data.db'}"))
    (home / "data.db").chmod(0o444)
    told = said(home, "fetch", "--database", "sqlite:///data.db", status=1)
    assert "write access to the file" in told


def test_a_full_disk_ends_a_round_and_the_next_one_does_all_of_it(home: Path) -> None:
    said_by = said(home, "fetch", "--all", status=1, limit="700")
    assert "make room on its disk" in said_by or "look at its disk" in said_by
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "fetch", "--all"], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(home / "data" / "aggregator.db")) as db:
        assert db.execute("SELECT count(*), count(DISTINCT url), sum(placed) FROM article").fetchone() == (80, 80, 80)


def test_a_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 100)
    opened = Store(f"sqlite:///{tmp_path / 'held.db'}")
    store.schema.ensure(opened)
    with closing(sqlite3.connect(tmp_path / "held.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match=r"held\.db: database is locked \(another program holds it"):
            store.schema.upgrade(opened)
        with pytest.raises(DatabaseUnavailable, match="end that one, then try again"), opened.writing():
            pass
    opened.close()


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("mysql://x", 2, "mysql is not supported: sqlite or postgresql"),
        ("nonsense", 2, "'nonsense' is not a database address, e.g. sqlite:///data/aggregator.db"),
        ("postgresql://localhost:port/x", 2, "is not a database address"),
        ("sqlite:///config", 1, "unable to open database file (give this user write access"),
        ("sqlite:///config/aggregator.toml", 1, "not a database (it is another file or a damaged one"),
        ("postgresql://news:secret@127.0.0.1:1/x", 1, "(start PostgreSQL, or see --database)"),
    ],
)
def test_a_wrong_address(home: Path, address: str, status: int, words: str) -> None:
    told = said(home, "articles", "--database", address, status=status)
    assert words in told
    assert "secret" not in told
    assert "psycopg" not in told


def test_a_database_that_postgresql_does_not_have(home: Path, postgresql: URL) -> None:
    address = make_url(postgresql).set(database="nowhere").render_as_string(hide_password=False)
    assert "createdb" in said(home, "articles", "--database", address, status=1, plainly=True)


def test_a_schema_of_a_newer_version(home: Path) -> None:
    opened = Store(f"sqlite:///{home / 'newer.db'}")
    store.schema.ensure(opened)
    with opened.writing() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    opened.close()
    for words in (("articles",), ("db", "upgrade"), ("fetch",)):
        told = said(home, *words, "--database", "sqlite:///newer.db", status=1)
        assert "at revision 9999, which a newer version made: update this program, or restore an older backup" in told


def test_a_backup_where_nothing_may_be_written(home: Path) -> None:
    store.schema.ensure(Store(f"sqlite:///{home / 'data.db'}"))
    (home / "backups").mkdir(mode=0o555)
    said(home, "db", "backup", "backups/today", "--database", "sqlite:///data.db", status=1)
    assert list((home / "backups").iterdir()) == []
