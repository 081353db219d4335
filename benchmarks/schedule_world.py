"""A world of feeds with daily and weekly rhythms, to measure what a schedule costs readers in minutes.

Publishing is an inhomogeneous Poisson process per feed. The delay of an entry is the time from its publication to the first
poll after it. `newsroom` invents a feed without a type; PROFILES are types one meets, each feed of them somewhat
different.
"""

import bisect
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aggregator import schedule
from aggregator.model import Pace, Polled

DAY = 86_400
START = 20_000 * DAY

Step = Callable[[Pace, Polled], Pace]
"""What follows from a poll: the pace, of which `due` counts."""


@dataclass(frozen=True)
class Measured:
    """Mean delay of an entry in minutes and polls per feed and day."""

    delay: float
    polls: float


@dataclass(frozen=True)
class Profile:
    """How one feed publishes: entries a day on average, open for `length` hours from `opens`, the share of the rate at
    night and at the weekend, entries that come together, and how many days in ten are busy ones with five times as many.
    """

    per_day: float
    opens: int
    length: int
    night: float
    weekend: float
    batch: int = 1
    busy: float = 0.0

    def times(self, rng: random.Random, days: int) -> list[int]:
        """Publication times, sorted."""
        by_hour = [1.0 if (hour - self.opens) % 24 < self.length else self.night for hour in range(24)]
        total, times = sum(by_hour), []
        lively = [5.0 if rng.random() < self.busy / 10 else 1.0 for _ in range(days)]
        for hour in range(days * 24):
            weekly = self.weekend if hour // 24 % 7 in (5, 6) else 1.0
            expected = self.per_day * by_hour[hour % 24] / total * weekly * lively[hour // 24] / self.batch
            for _ in range(poisson(rng, expected)):
                times += [START + hour * 3600 + rng.randrange(3600)] * self.batch
        return sorted(times)


PROFILES = {
    "wire, round the clock": Profile(220, 6, 16, 0.4, 0.7),
    "daily paper": Profile(45, 8, 12, 0.05, 0.3),
    "local paper": Profile(9, 9, 9, 0.0, 0.2),
    "portal, in batches": Profile(70, 7, 16, 0.05, 0.6, batch=5),
    "evening site": Profile(20, 17, 8, 0.05, 1.0),
    "ministry, office hours": Profile(5, 9, 9, 0.0, 0.0),
    "magazine": Profile(0.7, 10, 8, 0.0, 0.5),
    "breaking news": Profile(25, 7, 17, 0.1, 0.8, busy=1.5),
}


def invented(rng: random.Random, profile: Profile) -> Profile:
    """One feed of a type: its rate within a factor of two or so, its hours in a time zone of its own."""
    rate = min(profile.per_day * rng.lognormvariate(0, 0.4), 400)
    return replace(profile, per_day=rate, opens=(profile.opens + rng.randrange(24)) % 24)


def newsroom(rng: random.Random, days: int) -> list[int]:
    """Publication times of a feed without a type: rates are log-normal (a dozen a day in the middle, hundreds at the top),
    hours, weekends and batches by chance.
    """
    per_day = min(rng.lognormvariate(math.log(14), 1.3), 300)
    opens, length, night = rng.randrange(24), rng.choice([8, 10, 12, 16]), rng.choice([0.0, 0.02, 0.1])
    weekend, batch = rng.choice([0.1, 0.3, 0.6, 1.0]), rng.choice([1, 1, 1, 4])
    return Profile(per_day, opens, length, night, weekend, batch).times(rng, days)


def poisson(rng: random.Random, mean: float) -> int:
    count, product = 0, rng.random()
    while product > math.exp(-mean):
        count += 1
        product *= rng.random()
    return count


# ---------------------------------------------------------------- measuring


def run(feed: Sequence[int], days: int, step: Step, window: int = 30) -> tuple[float, int]:
    """Poll one feed for `days`; return the sum of its entries' delays in minutes and the number of polls."""
    pace, now, seen, delay, polls = schedule.first(START, 0.0), START, 0, 0.0, 0
    while now < START + days * DAY:
        published = bisect.bisect_right(feed, now)
        new = published - seen
        delay += sum(now - when for when in feed[seen:published]) / 60
        gap = bool(seen) and new > window
        pace = step(pace, Polled(at=now, new=min(new, window), entries=window, gap=gap))
        seen, polls, now = published, polls + 1, pace.due
    return delay, polls


def measure(feeds: Sequence[Sequence[int]], days: int, make: Callable[[], Step]) -> Measured:
    """Poll every feed, each with a step of its own."""
    results = [run(feed, days, make()) for feed in feeds]
    entries = sum(map(len, feeds))
    return Measured(sum(d for d, _ in results) / entries, sum(p for _, p in results) / len(feeds) / days)


def fixed(seconds: float) -> Callable[[], Step]:
    """Every so often."""
    return lambda: lambda _, polled: Pace(due=polled.at + round(seconds))


def learnt(theta: float, rng: random.Random) -> Callable[[], Step]:
    """Our schedule."""
    return lambda: (
        lambda pace, polled: schedule.after(pace, polled, interval=None, jitter=rng.uniform(-1, 1), theta=theta)
    )


def by_frequency(factor: float) -> Callable[[], Step]:
    """As often as the feed published in the last week, times `factor`, between five minutes and a day: f ∝ λ."""

    def make() -> Step:
        week: deque[tuple[int, int]] = deque()

        def step(_: Pace, polled: Polled) -> Pace:
            first = not week
            week.append((polled.at, 0 if first else polled.new))
            while week[0][0] < polled.at - 7 * DAY:
                week.popleft()
            count = sum(new for _, new in week)
            span = max(polled.at - week[0][0], DAY)
            wait = span / (count * factor) if count else DAY
            return Pace(due=polled.at + round(min(max(wait, 300), DAY)))

        return step

    return make
