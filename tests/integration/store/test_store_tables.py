"""The tables that queries use are those that are declared, whether they were declared just now or kept by another start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable, MetaData

import aggregator.store
from aggregator.store.declared import SQLModel
from aggregator.store.tables import load


def ddl(tables: MetaData, dialect: Dialect) -> dict[str, list[str]]:
    """All that makes a table, as statements."""
    return {
        table.name: [
            str(CreateTable(table).compile(dialect=dialect)),
            *sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes),
        ]
        for table in tables.sorted_tables
    }


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "cache" / "declared.tables"


@pytest.mark.parametrize("dialect", [sqlite.dialect, postgresql.dialect], ids=["sqlite", "postgresql"])
def test_kept_tables_are_the_declared_ones(kept: Path, dialect: type[Dialect]) -> None:
    first, again = load(kept), load(kept)
    assert kept.exists()
    assert ddl(again, dialect()) == ddl(first, dialect()) == ddl(SQLModel.metadata, dialect())


def test_what_was_kept_for_other_declarations_is_made_anew(kept: Path, tmp_path: Path) -> None:
    declared = tmp_path / "declared.py"
    declared.write_text("one")
    load(kept, declared)
    before = kept.read_bytes()
    declared.write_text("another")
    load(kept, declared)
    assert kept.read_bytes().partition(b"\n")[0] != before.partition(b"\n")[0]


@pytest.mark.parametrize("left", [0, 10, 60, -100, -1])
def test_half_a_file_is_made_anew(kept: Path, left: int) -> None:
    load(kept)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:left])
    assert "article" in load(kept).tables
    assert kept.read_bytes() != whole[:left]


def test_nothing_is_kept_where_bytecode_is_not(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert "article" in load(kept).tables
    assert not kept.exists()


def test_a_place_that_cannot_be_written_does_no_harm(kept: Path) -> None:
    kept.parent.write_text("a file stands where the directory should")
    assert "article" in load(kept).tables


def test_a_program_that_starts_again_does_without_sqlmodel_and_pydantic(tmp_path: Path) -> None:
    code = "import sys, aggregator.store.feeds; print({'sqlmodel', 'pydantic', 'sqlalchemy.orm'} & set(sys.modules))"
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    outputs = [subprocess.check_output([sys.executable, "-c", code], env=environ, text=True) for _ in range(2)]
    assert outputs[1].strip() == "set()"


def test_only_the_declarations_and_the_migrations_look_at_sqlmodel() -> None:
    """Its list of tables is empty where they were kept: whoever asked it would find none, and say nothing."""
    room = Path(aggregator.store.__file__).parent
    found = {path.relative_to(room).as_posix() for path in room.parent.rglob("*.py") if "import SQLModel" in path.read_text()
             or "import sqlmodel" in path.read_text() or "from sqlmodel" in path.read_text()}  # fmt: skip
    assert found == {"declared.py", "migrations/env.py"}


def test_every_kept_table_is_copied_by_a_program_that_starts_again(tmp_path: Path) -> None:
    code = "import aggregator.store.copying as c; print(len(c.TABLES.sorted_tables), len(c.SERIAL) > 3)"
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    outputs = [subprocess.check_output([sys.executable, "-c", code], env=environ, text=True) for _ in range(2)]
    assert outputs == [f"{len(SQLModel.metadata.tables)} True\n"] * 2
