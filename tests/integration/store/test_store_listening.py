"""Listening to hubs: what is asked for and when again, what is believed, and what a push may do to the schedule."""

from dataclasses import replace

import pytest
from sqlalchemy import update
from store_making import NOW, batch, one_claim, pace, prepared

from aggregator import store
from aggregator.model import Document, FeedFacts
from aggregator.store import Store
from aggregator.store.listening import FIRST_RETRY, PENDING, PUSH_GAP, Request
from aggregator.store.tables import FEED, LISTENING

HUB, TOPIC = "https://hub.example/", "https://paper.example/feed"
DAY = 86_400
FACTS = FeedFacts(title="Paper", hub=HUB)


def read(opened: Store, now: int = NOW, due: int = NOW + 3600, facts: FeedFacts = FACTS) -> int:
    """Poll the paper once; its document names a hub."""
    claim = one_claim(opened, now=now)
    with opened.writing() as db:
        document = Document(TOPIC, body=b"x")
        store.feeds.finish(db, claim, now, pace(due), document, replace(batch(prepared("1")), facts=facts))
        store.feeds.release(db, claim.host, claim.token, None)
    return claim.feed


def wishes(opened: Store, now: int = NOW) -> tuple[Request, ...]:
    with opened.writing() as db:
        return store.listening.wishes(db, now)


def verify(opened: Store, path: str, topic: str = TOPIC, lease: int | None = 10 * DAY, now: int = NOW) -> bool:
    with opened.writing() as db:
        return store.listening.verify(db, path, topic, lease, now)


def due(opened: Store, feed: int) -> int:
    with opened.reading() as db:
        return db.execute(FEED.select().where(FEED.c.id == feed)).one().due


def push(opened: Store, feed: int, now: int) -> None:
    with opened.writing() as db:
        store.listening.pushed(db, feed, now)


def test_a_hub_in_a_feed_is_asked_once_with_a_path_and_secret_of_its_own(opened: Store) -> None:
    feed = read(opened)
    (asked,) = wishes(opened)
    assert (asked.feed, asked.hub, asked.topic) == (feed, HUB, TOPIC)
    assert len(asked.path) >= 32
    assert len(asked.secret) >= 40
    assert wishes(opened, NOW + FIRST_RETRY - 1) == ()


def test_the_feeds_own_name_for_itself_is_the_topic(opened: Store) -> None:
    read(opened, facts=replace(FACTS, self_url="https://paper.example/self"))
    assert [one.topic for one in wishes(opened)] == ["https://paper.example/self"]


def test_a_feed_without_a_hub_or_with_an_error_is_not_asked_for(opened: Store) -> None:
    read(opened, facts=FeedFacts(title="Paper"))
    assert wishes(opened) == ()
    with opened.writing() as db:
        db.execute(update(FEED).values(hub=HUB, error_at=NOW))
    assert wishes(opened) == ()


def test_an_unverified_request_is_repeated_ever_more_rarely_under_the_same_path(opened: Store) -> None:
    read(opened)
    (first,) = wishes(opened)
    (second,) = wishes(opened, NOW + FIRST_RETRY)
    assert second == first
    assert wishes(opened, NOW + 2 * FIRST_RETRY) == ()
    assert wishes(opened, NOW + 3 * FIRST_RETRY) == (first,)


def test_only_what_was_asked_for_lately_is_verified(opened: Store) -> None:
    """Row 38: another topic, another path, or a request of long ago is refused."""
    read(opened)
    (asked,) = wishes(opened)
    assert not verify(opened, asked.path, "https://evil.example/feed")
    assert not verify(opened, "x" * 32)
    assert not verify(opened, asked.path, now=NOW + PENDING + 1)
    assert verify(opened, asked.path)
    assert verify(opened, asked.path, now=NOW + 60), "a hub whose question was lost may ask again"


@pytest.mark.parametrize(("lease", "days"), [(10 * DAY, 10), (2 * DAY, 2), (None, 30), (10_000 * DAY, 30)])
def test_a_lease_is_renewed_before_its_end(opened: Store, lease: int | None, days: int) -> None:
    """Row 38: when half of it is over, with the same path and secret."""
    read(opened)
    (asked,) = wishes(opened)
    assert verify(opened, asked.path, lease=lease)
    half = NOW + days * DAY // 2
    assert wishes(opened, half - 60) == ()
    assert wishes(opened, half + 60) == (asked,)
    assert verify(opened, asked.path, lease=lease, now=half + 70)
    assert wishes(opened, half + 7200) == ()


def test_a_refusal_holds_for_a_day(opened: Store) -> None:
    read(opened)
    (asked,) = wishes(opened)
    with opened.writing() as db:
        assert store.listening.deny(db, asked.path, TOPIC, NOW)
        assert not store.listening.deny(db, asked.path, "https://other.example/", NOW)
    assert wishes(opened, NOW + DAY - 1) == ()
    assert len(wishes(opened, NOW + DAY)) == 1


def test_another_hub_is_listened_to_under_another_path(opened: Store) -> None:
    read(opened)
    (old,) = wishes(opened)
    verify(opened, old.path)
    read(opened, NOW + 7200, NOW + 9000, replace(FACTS, hub="https://new.example/"))
    (new,) = wishes(opened, NOW + 7200)
    assert new.hub == "https://new.example/"
    assert new.path != old.path
    assert new.secret != old.secret
    with opened.reading() as db:
        assert store.listening.at(db, old.path, NOW) is None


def test_a_feed_that_is_no_longer_polled_is_not_listened_to(opened: Store) -> None:
    read(opened)
    (asked,) = wishes(opened)
    with opened.writing() as db:
        assert store.listening.at(db, asked.path, NOW) is not None
        store.feeds.sync(db, [], NOW)
        assert store.listening.at(db, asked.path, NOW) is None
    assert wishes(opened, NOW + 30 * DAY) == ()


def test_a_push_makes_its_feed_due_but_not_twice_a_minute(opened: Store) -> None:
    feed = read(opened)
    wishes(opened)
    push(opened, feed, NOW + 10)
    assert due(opened, feed) == NOW + PUSH_GAP
    push(opened, feed, NOW + 300)
    assert due(opened, feed) == NOW + PUSH_GAP, "it never delays a poll"


def test_a_push_at_rest_makes_it_due_now(opened: Store) -> None:
    feed = read(opened)
    wishes(opened)
    push(opened, feed, NOW + 600)
    assert due(opened, feed) == NOW + 600


def test_a_feed_waits_from_a_push_until_its_poll_begins_so_that_the_next_push_counts_again(opened: Store) -> None:
    feed = read(opened)
    (asked,) = wishes(opened)

    def waits(now: int) -> bool:
        with opened.reading() as db:
            found = store.listening.at(db, asked.path, now)
        assert found is not None
        return found.waits

    assert not waits(NOW + 600)
    push(opened, feed, NOW + 600)
    assert waits(NOW + 600)
    claim = one_claim(opened, now=NOW + 601)
    assert not waits(NOW + 601), "what the poll reads may be older than what is pushed now"
    with opened.writing() as db:
        store.feeds.finish(db, claim, NOW + 602, pace(NOW + 9000), Document(TOPIC, status=304))
        store.feeds.release(db, claim.host, claim.token, None)
    assert not waits(NOW + 602)
    push(opened, feed, NOW + 602)
    assert due(opened, feed) == NOW + 602 + PUSH_GAP


def test_a_push_during_a_poll_makes_the_feed_due_again_and_one_before_it_does_not(opened: Store) -> None:
    feed = read(opened)
    (asked,) = wishes(opened)
    verify(opened, asked.path)
    push(opened, feed, NOW + 600)
    for pushes, then in ((0, NOW + 9000), (1, NOW + 600 + PUSH_GAP), (2, NOW + 600 + PUSH_GAP)):
        with opened.writing() as db:
            db.execute(update(FEED).values(due=NOW))
        claim = one_claim(opened, now=NOW + 600)
        for _ in range(pushes):
            push(opened, feed, NOW + 600)
        with opened.writing() as db:
            store.feeds.finish(db, claim, NOW + 600, pace(NOW + 9000), Document(TOPIC, status=304))
            store.feeds.release(db, claim.host, claim.token, None)
        assert due(opened, feed) == then, f"{pushes} pushes, all within the second of the first"


def test_no_push_breaks_a_retry_after(opened: Store) -> None:
    feed = read(opened)
    wishes(opened)
    with opened.writing() as db:
        db.execute(update(FEED).values(retry_at=NOW + 3000))
    push(opened, feed, NOW + 600)
    assert due(opened, feed) == NOW + 3000


def claimed(opened: Store, now: int) -> bool:
    claim = one_claim(opened, now=now)
    with opened.writing() as db:
        store.feeds.release(db, claim.host, claim.token, None)
        db.execute(update(FEED).values(lease_token=None))
    return claim.pushed


def test_a_hub_is_relied_on_from_its_first_push_until_its_lease_ends(opened: Store) -> None:
    """Row 40: a subscription alone changes no pace; a push does, and a lapsed lease takes it back."""
    feed = read(opened)
    (asked,) = wishes(opened)
    verify(opened, asked.path, lease=DAY)
    assert not claimed(opened, NOW + 4000)
    push(opened, feed, NOW + 4000)
    assert claimed(opened, NOW + 4100)
    assert not claimed(opened, NOW + DAY)


def test_a_hub_that_missed_something_is_not_relied_on(opened: Store) -> None:
    """Row 40: a poll brought entries that no push had told of."""
    feed = read(opened)
    (asked,) = wishes(opened)
    verify(opened, asked.path)
    push(opened, feed, NOW + 100)
    read(opened, NOW + 200, NOW + 300)
    assert claimed(opened, NOW + 300), "the push told of what this poll found"
    read(opened, NOW + 4000, NOW + 5000)
    assert not claimed(opened, NOW + 5000)


def test_there_is_one_row_a_feed(opened: Store) -> None:
    read(opened)
    for hours in range(0, 100, 10):
        wishes(opened, NOW + hours * 3600)
    with opened.reading() as db:
        assert len(db.execute(LISTENING.select()).all()) == 1


def live(opened: Store) -> Request:
    """A verified subscription."""
    read(opened)
    (asked,) = wishes(opened)
    assert verify(opened, asked.path)
    return asked


def switch(opened: Store, *, active: bool) -> None:
    with opened.writing() as db:
        db.execute(update(FEED).values(active=active))


def partings(opened: Store, now: int = NOW) -> tuple[Request, ...]:
    with opened.writing() as db:
        return store.listening.partings(db, now)


def parted(opened: Store, path: str, topic: str = TOPIC, now: int = NOW) -> bool:
    with opened.writing() as db:
        return store.listening.parted(db, path, topic, now)


def rows(opened: Store) -> int:
    with opened.reading() as db:
        return len(list(db.execute(LISTENING.select())))


@pytest.mark.parametrize("how", [{"active": False}, {"gone": True}], ids=str)
def test_a_feed_that_is_read_no_more_is_unsubscribed_once_and_forgotten_when_the_hub_asks_back(
    opened: Store, how: dict[str, bool]
) -> None:
    asked = live(opened)
    assert partings(opened) == ()
    with opened.writing() as db:
        db.execute(update(FEED).values(**how))
    (leaving,) = partings(opened)
    assert leaving == replace(asked, mode="unsubscribe")
    assert partings(opened, NOW + FIRST_RETRY - 1) == ()
    assert not parted(opened, asked.path, "https://other.example/")
    assert not parted(opened, asked.path, now=NOW + PENDING + 1)
    assert not verify(opened, asked.path), "what is to end is not confirmed once more"
    assert parted(opened, asked.path)
    assert not parted(opened, asked.path)
    assert rows(opened) == 0


def test_what_was_not_asked_to_end_is_not_ended_by_anybody(opened: Store) -> None:
    assert not parted(opened, live(opened).path)
    assert rows(opened) == 1


def test_a_hub_that_never_asks_back_is_given_up_after_three_requests(opened: Store) -> None:
    live(opened)
    switch(opened, active=False)
    asked, now = 0, NOW
    while rows(opened):
        asked += len(partings(opened, now))
        now += FIRST_RETRY
    assert asked == store.listening.MOST_PARTINGS


def test_what_no_hub_verified_and_what_ended_is_forgotten_without_a_word(opened: Store) -> None:
    read(opened)
    wishes(opened)
    switch(opened, active=False)
    assert partings(opened) == ()
    assert rows(opened) == 0


def test_a_feed_that_comes_back_while_it_is_given_up_is_asked_for_again(opened: Store) -> None:
    asked = live(opened)
    switch(opened, active=False)
    assert len(partings(opened)) == 1
    switch(opened, active=True)
    (again,) = wishes(opened, NOW + FIRST_RETRY)
    assert again == asked
    assert not parted(opened, asked.path), "an answer to the request of before counts no more"
    assert verify(opened, asked.path, now=NOW + FIRST_RETRY)


def test_a_server_looks_whether_anything_is_to_be_asked_before_it_writes(opened: Store) -> None:
    def is_due(now: int = NOW) -> bool:
        with opened.reading() as db:
            return store.listening.is_due(db, now)

    assert not is_due()
    read(opened)
    assert is_due()
    (asked,) = wishes(opened)
    assert not is_due()
    assert is_due(NOW + FIRST_RETRY), "it was not verified"
    verify(opened, asked.path)
    assert not is_due(NOW + 4 * DAY)
    assert is_due(NOW + 6 * DAY), "its lease is half over"
    switch(opened, active=False)
    assert is_due()
    partings(opened)
    assert not is_due()
