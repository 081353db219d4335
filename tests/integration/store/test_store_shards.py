"""Claims by shard: every due feed lies in one, a crowded host hides no other, and no host is leased for nothing."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, update
from store_making import NOW, pace

from aggregator import store
from aggregator.model import Claim, Document, Feed
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, FEED, HOST
from aggregator.text.hosts import SHARDS, shard


def add(opened: Store, hosts: int, each: int = 1) -> None:
    feeds = [(Feed("s", f"https://h{h}.example/{n}"), f"h{h}.example") for h in range(hosts) for n in range(each)]
    with opened.writing() as db:
        store.feeds.sync(db, feeds, NOW)


def begin(opened: Store) -> int:
    with opened.writing() as db:
        return store.runs.begin(db, NOW)


def claim(opened: Store, run: int, now: int = NOW, **how: Any) -> tuple[Claim, ...]:
    with opened.writing() as db:
        return store.feeds.claim(db, run, now, **how)


def held(opened: Store) -> set[str]:
    with opened.reading() as db:
        return set(db.execute(select(HOST.c.name).where(HOST.c.lease_token.is_not(None))).scalars())


def test_the_shards_of_due_feeds_cover_them_all_once(opened: Store) -> None:
    add(opened, 60, 2)
    run = begin(opened)
    with opened.reading() as db:
        due = store.feeds.due_shards(db, NOW)
    assert set(due) == {shard(f"h{n}.example") for n in range(60)}
    claims = [one for part in due for one in claim(opened, run, shard=part)]
    assert len({one.url for one in claims}) == len(claims) == 120
    assert all(shard(one.host) in due for one in claims)
    with opened.reading() as db:
        assert store.feeds.due_shards(db, NOW) == (), "what is held is nobody else's"


def test_a_claim_takes_its_shard_only(opened: Store) -> None:
    add(opened, 60)
    mine = shard("h7.example")
    found = {one.host for one in claim(opened, begin(opened), shard=mine)}
    assert found == {f"h{n}.example" for n in range(60) if shard(f"h{n}.example") == mine}


def test_shards_are_the_same_everywhere_and_in_use_evenly() -> None:
    assert [shard(name) for name in ("astanatimes.com", "xn--e1afmkfd.kz", "127.0.0.1")] == [20, 254, 168]
    counts = Counter(shard(f"paper{n}.example") for n in range(256 * 100))
    assert len(counts) == SHARDS
    assert max(counts.values()) < 200


def test_a_host_with_more_feeds_than_a_claim_takes_hides_no_other(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.feeds, "EACH", 5)
    blogs = [(Feed("s", f"https://blogs.example/{n}"), "blogs.example") for n in range(50)]
    others = [(Feed("s", f"https://h{n}.example/"), f"h{n}.example") for n in range(3)]
    with opened.writing() as db:
        store.feeds.sync(db, [*blogs, *others], NOW)
    run = begin(opened)
    found = claim(opened, run, hosts=10)
    assert Counter(one.host for one in found) == {"blogs.example": 5, "h0.example": 1, "h1.example": 1, "h2.example": 1}
    for one in found[:5]:
        with opened.writing() as db:
            store.feeds.finish(db, one, NOW, pace(), Document(one.url))
    with opened.writing() as db:
        store.feeds.release(db, "blogs.example", found[0].token, None)
    assert Counter(one.host for one in claim(opened, run)) == {"blogs.example": 5}, "and it goes on with the next"


def test_a_host_whose_feeds_were_polled_meanwhile_is_not_held_for_nothing(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(opened, 4)
    honest = store.feeds._free_hosts

    def late(db: Any, *args: Any) -> list[str]:
        names = honest(db, *args)
        db.execute(update(FEED).where(FEED.c.host == "h2.example").values(due=NOW + 3600))
        return names

    monkeypatch.setattr(store.feeds, "_free_hosts", late)
    assert {one.host for one in claim(opened, begin(opened))} == {"h0.example", "h1.example", "h3.example"}
    assert held(opened) == {"h0.example", "h1.example", "h3.example"}


def test_polls_are_counted_where_they_are_committed(opened: Store) -> None:
    add(opened, 1)
    (one,) = claim(opened, begin(opened))
    with opened.writing() as db:
        store.feeds.finish(db, one, NOW, pace(), Document(one.url))
    with opened.reading() as db:
        assert next(iter(db.execute(select(FEED.c.polls, FEED.c.failed_polls)))) == (1, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_partial_indexes_are_used_for_what_is_asked_every_second(opened: Store) -> None:
    """SQLite compares the words of a query with those of the index; a slip costs a scan of a million rows."""
    waiting = select(ARTICLE.c.id).where(ARTICLE.c.placed.is_(False)).order_by(ARTICLE.c.occurred, ARTICLE.c.id)
    due = select(FEED.c.host).where(store.feeds._wanted(FEED.c.due <= NOW, None, None)).order_by(FEED.c.due)
    of_shard = select(FEED.c.host).where(store.feeds._wanted(FEED.c.due <= NOW, None, 3)).order_by(FEED.c.due)
    stranded = select(FEED.c.host).where(store.feeds._wanted(store.feeds._stranded(NOW), None, None))
    held = update(HOST).where(HOST.c.lease_run == 7).values(lease_until=0)
    indexes = {"article_unplaced": waiting, "feed_due": due, "feed_shard": of_shard, "host_held": held}
    with opened.reading() as db:
        for name, query in [*indexes.items(), ("feed_due", stranded.order_by(FEED.c.due))]:
            words = str(query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True}))
            plan = [row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")]
            assert f"USING INDEX {name}" in plan[0].replace("COVERING ", ""), plan
            assert not any("TEMP B-TREE" in step for step in plan), plan
