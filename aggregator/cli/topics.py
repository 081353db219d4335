"""`aggregator topics`: what they are, why an article is in one or not, and what an edit would change."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import dump, progress, say, table
from aggregator.cli.shell import example
from aggregator.errors import AggregatorError, NotFound
from aggregator.model import Config, Match, StoredArticle

app = typer.Typer(help="List, explain and try topics.", no_args_is_help=True)


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


@app.command(epilog=example("topics explain 101", "topics explain 101 --topic middle-corridor"))
def explain(
    article: Annotated[int, typer.Argument(metavar="ARTICLE", help="Its id; `aggregator articles` lists them.")],
    *,
    topic: Annotated[str | None, typer.Option(metavar="ID", help="Only this topic.")] = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Why an article is, or is not, in each topic.

    Terms that were found and where, their points, and what was missing.
    """
    from aggregator import config as configuration
    from aggregator import store, topics
    from aggregator.bootstrap import open_store

    loaded = configuration.load(config)
    with open_store(database).reading() as db:
        held = store.reading.article(db, article)
    if held is None:
        raise NotFound(f"there is no article {article}; `aggregator articles --query WORD` finds ids")
    rules = topics.compile_rules(loaded.topics, loaded.lists)
    country = {source.id: source.country for source in loaded.sources}.get(held.source, "")
    verdicts = [
        verdict for verdict in topics.explain(rules, title=held.title, text=held.text, language=held.language,
                                              source=held.source, country=country)
        if topic in (None, verdict.topic)
    ]  # fmt: skip
    if as_json:
        dump({"article": article, "title": held.title, "text": held.text, "topics": [asdict(v) for v in verdicts]})
        return
    say(f"{held.title}\n{held.source}, {held.language}, {held.url}")
    for verdict in sorted(verdicts, key=lambda v: -v.score):
        _tell(verdict)


def _tell(verdict: Any) -> None:
    say(f"\n{verdict.topic}: {'yes' if verdict.assigned else 'no'}, {verdict.score:g} of {verdict.needed:g} points")
    for sign, hits in (("+", verdict.hits), ("-", verdict.minus), ("veto", verdict.veto)):
        for hit in hits:
            say(f"  {sign} {hit.points:g}  {hit.term}  as “{hit.form}” in the {hit.where} at {hit.start}–{hit.end}")
    for text in (*verdict.missing, *(f"near: {term}" for term in verdict.near)):
        say(f"  {text}")


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
            rules, title=to_text(str(item.get("title", ""))), text=to_text(str(item.get("html", ""))),
            language=str(item.get("lang") or "und"), country=str(item.get("source_country") or ""),
        )  # fmt: skip
        dump({"id": item.get("id"), "topics": [_as_dict(one) for one in found]})


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as lines:
            yield from ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise AggregatorError(f"{file}: {error}") from error


def _item(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except ValueError as error:
        raise AggregatorError(f"{file}:{number}: not JSON: {error}") from error
    if not isinstance(item, dict):
        raise AggregatorError(f"{file}:{number}: an object with id, title and html is wanted")
    return item


def _as_dict(found: Match) -> dict[str, Any]:
    hits = [{"term": h.term, "form": h.form, "where": h.where, "start": h.start, "end": h.end, "points": h.points}
            for h in found.hits]  # fmt: skip
    return {"id": found.topic, "score": found.score, "matches": hits}


@app.command(epilog=example("topics plan", "topics plan --topic middle-corridor --json"))
def plan(
    *,
    topic: Annotated[str | None, typer.Option(metavar="ID", help="Only this topic.")] = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """What the edited rules would change, before they go live.

    Matches the archive again: articles added and removed, with reasons.
    """
    from aggregator import config as configuration
    from aggregator import store, topics
    from aggregator.bootstrap import open_store

    loaded = configuration.load(config)
    rules = topics.compile_rules(loaded.topics, loaded.lists)
    ids = {one.id for one in loaded.topics} if topic is None else {topic}
    changes: list[dict[str, Any]] = []
    with open_store(database).reading() as db, progress() as bar:
        task = bar.add_task("matching the archive", total=store.reading.counts(db)["articles"])
        for article in store.reading.articles(db, texts=True):
            changes += _changes(article, rules, loaded, ids, topics.match)
            bar.advance(task)
    if as_json:
        dump({"changes": changes})
        return
    for change in changes:
        sign = "+" if change["change"] == "added" else "-"
        say(f"{sign} {change['topic']}  {change['article']}  {change['title']}  ({', '.join(change['because'])})")
    added = sum(change["change"] == "added" for change in changes)
    say(f"{added} added, {len(changes) - added} removed")


def _changes(
    article: StoredArticle, rules: Any, loaded: Config, ids: set[str], match_: Any
) -> Iterator[dict[str, Any]]:
    country = next((source.country for source in loaded.sources if source.id == article.source), "")
    found = match_(rules, title=article.title, text=article.text, language=article.language, source=article.source,
                   country=country)  # fmt: skip
    now = {one.topic: one for one in found if one.topic in ids}
    before = {one.topic: one for one in article.topics if one.topic in ids}
    for name in sorted(now.keys() ^ before.keys()):
        one = now.get(name) or before[name]
        yield {
            "topic": name, "change": "added" if name in now else "removed", "article": article.id,
            "title": article.title, "url": article.url, "because": sorted({hit.form for hit in one.hits}),
        }  # fmt: skip
