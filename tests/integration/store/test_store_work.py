"""How the work goes, in numbers; and what ages besides texts."""

import time

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import func, select, update
from store_making import NOW, add_feeds, ingest, one_claim, pace, prepared

from aggregator import store, stories
from aggregator.model import Document, Failure
from aggregator.store import Store
from aggregator.store.postings import COPIES, Rows, article_of, step
from aggregator.store.tables import ARTICLE, BODY, REVISION, RULES, RUN
from aggregator.web.work_numbers import of_work
from aggregator.worker.queue import install


def gathered(opened: Store, now: int = NOW) -> store.work.Work:
    with opened.reading() as db:
        return store.work.gather(db, now)


def test_an_empty_database_has_nothing_to_do(opened: Store) -> None:
    work = gathered(opened)
    waiting = (work.polls, work.overdue, work.leased, work.runs, work.unplaced, work.unrendered)
    assert waiting == (0,) * len(waiting)
    assert (work.overdue_for, work.unplaced_for, work.unrendered_for) == (0, 0, 0)
    assert (work.backed_up, work.tended, dict(work.jobs)) == (None, None, {})
    assert work.database > 10_000


def test_what_waits_is_counted_with_the_age_of_the_oldest(opened: Store) -> None:
    with opened.writing() as db:
        add_feeds(db, ("a", "https://x.example/1"), ("a", "https://x.example/2"), now=NOW - 300)
    assert (gathered(opened).overdue, gathered(opened).overdue_for) == (2, 300)
    ingest(opened, one_claim(opened), prepared("1"), now=NOW - 50)
    with opened.writing() as db:
        store.entries.mark_dirty(db, ["cargo"], NOW - 20)
    work = gathered(opened)
    assert (work.unplaced, work.unplaced_for, work.unrendered, work.unrendered_for) == (1, 50, 1, 20)
    assert work.leased >= 1
    assert work.overdue == 0, "the hosts are held"


def test_polls_are_counted_by_result_and_a_silent_run_is_not_alive(opened: Store) -> None:
    claim = one_claim(opened)
    with opened.writing() as db:
        store.feeds.finish(db, claim, NOW, pace(), Failure("soft", "ParseError", "no feed"))
        store.feeds.release(db, claim.host, claim.token, None)
        (again,) = store.feeds.claim(db, claim.run, NOW + 7200)
        store.feeds.finish(db, again, NOW, pace(), Document(again.url))
    work = gathered(opened)
    assert (work.polls, work.failed, work.runs) == (2, 1, 1)
    assert gathered(opened, NOW + store.runs.SILENT + 1).runs == 0


def test_prometheus_reads_them_and_the_queue_s_jobs_on_postgresql(opened: Store) -> None:
    if not opened.is_sqlite:
        install(opened)
    with opened.writing() as db:
        store.retention.prune(db, NOW, 90)
    work = gathered(opened)

    class Numbers:
        def collect(self) -> object:
            return of_work(work)

    registry = CollectorRegistry()
    registry.register(Numbers())  # type: ignore[arg-type]
    text = generate_latest(registry).decode()
    assert 'aggregator_polls_total{result="failed"} 0.0' in text
    assert "aggregator_last_tended_seconds 1.79e+09" in text
    assert ('aggregator_queue_jobs{status="todo"} 0.0' in text) is not opened.is_sqlite
    assert ("aggregator_database_log_bytes" in text) is opened.is_sqlite


def test_runs_and_rules_of_the_past_are_forgotten_but_never_the_newest(opened: Store) -> None:
    old = NOW - 91 * 86400
    with opened.writing() as db:
        for when in (old, old, NOW):
            store.runs.end(db, store.runs.begin(db, when), when)
        numbers = [store.rules.activate(db, f"digest {n}", b"x", old) for n in range(3)]
        for when in (old, old + 1, old + 2):
            store.incidents.configuration(db, [f"fault at {when}"], when)
        store.retention.prune(db, NOW, 90)
    with opened.reading() as db:
        assert [one.began for one in store.incidents.latest(db)] == [old + 2], "the one that is not over"
        assert db.execute(select(func.count()).select_from(RUN)).scalar_one() == 1
        assert list(db.execute(select(RULES.c.id)).scalars()) == [numbers[-1]]
        assert store.rules.active(db) == (numbers[-1], "digest 2")


def test_what_is_old_goes_in_steps_that_others_need_not_wait_for(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the number of rows that a step looks through, the same goes; revisions lose their texts too."""
    monkeypatch.setattr(store.retention, "ROWS", 3)
    monkeypatch.setattr(store.retention, "POSTINGS", 1000)
    old, claim = NOW - 91 * 86400, one_claim(opened)
    ingest(opened, claim, *(prepared(f"o{n}", sketch=(n, n + 1), published=old) for n in range(7)), now=old)
    ingest(opened, claim, prepared("o1", title="Otherwise", published=old), now=old)
    ingest(opened, claim, *(prepared(f"n{n}", sketch=(n, n + 1)) for n in range(5)))
    with opened.writing() as db:
        store.candidates.meet(db, store.reports.Reports(db, {}).of(range(1, 13)), stories.reach)
        db.execute(update(ARTICLE).where(ARTICLE.c.key != "g:o3").values(placed=True))
    marks = []
    for one in store.retention.steps(NOW, 90):
        mark = store.retention.Mark()
        while not mark.done:
            with opened.writing() as db:
                mark = one(db, mark)
            marks.append(mark)
    assert len(marks) > 8
    assert sum(mark.dropped for mark in marks) == 6
    with opened.reading() as db:
        kept = select(ARTICLE.c.key).join(BODY, BODY.c.article == ARTICLE.c.id).order_by(ARTICLE.c.key)
        assert list(db.execute(kept).scalars()) == ["g:n0", "g:n1", "g:n2", "g:n3", "g:n4", "g:o3"]
        left = Rows(db, COPIES, range(6)).shared(range(6), 0, step(NOW))
        assert {article_of(place) for place in left} == {8, 9, 10, 11, 12}, "the new ones"
        assert list(db.execute(select(REVISION.c.blob)).scalars()) == [None]


def test_space_is_given_back_to_the_disk(tmp_path: object) -> None:
    opened = Store(f"sqlite:///{tmp_path}/large.db")
    store.schema.ensure(opened)
    with opened.writing() as db:
        store.rules.activate(db, "large", b"x" * 3_000_000, int(time.time()) - 10**8)
        store.rules.activate(db, "small", b"x", int(time.time()))
    before = gathered(opened).database
    with opened.writing() as db:
        store.retention.prune(db, int(time.time()), 90)
    assert gathered(opened).database < before - 2_000_000
    opened.close()


def test_a_feed_marked_under_a_clock_that_was_wrong_is_rendered_all_the_same(opened: Store) -> None:
    with opened.writing() as db:
        store.entries.mark_dirty(db, ["hours-ahead"], NOW + 3600)
        store.entries.mark_dirty(db, ["put-off"], NOW)
        store.publications.postpone(db, "put-off", NOW + 300)
        assert store.publications.dirty(db, NOW) == ("hours-ahead",)
        assert store.publications.dirty(db, NOW + 300) == ("hours-ahead", "put-off")
