"""An operator's rulings hold through later arrivals and a full recompute, which can be broken off and changes no id.

And two processes that store and place at once come to the stories that one comes to.
"""

import asyncio
import random
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from placed_newsroom import NOW, addresses, arrive, difference, fresh, numbers, partition, pieces, place, tools
from sqlalchemy import select
from tests_support import new_database

from aggregator import store, stories
from aggregator.model import Features, Prepared
from aggregator.store import Store
from aggregator.store.tables import ARTICLE
from aggregator.worker.renewal import renew

pytestmark = pytest.mark.slow


def renewed(opened: Store, *, anew: bool = False, pages: int = 10_000) -> int:
    """Renews the archive; breaks off after some pages."""

    async def write(work: Any, *arguments: Any) -> Any:
        with opened.writing() as db:
            return work(db, *arguments)

    def seen(_: int) -> None:
        nonlocal pages
        pages -= 1
        if pages == 0:
            raise InterruptedError

    bench = SimpleNamespace(live=tools().live, now=lambda: NOW, store=opened, write=write)
    try:
        return asyncio.run(renew(bench, anew=anew, seen=seen))  # type: ignore[arg-type]
    except InterruptedError:
        return 0


def ids(opened: Store) -> dict[str, tuple[int, int | None]]:
    """Key → article, story."""
    with opened.reading() as db:
        return {r.key: (r.id, r.story) for r in db.execute(select(ARTICLE.c.key, ARTICLE.c.id, ARTICLE.c.story))}


def rule(opened: Store, one: str, other: str, *, together: bool) -> None:
    known = ids(opened)
    with opened.writing() as db:
        store.operator.rule(db, [known[one][0], known[other][0]], "seen", NOW, together=together)
    place(opened, 50)


def story(opened: Store, key: str) -> int | None:
    return ids(opened)[key][1]


def as_before(item: Prepared) -> Prepared:
    """As other rules may have described it: nothing to be found by, facts nobody can read."""
    return replace(item, features=Features(item.features.sketch[:3], (), b"\xff"))


def test_rulings_hold_through_later_arrivals_and_a_full_recompute(tmp_path: Path) -> None:
    everything = sorted(pieces(), key=lambda item: item.article.published)
    early, late = everything[::2], everything[1::2]
    opened = fresh(tmp_path, "ruled")
    arrive(opened, early, 100)
    stories_now: dict[int, list[str]] = {}
    for key, (_, told) in sorted(ids(opened).items()):
        stories_now.setdefault(told or 0, []).append(key)
    torn = next(keys for keys in stories_now.values() if len(keys) > 2)
    lone = [keys[0] for keys in stories_now.values() if len(keys) == 1][:2]
    rule(opened, torn[0], torn[1], together=False)
    rule(opened, *lone, together=True)
    for step in (lambda: arrive(opened, late, 100), lambda: renewed(opened, anew=True), lambda: place_again(opened)):
        seen = addresses(opened)
        step()
        assert story(opened, torn[0]) != story(opened, torn[1])
        assert story(opened, lone[0]) == story(opened, lone[1])
        assert seen.keys() <= addresses(opened).keys()
    opened.close()


def place_again(opened: Store) -> None:
    with opened.writing() as db:
        db.execute(ARTICLE.update().values(placed=False))
    place(opened, 100)


def test_a_recompute_under_the_same_rules_changes_nothing(tmp_path: Path) -> None:
    opened = fresh(tmp_path, "same")
    arrive(opened, pieces(), 200)
    before = partition(opened), addresses(opened), numbers(opened)
    assert renewed(opened) == len(pieces()), "nothing said yet under which rules they were judged"
    assert renewed(opened) == 0
    assert renewed(opened, anew=True) == len(pieces())
    assert (partition(opened), addresses(opened), numbers(opened)) == before
    opened.close()


@pytest.mark.parametrize("breaks", [0, 1])
def test_stories_of_other_rules_become_those_of_these_and_keep_their_ids(tmp_path: Path, breaks: int) -> None:
    whole = fresh(tmp_path, "whole")
    arrive(whole, pieces(), 10_000)
    opened = fresh(tmp_path, f"renewed{breaks}")
    arrive(opened, [as_before(item) for item in pieces()], 200)
    assert partition(opened)[0] != partition(whole)[0]
    seen = addresses(opened)
    for _ in range(breaks):
        assert renewed(opened, pages=1) == 0
        with opened.reading() as db:
            assert store.renewal.position(db, stories.RULE_VERSION)
    rest = renewed(opened)
    assert rest == len(pieces()) if not breaks else 0 < rest < len(pieces())
    found, wanted = partition(opened), partition(whole)
    assert found[0] == wanted[0], difference(found[0], wanted[0])
    assert found[1] == wanted[1], difference(found[1], wanted[1])
    assert seen.keys() <= addresses(opened).keys()
    whole.close()
    opened.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_two_that_place_at_once_on_postgresql_come_to_the_same_stories(
    request: pytest.FixtureRequest, tmp_path: Path, seed: int
) -> None:
    whole = fresh(tmp_path, "one")
    arrive(whole, pieces(), 10_000)
    for url in new_database("postgresql", request, tmp_path):
        opened = store.Store(url)
        store.schema.ensure(opened)
        by_source: dict[str, list[Prepared]] = {}
        for item in pieces():
            by_source.setdefault(item.article.source, []).append(item)
        sources = sorted(by_source)
        random.Random(seed).shuffle(sources)
        failed: list[BaseException] = []
        halves = ([by_source[s] for s in sources[::2]], [by_source[s] for s in sources[1::2]])
        threads = [threading.Thread(target=worker, args=(url, half, seed, failed)) for half in halves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        place(opened, 50)
        assert partition(opened) == partition(whole)
        opened.close()
    whole.close()


def worker(url: str, shelves: Sequence[Sequence[Prepared]], seed: int, failed: list[BaseException]) -> None:
    """Stores the articles of its sources in a random order and places after each portion, as a process does."""
    chance, own = random.Random(seed), store.Store(url)
    try:
        for shelf in shelves:
            items = list(shelf)
            chance.shuffle(items)
            arrive(own, items, chance.choice((2, 7, 50)))
    except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell
        failed.append(error)
    finally:
        own.close()
