"""What every feed would become under edited rules, rendered by the very steps that an activation takes, in a transaction
that is undone. Which articles enter and leave a topic is `aggregator.planning`'s to tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from aggregator import pipeline, store, topics
from aggregator.bootstrap import Live, Tools, renewed
from aggregator.model import Config, Seconds
from aggregator.planning import Plan
from aggregator.store import Db, Store
from aggregator.worker.archive import follow

FORMATS = ("atom", "rss", "json")


def feeds(
    opened: Store, config: Config, files: Mapping[str, str], rules: topics.Rules, plan: Plan, now: Seconds
) -> dict[str, dict[str, bytes]]:
    """Topic → format → the bytes that its feed becomes when `config` is activated at `now`.

    Holds the writer for the time of rendering. Articles that still wait for their story are not in it.
    """
    with opened.engine.connect().execution_options(write=True) as db, opened.translated():
        trial = db.begin()
        try:
            live = renewed(db, config, files, rules.to_bytes(), now)
            store.placing.begin(db)
            store.rules.rematch(db, live.number, plan.matches)
            follow(db, live.number, live.topic_ids, now)
            names = (*live.topic_ids, store.entries.EVERYTHING)
            return {name: _feed(db, name, _Trial(live, now)) for name in names}
        finally:
            trial.rollback()


def _feed(db: Db, name: str, trial: "_Trial") -> dict[str, bytes]:
    pipeline.publish_feed(db, name, cast("Tools", trial))
    held = {format_: store.publications.rendering(db, name, format_) for format_ in FORMATS}
    return {format_: one[0].body for format_, one in held.items() if one is not None}


@dataclass(frozen=True, slots=True)
class _Trial:
    """What publishing a feed needs of the tools."""

    live: Live
    at: Seconds

    def now(self) -> Seconds:
        return self.at
