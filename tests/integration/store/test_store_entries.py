"""Entries and publications: numbers without holes, what stands, what is gone, and for how long."""

import threading
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import select, update
from store_making import NOW, batch, ingest, one_claim, prepared

from aggregator import store
from aggregator.model import Claim, Group, Match, Prepared, Rendering
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, ENTRY, FEED, PUBLICATION

DAY = 86400
LIVE = ("x", "y")


@pytest.fixture
def claim(opened: Store) -> Claim:
    with opened.writing() as db:
        store.publications.sync(db, [*LIVE, "all"], NOW)
    return one_claim(opened)


def settle(opened: Store, *groups: tuple[int, ...], now: int = NOW, live: tuple[str, ...] = LIVE) -> None:
    with opened.writing() as db:
        touched = store.placing.settle(db, [(Group(tuple(sorted(g))), g[0]) for g in groups], now)
        store.entries.refresh(db, touched, now, live)


def add(opened: Store, claim: Claim, *items: Prepared, now: int = NOW) -> None:
    """Each article becomes a story of its own."""
    with opened.reading() as db:
        before = set(db.execute(select(ARTICLE.c.id)).scalars())
    ingest(opened, claim, *items, now=now)
    with opened.reading() as db:
        new = sorted(set(db.execute(select(ARTICLE.c.id)).scalars()) - before)
    settle(opened, *((id_,) for id_ in new), now=now)


def entries(opened: Store, topic: str) -> list[Any]:
    with opened.reading() as db:
        return list(db.execute(select(ENTRY).where(ENTRY.c.topic == topic).order_by(ENTRY.c.number)))


def numbers(opened: Store, topic: str) -> list[int]:
    return [row.number for row in entries(opened, topic)]


def shown(opened: Store, topic: str, now: int = NOW) -> list[str]:
    with opened.reading() as db:
        return [story.canonical.key for story in store.publications.current(db, topic, now)]


def published(opened: Store) -> None:
    """The first round is over: every feed was asked and what it brought is placed."""
    with opened.writing() as db:
        db.execute(update(FEED).values(polled=NOW))
        db.execute(update(ARTICLE).values(placed=True))
        store.entries.published(db, NOW)


def rematch(
    opened: Store, topics: dict[int, Iterable[str]], rules: int, now: int, live: tuple[str, ...] = LIVE
) -> None:
    with opened.writing() as db:
        moved = store.rules.rematch(db, rules, {id_: [Match(t, 5.0) for t in names] for id_, names in topics.items()})
        store.entries.refresh(db, store.entries.stories_of(db, moved), now, live)


def test_a_story_stands_in_the_topics_of_its_reports_and_in_everything(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)), prepared("b", topics=("x", "y")), prepared("c"))
    assert (shown(opened, "x"), shown(opened, "y")) == (["g:b", "g:a"], ["g:b"])
    assert len(shown(opened, "all")) == 3


def test_numbers_have_no_holes_when_stories_merge(opened: Store, claim: Claim) -> None:
    add(opened, claim, *(prepared(key, topics=("x",)) for key in "abc"))
    settle(opened, (1, 2), now=NOW + 10)
    add(opened, claim, prepared("d", topics=("x",)), now=NOW + 20)
    assert numbers(opened, "x") == numbers(opened, "all") == [1, 2, 3, 4]
    assert shown(opened, "x") == ["g:d", "g:c", "g:a"], "the alias stands in no feed"
    with opened.reading() as db:
        page = store.publications.archive_page(db, "x", 1, 4)
    assert [story.number for story in page] == [4, 3, 2, 1], "archive pages lose nothing by a merge"
    assert [story.alias_of is not None for story in page] == [False, False, True, False]


def test_a_merge_brings_the_survivor_into_the_topics_of_the_other(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)), prepared("b", topics=("y",)))
    settle(opened, (1, 2), now=NOW + 10)
    assert (shown(opened, "x"), shown(opened, "y")) == (["g:a"], ["g:a"])
    assert numbers(opened, "y") == [1, 2]


def test_a_withdrawn_story_leaves_a_tombstone_for_a_week_and_may_come_back(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)))
    with opened.writing() as db:
        store.operator.withdraw(db, 1, "retracted", NOW + 60)
    settle(opened, (1,), now=NOW + 60)
    assert shown(opened, "x") == []
    with opened.reading() as db:
        (grave,) = store.publications.tombstones(db, "x", "tag:t:", NOW + 60 + 7 * DAY)
        assert (grave.when, grave.reason) == (NOW + 60, "retracted")
        assert store.publications.tombstones(db, "x", "tag:t:", NOW + 61 + 7 * DAY) == ()
        assert store.publications.archive_page(db, "x", 1) == ()
    with opened.writing() as db:
        store.operator.restore(db, 1, "it was right")
    settle(opened, (1,), now=NOW + 120)
    assert (shown(opened, "x"), numbers(opened, "x")) == (["g:a"], [1])
    with opened.reading() as db:
        assert store.publications.tombstones(db, "x", "tag:t:", NOW + 120) == ()


def test_a_story_of_two_reports_outlives_the_withdrawal_of_one(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)), prepared("b", topics=("x",)))
    settle(opened, (1, 2))
    with opened.writing() as db:
        store.operator.withdraw(db, 1, "retracted", NOW + 60)
    settle(opened, (2, 1), now=NOW + 60)
    assert shown(opened, "x") == ["g:b"]


def test_other_rules_take_a_story_out_of_a_topic_and_bring_it_back_under_its_number(
    opened: Store, claim: Claim
) -> None:
    add(opened, claim, prepared("a", topics=("x",)), prepared("b", topics=("x",)))
    rematch(opened, {1: ["y"], 2: ["x"]}, 2, NOW + 10)
    assert (shown(opened, "x"), shown(opened, "y")) == (["g:b"], ["g:a"])
    assert entries(opened, "x")[0].reason == "no longer in this topic"
    rematch(opened, {1: ["x"], 2: ["x"]}, 3, NOW + 20)
    assert (shown(opened, "x"), shown(opened, "y")) == (["g:b", "g:a"], [])
    assert numbers(opened, "x") == [1, 2]


def test_an_article_revised_meanwhile_is_not_matched_by_its_old_text(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)))
    with opened.writing() as db:
        db.execute(update(ARTICLE).values(rules=2))
    rematch(opened, {1: ["y"]}, 2, NOW + 10)
    assert shown(opened, "x") == ["g:a"]


def test_a_revision_without_weight_does_not_pass_for_a_new_match(opened: Store, claim: Claim) -> None:
    """Its topics are those of the old rules still, so it must be matched again."""
    add(opened, claim, prepared("a"))
    with opened.writing() as db:
        items = batch(prepared("a", text="Text  of a"))
        store.articles.ingest(db, claim, items, NOW, 2, lambda *_: False)
        assert [one.id for one in store.rules.outdated(db, 2, 0, 10)] == [1]


def test_an_article_whose_text_is_gone_keeps_its_topics(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)), prepared("b", topics=("x",)))
    with opened.writing() as db:
        db.exec_driver_sql("DELETE FROM body WHERE article = 1")
        assert [one.id for one in store.rules.outdated(db, 2, 0, 10)] == [2]


def test_a_late_story_enters_the_archive_and_not_the_current_feed(opened: Store, claim: Claim) -> None:
    old, young = prepared("old", topics=("x",), published=NOW - 3 * DAY), prepared("young", topics=("x",))
    add(opened, claim, prepared("first", topics=("x",), published=NOW - 3 * DAY))
    published(opened)
    add(opened, claim, old, young, now=NOW)
    assert shown(opened, "x") == ["g:young", "g:first"]
    with opened.reading() as db:
        assert len(store.publications.archive_page(db, "x", 1)) == 3


def test_a_corrected_entry_stands_in_the_feed_again_for_a_week(opened: Store, claim: Claim) -> None:
    add(opened, claim, *(prepared(f"k{n:02}", topics=("x",)) for n in range(60)))
    assert "g:k00" not in shown(opened, "x")
    later = NOW + DAY
    # its source gives the same date as before: a correction is a correction all the same
    ingest(opened, claim, prepared("k00", text="Other", topics=("x",), updated=NOW - 600), now=later)
    settle(opened, (1,), now=later)
    assert shown(opened, "x", later)[-1] == "g:k00"
    assert shown(opened, "x", later + 7 * DAY)[-1] == "g:k00"
    assert "g:k00" not in shown(opened, "x", later + 7 * DAY + 1)
    assert numbers(opened, "x") == list(range(1, 61))


def test_sealed_pages_keep_their_members_as_more_arrives(opened: Store, claim: Claim) -> None:
    add(opened, claim, *(prepared(f"k{n:02}", topics=("x",)) for n in range(7)))

    def page(number: int) -> list[str]:
        with opened.reading() as db:
            return [story.slug for story in store.publications.archive_page(db, "x", number, 3)]

    with opened.reading() as db:
        assert store.publications.sealed_pages(db, "x", 3) == 2
    before = page(1), page(2)
    settle(opened, (1, 5), now=NOW + 10)
    add(opened, claim, *(prepared(f"m{n:02}", topics=("x",)) for n in range(7)), now=NOW + 20)
    assert (page(1), page(2)) == before


def test_a_removed_topic_is_gone_for_ninety_days_and_comes_back_as_it_was(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)), prepared("b", topics=("x",)))
    with opened.writing() as db:
        store.publications.sync(db, ["y", "all"], NOW + 10)
    rematch(opened, {1: [], 2: []}, 2, NOW + 10, live=("y",))
    with opened.reading() as db:
        assert store.publications.is_gone(db, "x", NOW + 10 + 90 * DAY)
        assert not store.publications.is_gone(db, "x", NOW + 11 + 90 * DAY)
        assert "x" not in store.publications.dirty(db, NOW + 10**6)
    with opened.writing() as db:
        store.publications.sync(db, ["x", "y", "all"], NOW + 20)
    rematch(opened, {1: ["x"], 2: ["x"]}, 3, NOW + 20)
    assert (shown(opened, "x"), numbers(opened, "x")) == (["g:b", "g:a"], [1, 2])
    with opened.reading() as db:
        assert not store.publications.is_gone(db, "x", NOW + 20)
        assert "x" in store.publications.dirty(db, NOW + 20)


def test_a_renamed_topic_keeps_its_entries_and_their_numbers(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",), published=NOW - 600), prepared("b", topics=("x",)))
    published(opened)
    with opened.writing() as db:
        store.publications.rename(db, "x", "z")
        store.publications.rename(db, "x", "z")
        store.publications.sync(db, ["z", "y", "all"], NOW + 10 * DAY)
        assert "z" in store.publications.dirty(db, NOW + 10 * DAY)
        assert not store.publications.is_gone(db, "z", NOW + 10 * DAY)
    rematch(opened, {1: ["z"], 2: ["z"]}, 2, NOW + 10 * DAY, live=("z", "y"))
    assert (shown(opened, "z", NOW + 10 * DAY), numbers(opened, "z"), numbers(opened, "x")) == (
        ["g:b", "g:a"],
        [1, 2],
        [],
    )
    ingest(opened, claim, prepared("c", topics=("z",)))
    settle(opened, (3,), now=NOW + 10 * DAY, live=("z", "y"))
    assert numbers(opened, "z") == [1, 2, 3]


def test_a_topic_that_exists_already_takes_over_nothing(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)), prepared("b", topics=("y",)))
    with opened.writing() as db:
        store.publications.rename(db, "x", "y")
    assert (numbers(opened, "x"), numbers(opened, "y")) == ([1], [1])


def bytes_of(etag: str) -> Rendering:
    return Rendering("atom", "application/atom+xml", etag.encode(), etag, NOW)


def test_the_same_bytes_make_no_new_version(opened: Store, claim: Claim) -> None:
    with opened.writing() as db:
        assert store.publications.store(db, "x", [bytes_of("1")], NOW)
        before = store.publications.versions(db, 0)
        assert not store.publications.store(db, "x", [bytes_of("1")], NOW + 5)
        assert store.publications.versions(db, 0) == before
        assert store.publications.store(db, "x", [bytes_of("2")], NOW + 9)
        assert set(store.publications.versions(db, before["x"])) == {"x"}


def test_a_feed_that_cannot_be_rendered_waits_and_stays_dirty(opened: Store, claim: Claim) -> None:
    with opened.writing() as db:
        store.publications.postpone(db, "x", NOW + 300)
        store.entries.mark_dirty(db, ["x"], NOW + 1)
        assert "x" not in store.publications.dirty(db, NOW + 299)
        assert "x" in store.publications.dirty(db, NOW + 300)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_enters_while_a_feed_is_rendered_makes_it_dirty_again(opened: Store, claim: Claim) -> None:
    add(opened, claim, prepared("a", topics=("x",)))
    with opened.writing() as db:
        store.publications.standing(db, "x", "tag:t:", NOW)
        thread = threading.Thread(
            target=add, args=(opened, claim, prepared("b", topics=("x",))), kwargs={"now": NOW + 1}
        )
        thread.start()
        thread.join(0.5)
        store.publications.store(db, "x", [bytes_of("1")], NOW)
    thread.join(10)
    with opened.reading() as db:
        assert "x" in store.publications.dirty(db, NOW + 1)
        assert db.execute(select(PUBLICATION.c.dirty).where(PUBLICATION.c.id == "x")).scalar() == NOW + 1
