"""`aggregator sources`: who is read, and how they fare; the commands that try and change them stand in files of their own."""

import time
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from aggregator.cli import boilerplate, editing
from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import counted, distance, dump, iso, table, warn
from aggregator.cli.preview import preview
from aggregator.cli.shell import example
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.store.health import FeedHealth

app = typer.Typer(help="List, watch, try, add and move sources.", no_args_is_help=True)
URGENT = ("failing", "gone", "gap", "silent", "new", "ok", "disabled")
"""States in the order in which an operator wants to see them."""


@app.command("list", epilog=example("sources list", "sources list --json"))
def list_sources(*, as_json: Json = False, config: ConfigDir = CONFIG) -> None:
    """The configured sources and their feeds."""
    from aggregator import config as configuration

    loaded = configuration.load(config)
    if as_json:
        dump([asdict(source) | {"headers": sorted(source.headers)} for source in loaded.sources])
        return
    rows = ((s.id, s.country, s.language, "yes" if feed.enabled else "no", s.name, feed.url)
            for s in loaded.sources for feed in s.feeds)  # fmt: skip
    table(("id", "country", "lang", "polled", "name", "feed"), rows)


# ---------------------------------------------------------------- health


@app.command(epilog=example("sources health", "sources health --json"))
def health(*, as_json: Json = False, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """How each feed fares, those in trouble first.

    In words: last success, error, gaps, next poll and why then.
    """
    from aggregator import health as healthy
    from aggregator.bootstrap import open_live, open_store

    now, opened = int(time.time()), open_store(database)
    try:
        open_live(opened, config, now)
    except ConfigError as error:
        warn(str(error))
    with opened.reading() as db:
        feeds = healthy.feeds(db, now)
    if as_json:
        dump([health_dict(feed, now) for feed in feeds if feed.active])
        return
    _tell([feed for feed in feeds if feed.active], now)


def _tell(feeds: "Sequence[FeedHealth]", now: int) -> None:
    from aggregator.health import in_words

    table(
        ("source", "state", "last success", "next poll", "gaps", "feed", "in words"),
        (
            (
                f.source, f.state, distance(f.last_success, now),
                "never" if f.state == "gone" else distance(max(f.next_poll, now), now), f.gaps or "", f.url, in_words(f, now),
            )
            for f in sorted(feeds, key=lambda f: URGENT.index(f.state))
        ),
    )  # fmt: skip
    states: Counter[str] = Counter(feed.state for feed in feeds)
    told = ", ".join(f"{states[state]} {state}" for state in URGENT if states[state])
    warn(f"{counted(len(feeds), 'feed')}{f': {told}' if told else ''}")


def health_dict(feed: "FeedHealth", now: int) -> dict[str, Any]:
    """The JSON of one feed."""
    from aggregator.health import in_words

    error = None
    if feed.error_at is not None:
        error = {"class": feed.error_class, "status": feed.error_status, "message": feed.error_message,
                 "time": iso(feed.error_at)}  # fmt: skip
    return {
        "source": feed.source, "url": feed.url, "state": feed.state, "message": in_words(feed, now),
        "moved_to": feed.moved_to, "last_success": iso(feed.last_success), "last_error": error,
        "next_poll": None if feed.state == "gone" else iso(feed.next_poll), "gaps": feed.gaps,
    }  # fmt: skip


app.command(epilog=example("sources preview https://example.org/feed.xml", "sources preview saved.xml --json"))(preview)
app.command(epilog=example("sources add https://example.org/ --country KZ --language ru"))(editing.add)
app.command(epilog=example("sources enable astana-times"))(editing.enable)
app.command(epilog=example("sources disable astana-times"))(editing.disable)
app.command("import", epilog=example("sources import subscriptions.opml --language ru"))(editing.import_opml)
app.command(epilog=example("sources boilerplate astana-times", 'sources boilerplate astana-times --keep "Read also"'))(
    boilerplate.boilerplate
)
app.command(epilog=example("sources export --to sources.opml"))(editing.export)
