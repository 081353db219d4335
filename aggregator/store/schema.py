"""Bringing a database to the schema of this program, with alembic, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import inspect

from aggregator.errors import SchemaOutdated
from aggregator.store.engine import Db, Store, lock

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0002"
"""The revision this program works with; a test holds it against migrations/versions."""


def revision(db: Db) -> str | None:
    """The revision of the database, None for an empty one."""
    if not inspect(db).has_table("alembic_version"):
        return None
    value = db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if value is None else str(value)


def ensure(store: Store) -> None:
    """Make the database usable: SQLite is created and upgraded on the spot, PostgreSQL only when it is empty.

    Errors: SchemaOutdated with the command that mends it.
    """
    with store.reading() as db:
        found = revision(db)
    if found == HEAD:
        return
    _refuse_newer(found)
    if found is not None and not store.is_sqlite:
        raise SchemaOutdated(f"the database is at revision {found}, not {HEAD}: run `aggregator db upgrade`")
    upgrade(store)


def upgrade(store: Store) -> str:
    """Run the migrations; returns the revision reached. One process at a time."""
    from alembic import command
    from alembic.config import Config

    with _alone(store), store.writing() as db:
        lock(db, "migrate")
        if (found := revision(db)) != HEAD:
            _refuse_newer(found)
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = db
            command.upgrade(config, HEAD)
    return HEAD


def _refuse_newer(found: str | None) -> None:
    if found is not None and found > HEAD:  # revisions are numbered in four digits
        raise SchemaOutdated(
            f"the database is at revision {found}, which a newer version made: update this program, or restore an older backup"
        )


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """SQLite: a lock file beside the database; PostgreSQL: the advisory lock taken inside."""
    database = store.url.database
    if not store.is_sqlite or not database or database == ":memory:":
        yield
        return
    import fcntl

    with Path(f"{database}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
