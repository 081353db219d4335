"""`aggregator stories`: why are these one story, and an operator's word against it."""

import time
from typing import Annotated, Any

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import dump, iso, say, table
from aggregator.errors import NotFound

app = typer.Typer(help="Show, explain, merge and split stories.", no_args_is_help=True)
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the ruling.")]


@app.command()
def show(story: str, *, as_json: Json = False, database: Database = DATABASE) -> None:
    """A story's reports, by its number or public id."""
    from aggregator import store
    from aggregator.bootstrap import open_store
    from aggregator.cli.articles import as_dict

    with open_store(database).reading() as db:
        members = [store.reading.article(db, id_) for id_ in store.operator.members(db, story)]
    reports = [member for member in members if member is not None]
    if as_json:
        dump({"story": story, "reports": [as_dict(report) for report in reports]})
        return
    table(
        ("id", "published", "lang", "source", "copy of", "title"),
        ((r.id, iso(r.published), r.language, r.source, r.copy_of, r.title) for r in reports),
    )


@app.command()
def explain(a: int, b: int, *, as_json: Json = False, database: Database = DATABASE) -> None:
    """Why two articles are, or are not, one story: shared passages, numbers, names, score."""
    from dataclasses import asdict

    from aggregator import store, stories
    from aggregator.bootstrap import open_store

    with open_store(database).reading() as db:
        reports = store.placing.reports(db, (a, b), {})
        held = [store.reading.article(db, id_) for id_ in (a, b)]
    for id_ in (a, b):
        if id_ not in reports:
            raise NotFound(f"there is no article {id_}")
    found = stories.explain(reports[min(a, b)], reports[max(a, b)])
    together = held[0] is not None and held[1] is not None and held[0].story == held[1].story
    if as_json:
        dump({"a": a, "b": b, "one_story": together, **asdict(found)})
        return
    _tell(asdict(found), [f"{id_}: {reports[id_].title} ({reports[id_].source})" for id_ in (a, b)], together)


def _tell(found: dict[str, Any], titles: list[str], together: bool) -> None:
    for title in titles:
        say(title)
    say(f"one story today: {'yes' if together else 'no'}")
    for key, value in found.items():
        say(f"  {key.replace('_', ' ')}: {_words(value)}")


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key} {_words(part)}" for key, part in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(_words(part) for part in value) or "none"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


@app.command()
def merge(articles: list[int], *, reason: Reason, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """Say that these articles are one story; it holds through later arrivals."""
    _rule(articles, reason, config, database, together=True)
    say(f"articles {', '.join(map(str, articles))} are one story from now on")


@app.command()
def split(articles: list[int], *, reason: Reason, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """Say that the first article is not one story with the others; it holds through later arrivals."""
    _rule(articles, reason, config, database, together=False)
    say(f"article {articles[0]} is apart from {', '.join(map(str, articles[1:]))} from now on")


def _rule(articles: list[int], reason: str, config: Any, database: str, *, together: bool) -> None:
    from aggregator.cli.acting import settle
    from aggregator.store import operator

    if len(set(articles)) < 2:
        raise typer.BadParameter("name two articles or more")
    settle(lambda db: operator.rule(db, articles, reason, int(time.time()), together=together), config, database)
