"""What cannot be placed by a fault of this program is set aside and told; everything else is placed, in one round's order."""

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from store_making import NOW, article, batch, ingest, one_claim, pace

from aggregator import pipeline, store, stories
from aggregator.errors import CannotCompare, DatabaseUnavailable
from aggregator.model import Claim, Document, Edge, Failure, Features, Feed, Prepared, Report
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, ENTRY
from aggregator.web.watch import troubles
from aggregator.worker.local import Round
from aggregator.worker.placing import guilty, place_all
from aggregator.worker.writer import Writer

SITE = SimpleNamespace(site=SimpleNamespace(hold=0))
Compare = Callable[[Report, Report], Edge | None]


class Manners:
    """A fetcher's memory of hosts that remembers none."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


class Clock:
    now = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tools(opened: Store, clock: Clock) -> Iterator[Any]:
    writer = Writer(opened)
    yield SimpleNamespace(
        write=writer.run, now=lambda: clock.now, live=SimpleNamespace(trust={}, topic_ids=(), number=1, config=SITE),
        pace=lambda *_: pace(clock.now + 3600), fetcher=SimpleNamespace(manners=Manners()),
    )  # fmt: skip
    writer.close()


@pytest.fixture
def articles(opened: Store) -> None:
    """Six that share a passage, so that each is a candidate of each."""
    ingest(opened, one_claim(opened), *(Prepared(article(key), Features((7,), (), b""), ()) for key in "abcdef"))


def comparing(monkeypatch: pytest.MonkeyPatch, compare: Compare) -> None:
    monkeypatch.setattr(stories, "compare", compare)


def placed(opened: Store) -> list[int]:
    with opened.reading() as db:
        return list(db.execute(select(ARTICLE.c.id).where(ARTICLE.c.placed).order_by(ARTICLE.c.id)).scalars())


def set_aside(opened: Store) -> list[tuple[int, str]]:
    with opened.reading() as db:
        return [(one.article, one.message) for one in store.stuck.listed(db)]


def failing_with(bad: int) -> Compare:
    def compare(a: Report, b: Report) -> None:
        if bad in {a.id, b.id}:
            raise ZeroDivisionError(f"pair {a.id} {b.id}")

    return compare


@pytest.mark.parametrize("bad", [1, 3, 6])
@pytest.mark.usefixtures("articles")
def test_an_article_that_cannot_be_compared_keeps_no_other_waiting(
    opened: Store, tools: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch, bad: int
) -> None:
    with monkeypatch.context() as patched:
        comparing(patched, failing_with(bad))
        asyncio.run(place_all(tools))
        assert placed(opened) == [one for one in range(1, 7) if one != bad]
        ((article_, message),) = set_aside(opened)
        assert (article_, message[:17]) == (bad, "ZeroDivisionError")
    clock.now += store.stuck.AGAIN - 1
    assert asyncio.run(place_all(tools)) == 0, "not before its time"
    clock.now += 1
    assert asyncio.run(place_all(tools)) == 1
    assert (placed(opened), set_aside(opened)) == ([1, 2, 3, 4, 5, 6], [])


@pytest.mark.usefixtures("articles")
def test_an_article_set_aside_under_a_clock_that_ran_ahead_is_tried_again_once_it_is_right(
    opened: Store, tools: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now = NOW + 30 * 24 * 3600
    with monkeypatch.context() as patched:
        comparing(patched, failing_with(3))
        asyncio.run(place_all(tools))
    clock.now = NOW
    assert asyncio.run(place_all(tools)) == 1
    assert (placed(opened), set_aside(opened)) == ([1, 2, 3, 4, 5, 6], [])


@pytest.mark.parametrize(
    ("hold", "ahead", "there"),
    [
        (0, 1, 6), (0, 3600, 6), (0, 0, 6), (0, -1, 6),  # without a hold no clock matters
        (120, 3600, 6), (120, 121, 6), (120, 120, 0), (120, 0, 0), (120, -119, 0), (120, -120, 6),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("articles")
def test_an_article_stored_under_a_clock_that_ran_ahead_waits_for_its_story_no_longer_than_twice_the_hold(
    opened: Store, tools: Any, clock: Clock, hold: int, ahead: int, there: int
) -> None:
    tools.live.config = SimpleNamespace(site=SimpleNamespace(hold=hold))
    clock.now = NOW - ahead
    assert (asyncio.run(place_all(tools)), len(placed(opened))) == (there, there)


@pytest.mark.usefixtures("articles")
def test_an_article_that_fails_in_another_way_is_found_by_halving(
    opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparing(monkeypatch, lambda a, b: None)
    told = store.entries.refresh

    def refresh(db: Any, stories: Any, *rest: Any) -> None:
        chosen = select(ARTICLE.c.id).where(ARTICLE.c.story.in_(tuple(stories)))
        if 4 in db.execute(chosen).scalars().all():
            raise KeyError("the fourth")
        told(db, stories, *rest)

    monkeypatch.setattr(store.entries, "refresh", refresh)
    asyncio.run(place_all(tools))
    assert (placed(opened), set_aside(opened)) == ([1, 2, 3, 5, 6], [(4, "KeyError: 'the fourth'")])
    with opened.reading() as db:
        (seen,) = [one for one in troubles(db, NOW) if one.state == "stuck"]
    assert "article 4 (https://paper.example/d)" in seen.message


def test_a_fault_that_is_no_articles_is_raised(opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(opened, one_claim(opened), *(Prepared(article(f"k{n}"), Features(), ()) for n in range(40)))

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(store.placing, "settle", broken)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(place_all(tools))
    assert placed(opened) == []


def test_a_database_that_is_away_is_nobodys_fault(opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(opened, one_claim(opened), Prepared(article("a"), Features(), ()))

    def away(*_: Any) -> None:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(store.placing, "settle", away)
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(place_all(tools))
    assert set_aside(opened) == []


def test_who_is_guilty_of_pairs_that_fail() -> None:
    assert guilty([]) == frozenset()
    assert guilty([(1, 5)]) == {5}
    assert guilty([(1, 5), (1, 7)]) == {1}
    assert guilty([(1, 5), (1, 7), (2, 9)]) == {1, 9}


def test_which_pair_failed_is_told() -> None:
    assert CannotCompare(3, 4).pair == (3, 4)


# ---------------------------------------------------------------- a first round


def feeds(opened: Store, *urls: str) -> list[Claim]:
    """Claims of these feeds, each on a host of its own."""
    with opened.writing() as db:
        store.feeds.sync(db, [(Feed("paper", url), url) for url in urls], NOW)
        return list(store.feeds.claim(db, store.runs.begin(db, NOW), NOW))


def answer(opened: Store, claim: Claim, *items: Prepared, now: int = NOW) -> None:
    with opened.writing() as db:
        store.articles.ingest(db, claim, batch(*items), now, 1, lambda *_: True)
        store.feeds.finish(db, claim, now, pace(now + 3600), Document(claim.url))


def publish(opened: Store, tools: Any, now: int) -> None:
    asyncio.run(place_all(tools))
    with opened.writing() as db:
        store.entries.published(db, now)


def stand(opened: Store) -> dict[str, bool]:
    """Key → whether its entry stands in the current feed, in the order of the entries' numbers."""
    with opened.reading() as db:
        query = select(ARTICLE.c.key, ENTRY.c.current).join(ENTRY, ENTRY.c.story == ARTICLE.c.story)
        return {row.key: row.current for row in db.execute(query.order_by(ENTRY.c.number))}


def old(key: str, days: int) -> Prepared:
    return Prepared(article(key, published=NOW - days * 86400), Features(), ())


def test_old_articles_of_a_first_round_are_current_however_long_it_takes_and_those_of_later_sources_are_not(
    opened: Store, tools: Any, clock: Clock
) -> None:
    first, second = feeds(opened, "https://paper.example/1", "https://paper.example/2")
    with opened.reading() as db:
        assert store.entries.is_first_round(db)
    answer(opened, first, old("a", 5), old("b", 3))
    publish(opened, tools, NOW + 5)
    clock.now = NOW + 600
    answer(opened, second, old("c", 4), now=clock.now)
    publish(opened, tools, clock.now)
    with opened.reading() as db:
        assert not store.entries.is_first_round(db)
    (third,) = feeds(opened, "https://paper.example/3")
    answer(opened, third, old("d", 4), old("e", 1), now=clock.now)
    publish(opened, tools, clock.now)
    assert stand(opened) == {"g:a": True, "g:b": True, "g:c": True, "g:d": False, "g:e": True}


def test_entries_placed_together_stand_in_the_order_of_their_dates(opened: Store, tools: Any) -> None:
    first, second = feeds(opened, "https://paper.example/1", "https://paper.example/2")
    answer(opened, first, old("b", 3), old("d", 1))
    answer(opened, second, old("a", 4), old("c", 2))
    publish(opened, tools, NOW)
    assert list(stand(opened)) == ["g:a", "g:b", "g:c", "g:d"]


def test_what_is_new_today_counts_by_the_articles_time_and_not_by_when_it_was_first_read(
    opened: Store, tools: Any
) -> None:
    (claim,) = feeds(opened, "https://paper.example/1")
    answer(opened, claim, old("a", 3), old("b", 2), Prepared(article("c"), Features(), ()))
    publish(opened, tools, NOW)
    with opened.reading() as db:
        assert store.reading.standing(db, NOW - 86400) == {"all": (3, 1)}


# ---------------------------------------------------------------- polls


def test_a_failure_that_cannot_be_written_down_ends_no_round(
    opened: Store, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened.writing() as db:
        wanted = [(Feed(f"s{n}", f"https://h{n}.example/"), f"h{n}.example") for n in range(3)]
        store.feeds.sync(db, wanted, NOW)
        run = store.runs.begin(db, NOW)
    keep = pipeline.keep

    def broken(db: Any, claim: Claim, *rest: Any) -> Any:
        if claim.source == "s1":
            raise ValueError("whatever is written")
        return keep(db, claim, *rest)

    async def collect(claim: Claim, tools: Any) -> Any:
        return await tools.write(pipeline.keep, claim, Document(claim.url), None, tools)

    monkeypatch.setattr(pipeline, "keep", broken)
    monkeypatch.setattr(pipeline, "collect", collect)
    told = asyncio.run(Round(tools, run).poll())
    states = {outcome.source: outcome.state for outcome in told.outcomes}
    assert states == {"s0": "unchanged", "s1": "failed", "s2": "unchanged"}
    failures = [outcome.failure for outcome in told.outcomes if outcome.failure is not None]
    assert failures == [Failure("soft", "ValueError", "internal error, please report it: whatever is written")]
