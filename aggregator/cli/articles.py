"""`aggregator articles`: what is stored, and an operator's word on one of it."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import dump, iso, say, seconds, table
from aggregator.model import StoredArticle

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.store import Db

app = typer.Typer(help="List stored articles; withdraw, restore or pin one.", invoke_without_command=True)

Topic = Annotated[str | None, typer.Option(metavar="ID", help="Only articles that matched this topic.")]
Since = Annotated[str | None, typer.Option(metavar="24h|DATE", help="Only articles published since then.")]
Query = Annotated[str | None, typer.Option(metavar="WORD", help="Only articles with this in their title.")]
Limit = Annotated[int | None, typer.Option(metavar="N", min=1, help="At most so many.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the article.")]


@app.callback()
def _articles(
    context: typer.Context,
    *,
    topic: Topic = None,
    since: Since = None,
    query: Query = None,
    limit: Limit = None,
    as_json: Json = False,
    database: Database = DATABASE,
) -> None:
    """Without a further word the same as `articles list`."""
    if context.invoked_subcommand is None:
        list_articles(topic=topic, since=since, query=query, limit=limit, as_json=as_json, database=database)


@app.command("list")
def list_articles(
    *,
    topic: Topic = None,
    since: Since = None,
    query: Query = None,
    limit: Limit = None,
    as_json: Json = False,
    database: Database = DATABASE,
) -> None:
    """Every stored article, copies included: JSON lines with --json, else a table."""
    from aggregator import store
    from aggregator.bootstrap import open_store

    start = _since(since)
    with open_store(database).reading() as db:
        found = store.reading.articles(db, topic=topic, since=start, query=query, limit=limit)
        if as_json:
            for article in found:
                dump(as_dict(article))
            return
        table(("id", "published", "lang", "source", "topics", "title"), (_row(article) for article in found))


def _since(text: str | None) -> int | None:
    if text is None:
        return None
    from aggregator.text.dates import parse_date

    try:
        return int(time.time() - seconds(text))
    except ValueError:
        when = parse_date(text)
    if when is None:
        raise typer.BadParameter(f"{text!r} is neither a duration (24h) nor a date (2026-10-01)", param_hint="--since")
    return when


def as_dict(article: StoredArticle) -> dict[str, Any]:
    """The JSON of one article; `topics` are those it matched itself."""
    return {
        "id": article.id, "url": article.url, "source": article.source, "title": article.title,
        "language": article.language, "published": iso(article.published), "story": article.story,
        "copy_of": article.copy_of, "topics": [match.topic for match in article.topics],
        "revisions": article.revisions,
    }  # fmt: skip


def _row(article: StoredArticle) -> tuple[object, ...]:
    topics = ", ".join(match.topic for match in article.topics)
    return article.id, iso(article.published), article.language, article.source, topics, article.title


@app.command()
def withdraw(article: int, *, reason: Reason, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """Take an article out of every feed; its story goes on with its other reports."""
    from aggregator.store import operator

    _act(lambda db: operator.withdraw(db, article, reason, int(time.time())), config, database)
    say(f"article {article} is withdrawn; `aggregator articles restore {article} --reason …` undoes it")


@app.command()
def restore(article: int, *, reason: Reason, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """Undo a withdrawal or a pin."""
    from aggregator.store import operator

    _act(lambda db: operator.restore(db, article, reason), config, database)
    say(f"article {article} is back")


@app.command()
def pin(article: int, *, reason: Reason, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """Make an article the one its story is shown by."""
    from aggregator.store import operator

    _act(lambda db: operator.pin(db, article, reason), config, database)
    say(f"article {article} now stands for its story")


def _act(word: "Callable[[Db], None]", config: Any, database: str) -> None:
    """Write the operator's word, then place and publish what it changes."""
    from aggregator.cli.acting import settle

    settle(word, config, database)
