"""`aggregator articles`: what is stored, and an operator's word on one of it."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json, public_url, unknown
from aggregator.cli.output import done, dump, iso, minute, say, seconds, table
from aggregator.cli.shell import example
from aggregator.errors import NotFound
from aggregator.model import StoredArticle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aggregator.store import Db

app = typer.Typer(
    help="List and show stored articles; withdraw, restore or pin one.",
    epilog=example("articles --since 24h", "articles list --help"),
)

Topic = Annotated[str | None, typer.Option(metavar="ID", help="Only articles that matched this topic.")]
Since = Annotated[str | None, typer.Option(metavar="24h|DATE", help="Only articles published since then.")]
Query = Annotated[str | None, typer.Option(metavar="WORD", help="Only articles with this in their title.")]
Limit = Annotated[int | None, typer.Option(metavar="N", min=1, help="At most so many.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the article.")]
ArticleId = Annotated[int, typer.Argument(metavar="ARTICLE", help="Its id; `aggregator articles` lists them.")]


@app.command(
    "list", epilog=example("articles list --since 24h --topic middle-corridor", "articles list --json --query cargo")
)
def list_articles(
    *,
    topic: Topic = None,
    since: Since = None,
    query: Query = None,
    limit: Limit = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Every stored article, copies included.

    With --json one object a line, else a table.
    """
    from aggregator import store
    from aggregator.bootstrap import open_store

    start = _since(since)
    with open_store(database).reading() as db:
        if topic is not None:
            _check_topic(topic, config, store.live.files(db))
        found = store.reading.articles(db, topic=topic, since=start, query=query, limit=limit)
        if as_json:
            for article in found:
                dump(as_dict(article))
            return
        titles = ("id", "published (UTC)", "lang", "source", "topics", "title")
        table(titles, map(_row, found), public_url(database))


def _check_topic(topic: str, config: Path, live: str | None) -> None:
    """A topic of the files as they stand or as they were last in force; else a usage error that names the nearest."""
    names = [*config.glob("topics/*.toml"), *(Path(name) for name in json.loads(live or "{}"))]
    known = {path.stem for path in names if path.parent.name == "topics" and not path.name.startswith(("_", "."))}
    if topic not in known:
        raise unknown("topic", topic, known, "--topic")


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
    return article.id, minute(article.published), article.language, article.source, topics, article.title


@app.command(epilog=example("articles show 101"))
def show(article: ArticleId, *, as_json: Json = False, database: Database = DATABASE) -> None:
    """One article as it is stored: text, story, topics, revisions.

    Without what its site prints around every text, which was cut.
    """
    from aggregator import store
    from aggregator.bootstrap import open_store

    opened = open_store(database)
    with opened.reading() as db:
        held, earlier = store.reading.article(db, article), store.reading.revisions(db, article)
    opened.close()
    if held is None:
        raise NotFound(f"there is no article {article}; `aggregator articles --query WORD` finds ids")
    if as_json:
        dump(as_dict(held) | {
            "author": held.author, "updated": iso(held.updated), "first_seen": iso(held.first_seen),
            "withdrawn": iso(held.withdrawn), "pinned": held.pinned, "html": held.html, "text": held.text,
            "earlier": [{"replaced": iso(when), "title": title, "text": text} for _, when, title, text in earlier],
        })  # fmt: skip
        return
    _tell(held, earlier)


def _tell(held: StoredArticle, earlier: "Sequence[tuple[int, int, str, str]]") -> None:
    say(held.title or "(no title)")
    facts = {
        "link": held.url, "source": f"{held.source}, {held.language}", "author": held.author,
        "published": minute(held.published), "updated": minute(held.updated), "first seen": minute(held.first_seen),
        "story": held.story, "copy of": held.copy_of, "pinned": "yes" if held.pinned else None,
        "withdrawn": minute(held.withdrawn), "topics": ", ".join(match.topic for match in held.topics) or "none",
    }  # fmt: skip
    for name, value in facts.items():
        if value:
            say(f"  {name:10}  {value}")
    for _, when, title, _ in earlier:
        say(f"  {'before':10}  {minute(when)}  {title}")
    if held.text:
        say(f"\n{held.text}")


@app.command(epilog=example('articles withdraw 101 --reason "wrong figures"'))
def withdraw(
    article: ArticleId,
    *,
    reason: Reason,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Take an article out of every feed.

    Its story goes on with its other reports; readers of Atom are told when there are none.
    """
    from aggregator.store import operator

    story = _act(lambda db: operator.withdraw(db, article, reason, int(time.time())), article, config, database)
    ruled = {"action": "withdrawn", "article": article, "reason": reason, "story": story}
    done(
        as_json, ruled, f"article {article} is withdrawn; `aggregator articles restore {article} --reason …` undoes it"
    )


@app.command(epilog=example('articles restore 101 --reason "they were right"'))
def restore(
    article: ArticleId,
    *,
    reason: Reason,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Undo a withdrawal or a pin."""
    from aggregator.store import operator

    story = _act(lambda db: operator.restore(db, article, reason), article, config, database)
    ruled = {"action": "restored", "article": article, "reason": reason, "story": story}
    done(as_json, ruled, f"article {article} is back")


@app.command(epilog=example('articles pin 101 --reason "the fullest report"'))
def pin(
    article: ArticleId,
    *,
    reason: Reason,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Make an article the one its story is shown by."""
    from aggregator.store import operator

    story = _act(lambda db: operator.pin(db, article, reason), article, config, database)
    ruled = {"action": "pinned", "article": article, "reason": reason, "story": story}
    done(as_json, ruled, f"article {article} now stands for its story")


def _act(word: "Callable[[Db], None]", article: int, config: Path, database: str) -> int | None:
    """Write the operator's word, place and publish what it changes; the article's story afterwards."""
    from aggregator import store
    from aggregator.cli.acting import settle

    def told(db: "Db") -> int | None:
        held = store.reading.article(db, article)
        return held.story if held else None

    return settle(word, config, database, told)
