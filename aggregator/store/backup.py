"""Backup and restore. SQLite copies itself (VACUUM INTO); PostgreSQL has pg_dump, and where that is missing or older than
the server, everything goes into an SQLite file, which either database can be restored from.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from aggregator.errors import StoreError
from aggregator.store import copying, runs, schema
from aggregator.store.engine import Store, set_meta

SQLITE = b"SQLite format 3\0"
"""The first bytes of a backup that is an SQLite file."""


def backup(store: Store, target: Path) -> int:
    """Write a consistent copy while others work; returns its size in bytes. Errors: StoreError."""
    if target.exists():
        raise StoreError(f"{target} exists already; name a new file")
    target.parent.mkdir(parents=True, exist_ok=True)
    with _partial(target) as partial:
        if store.is_sqlite:
            _vacuum(store, partial)
        elif pg_dump := _client("pg_dump", store):
            _run(pg_dump, store.url, "--format=custom", f"--file={partial}")
        else:
            _portable(store, partial)
    with store.writing() as db:
        set_meta(db, "backed up", str(int(time.time())))
    return target.stat().st_size


@contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """A hidden file that becomes `target` when all went well, and leaves nothing when it did not."""
    partial = target.with_name(f".{target.name}.partial")
    leftovers = [partial, *(partial.with_name(partial.name + end) for end in ("-wal", "-shm", ".lock"))]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    try:
        yield partial
        partial.replace(target)
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


def _vacuum(store: Store, target: Path) -> None:
    try:
        with closing(sqlite3.connect(str(store.url.database))) as source:
            source.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise StoreError(f"{target.parent}: the backup could not be written: {error}") from error


def _portable(store: Store, target: Path) -> None:
    fresh = Store(f"sqlite:///{target}")
    schema.upgrade(fresh)
    copying.copy(store, fresh, int(time.time()), running=True)
    fresh.close()
    with closing(sqlite3.connect(target, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


# ---------------------------------------------------------------- restore


def restore(store: Store, source: Path) -> None:
    """Put a backup in place of the database; nothing else may use it meanwhile. Errors: StoreError.

    A living run of this machine is seen and refused. An SQLite database that stood there stays beside it as
    NAME.before-restore; PostgreSQL is changed in one transaction.
    """
    if not source.is_file():
        raise StoreError(f"{source} {'is a directory: name the file in it' if source.is_dir() else 'does not exist'}")
    _refuse_living_runs(store)
    with source.open("rb") as opened:
        portable = opened.read(len(SQLITE)) == SQLITE
    if not store.is_sqlite:
        _restore_portable(store, source) if portable else _restore_dump(store, source)
    elif portable:
        _restore_file(store, source)
    else:
        raise StoreError(f"{source} is no backup of ours, or one of PostgreSQL's own: restore that with --database URL")


def _restore_file(store: Store, source: Path) -> None:
    database = Path(str(store.url.database))
    _check(source)
    store.close()
    database.parent.mkdir(parents=True, exist_ok=True)
    fresh = database.with_name(f".{database.name}.restored")
    shutil.copyfile(source, fresh)
    for leftover in (f"{database}-wal", f"{database}-shm"):
        Path(leftover).unlink(missing_ok=True)
    if database.exists():
        database.replace(database.with_name(f"{database.name}.before-restore"))
    fresh.replace(database)


def _restore_portable(store: Store, source: Path) -> None:
    """A copy of the file is brought to this program's schema first, so that older backups serve too."""
    _check(source)
    schema.ensure(store)
    with tempfile.TemporaryDirectory() as directory:
        fresh = Path(directory, "backup.db")
        shutil.copyfile(source, fresh)
        opened = Store(f"sqlite:///{fresh}")
        schema.upgrade(opened)
        copying.copy(opened, store, int(time.time()), replace=True, running=True)
        opened.close()


def _restore_dump(store: Store, source: Path) -> None:
    pg_restore = _client("pg_restore", store)
    if pg_restore is None:
        raise StoreError(f"{source} was made by pg_dump: install PostgreSQL's client programs, as new as the server")
    _run(pg_restore, store.url, "--clean", "--if-exists", "--no-owner", "--single-transaction", str(source))


def _refuse_living_runs(store: Store) -> None:
    if store.is_sqlite and not Path(str(store.url.database)).exists():
        return
    with store.reading() as db:
        if schema.revision(db) is None:
            return
        living = runs.living(db)
    if living:
        raise StoreError(f"process {', '.join(map(str, living))} is using this database: stop it first")


def _check(source: Path) -> None:
    """The file must be a whole SQLite database of ours."""
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{source} is no backup of ours: {error}") from error
    if verdict != "ok":
        raise StoreError(f"{source} is damaged: {verdict}")


# ---------------------------------------------------------------- PostgreSQL's programs


def _client(program: str, store: Store) -> str | None:
    """The path of a client program, None when there is none that is as new as the server."""
    found = shutil.which(program)
    if found is None:
        return None
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    version = re.search(r"\d+", told.stdout)
    with store.reading() as db:
        server = int(db.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    return found if version is not None and int(version[0]) >= server else None


def _run(program: str, url: URL, *arguments: str) -> None:
    """Run a PostgreSQL client program; the password goes through its environment, never through its arguments."""
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [program, f"--dbname={plain}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StoreError(f"{Path(program).name} failed: {done.stderr.strip()}")
