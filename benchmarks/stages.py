"""What each stage costs an entry, in µs of CPU: the documents of the origin through every stage in one process.

    python -m benchmarks.stages [--feeds 100]

No network, no pool and no start-up are in it; memories are warm after the first tenth, which is not counted.
"""

import argparse
import pickle
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aggregator import config, normalise, parse, pipeline, store, stories, topics
from aggregator.model import Batch, Document, Feed, Job, Prepared, Source
from benchmarks.end_to_end import ROOT
from benchmarks.origin import Origin

LANGUAGES = ("ru", "kk", "az", "tr", "en")


@dataclass(slots=True)
class Meter:
    """CPU seconds by stage."""

    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.spent[name] += time.process_time() - began


def prepare(job: Job, rules: topics.Rules, meter: Meter) -> Batch:
    """As pipeline.prepare, a stage at a time."""
    with meter.stage("parse, identify, compare with the last document"):
        read = partial(parse.read, job.document, job.feed, timezone=job.source.timezone)
        look = normalise.Window.from_bytes(job.window).look(read)
    with meter.stage("clean, language, boilerplate"):
        found, learned = normalise.articles(list(look.fresh), job, look.reading.facts)
    with meter.stage("features for stories"):
        features = [stories.describe(a.title, a.text, a.language) for a in found]
    with meter.stage("topics"):
        matches = [topics.match_article(rules, a, job.source.country) for a in found]
    prepared = tuple(Prepared(*parts) for parts in zip(found, features, matches, strict=True))
    return Batch(look.reading.facts, prepared, look.entries, len(prepared), boilerplate=learned, rules=1)


def measure(feeds: int, home: Path) -> tuple[dict[str, float], int]:
    """CPU seconds by stage, and the entries they were spent on."""
    origin, now, meter = Origin(feeds), int(time.time()), Meter()
    rules = _rules()
    jobs = [_job(number, body.plain, body.content_type, now) for number, body in enumerate(origin.bodies(0))]
    for job in jobs[: feeds // 10]:
        prepare(job, rules, Meter())
    batches = [prepare(job, rules, meter) for job in jobs]
    with meter.stage("pass between processes"):
        packed = [pickle.dumps(batch) for batch in batches]
        batches = [pickle.loads(one) for one in packed]
    opened = store.Store(f"sqlite:///{home / 'stages.db'}")
    store.schema.ensure(opened)
    with meter.stage("store"):
        _store(opened, batches, now)
    with meter.stage("place in stories and topics"):
        _place(opened, now)
    opened.close()
    return meter.spent, sum(len(batch.prepared) for batch in batches)


def _rules() -> topics.Rules:
    loaded = config.load(ROOT / "config")
    return topics.compile_rules(loaded.topics, loaded.lists)


def _job(number: int, body: bytes, content_type: str, now: int) -> Job:
    source = Source(f"s{number}", f"Source {number}", f"http://s{number}.example/", "KZ", "und")
    feed = Feed(source.id, f"{source.url}feed")
    return Job(Document(feed.url, 200, body, content_type, fetched_at=now), feed, source, LANGUAGES, now, rules=1)


def _store(opened: store.Store, batches: list[Batch], now: int) -> None:
    for start in range(0, len(batches), 16):
        with opened.writing() as db:
            for number, batch in enumerate(batches[start : start + 16], start):
                claim: Any = SimpleNamespace(source=f"s{number}", feed=number, boilerplate=b"")
                store.articles.ingest(db, claim, batch, now, 1, normalise.material)


def _place(opened: store.Store, now: int) -> None:
    loaded = config.load(ROOT / "config")
    live = SimpleNamespace(trust={}, topic_ids=tuple(topic.id for topic in loaded.topics), config=loaded)
    tools: Any = SimpleNamespace(live=live, now=lambda: now)
    place: Callable[..., int] = pipeline.place
    placed = 1
    while placed:
        with opened.writing() as db:
            placed = place(db, tools)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    parser.add_argument("--feeds", type=int, default=100)
    with tempfile.TemporaryDirectory(prefix="stages-") as name:
        spent, entries = measure(parser.parse_args().feeds, Path(name))
    print(f"{entries} entries\n\n| stage | µs an entry |\n|---|---:|")
    for stage, seconds in spent.items():
        print(f"| {stage} | {seconds / entries * 1e6:.0f} |")
    print(f"| together | {sum(spent.values()) / entries * 1e6:.0f} |")


if __name__ == "__main__":
    main()
