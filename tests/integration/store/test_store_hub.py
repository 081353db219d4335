"""Subscriptions, tokens, incidents and remembered versions, on both databases."""

import pytest

from aggregator import store
from aggregator.errors import NotFound
from aggregator.model import Rendering
from aggregator.store import Store, hub
from aggregator.store.hub import Subscription
from aggregator.store.incidents import Seen

NOW = 1_795_372_202


def asked(n: int = 0, mode: str = "subscribe", lease: int = 1000) -> Subscription:
    return Subscription(f"https://a.example/{n}", "cargo", "atom", asked=mode, asked_secret="s", asked_lease=lease)  # type: ignore[arg-type]


def rendering(version: int, format_: str = "atom") -> Rendering:
    return Rendering(format_, "text/plain", b"%d" % version, f"{version:032x}", NOW, bytes([version]) * 16)  # type: ignore[arg-type]


def subscribe(opened: Store, n: int = 0) -> None:
    with opened.writing() as db:
        assert hub.ask(db, asked(n), "a.example", NOW) is None
        (claimed,) = hub.claim(db, NOW, 10)
        hub.confirmed(db, claimed, NOW)


def test_what_is_stored_is_owed_in_the_same_transaction_and_only_newer_versions_stay_owed(opened: Store) -> None:
    subscribe(opened)
    with opened.writing() as db:
        store.publications.store(db, "cargo", [rendering(1), rendering(1, "rss")], NOW)
        (one,) = hub.claim(db, NOW, 10)
        found = hub.content(db, one)
        assert found is not None
        assert (found[0].body, one.secret) == (b"1", "s")
    with opened.writing() as db:
        store.publications.store(db, "cargo", [rendering(2)], NOW)
        hub.delivered(db, one, found[1])
        assert hub.is_due(db, NOW)
        (again,) = hub.claim(db, NOW, 10)
        newer = hub.content(db, again)
        assert newer is not None
        hub.delivered(db, again, newer[1])
        assert not hub.is_due(db, NOW)
        assert [left.owed for left in hub.listed(db)] == [0]


def test_an_unchanged_format_owes_nothing(opened: Store) -> None:
    subscribe(opened)
    with opened.writing() as db:
        store.publications.store(db, "cargo", [rendering(1, "json")], NOW)
        assert not hub.is_due(db, NOW)


def test_a_claim_ends_with_its_server_and_a_pause_outlasts_the_news(opened: Store) -> None:
    subscribe(opened)
    with opened.writing() as db:
        store.publications.store(db, "cargo", [rendering(1)], NOW)
        (one,) = hub.claim(db, NOW, 10)
        assert hub.claim(db, NOW + hub.CLAIM - 1, 10) == ()
        (one,) = hub.claim(db, NOW + hub.CLAIM, 10)
        assert not hub.failed(db, one, NOW + 100)
        store.publications.store(db, "cargo", [rendering(2)], NOW + 101)
        assert not hub.is_due(db, NOW + 109)
        assert hub.is_due(db, NOW + 110)


def test_a_dead_callback_is_dropped_after_most_of_a_day(opened: Store) -> None:
    subscribe(opened)
    with opened.writing() as db:
        store.publications.store(db, "cargo", [rendering(1)], NOW)
        now, tries = NOW, 0
        while hub.listed(db):
            (one,) = hub.claim(db, now, 10)
            tries += 1
            if hub.failed(db, one, now):
                break
            now += hub.pause(one.failures)
    assert (tries, (now - NOW) // 3600) == (hub.MOST_FAILURES, 21)


def test_a_renewal_replaces_the_secret_once_confirmed_and_a_denied_one_changes_nothing(opened: Store) -> None:
    subscribe(opened)
    renewal = Subscription(
        "https://a.example/0", "cargo", "atom", asked="subscribe", asked_secret="new", asked_lease=9000
    )
    for end, secret in ((hub.denied, "s"), (hub.confirmed, "new")):
        with opened.writing() as db:
            assert hub.ask(db, renewal, "a.example", NOW + 10) is None
            (one,) = hub.claim(db, NOW + 10, 10)
            end(db, one, NOW + 10)
            (held,) = hub.listed(db)
        assert (held.secret, held.asked) == (secret, None)
    assert held.lease_until == NOW + 9010


def test_ending_what_never_was_leaves_no_trace(opened: Store) -> None:
    with opened.writing() as db:
        assert hub.ask(db, asked(mode="unsubscribe"), "a.example", NOW) is None
        assert hub.listed(db) == ()


def test_a_renamed_topic_keeps_its_subscribers_and_tokens(opened: Store) -> None:
    subscribe(opened)
    with opened.writing() as db:
        store.publications.sync(db, ["cargo"], NOW)
        token = store.tokens.make(db, "cargo", "", NOW)
        store.publications.rename(db, "cargo", "freight")
        assert [one.publication for one in hub.listed(db)] == ["freight"]
        assert store.tokens.opens(db, "freight", token)


def test_feeds_name_the_hub_from_the_first_server_to_a_day_after_the_last(opened: Store) -> None:
    with opened.writing() as db:
        store.publications.sync(db, ["cargo", "all"], NOW)
        store.publications.store(db, "cargo", [], NOW)
        store.publications.store(db, "all", [], NOW)
        assert not hub.is_served(db, NOW)
        hub.served(db, NOW)
        assert store.publications.dirty(db, NOW) == ("all", "cargo")
        store.publications.store(db, "all", [], NOW)
        store.publications.store(db, "cargo", [], NOW)
        hub.served(db, NOW + 60)
        assert store.publications.dirty(db, NOW + 60) == ()
        assert hub.is_served(db, NOW + 60 + hub.PRESENCE - 1)
        assert not hub.is_served(db, NOW + 60 + hub.PRESENCE)


def test_tokens_open_their_scope_until_they_are_revoked(opened: Store) -> None:
    with opened.writing() as db:
        one, other = (store.tokens.make(db, scope, "note", NOW) for scope in ("secret", "operations"))
        assert store.tokens.opens(db, "secret", one)
        assert not store.tokens.opens(db, "secret", other)
        (kept, gone) = store.tokens.listed(db)
        assert (kept.scope, gone.scope) == ("operations", "secret")
        store.tokens.revoke(db, gone.id)
        assert not store.tokens.opens(db, "secret", one)
        with pytest.raises(NotFound, match="tokens list"):
            store.tokens.revoke(db, gone.id)


def test_incidents_begin_and_end(opened: Store) -> None:
    with opened.writing() as db:
        ill = Seen("https://a.example/feed", "a", "failing", "status \x00500")
        assert [store.incidents.note(db, seen, NOW + when) for when, seen in enumerate(([ill], [ill], []))] == [1, 0, 1]
        (told,) = store.incidents.latest(db)
        assert (told.began, told.ended, told.message) == (NOW, NOW + 2, "status \ufffd500")


def test_versions_are_remembered_newest_first_and_so_many(opened: Store) -> None:
    with opened.writing() as db:
        for version in range(1, 40):
            store.publications.store(db, "cargo", [rendering(version)], NOW)
        found = store.publications.past(db, "cargo", "atom")
    assert list(found) == [f"{version:032x}" for version in range(39, 39 - store.publications.REMEMBERED, -1)]
    assert found[f"{30:032x}"] == bytes([30]) * 16
