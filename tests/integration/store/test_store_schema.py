"""The migrations make exactly the tables that the program declares, on both databases, from any number of processes."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from aggregator import store
from aggregator.errors import DatabaseUnavailable, SchemaOutdated
from aggregator.store import Store
from aggregator.store.declared import SQLModel


def test_the_migrated_schema_is_the_declared_one(opened: Store) -> None:
    with opened.reading() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_columns_nullability_keys_and_partial_indexes_are_the_declared_ones(opened: Store) -> None:
    """What alembic's comparison passes over: primary keys, unique constraints and the WHERE of an index."""
    with opened.reading() as db:
        found = inspect(db)
        for table in SQLModel.metadata.sorted_tables:
            columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
            assert columns == {column.name: bool(column.nullable) for column in table.columns}, table.name
            keys = found.get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key], table.name
            partial = {index.name for index in table.indexes if index.dialect_options["sqlite"]["where"] is not None}
            held = {
                i["name"] for i in found.get_indexes(table.name) if any("where" in key for key in i["dialect_options"])
            }
            assert held == partial, table.name


def test_head_is_the_newest_migration_and_history_is_one_line() -> None:
    scripts = ScriptDirectory(str(store.schema.MIGRATIONS))
    assert scripts.get_heads() == [store.schema.HEAD]
    assert len(scripts.get_bases()) == 1


def test_making_a_schema_twice_changes_nothing(opened: Store) -> None:
    store.schema.ensure(opened)
    store.schema.upgrade(opened)
    with opened.reading() as db:
        assert store.schema.revision(db) == store.schema.HEAD


def test_many_that_start_at_once_make_one_schema(database_url: str) -> None:
    stores, errors = [Store(database_url) for _ in range(4)], []

    def start(one: Store) -> None:
        try:
            store.schema.ensure(one)
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=start, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for one in stores:
        one.close()
    assert errors == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_older_postgresql_is_never_upgraded_behind_the_operators_back(opened: Store) -> None:
    with opened.writing() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(SchemaOutdated, match="aggregator db upgrade"):
        store.schema.ensure(opened)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database at all" * 100)
    with pytest.raises(DatabaseUnavailable, match=r"notes\.db"):
        store.schema.ensure(Store(f"sqlite:///{tmp_path / 'notes.db'}"))


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Store(f"sqlite:///{tmp_path / 'half.db'}")

    def half(config: Any, _: str) -> None:
        config.attributes["connection"].exec_driver_sql("CREATE TABLE half (id INTEGER)")
        raise OSError("killed")

    monkeypatch.setattr("alembic.command.upgrade", half)
    with pytest.raises(OSError, match="killed"):
        store.schema.upgrade(opened)
    opened.close()
    with closing(sqlite3.connect(tmp_path / "half.db")) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == []
