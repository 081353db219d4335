"""Reports that leave a story they were merged into take their own public id back, and its redirect ends."""

from typing import Any

import pytest
from sqlalchemy import select
from store_making import NOW, ingest, one_claim, prepared

from aggregator import store
from aggregator.model import Group
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, ENTRY, STORY


@pytest.fixture(autouse=True)
def articles(opened: Store) -> None:
    ingest(opened, one_claim(opened), *(prepared(key) for key in "abcdef"))


def settle(opened: Store, *groups: tuple[int, ...], now: int = NOW) -> None:
    """Groups of article ids, the first of each its canonical; entries follow."""
    with opened.writing() as db:
        touched = store.placing.settle(db, [(Group(tuple(sorted(group))), group[0]) for group in groups], now)
        store.entries.refresh(db, touched, now, ())


def story_of(opened: Store, article: int) -> Any:
    with opened.reading() as db:
        return db.execute(
            select(STORY).join(ARTICLE, ARTICLE.c.story == STORY.c.id).where(ARTICLE.c.id == article)
        ).one()


def slugs(opened: Store) -> dict[str, str | None]:
    """Public id → the one it leads to."""
    with opened.reading() as db:
        rows = {row.id: row for row in db.execute(select(STORY))}
    return {row.slug: rows[row.alias_of].slug if row.alias_of is not None else None for row in rows.values()}


def apart(opened: Store, *articles: int) -> list[str]:
    for number, article in enumerate(articles):
        settle(opened, (article,), now=NOW + number)
    return [story_of(opened, article).slug for article in articles]


def test_a_split_after_a_merge_gives_the_retired_story_its_id_back(opened: Store) -> None:
    first, second = apart(opened, 1, 2)
    settle(opened, (1, 2), now=NOW + 10)
    assert slugs(opened) == {first: None, second: first}
    settle(opened, (1,), (2,), now=NOW + 20)
    assert slugs(opened) == {first: None, second: None}
    assert (story_of(opened, 1).slug, story_of(opened, 2).slug) == (first, second)
    with opened.reading() as db:
        again = store.reading.story_by_slug(db, second)
        assert again is not None
        assert (again.alias_of, [report.id for report in again.reports]) == (None, [2])


def test_an_entry_of_the_feed_comes_back_at_its_old_place(opened: Store) -> None:
    apart(opened, 1, 2)
    settle(opened, (1, 2), now=NOW + 10)
    settle(opened, (1,), (2,), now=NOW + 20)
    with opened.reading() as db:
        rows = db.execute(select(ENTRY.c.number, ENTRY.c.story, ENTRY.c.withdrawn).order_by(ENTRY.c.number)).all()
    assert [tuple(row) for row in rows] == [(1, story_of(opened, 1).id, None), (2, story_of(opened, 2).id, None)]


def test_of_several_that_leave_together_the_oldest_lives_and_the_others_lead_to_it(opened: Store) -> None:
    first, second, third = apart(opened, 1, 2, 3)
    settle(opened, (1, 2, 3), now=NOW + 10)
    settle(opened, (1,), (2, 3), now=NOW + 20)
    assert slugs(opened) == {first: None, second: None, third: second}
    settle(opened, (1,), (2,), (3,), now=NOW + 30)
    assert slugs(opened) == {first: None, second: None, third: None}


def test_merging_and_splitting_again_and_again_mints_nothing(opened: Store) -> None:
    before = apart(opened, 1, 2, 3)
    for turn in range(3):
        settle(opened, (3, 1, 2), now=NOW + 20 * turn + 10)
        settle(opened, (1,), (2,), (3,), now=NOW + 20 * turn + 20)
        assert slugs(opened) == dict.fromkeys(before)


def test_a_report_that_never_had_an_id_gets_a_new_one(opened: Store) -> None:
    settle(opened, (1, 2))
    first = story_of(opened, 1).slug
    settle(opened, (1,), (2,), now=NOW + 10)
    assert story_of(opened, 1).slug == first
    assert story_of(opened, 2).slug not in (first, f"{first}-2")
