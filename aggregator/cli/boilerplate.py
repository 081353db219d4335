"""`aggregator sources boilerplate`: what is cut from a source's texts and why, and a line that is to stay after all."""

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json, unknown
from aggregator.cli.output import dump, say, table
from aggregator.errors import NotFound

if TYPE_CHECKING:
    from aggregator.normalise import Boilerplate
    from aggregator.store import Db

MOST = 2000
"""Articles of the source that are cut anew when a line is kept, or no longer."""
REASONS = {
    "template": "stands in many articles",
    "numbers": "stands in many but for its numbers, at an edge",
    "list": "a list under a known heading",
    "advert": "a known phrase at an edge",
}


def boilerplate(
    source: str,
    *,
    keep: Annotated[str | None, typer.Option(metavar="LINE", help="Never cut this line from its texts.")] = None,
    cut: Annotated[str | None, typer.Option(metavar="LINE", help="Undo --keep.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Newest articles to look at.")] = 200,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Show the lines cut from a source's texts; keep one.

    Nothing is thrown away: a kept line comes back in stored articles, too, and --cut takes it out again.
    """
    from aggregator import store
    from aggregator.bootstrap import open_live, open_store

    now, opened = int(time.time()), open_store(database)
    live, _ = open_live(opened, config, now)
    if source not in live.sources:
        raise unknown("source", source, live.sources, "SOURCE")
    for line, is_kept in ((keep, True), (cut, False)):
        if line is not None:
            with opened.writing() as db:
                changed = decide(db, source, " ".join(line.split()), is_kept=is_kept)
                # every feed may show one of the articles
                store.entries.mark_dirty(db, [*live.topic_ids, store.entries.EVERYTHING], now)
            if not as_json:
                say(f"{source}: {changed} stored articles changed; topics and stories follow at the next round")
    with opened.reading() as db:
        found = told(db, source, limit)
    opened.close()
    dump(found) if as_json else _tell(found)


def decide(db: "Db", source: str, line: str, *, is_kept: bool) -> int:
    """Keep the line, or no longer, and cut the stored articles that have it anew. Errors: NotFound."""
    from aggregator import normalise, store, stories

    texts = store.templates.latest(db, source, MOST)
    same = normalise.Boilerplate.empty().keeping([line])
    if is_kept and not any(same.keeps(one) for each in texts for one in normalise.full_text(each.html).split("\n")):
        raise NotFound(f"none of the newest {len(texts)} articles of {source} has the line {line!r}")
    (store.templates.keep if is_kept else store.templates.cut)(db, source, line)
    known = _known(db, source)

    def anew(title: str, html: str, text: str) -> str:
        whole = normalise.whole_text(title, html)
        return known.cut(whole) if any(same.keeps(one) for one in whole.split("\n")) else text

    return store.templates.recut(db, source, MOST, anew, stories.describe)


def _known(db: "Db", source: str) -> "Boilerplate":
    from aggregator import normalise, store

    packed, kept = store.templates.of(db, source)
    return normalise.Boilerplate.from_bytes(packed).keeping(kept)


def told(db: "Db", source: str, limit: int) -> dict[str, Any]:
    """The JSON of a source's template: each line that is cut from its newest articles, the commonest first."""
    from aggregator import normalise, store

    known = _known(db, source)
    texts = [normalise.full_text(texts.html) for texts in store.templates.latest(db, source, limit)]
    cut = Counter((line, why) for text in texts for line, why in dict.fromkeys(known.verdicts(text)) if why)
    rows = [{"line": line, "why": why, "articles": times} for (line, why), times in cut.most_common()]
    kept = list(store.templates.of(db, source)[1])
    return {"source": source, "learned": known.articles, "looked_at": len(texts), "lines": rows, "kept": kept}


def _tell(found: dict[str, Any]) -> None:
    say(
        f"{found['source']}: learned from {found['learned']} articles; "
        f"{len(found['lines'])} lines are cut from its newest {found['looked_at']}"
    )
    rows = [(row["articles"], REASONS[row["why"]], row["line"]) for row in found["lines"]]
    if rows:
        table(("articles", "why", "line"), rows)
    for line in found["kept"]:
        say(f"  kept: {line}")
