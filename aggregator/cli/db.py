"""`aggregator db`: upgrade, back up, restore, copy, prune."""

import time
from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli import database as databases
from aggregator.cli.options import DATABASE, Database
from aggregator.cli.output import say

app = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.command()(databases.copy)


@app.command()
def upgrade(*, database: Database = DATABASE) -> None:
    """Bring the database to this version's schema; SQLite does so by itself."""
    from aggregator.store import Store, schema

    opened = Store(database)
    reached = schema.upgrade(opened)
    if not opened.is_sqlite:
        from aggregator.worker.queue import install

        install(opened)
    say(f"the database is at revision {reached}")
    opened.close()


@app.command()
def backup(file: Path, *, database: Database = DATABASE) -> None:
    """Write a consistent copy to FILE while others work."""
    from aggregator.bootstrap import open_store
    from aggregator.store import backup as backups

    size = backups.backup(open_store(database), file)
    say(f"{file}: {size / 1e6:.1f} MB")


@app.command()
def restore(file: Path, *, database: Database = DATABASE) -> None:
    """Put the backup FILE in place of the database; stop everything else first."""
    from aggregator.store import Store
    from aggregator.store import backup as backups

    backups.restore(Store(database), file)
    say(f"restored from {file}")


@app.command()
def prune(
    *,
    days: Annotated[int, typer.Option(min=31, help="Keep bodies and indexes for so many days.")] = 90,
    database: Database = DATABASE,
) -> None:
    """Drop texts and indexes of old articles; id, title, link, dates and source stay."""
    from aggregator.bootstrap import open_store
    from aggregator.store import retention

    opened = open_store(database)
    with opened.writing() as db:
        dropped = retention.prune(db, int(time.time()), days)
    say(f"bodies of {dropped} articles older than {days} days dropped")
