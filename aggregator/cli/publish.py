"""`aggregator publish`: the whole site as static files."""

import time
from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import dump, progress, say, warn


def publish(
    *,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Directory to write the site to.")],
    language: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Language of the pages: ru, kk, az, tr or en; again for further ones, which stand below /CODE/.",
        ),
    ] = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Write the whole site as static files.

    Feeds, pages, OPML and archives, for any web server or object store.
    """
    from aggregator import publish as feeds_out
    from aggregator.bootstrap import open_live, open_store
    from aggregator.web.phrases import LANGUAGES
    from aggregator.web.static import site_files

    if unknown := [code for code in language or () if code not in LANGUAGES]:
        raise typer.BadParameter(f"{unknown[0]}: pages speak {', '.join(LANGUAGES)}", param_hint="--language")
    opened = open_store(database)
    live, broken = open_live(opened, config, int(time.time()))
    if broken is not None:
        warn(f"{broken}\nthe configuration is broken; publishing with the last one that was valid")
    with progress() as bar:
        files = bar.track(site_files(opened, live, int(time.time()), language or ()), description="writing files")
        done = feeds_out.export.write_site(files, to)
    opened.close()
    told = {"written": done.written, "unchanged": done.unchanged, "removed": done.removed}
    dump(told) if as_json else say(f"{to}: " + ", ".join(f"{number} {word}" for word, number in told.items()))
    if broken is not None:
        raise typer.Exit(2)
