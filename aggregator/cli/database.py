"""`aggregator db copy`: everything from one database into another, empty one; and databases that must be there already."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import DATABASE, Database, Json
from aggregator.cli.output import counted, dump, progress, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from aggregator.store import Store


def copy(
    *,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database, SQLite or PostgreSQL.")],
    as_json: Json = False,
    database: Database = DATABASE,
) -> None:
    """Copy everything into another, empty database.

    For example from SQLite to PostgreSQL; stop everything else first. All or nothing.
    """
    from aggregator.bootstrap import open_store
    from aggregator.store import copying

    source, target = existing(database), open_store(to)
    began = time.monotonic()
    with progress() as bar:
        total = copying.copy(source, target, int(time.time()), _shown(bar, copying.size(source)))
    source.close()
    target.close()
    taken = time.monotonic() - began
    if as_json:
        dump({"rows": total, "seconds": round(taken, 3)})
        return
    say(f"{counted(total, 'row')} copied and counted in {taken:.1f} s; start the programs with --database URL")


def existing(url: str) -> "Store":
    """A database that is there already: of a mistyped address no empty one is made. Errors: StoreError."""
    from aggregator.bootstrap import open_store
    from aggregator.errors import StoreError
    from aggregator.store.engine import parse_url

    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        raise StoreError(f"there is no database {parsed.database}: see --database, and the directory you are in")
    return open_store(url)


def _shown(bar: "Progress", total: int) -> Callable[[str, int], None]:
    """A bar over the rows of all tables; nothing where stderr is no terminal."""
    task, done = bar.add_task("copying", total=total), dict[str, int]()

    def told(table: str, rows: int) -> None:
        done[table] = rows
        bar.update(task, completed=sum(done.values()), description=f"copying {table}")

    return told
