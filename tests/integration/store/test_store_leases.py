"""Leases: who may poll what, when, and whose word counts afterwards."""

import os
import subprocess
import sys
import threading

import pytest
from sqlalchemy import update
from store_making import NOW, add_feeds, pace

from aggregator import store
from aggregator.errors import LeaseLost
from aggregator.model import Claim, Document, Failure, Feed, Validators
from aggregator.store import Store
from aggregator.store.tables import RUN


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The clock that measures leases; it stands still unless a test sets it."""
    shown = [NOW]
    for room in (store.feeds, store.runs):
        monkeypatch.setattr(room, "shared_clock", lambda _: shown[0])
    return shown


def begin(opened: Store, now: int = NOW) -> int:
    with opened.writing() as db:
        return store.runs.begin(db, now)


def claim(opened: Store, run: int, now: int = NOW, **how: object) -> tuple[Claim, ...]:
    with opened.writing() as db:
        return store.feeds.claim(db, run, now, **how)  # type: ignore[arg-type]


def finish(opened: Store, one: Claim, now: int = NOW, due: int = NOW + 3600) -> None:
    with opened.writing() as db:
        store.feeds.finish(db, one, now, pace(due), Document(one.url))


def release(opened: Store, one: Claim, asked_ago: float | None = None, blocked: int = 0) -> None:
    with opened.writing() as db:
        store.feeds.release(db, one.host, one.token, asked_ago, blocked)


def test_a_host_is_held_by_one_run_and_its_feeds_come_together(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"), ("a", "https://x.example/2"), ("b", "https://x.example/1"))
    mine = claim(opened, begin(opened))
    assert len(mine) == 3
    assert claim(opened, begin(opened)) == ()


def test_two_claimers_at_once_never_get_the_same_feed(opened: Store) -> None:
    with opened.writing() as db:
        for number in range(40):
            store.feeds.sync(
                db, [(Feed("s", f"https://h{n}.example/f"), f"h{n}.example") for n in range(number + 1)], NOW
            )
    runs = [begin(opened), begin(opened)]
    got: dict[int, list[str]] = {run: [] for run in runs}

    def work(run: int) -> None:
        while found := claim(opened, run, hosts=3):
            got[run] += [one.url for one in found]

    threads = [threading.Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got[runs[0]]) + len(got[runs[1]]) == 40
    assert not set(got[runs[0]]) & set(got[runs[1]])


def test_a_released_host_keeps_its_manners_for_the_next_holder(opened: Store, clock: list[int]) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    first, second = begin(opened), begin(opened)
    (one,) = claim(opened, first)
    clock[0] = NOW + 8
    release(opened, one, asked_ago=3.0)
    clock[0] = NOW + 9
    (again,) = claim(opened, second, NOW + 9)
    assert again.asked_ago == 3, "never earlier than it was, and that was 4 seconds ago"


def test_a_clock_that_is_set_between_two_holders_hides_no_request(opened: Store, clock: list[int]) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    (one,) = claim(opened, begin(opened))
    release(opened, one, asked_ago=0.0)
    clock[0] = NOW + 2
    (again,) = claim(opened, begin(opened), NOW + 3600)
    assert again.asked_ago == 1


@pytest.mark.parametrize("step", [-86400, 3600, 86400])
def test_a_clock_that_is_set_takes_no_host_from_its_holder(opened: Store, step: int) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    claim(opened, begin(opened))
    assert claim(opened, begin(opened, NOW + step), NOW + step, everything=True) == ()


def test_a_host_that_was_never_given_back_counts_as_just_asked(opened: Store, clock: list[int]) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    (one,) = claim(opened, begin(opened))
    assert one.asked_ago is None
    clock[0] = NOW + store.feeds.LEASE + 1
    (again,) = claim(opened, begin(opened), NOW + 500)
    assert again.asked_ago == 0


def test_a_blocked_host_is_not_claimed_before_its_time(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    run = begin(opened)
    (one,) = claim(opened, run)
    release(opened, one, blocked=NOW + 1000)
    assert claim(opened, run, NOW + 999, everything=True) == ()
    assert len(claim(opened, run, NOW + 1000, everything=True)) == 1


def test_a_stale_worker_cannot_commit_after_another_took_over(opened: Store, clock: list[int]) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    slow, quick = begin(opened), begin(opened)
    (old,) = claim(opened, slow)
    clock[0] += store.feeds.LEASE + 1
    (new,) = claim(opened, quick, NOW + store.feeds.LEASE + 1)
    with pytest.raises(LeaseLost):
        finish(opened, old, NOW + 200)
    finish(opened, new, NOW + 200)


def test_a_poll_is_committed_once(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    (one,) = claim(opened, begin(opened))
    finish(opened, one)
    with pytest.raises(LeaseLost):
        finish(opened, one)


def test_renewed_leases_outlive_their_first_end(opened: Store, clock: list[int]) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    run = begin(opened)
    claim(opened, run)
    clock[0] = NOW + 100
    with opened.writing() as db:
        store.feeds.renew(db, run, NOW + 100)
    clock[0] = NOW + store.feeds.LEASE + 50
    assert claim(opened, begin(opened), NOW + store.feeds.LEASE + 50) == ()


def test_a_dead_run_of_this_machine_frees_its_hosts_at_once(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    run = begin(opened)
    claim(opened, run)
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    with opened.writing() as db:
        db.execute(update(RUN).where(RUN.c.id == run).values(pid=process.pid, born="12345"))
    assert len(claim(opened, begin(opened))) == 1


def test_a_living_run_keeps_its_hosts(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    claim(opened, begin(opened))
    assert store.runs.is_alive(os.getpid(), store.runs.born(os.getpid()))
    assert claim(opened, begin(opened)) == ()


def test_everything_takes_each_feed_once_a_run_whatever_is_due(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    first = begin(opened)
    (one,) = claim(opened, first, everything=True)
    finish(opened, one)
    release(opened, one)
    assert claim(opened, first, everything=True) == ()
    later = begin(opened)
    assert claim(opened, later) == (), "it is not due"
    assert len(claim(opened, later, everything=True)) == 1


def test_everything_skips_what_an_overlapping_run_polled_since_this_run_began(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    first = begin(opened)
    second = begin(opened)
    (one,) = claim(opened, first, everything=True)
    finish(opened, one)
    release(opened, one)
    assert claim(opened, second, everything=True) == ()


def test_everything_waits_for_retry_after_and_never_asks_what_is_gone(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"), ("a", "https://x.example/2"))
    run = begin(opened)
    busy, gone = claim(opened, run)
    with opened.writing() as db:
        refused = Failure("temporary", "HttpStatus", "503", 503, retry_after=900)
        store.feeds.finish(db, busy, NOW, pace(), refused)
        dead = Failure("hard", "HttpStatus", "410", 410)
        store.feeds.finish(db, gone, NOW, pace(), dead)
    release(opened, busy)
    assert claim(opened, begin(opened), NOW + 899, everything=True) == ()
    assert [one.url for one in claim(opened, begin(opened), NOW + 900, everything=True)] == [busy.url]


@pytest.mark.parametrize("day", [-86400, 86400])
def test_a_clock_that_jumps_a_day_strands_no_feed(opened: Store, day: int) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    (one,) = claim(opened, begin(opened))
    finish(opened, one, due=NOW + 3600)
    release(opened, one)
    tomorrow = NOW + day
    assert len(claim(opened, begin(opened, tomorrow), tomorrow + 3 * 3600)) == (1 if day > 0 else 0)
    assert len(claim(opened, begin(opened, tomorrow), NOW + 3600)) in {0, 1}
    far_behind = NOW - 5 * 86400
    with opened.writing() as db:
        assert store.feeds.wanted(db, far_behind, False, None) == 1, (
            "a due time days ahead was written under a wrong clock"
        )


def test_validators_are_kept_verbatim_and_a_304_keeps_those_it_does_not_name(opened: Store) -> None:
    """Rows 1, 2 and 6 of the fetching checklist, the store's half."""
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
    given = Validators('W/"a,b"', "Yesterday, about noon")
    (one,) = claim(opened, begin(opened))
    with opened.writing() as db:
        answer = Document(one.url, validators=given)
        store.feeds.finish(db, one, NOW, pace(NOW), answer)
    release(opened, one)
    (again,) = claim(opened, begin(opened))
    assert again.validators == given
    with opened.writing() as db:
        unchanged = Document(one.url, status=304, validators=Validators('W/"c"'))
        store.feeds.finish(db, again, NOW, pace(NOW), unchanged)
    release(opened, again)
    (third,) = claim(opened, begin(opened))
    assert third.validators == Validators('W/"c"', "Yesterday, about noon")


def test_a_permanent_move_is_adopted_after_three_polls_over_two_days(opened: Store) -> None:
    """Row 15 of the fetching checklist."""
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/old"))
    run, target = begin(opened), "https://x.example/new"
    asked = []
    for day in range(5):
        now = NOW + day * 86400
        (one,) = claim(opened, run, now)
        asked.append(one.url)
        moved = Document(target, moved_to=target if one.url != target else None)
        with opened.writing() as db:
            store.feeds.finish(db, one, now, pace(now + 60), moved)
        release(opened, one)
    assert asked == ["https://x.example/old"] * 3 + [target] * 2


def test_a_feed_taken_out_of_the_configuration_is_not_polled_and_not_forgotten(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"))
        store.feeds.sync(db, [], NOW)
    assert claim(opened, begin(opened), everything=True) == ()
    with opened.writing() as db:
        assert [row.state for row in store.health.feeds(db, NOW, lambda _: 0)] == ["disabled"]
        add_feeds(db, ("a", "https://x.example/1"))
    assert len(claim(opened, begin(opened))) == 1
