"""Candidates: counted for a whole batch in this process, they must be those that one query an article would give."""

import random
from collections import Counter

from store_making import NOW, article, ingest, one_claim

from aggregator import store
from aggregator.model import Features, Prepared, Reach, Report
from aggregator.store import Store

HOUR = 3600
Pairs = set[tuple[int, int]]


def stock(opened: Store, seed: int, count: int) -> list[Report]:
    """Articles at few different times that share hashes of a small stock."""
    chance = random.Random(seed)
    items = [
        Prepared(
            article(f"k{number}", published=NOW - chance.randrange(8) * 12 * HOUR),
            Features(tuple(chance.sample(range(-9, 9), 4)), tuple(chance.sample(range(12), 3)), b""),
            (),
        )
        for number in range(count)
    ]
    ingest(opened, one_claim(opened), *items)
    with opened.reading() as db:
        return store.reports.Reports(db, {}).of(range(1, count + 1))


def one_by_one(reports: list[Report], reach: Reach) -> Pairs:
    """The definition, as it is written down."""
    found: Pairs = set()
    for report in reports:
        for name, window, needed in (("sketch", reach.copy_window, reach.needed), ("clues", reach.story_window, 1)):
            shared: Counter[tuple[int, int]] = Counter()
            for other in reports:
                apart = abs(other.when - report.when)
                if other.id != report.id and apart <= window:
                    both = set(getattr(report.features, name)) & set(getattr(other.features, name))
                    shared[(apart, other.id)] = len(both)
            near = [(-n, apart, id_) for (apart, id_), n in shared.items() if n >= needed]
            found |= {(min(report.id, id_), max(report.id, id_)) for _, _, id_ in sorted(near)[: reach.most]}
    return found


def test_a_batch_finds_what_a_look_up_for_each_article_finds(opened: Store) -> None:
    reports = stock(opened, 1, 60)
    for most in (1, 5, 17, 1000):
        reach = Reach(48 * HOUR, 24 * HOUR, 2, most)
        with opened.reading() as db:
            assert store.candidates.pairs(db, reports, lambda _, reach=reach: reach) == one_by_one(reports, reach), most


def test_an_article_alone_and_an_empty_batch_have_none(opened: Store) -> None:
    reports = stock(opened, 2, 1)
    reach = Reach(48 * HOUR, 24 * HOUR, 1, 10)
    with opened.reading() as db:
        assert store.candidates.pairs(db, reports, lambda _: reach) == set()
        assert store.candidates.pairs(db, [], lambda _: reach) == set()


def test_a_revised_article_is_found_by_its_new_text_only(opened: Store) -> None:
    claim = one_claim(opened)
    first, second, third = (
        Prepared(article(key, **given), Features(sketch, (), b"\1"), ())
        for key, sketch, given in (
            ("a", (1, 2), {}), ("b", (1, 2), {}), ("a", (3, 4), {"text": "Other", "digest": b"2"})
        )
    )  # fmt: skip
    ingest(opened, claim, first, second)
    reach = Reach(HOUR, HOUR, 1, 10)

    def found() -> Pairs:
        with opened.reading() as db:
            return store.candidates.pairs(db, store.reports.Reports(db, {}).of((1, 2)), lambda _: reach)

    assert found() == {(1, 2)}
    ingest(opened, claim, third)
    assert found() == set()
