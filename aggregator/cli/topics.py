"""`aggregator topics`: what they are, why an article is in one or not, what the archive says of their terms, and files."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json, unknown
from aggregator.cli.output import counted, dump, progress, say, table
from aggregator.cli.planning import plan
from aggregator.cli.shell import example
from aggregator.errors import AggregatorError, NotFound
from aggregator.model import Config, Hit, Match, StoredArticle

if TYPE_CHECKING:
    from aggregator.topics import Usage, Verdict

app = typer.Typer(help="List, explain and try topics.", no_args_is_help=True)
app.command(
    "plan",
    short_help="What the edited rules would change.",
    epilog=example("topics plan", "topics plan --topic middle-corridor --json"),
)(plan)

WIDTH = 80
NEAR = 3
"""Near misses shown of each topic; of a single one that was asked for, more."""
NEAR_ALONE = 12

OneTopic = Annotated[str | None, typer.Option("--topic", metavar="ID", help="Only this topic.")]


@app.command("list", epilog=example("topics list"))
def list_topics(*, as_json: Json = False, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """The configured topics and how many stories stand in each."""
    from aggregator import config as configuration
    from aggregator import store
    from aggregator.bootstrap import open_store

    loaded = configuration.load(config)
    with open_store(database).reading() as db:
        held = store.reading.counts(db)["topics"]
    rows = [
        {"id": topic.id, "title": dict(topic.title), "private": topic.private, "min_score": topic.min_score,
         "terms": sum(len(terms) for weights in topic.terms.values() for terms in weights.values()),
         "stories": held.get(topic.id, 0)} for topic in loaded.topics
    ]  # fmt: skip
    if as_json:
        dump(rows)
        return
    table(
        ("id", "title", "terms", "stories"),
        ((r["id"], next(iter(r["title"].values())), r["terms"], r["stories"]) for r in rows),
    )


# ---------------------------------------------------------------- why


@app.command(epilog=example("topics explain 101", "topics explain 101 --topic middle-corridor"))
def explain(
    article: int,
    *,
    topic: OneTopic = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Why an article is, or is not, in each topic.

    Terms that were found and where, their points, and what was missing.
    """
    from aggregator import config as configuration
    from aggregator import store
    from aggregator.bootstrap import open_store

    loaded = configuration.load(config)
    _known(topic, loaded)
    with open_store(database).reading() as db:
        held = store.reading.article(db, article)
    if held is None:
        raise NotFound(f"there is no article {article}; `aggregator articles --query WORD` finds ids")
    verdicts = [one for one in _verdicts(held, loaded) if topic in (None, one.topic)]
    if as_json:
        dump({"article": article, "title": held.title, "text": held.text, "topics": [asdict(v) for v in verdicts]})
        return
    say(_fit(held.title))
    say(_fit(f"{held.source}, {held.language}, {held.url}"))
    for verdict in sorted(verdicts, key=lambda v: (not v.assigned, -v.score, not v.near)):
        if topic or verdict.hits or verdict.minus or verdict.veto:
            _tell(verdict, NEAR_ALONE if topic else NEAR)
    silent = [v.topic for v in verdicts if not (topic or v.hits or v.minus or v.veto)]
    if silent:
        say("\n" + _fit(f"nothing of {', '.join(silent)}"))


def _known(topic: str | None, loaded: Config) -> None:
    ids = [one.id for one in loaded.topics]
    if topic is not None and topic not in ids:
        raise unknown("topic", topic, ids, "--topic")


def _verdicts(held: StoredArticle, loaded: Config) -> "Sequence[Verdict]":
    from aggregator import topics

    country = {source.id: source.country for source in loaded.sources}.get(held.source, "")
    return topics.explain(
        topics.compile_rules(loaded.topics, loaded.lists), title=held.title, text=held.text,
        language=held.language, source=held.source, country=country,
    )  # fmt: skip


def _tell(verdict: "Verdict", most: int) -> None:
    """A verdict in lines of 80 columns: the outcome and what it lacks, what counted, and what nearly did."""
    say(f"\n{verdict.topic}: {'yes' if verdict.assigned else 'no'}, {verdict.score:g} of {verdict.needed:g} points")
    if not verdict.assigned:
        say(_fit("  it lacks " + "; and ".join(verdict.missing)))
    for hit in (*verdict.hits, *verdict.minus):
        say(_line(f"{hit.points:+g}", hit))
    for hit in verdict.veto:
        say(_line("veto", hit))
    if not verdict.assigned and verdict.near:
        for text in verdict.near[:most]:
            say(_fit(f"  nearly   {text}"))
        if len(verdict.near) > most:
            say(f"  … and {len(verdict.near) - most} more (--topic {verdict.topic} shows {NEAR_ALONE}, --json all)")


def _line(points: str, hit: Hit) -> str:
    where = f"{hit.where} {hit.start}–{hit.end}"
    shown = f"“{_short(hit.form, 30)}”"
    return _fit(f"  {points:>5}  {where:<15} {shown}" + (f"  by {hit.term}" if hit.term != hit.form else ""))


def _fit(text: str) -> str:
    return _short(" ".join(text.splitlines()), WIDTH)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


# ---------------------------------------------------------------- what the archive says of terms


@app.command(epilog=example("topics lint", "topics lint --topic middle-corridor"))
def lint(
    *,
    topic: OneTopic = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Try the terms on the archive.

    Too common, never seen, or a form that is another frequent word: warnings only.
    """
    from aggregator import config as configuration
    from aggregator import topics
    from aggregator.checking import placed

    loaded = configuration.load(config)
    _known(topic, loaded)
    seen = _usage(loaded, database)
    found = (*topics.problems(loaded.topics, loaded.lists, seen.frequent()), *topics.habits(seen, loaded.topics))
    faults = sorted(placed(config, one) for one in found if topic in (None, one.topic))
    if as_json:
        dump({"articles": seen.articles, "warnings": [asdict(fault) for fault in faults]})
        return
    for fault in faults:
        say(str(fault))
    say(f"{counted(len(faults), 'warning')} from {counted(seen.articles, 'article')}")


def _usage(loaded: Config, database: str) -> "Usage":
    from aggregator import store, topics
    from aggregator.bootstrap import open_store

    with open_store(database).snapshot() as db, progress() as bar:
        task = bar.add_task("reading the archive", total=store.reading.counts(db)["articles"])
        articles = bar.track(store.reading.articles(db, texts=True), task_id=task)
        rows = ((one.title, one.text, one.language) for one in articles)
        return topics.usage(topics.compile_rules(loaded.topics, loaded.lists), rows)


# ---------------------------------------------------------------- files


@app.command(epilog=example("topics match texts.jsonl"))
def match(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help='The texts; "-" reads stdin.')],
    *,
    as_json: Json = False,  # noqa: ARG001 - it prints nothing but JSON
    config: ConfigDir = CONFIG,
) -> None:
    """Classify texts, from JSON lines to JSON lines.

    Reads {id, title, html, lang?, source_country?} and prints {id, topics: [{id, score, matches}]}.
    """
    from aggregator import config as configuration
    from aggregator import topics
    from aggregator.text.html import to_text

    loaded = configuration.load(config)
    rules = topics.compile_rules(loaded.topics, loaded.lists)
    for number, line in _lines(file):
        item = _item(file, number, line)
        found = topics.match(
            rules, title=to_text(_word(item, "title")), text=to_text(_word(item, "html")),
            language=_word(item, "lang") or "und", country=_word(item, "source_country").upper(),
        )  # fmt: skip
        dump({"id": item.get("id"), "topics": _as_dicts(found)})


def _word(item: Mapping[str, Any], key: str) -> str:
    """A text of an item; null and what is not there are empty."""
    value = item.get(key)
    return "" if value is None else str(value)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with sys.stdin if str(file) == "-" else file.open(encoding="utf-8-sig") as lines:
            yield from ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise AggregatorError(f"{file}: {getattr(error, 'strerror', None) or error}") from error


def _item(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except ValueError as error:
        raise AggregatorError(f"{file}:{number}: not JSON: {error}") from error
    if not isinstance(item, dict):
        raise AggregatorError(f"{file}:{number}: an object with id, title and html is wanted")
    return item


def _as_dicts(found: Iterable[Match]) -> list[dict[str, Any]]:
    return [{"id": one.topic, "score": one.score, "matches": [asdict(hit) for hit in one.hits]} for one in found]
