"""Candidates: whoever is entered meets those that share enough, of all that were entered before or with it."""

import random
from collections import Counter

import pytest
from sqlalchemy import func, select
from store_making import NOW, article, ingest, one_claim

from aggregator import store
from aggregator.model import Features, Prepared, Reach, Report
from aggregator.store import Store
from aggregator.store.postings import COPIES, STEP, STORIES, forget, step

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
    for number, report in enumerate(reports):
        for name, window, needed, most in (
            ("sketch", reach.copy_window, reach.needed, reach.most),
            ("clues", reach.story_window, reach.clues, reach.most_stories),
        ):
            since, until = step(report.when - window), step(report.when + window)
            shared: Counter[tuple[int, int]] = Counter()
            for other in reports[:number]:
                if since <= step(other.when) <= until:
                    both = set(getattr(report.features, name)) & set(getattr(other.features, name))
                    shared[abs(step(other.when) - step(report.when)), other.id] = len(both)
            near = [(-n, apart, id_) for (apart, id_), n in shared.items() if n >= needed]
            found |= {(min(report.id, id_), max(report.id, id_)) for _, _, id_ in sorted(near)[:most]}
    return found


def meet(opened: Store, reports: list[Report], reach: Reach) -> Pairs:
    with opened.writing() as db:
        return store.candidates.meet(db, reports, lambda _: reach)


@pytest.mark.parametrize("most", [1, 5, 17, 1000])
def test_a_batch_of_any_size_finds_what_each_article_alone_finds(opened: Store, most: int) -> None:
    reports, chance = stock(opened, 1, 60), random.Random(most)
    reach = Reach(48 * HOUR, 24 * HOUR, 2, most, clues=1, most_stories=most // 2 + 1)
    found, left = Pairs(), list(reports)
    while left:
        count = chance.choice((1, 3, 20))
        found |= meet(opened, left[:count], reach)
        left = left[count:]
    assert found == one_by_one(reports, reach)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_finds_the_same_pairs_where_there_are_not_too_many(opened: Store, seed: int) -> None:
    reports, reach = stock(opened, 4, 60), Reach(48 * HOUR, 24 * HOUR, 2, 1000, clues=2, most_stories=1000)
    shuffled = random.Random(seed).sample(reports, len(reports))
    found = meet(opened, shuffled[:25], reach) | meet(opened, shuffled[25:], reach)
    assert found == one_by_one(reports, reach)
    assert meet(opened, reports, reach) == found, "entered again, they stand where they stood"


def test_an_article_alone_and_an_empty_batch_have_none(opened: Store) -> None:
    reports = stock(opened, 2, 1)
    reach = Reach(48 * HOUR, 24 * HOUR, 1, 10)
    assert meet(opened, reports, reach) == set()
    assert meet(opened, [], reach) == set()


def test_a_revised_article_is_found_by_its_new_text(opened: Store) -> None:
    claim = one_claim(opened)
    first, second, third = (
        Prepared(article(key, **given), Features(sketch, (), b"\1"), ())
        for key, sketch, given in (
            ("a", (1, 2), {}), ("b", (3, 4), {}), ("a", (3, 4), {"text": "Other", "digest": b"2"})
        )
    )  # fmt: skip
    reach = Reach(HOUR, HOUR, 1, 10)

    def found() -> Pairs:
        with opened.writing() as db:
            return store.candidates.meet(db, store.reports.Reports(db, {}).of((1, 2)), lambda _: reach)

    ingest(opened, claim, first, second)
    assert found() == set()
    ingest(opened, claim, third)
    assert found() == {(1, 2)}


# ---------------------------------------------------------------- the rows


def report(id_: int, when: int, *sketch: int, clues: tuple[int, ...] = ()) -> Report:
    return Report(id_, "paper", "en", "", "", when, Features(sketch, clues, b""))


FAR = Reach(30 * 24 * HOUR, 72 * HOUR, 1, 50, clues=1)


def test_hashes_that_fall_into_one_row_are_told_apart(opened: Store) -> None:
    rows = 1 << COPIES.bits
    same, other = report(1, NOW, 5, -7), report(2, NOW, 5 + rows, -7 - 3 * rows)
    assert meet(opened, [same, other, report(3, NOW, -7)], FAR) == {(1, 3)}
    with opened.reading() as db:
        assert db.execute(select(func.count()).select_from(COPIES.table)).scalar_one() == 2


def test_times_beyond_what_postings_tell_stand_at_their_ends(opened: Store) -> None:
    early, late = [report(n, when, 9) for n, when in ((1, -(10**12)), (2, 0), (3, 10**9))], report(4, 10**13, 9)
    assert meet(opened, [*early, late], FAR) == {(1, 2), (1, 3), (2, 3)}


def test_ids_of_billions_and_any_hash_of_64_bits_fit(opened: Store) -> None:
    ends = (-(1 << 63), -1, 0, (1 << 63) - 1)
    assert meet(opened, [report((1 << 32) - 1, NOW, *ends), report(1, NOW, *ends)], FAR) == {(1, (1 << 32) - 1)}


def test_what_is_older_than_the_window_is_forgotten_and_an_empty_row_goes(opened: Store) -> None:
    old, new = NOW - 40 * 24 * HOUR, NOW - 20 * 24 * HOUR
    meet(opened, [report(1, old, 1, 2, clues=(1,)), report(2, new, 2, clues=(1,))], FAR)
    with opened.writing() as db:
        for index in (COPIES, STORIES):
            forget(db, index, NOW - 31 * 24 * HOUR, range(1 << index.bits))
        left = {number: len(packed) for number, packed in db.execute(select(COPIES.table))}
    assert left == {2: 8}
    assert meet(opened, [report(3, new, 1, 2)], FAR) == {(2, 3)}
    assert STEP < 24 * HOUR, "the last day is kept whole: retention keeps one more than the window"


def test_retention_forgets_in_steps_and_loses_no_row(opened: Store) -> None:
    reports = [report(n, NOW - n * 24 * HOUR, *range(n * 1000, n * 1000 + 500)) for n in range(1, 41)]
    meet(opened, reports, FAR)
    with opened.writing() as db:
        store.retention.prune(db, NOW, 90)
        kept = sum(len(packed) // 8 for _, packed in db.execute(select(COPIES.table)))
    assert kept == 31 * 500
