"""A world of feeds with daily and weekly rhythms, to measure what a schedule costs readers in minutes.

Publishing is an inhomogeneous Poisson process per feed: rates are log-normal across feeds (a few dozen a day in the
middle, hundreds at the top), each feed has working hours of its own, some sleep at the weekend, some publish in
batches. The delay of an entry is the time from its publication to the first poll after it.
"""

import bisect
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from aggregator import schedule
from aggregator.model import Pace, Polled

DAY = 86_400
START = 20_000 * DAY


@dataclass(frozen=True)
class Measured:
    """Mean delay of an entry in minutes and polls per feed and day."""

    delay: float
    polls: float


def newsroom(rng: random.Random, days: int) -> list[int]:
    """Publication times of one feed, sorted."""
    per_day = min(rng.lognormvariate(math.log(14), 1.3), 300)
    opens, length, night = rng.randrange(24), rng.choice([8, 10, 12, 16]), rng.choice([0.0, 0.02, 0.1])
    weekend, batch = rng.choice([0.1, 0.3, 0.6, 1.0]), rng.choice([1, 1, 1, 4])
    by_hour = [1.0 if (hour - opens) % 24 < length else night for hour in range(24)]
    total = sum(by_hour)
    times = []
    for hour in range(days * 24):
        weekly = weekend if hour // 24 % 7 in (5, 6) else 1.0
        expected = per_day * by_hour[hour % 24] / total * weekly / batch
        for _ in range(poisson(rng, expected)):
            times += [START + hour * 3600 + rng.randrange(3600)] * batch
    return sorted(times)


def poisson(rng: random.Random, mean: float) -> int:
    count, product = 0, rng.random()
    while product > math.exp(-mean):
        count += 1
        product *= rng.random()
    return count


def run(feed: list[int], days: int, step: Callable[[Pace, Polled], Pace], window: int = 30) -> tuple[float, int]:
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


def measure(feeds: list[list[int]], days: int, step: Callable[[Pace, Polled], Pace]) -> Measured:
    results = [run(feed, days, step) for feed in feeds]
    entries = sum(map(len, feeds))
    return Measured(sum(d for d, _ in results) / entries, sum(p for _, p in results) / len(feeds) / days)


def fixed(seconds: int) -> Callable[[Pace, Polled], Pace]:
    return lambda pace, polled: Pace(due=polled.at + seconds)


def learnt(theta: float, rng: random.Random) -> Callable[[Pace, Polled], Pace]:
    return lambda pace, polled: schedule.after(pace, polled, interval=None, jitter=rng.uniform(-1, 1), theta=theta)
