"""`aggregator stories`: why are these one story, and an operator's word against it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import done, dump, minute, say, table
from aggregator.cli.renewal import recompute
from aggregator.cli.shell import example
from aggregator.errors import NotFound

if TYPE_CHECKING:
    from aggregator.store import Db

app = typer.Typer(help="Show, explain, merge and split stories.", no_args_is_help=True)
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the ruling.")]
Article = Annotated[int, typer.Argument(metavar="ARTICLE", help="Id of an article; `aggregator articles` lists them.")]
Articles = Annotated[list[int], typer.Argument(metavar="ARTICLE", help="Ids of two articles or more.")]


@app.command(epilog=example("stories show 17"))
def show(
    story: Annotated[str, typer.Argument(metavar="STORY", help="Its number, or the id in its address.")],
    *,
    as_json: Json = False,
    database: Database = DATABASE,
) -> None:
    """The reports of a story, by its number or public id."""
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
        ("id", "published (UTC)", "lang", "source", "copy of", "title"),
        ((r.id, minute(r.published), r.language, r.source, r.copy_of, r.title) for r in reports),
    )


@app.command(epilog=example("stories explain 101 205"))
def explain(a: Article, b: Article, *, as_json: Json = False, database: Database = DATABASE) -> None:
    """Why two articles are, or are not, one story.

    What agrees, what contradicts, what was ignored, and the score they make.
    """
    from dataclasses import asdict

    from aggregator import store, stories
    from aggregator.bootstrap import open_store
    from aggregator.cli.explaining import told

    a, b = sorted((a, b))
    with open_store(database).reading() as db:
        reports = store.reports.whole(db, (a, b), {})
        held = [store.reading.article(db, id_) for id_ in (a, b)]
        edge = next(iter(store.reading.edges(db, (a, b))), None)
        ruling = store.operator.ruling(db, a, b)
    for id_ in (a, b):
        if id_ not in reports:
            raise NotFound(f"there is no article {id_}")
    found = stories.explain(reports[a], reports[b])
    together = held[0] is not None and held[1] is not None and held[0].story == held[1].story
    if as_json:
        said = None if ruling is None else dict(zip(("together", "reason", "at"), ruling, strict=True))
        dump(asdict(found) | {"one_story": together, "edge": edge and asdict(edge), "ruling": said})
        return
    for line in told(found, (reports[a], reports[b]), together=together, edge=edge, ruling=ruling):
        say(line)


@app.command(epilog=example('stories merge 101 205 --reason "one event"'))
def merge(
    articles: Articles,
    *,
    reason: Reason,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Say that articles are one story.

    It holds through later arrivals.
    """
    stories = _rule(articles, reason, config, database, together=True)
    ruled = {"action": "merged", "articles": articles, "reason": reason, "stories": stories}
    done(as_json, ruled, f"articles {', '.join(map(str, articles))} are one story from now on")


@app.command(epilog=example('stories split 101 205 --reason "two events"'))
def split(
    articles: Articles,
    *,
    reason: Reason,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Say that the first article is apart from the others.

    It holds through later arrivals.
    """
    stories = _rule(articles, reason, config, database, together=False)
    ruled = {"action": "split", "articles": articles, "reason": reason, "stories": stories}
    done(as_json, ruled, f"article {articles[0]} is apart from {', '.join(map(str, articles[1:]))} from now on")


app.command(epilog=example("stories recompute"))(recompute)


def _rule(articles: list[int], reason: str, config: Path, database: str, *, together: bool) -> list[int | None]:
    """Write the ruling, place and publish; the story of each article afterwards."""
    from aggregator import store
    from aggregator.cli.acting import settle

    if len(set(articles)) < 2:
        raise typer.BadParameter("name two articles or more", param_hint="ARTICLE")

    def word(db: "Db") -> None:
        store.operator.rule(db, articles, reason, int(time.time()), together=together)

    def told(db: "Db") -> list[int | None]:
        held = [store.reading.article(db, id_) for id_ in articles]
        return [one.story if one else None for one in held]

    return settle(word, config, database, told)
