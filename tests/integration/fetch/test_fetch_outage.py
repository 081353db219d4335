"""Outages on a scripted clock, with the real store and schedule: no burst afterwards, nobody polled twice or left behind."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from origin import Heard, Origin, Script, reply
from rounds import configured, database, fetch, rss

from aggregator import schedule, store
from aggregator.model import Claim, Document, Failure, Feed, Outcome, Polled
from aggregator.store import Store

T0, HOUR, DAY = 1_790_000_000, 3600, 86_400
FEEDS, HOSTS = 150, 30
Answer = Callable[[int], Document | Failure]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Store]:
    found = database(tmp_path / "a.db")
    with found.writing() as db:
        feeds = [(Feed(f"s{n}", f"https://h{n % HOSTS}.example/{n}"), f"h{n % HOSTS}.example") for n in range(FEEDS)]
        store.feeds.sync(db, feeds, T0)
    yield found
    found.close()


class Clockwork:
    """Polls what is due at each step of a clock; every poll is answered as `answer` says."""

    def __init__(self, opened: Store) -> None:
        self.opened = opened
        self.rng = random.Random(1)
        self.polls: list[tuple[int, int]] = []
        with opened.writing() as db:
            self.run = store.runs.begin(db, T0)

    def live(self, start: int, end: int, step: int, answer: Answer) -> None:
        for now in range(start, end, step):
            with self.opened.writing() as db:
                claims = store.feeds.claim(db, self.run, now, hosts=100)
                for claim in claims:
                    self.polls.append((now, claim.feed))
                    self._poll(db, claim, now, answer(now))
                for host, token in {(claim.host, claim.token) for claim in claims}:
                    store.feeds.release(db, host, token, float(now))

    def _poll(self, db: store.Db, claim: Claim, now: int, answer: Document | Failure) -> None:
        pace = schedule.mend(claim.pace, now)
        polled = Polled.of(now, claim, answer, None)
        pace = schedule.after(pace, polled, interval=None, jitter=self.rng.uniform(-1, 1))
        store.feeds.finish(db, claim, now, pace, answer, None)

    def since(self, when: int) -> list[tuple[int, int]]:
        return [(at, feed) for at, feed in self.polls if at >= when]


def well(_: int) -> Document:
    return Document("https://x.example/", status=304)


def away(_: int) -> Failure:
    return Failure("temporary", "ConnectionFailed", "the network is away")


def test_after_three_days_switched_off_each_feed_gets_one_poll_and_they_follow_one_another(opened: Store) -> None:
    """Row 44: nobody is polled twice for what was missed, no host gets all of its feeds at once."""
    clock = Clockwork(opened)
    clock.live(T0, T0 + 3 * HOUR, 120, well)
    back = T0 + 3 * DAY + 3 * HOUR
    with opened.writing() as db:
        store.feeds.spread(db, back, partial(schedule.spread, now=back, jitter=0.0))
    clock.live(back, back + 1200, 2, well)
    polls = clock.since(back)
    assert len({feed for _, feed in polls}) == FEEDS, "everybody is back within minutes"
    per_feed = defaultdict(list)
    for at, feed in polls:
        per_feed[feed].append(at)
    assert all(later - earlier >= 600 for times in per_feed.values() for earlier, later in pairwise(times))
    per_ten_seconds = Counter((at - back) // 10 for at, _ in polls)
    assert max(per_ten_seconds.values()) <= 12 / schedule.SPREAD_PER_FEED + 5


def test_three_days_without_a_network_cause_no_burst_when_it_returns(opened: Store) -> None:
    """Row 44: a process that lived through it asks ever more rarely, and comes back spread over the day."""
    clock = Clockwork(opened)
    clock.live(T0, T0 + 3 * HOUR, 120, well)
    gone = T0 + 3 * HOUR
    clock.live(gone, gone + 3 * DAY, 600, away)
    tries = Counter(feed for _, feed in clock.since(gone))
    assert max(tries.values()) <= 12, "back-off holds for our own outage, too"
    back = gone + 3 * DAY
    clock.live(back, back + DAY + 2 * HOUR, 600, well)
    polls = clock.since(back)
    assert len({feed for _, feed in polls}) == FEEDS, "nobody is stranded"
    first = {feed: at for at, feed in reversed(polls)}
    per_ten_minutes = Counter((at - back) // 600 for at in first.values())
    assert max(per_ten_minutes.values()) <= FEEDS // 5


@pytest.mark.anyio
async def test_one_stuck_host_among_two_hundred_delays_none(tmp_path: Path) -> None:
    """Row 25: in a whole round, with all its limits on what goes on side by side: it answers when all others are stored."""
    done: list[Outcome] = []
    everybody = asyncio.Event()

    async def stuck(heard: Heard, writer: asyncio.StreamWriter) -> None:
        await everybody.wait()
        writer.write(reply(200, rss([999])))

    def seen(outcome: Outcome) -> None:
        done.append(outcome)
        if len(done) == 199:
            everybody.set()

    async with Origin(host="0.0.0.0") as origin:
        origin.on("/feed", reply(200, rss([1])))
        script: Script = stuck
        origin.on("/stuck", script)
        urls = [f"http://127.43.0.{n + 1}:{origin.port}/{'stuck' if n == 7 else 'feed'}" for n in range(200)]
        config = configured(tmp_path / "config", urls, more="timeout = 120\n")
        opened = database(tmp_path / "b.db")
        report = await asyncio.wait_for(fetch(opened, config, seen=seen), 300)
        opened.close()
    assert report.count("ok") == 200
    assert [one.source for one in done][-1] == "paper-7"
