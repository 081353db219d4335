"""Backup and restore: SQLite by its own VACUUM INTO, PostgreSQL by pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from aggregator.errors import StoreError
from aggregator.store import runs, schema
from aggregator.store.engine import Store


def backup(store: Store, target: Path) -> int:
    """Write a consistent copy while others work; returns its size in bytes. Errors: StoreError."""
    if target.exists():
        raise StoreError(f"{target} exists already; name a new file")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    if store.is_sqlite:
        with closing(sqlite3.connect(str(store.url.database))) as source:
            source.execute("VACUUM INTO ?", (str(partial),))
    else:
        _run("pg_dump", store.url, "--format=custom", f"--file={partial}")
    partial.replace(target)
    return target.stat().st_size


def restore(store: Store, source: Path) -> None:
    """Put a backup in place of the database; nothing else may use it meanwhile. Errors: StoreError.

    A living run of this machine is seen and refused. The database that stood there stays beside it as NAME.before-restore.
    """
    if not source.exists():
        raise StoreError(f"{source} does not exist")
    _refuse_living_runs(store)
    if not store.is_sqlite:
        _run("pg_restore", store.url, "--clean", "--if-exists", "--single-transaction", str(source))
        return
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


def _run(program: str, url: URL, *arguments: str) -> None:
    """Run a PostgreSQL client program; the password goes through its environment, never through its arguments."""
    found = shutil.which(program)
    if found is None:
        raise StoreError(f"{program} is needed for this; install PostgreSQL's client programs")
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [found, f"--dbname={plain}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StoreError(f"{program} failed: {done.stderr.strip()}")
