"""When is a feed due? Pure arithmetic over what is remembered of it (Pace) and what its last poll told (Polled).

A feed with λ new entries an hour that is polled f times an hour makes each wait 1/2f on average; for a given number of
requests in all, the sum of the waits is least when f grows with √λ. So a poll is due when the integral of √rate since
the last one reaches THETA. The rate is a decaying average with a profile over the hours of the day and the days of the
week, learnt from how many new entries each poll brought. Around that stand, in order of strength:

1. what the publisher asks for: Retry-After, max-age or Expires, ttl, sy:*, skipHours, skipDays (floors; they win);
2. the operator's own interval for a feed;
3. no loss: the expected new entries must not fill the feed's window, and a gap seen halves the interval;
4. MIN_INTERVAL … MAX_INTERVAL.

Times are seconds since the epoch, UTC; `jitter` is a random number in −1…1 from the caller.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aggregator.model import FeedFacts, Pace, Polled, Seconds

HOUR: Seconds = 3600
DAY: Seconds = 24 * HOUR
MIN_INTERVAL: Seconds = 600
MAX_INTERVAL: Seconds = DAY
NEW_FEED: Seconds = HOUR
WITHOUT_VALIDATORS: Seconds = HOUR
"""A feed that can only be asked for its whole body is asked at most this often."""
MAX_FLOOR: Seconds = DAY
"""No max-age, ttl or skipHours holds a feed back longer than this."""
MAX_RETRY_AFTER: Seconds = 30 * DAY
TOO_MANY: Seconds = 4 * HOUR
"""The pause after a 429 that names none."""
RETRY: Seconds = 900
"""The first retry after a temporary failure; doubles with each further one."""
PATIENCE = 5
"""Unreadable documents in a row before a feed is asked less often."""
NEVER: Seconds = 253_402_300_799
"""Due never again (410 Gone): the last second of the year 9999."""

THETA = 0.8
"""√(entries per hour) × hours until a poll is due: a feed with one new entry an hour is polled every 48 minutes.
In simulation this spends what polling every feed hourly would spend, 24 polls a feed and day."""
SAFETY = 4
"""How many times rarer a feed is polled that pushes; its window still must not fill up, nor a day go by."""
JITTER = 0.05
OVERDUE: Seconds = HOUR
SPREAD_PER_FEED = 0.3
MAX_SPREAD: Seconds = HOUR

SILENT_AFTER: Seconds = 3 * DAY
"""No feed is called silent earlier than this."""
SILENT_UNKNOWN: Seconds = 7 * DAY
"""When a feed is called silent whose rhythm is not known yet: it has brought entries once only."""
RHYTHMS = 2
"""How many of its longest pauses a feed may be quiet before it is called silent."""

_PAUSE_HALF_LIFE = 90.0 * DAY  # how fast a long pause is forgotten
_HALF_LIFE = 14 * 24.0  # hours; how fast old observations fade
_PRIOR_HOURS = 6.0  # a new feed counts as if it had been watched this long, at the rate that makes it hourly
_SHRINK = 1.0  # entries per bin that the profile needs before it believes itself
_WINDOW_SHARE = 0.5  # of the window that the expected new entries may fill: leaves ≥1/3 overlap with room for chance


def first(now: Seconds, jitter: float) -> Pace:
    """Return the pace of a feed never polled: due at once, hourly from there."""
    return Pace(due=now, interval=round(NEW_FEED * (1 + JITTER * jitter)))


def after(
    pace: Pace,
    polled: Polled,
    *,
    interval: Seconds | None,
    jitter: float,
    theta: float = THETA,
    pushed: bool = False,
) -> Pace:
    """Return the pace after a poll. `interval` is the operator's own (seconds), `theta` the budget (see THETA),
    `pushed` says that the publisher's hub tells us of new entries, so that polls are a safety net.

    A poll that failed teaches nothing about the rate; it counts in `failures` and backs off by its class.
    """
    if polled.status == 410:
        return replace(pace, due=NEVER, floor=NEVER, failures=pace.failures + 1, polled=polled.at)
    memory = _Memory.unpack(pace.profile)
    if polled.failure:
        failures = pace.failures + 1
        wait = _back_off(polled, failures, interval or pace.interval)
        kept = pace.interval
    else:
        failures = 0
        memory = memory.learn(polled)
        wait = kept = _interval(memory, polled, interval, theta * (SAFETY if pushed else 1))
    floor = _floor(memory, polled)
    due = _due(polled.at, wait, floor, memory, jitter)
    return Pace(due, kept, floor, failures, polled.at, memory.pack())


def mend(pace: Pace, now: Seconds) -> Pace:
    """Return the pace after the clock was set back: a poll "in the future" counts as made just now."""
    ahead = (pace.polled or 0) - now
    if ahead <= MIN_INTERVAL or pace.due == NEVER:
        return pace
    return replace(pace, due=pace.due - ahead, floor=pace.floor - ahead, polled=now)


def spread(due: Sequence[Seconds], now: Seconds, jitter: float) -> list[Seconds]:
    """Return when to poll each of these feeds, in their order: those overdue since an outage follow one another.

    The longest overdue comes first; they share SPREAD_PER_FEED seconds each, at most MAX_SPREAD in all. A feed
    overdue by less than OVERDUE, or not due yet, keeps its time.
    """
    late = sorted((when, place) for place, when in enumerate(due) if when < now - OVERDUE)
    step = min(SPREAD_PER_FEED, MAX_SPREAD / max(1, len(late)))
    times = list(due)
    for turn, (_, place) in enumerate(late):
        times[place] = now + int((turn + (1 + jitter) / 2) * step)
    return times


def postponed(pace: Pace, now: Seconds) -> Seconds:
    """Return when to poll a feed that is due `now`: now, or after the hours or days that it asks to skip.

    A poll that was due before such an hour may come late (cron starts every so often) and must not fall into it.
    """
    return _Memory.unpack(pace.profile).past_skipped(now, now if pace.polled is None else pace.polled)


def pause(pace: Pace) -> Seconds | None:
    """Return the longest time this feed lately let pass between new entries, or None while that is not known."""
    return round(_Memory.unpack(pace.profile).pause) or None


def silence(pace: Pace) -> Seconds:
    """Return how long this feed may bring nothing new before that is longer than its own rhythm."""
    longest = pause(pace)
    return max(SILENT_AFTER, RHYTHMS * longest) if longest else SILENT_UNKNOWN


def explain(pace: Pace, polled: Polled | None) -> str:
    """Say in a sentence when the next poll is due and why then; `polled` is the last poll, when known."""
    if pace.due == NEVER:
        return "never polled again: the publisher says the feed is gone (410)"
    when = f"next poll {_clock(pace.due)}"
    if pace.polled is None:
        return f"{when}: the feed is new"
    reasons = [*_failure_reasons(pace, polled), *_floor_reasons(pace), *_rate_reasons(pace, polled)]
    return f"{when}: " + "; ".join(reasons)


def _failure_reasons(pace: Pace, polled: Polled | None) -> Iterator[str]:
    if pace.failures:
        status = f", status {polled.status}" if polled and polled.status else ""
        kind = f" ({polled.failure}{status})" if polled and polled.failure else ""
        yield f"{pace.failures} failed polls in a row{kind}" if pace.failures > 1 else f"the last poll failed{kind}"


def _floor_reasons(pace: Pace) -> Iterator[str]:
    memory = _Memory.unpack(pace.profile)
    if pace.polled is not None and pace.floor > pace.polled + (0 if pace.failures else pace.interval):
        yield f"the publisher asks not to come before {_clock(pace.floor)}"
    if memory.skip_hours or memory.skip_days:
        yield "the feed names hours or days to skip"


def _rate_reasons(pace: Pace, polled: Polled | None) -> Iterator[str]:
    memory = _Memory.unpack(pace.profile)
    if polled and polled.gap:
        yield "entries may have scrolled by unseen, so the interval was halved"
    elif memory.ceiling < MAX_INTERVAL:
        yield f"at most {_length(memory.ceiling)} apart since the window was nearly missed"
    if not pace.failures and memory.exposure < 2 * _PRIOR_HOURS:
        yield f"its pace is not known yet, so {_length(pace.interval)} will do"
    elif not pace.failures:
        yield f"about {memory.rate * 24:.1f} new entries a day make {_length(pace.interval)} the best interval now"


def _clock(moment: Seconds) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _length(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


# ---------------------------------------------------------------- the parts of `after`


def _interval(memory: "_Memory", polled: Polled, interval: Seconds | None, theta: float) -> Seconds:
    if interval is not None:
        return max(interval, MIN_INTERVAL)
    least = MIN_INTERVAL if polled.validators else WITHOUT_VALIDATORS
    best = min(memory.wait(polled.at, theta), memory.ceiling)
    return round(min(max(best, least), MAX_INTERVAL))


def _back_off(polled: Polled, failures: int, interval: Seconds) -> Seconds:
    doubled = 1 << min(failures - 1, 16)
    if polled.status == 429 and polled.retry_after is None:
        return min(max(TOO_MANY, RETRY * doubled), MAX_INTERVAL)
    if polled.failure == "temporary":
        return min(RETRY * doubled, MAX_INTERVAL)
    if polled.failure == "hard":
        return min(max(interval, HOUR) * doubled, MAX_INTERVAL)
    return max(interval, MIN_INTERVAL, min(interval << max(0, min(failures, 16) - PATIENCE), MAX_INTERVAL))


def _floor(memory: "_Memory", polled: Polled) -> Seconds:
    """The earliest time (epoch) that the publisher allows."""
    asked = min(max(polled.floor, memory.feed_floor), MAX_FLOOR) if not polled.failure else 0
    retry = min(polled.retry_after or 0, MAX_RETRY_AFTER)
    return polled.at + max(asked, retry)


def _due(at: Seconds, wait: Seconds, floor: Seconds, memory: "_Memory", jitter: float) -> Seconds:
    jitter, span = min(max(jitter, -1.0), 1.0), JITTER * wait
    moved = min(max(wait + jitter * span, MIN_INTERVAL), max(MAX_INTERVAL, wait))
    due = at + round(moved)
    if due < floor:
        due = floor + round((1 + jitter) / 2 * span)
    return memory.past_skipped(due, at)


def feed_floor(facts: FeedFacts) -> Seconds:
    """Seconds between polls that a feed asks for by ttl (RSS 2.0, minutes) and sy:updatePeriod/Frequency."""
    period = {"hourly": HOUR, "daily": DAY, "weekly": 7 * DAY, "monthly": 30 * DAY, "yearly": 365 * DAY}
    update = period.get((facts.update_period or "").strip().lower(), 0) // max(1, facts.update_frequency or 1)
    return min(max(60 * max(0, facts.ttl or 0), update), MAX_FLOOR)


# ---------------------------------------------------------------- what is remembered of a feed

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LAYOUT = struct.Struct("<BqfffIIBHqf24f7f")
_VERSION = 2


@dataclass(frozen=True, slots=True)
class _Memory:
    """The unpacked profile. `seen` is the last successful poll, `count` and `exposure` (hours) decay, `ceiling` is
    the longest interval (seconds) that gaps allow, `window` the entries of the last document read, `news` the last poll
    that brought new entries and `pause` the longest time (seconds) between two such, fading."""

    seen: Seconds = 0
    count: float = _PRIOR_HOURS
    exposure: float = _PRIOR_HOURS
    ceiling: float = MAX_INTERVAL
    feed_floor: Seconds = 0
    skip_hours: int = 0
    skip_days: int = 0
    window: int = 0
    news: Seconds = 0
    pause: float = 0.0
    hours: tuple[float, ...] = (_PRIOR_HOURS / 24,) * 24
    days: tuple[float, ...] = (_PRIOR_HOURS / 7,) * 7

    @classmethod
    def unpack(cls, profile: bytes) -> "_Memory":
        if len(profile) != _LAYOUT.size or profile[0] != _VERSION:
            return cls()
        _, seen, count, exposure, ceiling, floor, hours, days, window, news, pause, *bins = _LAYOUT.unpack(profile)
        known = (seen, count, exposure, ceiling, floor, hours, days, window, news, pause)
        return cls(*known, tuple(bins[:24]), tuple(bins[24:]))

    def pack(self) -> bytes:
        head = (self.seen, self.count, self.exposure, self.ceiling, self.feed_floor, self.skip_hours, self.skip_days)
        tail = (min(self.window, 65_535), self.news, self.pause)
        return _LAYOUT.pack(_VERSION, *head, *tail, *self.hours, *self.days)

    def learn(self, polled: Polled) -> "_Memory":
        """Return the memory after a successful poll."""
        memory = self.hear(polled.facts) if polled.facts else self
        window = polled.entries or memory.window
        if memory.seen and polled.at > memory.seen:
            memory = memory.count_in(polled)
        if polled.new:
            memory = memory.hear_news(polled.at)
        return replace(memory, seen=polled.at, window=window)

    def hear_news(self, at: Seconds) -> "_Memory":
        since = max(0, at - self.news) if self.news else 0
        faded = self.pause * 2.0 ** (-since / _PAUSE_HALF_LIFE)
        return replace(self, news=at, pause=max(faded, float(since)))

    def hear(self, facts: FeedFacts) -> "_Memory":
        hours = sum(1 << hour for hour in set(facts.skip_hours) if 0 <= hour < 24)
        named = {day.strip().lower() for day in facts.skip_days}
        days = sum(1 << place for place, day in enumerate(_DAYS) if day in named)
        return replace(self, feed_floor=feed_floor(facts), skip_hours=hours, skip_days=days)

    def count_in(self, polled: Polled) -> "_Memory":
        elapsed = (polled.at - self.seen) / HOUR
        fade = 2.0 ** (-elapsed / _HALF_LIFE)
        hours, days = [n * fade for n in self.hours], [n * fade for n in self.days]
        for moment, share in _pieces(self.seen, polled.at):
            hours[moment // HOUR % 24] += polled.new * share
            days[_weekday(moment)] += polled.new * share
        return replace(
            self,
            count=self.count * fade + polled.new,
            exposure=self.exposure * fade + elapsed,
            ceiling=self._ceiling(polled),
            hours=tuple(hours),
            days=tuple(days),
        )

    def _ceiling(self, polled: Polled) -> float:
        """Halve the interval after a gap, shorten it when less than a third of the window was known, else relax."""
        elapsed = polled.at - self.seen
        if polled.gap:
            return max(min(self.ceiling, elapsed / 2), MIN_INTERVAL)
        if polled.entries and polled.new * 3 > polled.entries * 2:
            return max(min(self.ceiling, elapsed * 2 * polled.entries / (3 * polled.new)), MIN_INTERVAL)
        return min(self.ceiling * 1.05, MAX_INTERVAL)

    @property
    def rate(self) -> float:
        """New entries an hour, averaged over the week."""
        return self.count / self.exposure

    def wait(self, at: Seconds, theta: float) -> float:
        """Seconds from `at` until the integral of √rate is `theta`, or the window is half full; ≤ MAX_INTERVAL."""
        room = self.window * _WINDOW_SHARE if self.window else math.inf
        waited = 0.0
        by_hour, by_day = self._weights()
        for moment, share in _pieces(at, at + MAX_INTERVAL):
            length = share * MAX_INTERVAL
            rate = max(self.rate * by_hour[moment // HOUR % 24] * by_day[_weekday(moment)], 1e-9) / HOUR
            effort = math.sqrt(rate / HOUR) * length
            part = min(theta / effort, room / (rate * length), 1.0)
            waited += part * length
            if part < 1.0:
                break
            theta -= effort
            room -= rate * length
        return waited

    def _weights(self) -> tuple[list[float], list[float]]:
        """The profile: factors around 1 for each hour of the day and day of the week, shrunk towards 1."""
        smooth = [(self.hours[h - 1] + 2 * self.hours[h] + self.hours[(h + 1) % 24]) / 4 for h in range(24)]
        return _shrunk(smooth), _shrunk(self.days)

    def past_skipped(self, due: Seconds, at: Seconds) -> Seconds:
        """Move `due` out of skipHours and skipDays (GMT), but not more than MAX_FLOOR beyond `at` and never earlier."""
        moved = due
        while moved < at + MAX_FLOOR and self._is_skipped(moved):
            moved += HOUR - moved % HOUR
        return moved

    def _is_skipped(self, moment: Seconds) -> bool:
        return bool(self.skip_hours >> (moment // HOUR % 24) & 1 or self.skip_days >> _weekday(moment) & 1)


def _shrunk(counts: Sequence[float]) -> list[float]:
    mean = sum(counts) / len(counts)
    return [(count + _SHRINK) / (mean + _SHRINK) for count in counts]


def _weekday(moment: Seconds) -> int:
    return (moment // DAY + 3) % 7  # the epoch was a Thursday


def _pieces(start: Seconds, end: Seconds) -> Iterator[tuple[Seconds, float]]:
    """Cut [start, end) at full hours: the start of each piece and its share of the whole."""
    whole = end - start
    while start < end:
        stop = min(start + HOUR - start % HOUR, end)
        yield start, (stop - start) / whole
        start = stop
