"""Giving stories to groups: public ids are minted once, the older published story survives, and nothing chains."""

import threading
from typing import Any

import pytest
from sqlalchemy import select, update
from store_making import NOW, ingest, one_claim, prepared

from aggregator import store
from aggregator.model import Edge, Features, Group, Reach
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, EDGE, STORY


@pytest.fixture(autouse=True)
def articles(opened: Store) -> None:
    ingest(opened, one_claim(opened), *(prepared(key) for key in "abcdef"))


def settle(opened: Store, *groups: tuple[int, ...], canonical: dict[int, int] | None = None, now: int = NOW) -> None:
    """Groups of article ids, the first of each its canonical unless `canonical` says otherwise; entries follow."""
    chosen = canonical or {}
    told = [(Group(tuple(sorted(group))), chosen.get(group[0], group[0])) for group in groups]
    with opened.writing() as db:
        touched = store.placing.settle(db, told, now)
        store.entries.refresh(db, touched, now, ())


def rows(opened: Store) -> dict[int, Any]:
    with opened.reading() as db:
        return {row.id: row for row in db.execute(select(STORY))}


def story_of(opened: Store, article: int) -> Any:
    with opened.reading() as db:
        id_ = db.execute(select(ARTICLE.c.story).where(ARTICLE.c.id == article)).scalar()
    return rows(opened)[id_]


def mark(opened: Store, article: int, **values: Any) -> None:
    with opened.writing() as db:
        db.execute(update(ARTICLE).where(ARTICLE.c.id == article).values(**values))


def test_of_two_published_stories_the_older_survives_and_the_other_leads_to_it(opened: Store) -> None:
    settle(opened, (2,), now=NOW)
    settle(opened, (1,), now=NOW + 10)
    older, younger = story_of(opened, 2), story_of(opened, 1)
    settle(opened, (1, 2), now=NOW + 20)
    assert story_of(opened, 1).slug == story_of(opened, 2).slug == older.slug
    assert rows(opened)[younger.id].alias_of == older.id
    with opened.reading() as db:
        alias = store.reading.story_by_slug(db, younger.slug)
        assert alias is not None
        assert (alias.alias_of, alias.reports) == (older.slug, ())


def test_an_alias_of_an_alias_leads_to_the_last_survivor(opened: Store) -> None:
    for article in (1, 2, 3):
        settle(opened, (article,), now=NOW + article)
    first, second, third = (story_of(opened, article) for article in (1, 2, 3))
    settle(opened, (2, 3), now=NOW + 10)
    settle(opened, (1, 2, 3), now=NOW + 20)
    assert {rows(opened)[one.id].alias_of for one in (second, third)} == {first.id}


def test_a_story_that_nobody_saw_disappears_in_a_merge(opened: Store) -> None:
    mark(opened, 1, withdrawn=NOW, reason="wrong")
    settle(opened, (1,), now=NOW)
    unseen = story_of(opened, 1)
    assert unseen.entered is None
    settle(opened, (2,), now=NOW + 1)
    settle(opened, (2, 1), now=NOW + 2)
    assert unseen.id not in rows(opened)
    assert story_of(opened, 1).id == story_of(opened, 2).id


def test_a_split_leaves_the_public_id_with_the_canonical_report(opened: Store) -> None:
    settle(opened, (1, 2, 3))
    before = story_of(opened, 1)
    settle(opened, (2, 3), (1,), now=NOW + 10)
    assert story_of(opened, 1).slug == before.slug
    assert story_of(opened, 2).slug == story_of(opened, 3).slug != before.slug


def test_the_canonical_report_of_a_published_story_stays_when_another_would_be_chosen(opened: Store) -> None:
    settle(opened, (1, 2))
    settle(opened, (1, 2), canonical={1: 2}, now=NOW + 10)
    assert story_of(opened, 1).canonical == 1


def test_a_pin_replaces_the_canonical_report_of_a_published_story(opened: Store) -> None:
    settle(opened, (1, 2))
    mark(opened, 2, pinned=True)
    settle(opened, (1, 2), canonical={1: 2}, now=NOW + 10)
    assert story_of(opened, 1).canonical == 2


def test_a_withdrawn_canonical_report_is_replaced_and_the_address_stays(opened: Store) -> None:
    settle(opened, (1, 2))
    before = story_of(opened, 1).slug
    mark(opened, 1, withdrawn=NOW, reason="wrong")
    settle(opened, (1, 2), canonical={1: 2}, now=NOW + 10)
    assert (story_of(opened, 2).canonical, story_of(opened, 2).slug) == (2, before)


def test_settling_the_same_again_changes_nothing(opened: Store) -> None:
    settle(opened, (1, 2), (3,))
    before = rows(opened)
    settle(opened, (3,), (1, 2), now=NOW + 10)
    assert rows(opened) == before


def test_stories_that_swap_members_keep_their_addresses(opened: Store) -> None:
    settle(opened, (1, 2), (3, 4))
    one, two = story_of(opened, 1).slug, story_of(opened, 3).slug
    settle(opened, (1, 4), (3, 2), now=NOW + 10)
    assert [story_of(opened, article).slug for article in (1, 4, 3, 2)] == [one, one, two, two]


def test_an_article_whose_first_story_went_elsewhere_mints_a_second_address(opened: Store) -> None:
    settle(opened, (1, 2))
    settle(opened, (1,), (2,), now=NOW + 1)
    first = story_of(opened, 1).slug
    settle(opened, (3, 1), now=NOW + 2)
    settle(opened, (3,), (1,), canonical={3: 3}, now=NOW + 3)
    slugs = [row.slug for row in rows(opened).values()]
    assert len(set(slugs)) == len(slugs)
    assert first in slugs


def test_a_freed_address_never_collides(opened: Store) -> None:
    """x and x-2 were minted; x disappears; the next must not be x-2 again."""
    with opened.writing() as db:
        name = store.placing.slug("paper", "g:a")
        for id_, slug in ((100, f"{name}-2"), (101, f"{name}-3")):
            row = {"id": id_, "slug": slug, "created": NOW, "updated": NOW, "entered": NOW}
            db.execute(STORY.insert().values(row))
    settle(opened, (1,))
    assert story_of(opened, 1).slug == name


def test_addresses_are_the_same_in_every_database() -> None:
    assert store.placing.slug("paper", "g:a") == store.placing.slug("paper", "g:a")
    assert store.placing.slug("paper", "g:a") != store.placing.slug("paperg", ":a")
    assert len(store.placing.slug("paper", "g:a")) == 13


def test_settling_marks_nothing_placed_that_still_waits(opened: Store) -> None:
    settle(opened, (1, 2))
    with opened.writing() as db:
        store.placing.mark_placed(db, (1,))
        assert store.placing.unplaced(db, 10) == (2, 3, 4, 5, 6)


def between(opened: Store) -> list[tuple[int, int]]:
    with opened.reading() as db:
        return [(row.a, row.b) for row in db.execute(select(EDGE).order_by(EDGE.c.a, EDGE.c.b))]


def connect(opened: Store, *edges: Edge) -> None:
    with opened.writing() as db:
        store.edges.replace(db, {}, (), edges)


def test_edges_that_can_no_longer_be_judged_stay(opened: Store) -> None:
    connect(opened, Edge(1, 2, "copy", 0.9), Edge(1, 3, "story", 0.8))
    with opened.writing() as db:
        db.exec_driver_sql("DELETE FROM facts WHERE article = 3")
        before = store.edges.at(db, [1])
        judged = store.edges.judgeable(db, before)
        assert judged == {(1, 2)}
        store.edges.replace(db, before, judged, ())
    assert between(opened) == [(1, 3)]


def test_an_article_joined_by_an_edge_is_looked_at_again_though_no_index_knows_it(opened: Store) -> None:
    connect(opened, Edge(1, 2, "copy", 0.9), Edge(2, 3, "copy", 0.9))
    with opened.writing() as db:
        (report,) = store.reports.Reports(db, {}).of([2])
        assert report.features == Features()
        assert store.candidates.meet(db, [report], lambda _: Reach(10, 10, 1, 10)) == set()
        assert store.edges.judgeable(db, store.edges.at(db, [2])) == {(1, 2), (2, 3)}


def test_only_edges_above_the_bond_copies_and_an_operators_word_hold_articles_together(opened: Store) -> None:
    connect(opened, Edge(1, 2, "story", 0.4), Edge(2, 3, "story", 0.6), Edge(3, 4, "copy", 0.3))
    with opened.writing() as db:
        store.operator.rule(db, (4, 5), "one event", NOW, together=True)
        parts = store.edges.components(db, (5, 1, 6), bond=0.5)
    assert [part.ids for part in parts] == [(1,), (2, 3, 4, 5), (6,)]
    assert [(edge.a, edge.b) for edge in parts[1].edges] == [(2, 3), (3, 4)]
    assert [(one.a, one.b) for one in parts[1].rulings] == [(4, 5)]


def test_weak_edges_within_a_component_count_in_it(opened: Store) -> None:
    connect(opened, Edge(1, 2, "story", 0.6), Edge(2, 3, "story", 0.6), Edge(1, 3, "story", 0.4))
    with opened.reading() as db:
        (part,) = store.edges.components(db, (2,), bond=0.5)
    assert [(edge.a, edge.b) for edge in part.edges] == [(1, 2), (1, 3), (2, 3)]


def test_articles_are_looked_at_again_when_the_edge_that_held_them_is_gone(opened: Store) -> None:
    connect(opened, Edge(1, 2, "copy", 0.9), Edge(2, 3, "copy", 0.9))
    with opened.writing() as db:
        before = store.edges.at(db, (2,))
        store.edges.replace(db, before, before, ())
        assert [part.ids for part in store.edges.components(db, (2,), before)] == [(1,), (2,), (3,)]


def test_a_text_is_read_when_it_is_asked_for_and_hidden_articles_are_not_there(opened: Store) -> None:
    with opened.reading() as db:
        known = store.reports.Reports(db, {"paper": 70}, hidden=(2,))
        assert [(report.id, report.trust, report.text) for report in known.of((3, 2, 1))] == [
            (3, 70, "Text of c"),
            (1, 70, "Text of a"),
        ]
        assert [(a.id, b.id) for a, b in known.pairs({(1, 2), (1, 3)})] == [(1, 3)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_changes_while_it_is_placed_waits_once_more(opened: Store) -> None:
    """An operator's word between looking at an article and marking it placed would be lost otherwise."""
    with opened.writing() as db:
        waiting = store.placing.unplaced(db, 1)

        def withdraw() -> None:
            with opened.writing() as other:
                store.operator.withdraw(other, waiting[0], "wrong", NOW)

        thread = threading.Thread(target=withdraw)
        thread.start()
        thread.join(0.5)
        store.placing.mark_placed(db, waiting)
    thread.join(10)
    with opened.writing() as db:
        assert waiting[0] in store.placing.unplaced(db, 10)
