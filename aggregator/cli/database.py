"""`aggregator db copy`: everything from one database into another, empty one."""

import time
from typing import Annotated

import typer

from aggregator.cli.options import DATABASE, Database, Json
from aggregator.cli.output import dump, say, warn


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

    source, target = open_store(database), open_store(to)
    began = time.monotonic()
    total = copying.copy(source, target, int(time.time()), lambda table, rows: warn(f"{table}: {rows} rows"))
    source.close()
    target.close()
    taken = time.monotonic() - began
    if as_json:
        dump({"rows": total, "seconds": round(taken, 3)})
        return
    say(f"{total} rows copied and counted in {taken:.1f} s; start the programs with --database URL")
