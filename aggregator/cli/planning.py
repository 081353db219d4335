"""`aggregator topics plan`: what edited rules would change, before they go live."""

import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json, unknown
from aggregator.cli.output import counted, dump, progress, say, warn

if TYPE_CHECKING:
    from aggregator import topics
    from aggregator.model import Config
    from aggregator.planning import Plan
    from aggregator.store import Store

OneTopic = Annotated[str | None, typer.Option("--topic", metavar="ID", help="Only this topic.")]
Feeds = Annotated[
    Path | None, typer.Option("--feeds", metavar="DIR", help="Write every feed as it would become to DIR.")
]
Accept = Annotated[
    float | None,
    typer.Option(
        "--accept", metavar="PERCENT", min=0.0, help="End with status 1 when more of a topic's stories would change."
    ),
]


def plan(
    *,
    topic: OneTopic = None,
    feeds: Feeds = None,
    accept: Accept = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """What the edited rules would change in the archive: articles added and removed, with reasons. Changes nothing."""
    from aggregator import config as configuration
    from aggregator import topics
    from aggregator.bootstrap import open_store

    loaded = configuration.load(config)
    ids = {one.id for one in loaded.topics}
    if topic is not None and topic not in ids:
        raise unknown("topic", topic, ids, "--topic")
    rules, opened = topics.compile_rules(loaded.topics, loaded.lists), open_store(database)
    found = _look(opened, loaded, rules, ids if topic is None else {topic})
    if feeds is not None:
        _write(feeds, opened, loaded, config, rules, found)
    moved = {name: round(found.share(name), 1) for name in sorted(ids) if found.before[name] ^ found.after[name]}
    if as_json:
        dump(_as_dict(found, moved))
    else:
        _tell(found, moved)
    beyond = [name for name, share in moved.items() if accept is not None and share > accept]
    if beyond:
        warn(f"more than {accept:g} % of the stories change in {', '.join(beyond)}")
        raise typer.Exit(1)


def _look(opened: "Store", loaded: "Config", rules: "topics.Rules", ids: Collection[str]) -> "Plan":
    from aggregator import store
    from aggregator.planning import look

    with progress() as bar:
        with opened.reading() as db:
            task = bar.add_task("matching the archive", total=store.reading.counts(db)["articles"])
        return look(opened, loaded, rules, ids, lambda count: bar.advance(task, count))


def _write(
    directory: Path, opened: "Store", loaded: "Config", config: Path, rules: "topics.Rules", found: "Plan"
) -> None:
    """The predicted feeds as files <topic>.<format>."""
    from aggregator.bootstrap import files_of
    from aggregator.worker.plan import feeds

    directory.mkdir(parents=True, exist_ok=True)
    for name, bodies in feeds(opened, loaded, files_of(config), rules, found, int(time.time())).items():
        for format_, body in bodies.items():
            (directory / f"{name}.{format_}").write_bytes(body)


def _as_dict(found: "Plan", moved: dict[str, float]) -> dict[str, Any]:
    changes = [
        {"topic": one.topic, "change": "added" if one.added else "removed", "article": one.article,
         "title": one.title, "url": one.url, "because": list(one.forms), "why": one.why} for one in found.changes
    ]  # fmt: skip
    stories = {
        name: {"before": len(found.before[name]), "after": len(found.after[name]), "changed_percent": share,
               "added": sorted(found.after[name] - found.before[name]),
               "removed": sorted(found.before[name] - found.after[name])} for name, share in moved.items()
    }  # fmt: skip
    return {"articles": found.articles, "changes": changes, "stories": stories}


def _tell(found: "Plan", moved: dict[str, float]) -> None:
    for one in found.changes:
        say(f"{'+' if one.added else '-'} {one.topic}  {one.article}  {one.title}")
        if one.forms:
            say(f"    {'found' if one.added else 'had'}: {', '.join(one.forms)}")
        if one.why:
            say(f"    now it {one.why}")
    for name, share in moved.items():
        before, after = found.before[name], found.after[name]
        say(
            f"{name}: {len(after - before)} in, {len(before - after)} out, "
            f"{counted(len(after), 'story', 'stories')} instead of {len(before)}"
            + (f" ({share:g} % change)" if before else "")
        )
    added = sum(one.added for one in found.changes)
    say(f"{added} added, {len(found.changes) - added} removed, of {counted(found.articles, 'article')}")
