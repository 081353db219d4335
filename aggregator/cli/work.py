"""Commands that do the work: one round for cron, everything in one process, or the web server alone."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import comparing, loop
from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json, unknown
from aggregator.cli.output import counted, dump, progress, say, seconds, warn
from aggregator.model import Outcome

if TYPE_CHECKING:
    from aggregator.bootstrap import Live
    from aggregator.store import Store
    from aggregator.worker.local import Report


def fetch(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every enabled feed once, due or not.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Only what is due; the default.")] = False,
    source: Annotated[str | None, typer.Option(metavar="ID", help="Only this source.")] = None,
    budget: Annotated[str | None, typer.Option(metavar="4m", help="Begin no poll after this time.")] = None,
    shadow: Annotated[
        float | None, typer.Option(metavar="N", min=0, max=100, help="Compare N % of the documents with feedparser.")
    ] = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """One round for cron: collect, place, publish, and end."""
    from aggregator.bootstrap import gave_way, open_live, open_store

    if everything and due:
        raise typer.BadParameter("take one of them", param_hint="--all and --due")
    limit = _duration(budget)
    opened = open_store(database)
    others = gave_way(opened, config)
    if others is not None:
        warn(
            f"another configuration went live after that of {config} and holds; touch a file there to make it live again"
        )
    live, broken = (others, None) if others is not None else open_live(opened, config, int(time.time()))
    if broken is not None:
        warn(f"{broken}\nthe configuration is broken; this round runs on the last one that was valid")
    if source is not None and source not in live.sources:
        raise unknown("source", source, live.sources, "--source")
    report = _round(opened, live, everything=everything, source=source, budget=limit, shadow=shadow)
    opened.close()
    dump(report.as_json()) if as_json else _tell(report)
    if broken is not None:
        raise typer.Exit(2)


def _duration(text: str | None) -> float | None:
    try:
        return None if text is None else seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--budget") from error


def _round(
    opened: "Store",
    live: "Live",
    *,
    everything: bool,
    source: str | None,
    budget: float | None,
    shadow: float | None,
) -> "Report":
    from aggregator import store
    from aggregator.worker.local import fetch_round
    from aggregator.worker.shadow import Shadow

    with opened.reading() as db:
        total = store.feeds.wanted(db, int(time.time()), everything, source)
    with progress() as bar:
        task = bar.add_task("preparing", total=total)

        def seen(_: Outcome) -> None:
            polled = int(bar.tasks[0].completed) + 1
            bar.update(
                task, completed=polled, description="polling feeds" if polled < total else "placing and publishing"
            )

        compared = Shadow(shadow) if shadow else None
        return loop.run(
            fetch_round(opened, live, everything=everything, source=source, budget=budget, seen=seen, shadow=compared)
        )


def _tell(report: "Report") -> None:
    """The round in words."""
    told: dict[str, Any] = report.as_json()
    if not report.outcomes and not report.skipped:
        say("nothing was due; `sources health` says what is next and when, `fetch --all` polls everything now")
        return
    say(
        f"{counted(told['feeds'], 'feed')} polled in {report.seconds:.1f} s: {told['ok']} read, "
        f"{told['not_modified']} not modified, {told['unchanged']} unchanged, {told['failed']} failed, "
        f"{told['skipped']} skipped"
    )
    say(
        f"{counted(told['entries'], 'entry', 'entries')}, {counted(told['new'], 'new article')}, "
        f"{told['updated']} updated, {counted(told['gaps'], 'gap')}"
    )
    for outcome in report.outcomes:
        if outcome.failure is not None:
            say(f"  {outcome.source}  {outcome.url}\n    {outcome.failure.name}: {outcome.failure.message}")
    if report.shadow is not None:
        comparing.tell(told["shadow"])


def run(
    *,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port to serve on.")] = 8080,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Poll, publish and serve in one process: the default.

    Ends in order on SIGTERM or Ctrl-C.
    """
    from aggregator.cli.serving import serve_and_poll

    opened, live = _open(config, database)
    loop.run(serve_and_poll(opened, config, live, host=host, port=port))
    opened.close()


def serve(
    *,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port to serve on.")] = 8080,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """The web server alone.

    Beside `fetch` from cron, or workers elsewhere; it notices what they publish within a second.
    """
    from aggregator.cli.serving import serve_only

    opened, live = _open(config, database)
    loop.run(serve_only(opened, config, live, host=host, port=port))
    opened.close()


def _open(config: Path, database: str) -> "tuple[Store, Live]":
    """The database and the live configuration; a broken one is named and the last valid one serves."""
    from aggregator.bootstrap import open_live, open_store

    opened = open_store(database)
    live, broken = open_live(opened, config, int(time.time()))
    if broken is not None:
        warn(f"{broken}\nthe configuration is broken; going on with the last one that was valid")
    return opened, live


def worker(*, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """Poll what is due, on one of several machines.

    Needs PostgreSQL, which the machines share.
    """
    from aggregator.cli.serving import poll_only

    opened, live = _open(config, database)
    if opened.is_sqlite:
        raise typer.BadParameter("a worker needs PostgreSQL; on one machine use `aggregator run`")
    loop.run(poll_only(opened, config, live))
    opened.close()
