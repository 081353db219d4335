"""`aggregator db`: upgrade, back up, restore, copy, prune."""

import time
from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli import database as databases
from aggregator.cli.options import DATABASE, Database, Json
from aggregator.cli.output import counted, dump, say, working
from aggregator.cli.shell import example

BackupFile = Annotated[Path, typer.Argument(metavar="FILE")]

app = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.command(epilog=example("db copy --to postgresql://news@db/news"))(databases.copy)


@app.command(epilog=example("db upgrade --database postgresql://news@db/news"))
def upgrade(*, as_json: Json = False, database: Database = DATABASE) -> None:
    """Bring the database to this version's schema.

    SQLite does so by itself, at first use.
    """
    from aggregator.store import Store, schema

    opened = Store(database)
    reached = schema.upgrade(opened)
    if not opened.is_sqlite:
        from aggregator.worker.queue import install

        install(opened)
    opened.close()
    dump({"revision": reached}) if as_json else say(f"the database is at revision {reached}")


@app.command(epilog=example("db backup /backups/news-$(date +%F).db"))
def backup(file: BackupFile, *, as_json: Json = False, database: Database = DATABASE) -> None:
    """Write a consistent copy to FILE while others work."""
    from aggregator.store import backup as backups

    opened = databases.existing(database)
    with working(f"backing up to {file}"):
        size = backups.backup(opened, file)
    opened.close()
    dump({"file": str(file), "bytes": size}) if as_json else say(f"{file}: {size / 1e6:.1f} MB")


@app.command(epilog=example("db restore /backups/news-2026-11-01.db"))
def restore(file: BackupFile, *, as_json: Json = False, database: Database = DATABASE) -> None:
    """Put a backup in place of the database.

    Stop everything else first. An SQLite database that stood there stays beside it as NAME.before-restore.
    """
    from aggregator.store import Store
    from aggregator.store import backup as backups

    with working(f"restoring from {file}"):
        backups.restore(Store(database), file)
    dump({"restored": str(file)}) if as_json else say(f"restored from {file}")


@app.command(epilog=example("db prune --days 365"))
def prune(
    *,
    days: Annotated[int, typer.Option(metavar="N", min=31, help="Keep bodies and indexes for so many days.")] = 90,
    as_json: Json = False,
    database: Database = DATABASE,
) -> None:
    """Drop the texts and indexes of old articles.

    Id, title, link, dates and source stay.
    """
    from aggregator.store import retention

    opened = databases.existing(database)
    dropped = 0
    with working("dropping old texts"):
        for step in retention.steps(int(time.time()), days):
            mark = retention.Mark()
            while not mark.done:
                with opened.writing() as db:
                    mark = step(db, mark)
                dropped += mark.dropped
    opened.close()
    if as_json:
        dump({"articles": dropped, "days": days})
        return
    say(f"bodies of {counted(dropped, 'article')} older than {days} days dropped")
