"""Stories do not depend on the order in which articles arrive, nor on how many are placed at a time.

The sample newsroom's pieces, prepared in this process, are stored and placed in shuffled orders; the partition into
stories and copies must be the same each time, and the address of a published story never changes.
"""

import random
import subprocess
import sys
from pathlib import Path

import placed_newsroom
import pytest
from placed_newsroom import NOW, Parts, addresses, arrive, difference, fresh, numbers, partition, pieces, place
from tests_support import new_database

from aggregator import store
from aggregator.store import Store
from aggregator.store.tables import ARTICLE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Parts, Parts]:
    """All pieces stored in the order of their time and placed together."""
    opened = fresh(tmp_path_factory.mktemp("order"), "whole")
    arrive(opened, sorted(pieces(), key=lambda item: item.article.published), 10_000)
    found = partition(opened)
    opened.close()
    return found


def shuffled(opened: Store, seed: int) -> None:
    """Pieces in a random order, in random portions, placed by random limits; addresses checked after each portion."""
    chance = random.Random(seed)
    waiting = list(pieces())
    chance.shuffle(waiting)
    seen: dict[str, str] = {}
    while waiting:
        count = chance.choice((1, 3, 10, 40, 200))
        arrive(opened, waiting[:count], chance.choice((1, 2, 7, 50, 200)))
        waiting = waiting[count:]
        found = addresses(opened)
        assert seen.keys() <= found.keys(), "a published address never vanishes"
        seen = found
    for topic, taken in numbers(opened).items():
        assert taken == list(range(1, len(taken) + 1)), topic


@pytest.mark.parametrize("seed", range(8))
def test_any_order_gives_the_same_stories(tmp_path: Path, at_once: tuple[Parts, Parts], seed: int) -> None:
    opened = fresh(tmp_path, "shuffled")
    shuffled(opened, seed)
    told, copies = partition(opened)
    opened.close()
    assert told == at_once[0], difference(told, at_once[0])
    assert copies == at_once[1], difference(copies, at_once[1])


@pytest.mark.parametrize("seed", [101, 102])
def test_postgresql_gives_the_same_stories(
    request: pytest.FixtureRequest, tmp_path: Path, at_once: tuple[Parts, Parts], seed: int
) -> None:
    for url in new_database("postgresql", request, tmp_path):
        opened = store.Store(url)
        store.schema.ensure(opened)
        shuffled(opened, seed)
        assert partition(opened) == at_once
        opened.close()


@pytest.mark.parametrize("seed", [7, 8])
def test_two_processes_on_postgresql_give_the_same_stories(
    request: pytest.FixtureRequest, tmp_path: Path, at_once: tuple[Parts, Parts], seed: int
) -> None:
    """Each stores and places its half in an order of its own, while the other does."""
    for url in new_database("postgresql", request, tmp_path):
        opened = store.Store(url)
        store.schema.ensure(opened)
        command = [sys.executable, placed_newsroom.__file__, url, str(seed)]
        both = [
            subprocess.Popen([*command, str(which)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for which in (0, 1)
        ]
        for one in both:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in both:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        for one in both:
            one.communicate(timeout=300)
        assert [one.returncode for one in both] == [0, 0]
        told, copies = partition(opened)
        assert told == at_once[0], difference(told, at_once[0])
        assert copies == at_once[1], difference(copies, at_once[1])
        for topic, taken in numbers(opened).items():
            assert taken == list(range(1, len(taken) + 1)), topic
        opened.close()


def test_placing_everything_again_changes_nothing(tmp_path: Path) -> None:
    opened = fresh(tmp_path, "again")
    arrive(opened, pieces(), 200)
    before = partition(opened), addresses(opened), numbers(opened)
    with opened.writing() as db:
        db.execute(ARTICLE.update().values(placed=False))
    place(opened, 17)
    assert (partition(opened), addresses(opened), numbers(opened)) == before
    opened.close()


def test_an_operators_word_on_an_aged_article_does_not_tear_its_story_apart(tmp_path: Path) -> None:
    """The indexes forget after days and the facts after months; the evidence found while they stood remains."""
    opened = fresh(tmp_path, "aged")
    arrive(opened, pieces(), 200)
    before = partition(opened), addresses(opened)
    for days in (10, 40, 200):
        with opened.writing() as db:
            store.retention.prune(db, NOW + days * 86400, 90)
            db.execute(ARTICLE.update().values(placed=False))
        place(opened, 50)
        assert (partition(opened), addresses(opened)) == before, days
    opened.close()
