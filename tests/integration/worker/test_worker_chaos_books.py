"""The books of benchmarks/chaos.py: whose a committed poll is."""

import pytest
from sqlalchemy import update
from store_making import NOW, add_feeds, pace

from aggregator import store
from aggregator.model import Claim, Document
from aggregator.store import Store
from aggregator.store.tables import RUN
from benchmarks import chaos


def claim(opened: Store, run: int, now: int) -> list[Claim]:
    with opened.writing() as db:
        return sorted(store.feeds.claim(db, run, now), key=lambda one: one.feed)


def finish(opened: Store, one: Claim) -> None:
    with opened.writing() as db:
        store.feeds.finish(db, one, NOW, pace(NOW + 7200), Document(one.url))


@pytest.mark.parametrize("given_back", [False, True])
def test_a_poll_is_his_who_claimed_the_feed_whoever_holds_the_host_by_now(
    opened: Store, monkeypatch: pytest.MonkeyPatch, given_back: bool
) -> None:
    """The first, an hour ahead, holds two feeds and is stopped past its lease; only one of them is due for the second."""
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"), ("a", "https://x.example/2"))
        db.execute(update(store.tables.FEED).where(store.tables.FEED.c.id == 2).values(due=NOW + 1800))
        runs = [store.runs.begin(db, NOW) for _ in range(2)]
        for run in runs:
            db.execute(update(RUN).where(RUN.c.id == run).values(pid=run * 1000))
    chaos.audit(opened)
    first, second = (run * 1000 for run in runs)
    mine = claim(opened, runs[0], NOW + 3600)
    moment = store.feeds.shared_clock
    monkeypatch.setattr(store.feeds, "shared_clock", lambda db: moment(db) + store.feeds.LEASE + 1)
    (his,) = claim(opened, runs[1], NOW)
    assert (len(mine), his.feed) == (2, mine[0].feed)
    finish(opened, his)
    if given_back:
        with opened.writing() as db:
            store.feeds.release(db, his.host, his.token, None)
    finish(opened, mine[1])
    with opened.reading() as db:
        assert chaos.commits(db) == {first: 1, second: 1}
