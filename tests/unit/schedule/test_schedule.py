"""When a feed is due: what the publisher asks, back-off, the rate, gaps, clocks, outages; and in words why."""

import random
from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import schedule
from aggregator.model import FeedFacts, Pace, Polled
from aggregator.schedule import DAY, HOUR, MAX_INTERVAL, MIN_INTERVAL, NEVER, after, explain, first, mend, spread
from benchmarks import schedule_world as simulation

MONDAY = 20_000 * DAY + 3 * DAY  # 2024-10-07 00:00 UTC
NOON = MONDAY + 12 * HOUR


def poll(pace: Pace | None = None, *, jitter: float = 0.0, interval: int | None = None, **told: object) -> Pace:
    """One poll of a feed at the time it was due (or `at`)."""
    pace = pace or first(NOON, 0.0)
    polled = Polled(**{"at": pace.due, "entries": 20, **told})  # type: ignore[arg-type]
    return after(pace, polled, interval=interval, jitter=jitter)


@lru_cache  # weeks of polls, asked for by many tests
def watched(new_per_hour: float, days: int = 28, window: int = 1000, start: int = NOON) -> Pace:
    """The pace of a feed that has published evenly for some weeks."""
    pace, owed = poll(first(start, 0.0), new=window, entries=window), 0.0
    while pace.due < start + days * DAY:
        owed += new_per_hour * (pace.due - (pace.polled or 0)) / HOUR
        pace, owed = poll(pace, new=int(owed), entries=window), owed - int(owed)
    return pace


def wait(pace: Pace) -> int:
    assert pace.polled is not None
    return pace.due - pace.polled


# ------------------------------------------------------------ the beginning


def test_a_new_feed_is_due_at_once_and_then_about_hourly() -> None:
    pace = first(NOON, 0.0)
    assert (pace.due, pace.interval) == (NOON, HOUR)
    assert 0.7 * HOUR <= wait(poll(new=500, entries=500)) <= HOUR


def test_the_entries_of_the_first_document_are_no_rate() -> None:
    assert wait(poll(new=500, entries=500)) == wait(poll(new=0, entries=500))


# ------------------------------------------------------------ the rate


def test_the_frequency_grows_with_the_root_of_the_rate() -> None:
    slow, fast = watched(0.25), watched(4.0)
    assert slow.interval / fast.interval == pytest.approx(4.0, rel=0.1)


def test_a_feed_with_an_entry_an_hour_is_polled_every_theta_hours() -> None:
    assert watched(1.0).interval == pytest.approx(schedule.THETA * HOUR, rel=0.05)


@pytest.mark.parametrize(("rate", "interval"), [(500.0, MIN_INTERVAL), (0.0, MAX_INTERVAL)])
def test_intervals_stay_between_ten_minutes_and_a_day(rate: float, interval: int) -> None:
    assert watched(rate, days=90).interval == interval


def test_a_304_counts_as_nothing_new() -> None:
    """The document is not read, and what was known of the feed stays."""
    busy = watched(4.0)
    quiet = busy
    while quiet.due < busy.due + 28 * DAY:
        quiet = poll(quiet, entries=0, new=0)
    assert quiet.interval > 1.5 * busy.interval


def office_hours(days: int) -> Pace:
    """A feed with ten entries an hour from 6 to 18 GMT on working days, nothing else."""
    pace, last = first(MONDAY, 0.0), MONDAY
    while pace.due < MONDAY + days * DAY:
        at = pace.due
        minutes = range(last // 60, at // 60)
        new = sum(1 for m in minutes if m % 6 == 0 and 360 <= m % 1440 < 1080 and (m // 1440 + 3) % 7 < 5)
        pace, last = poll(pace, new=new, entries=1000), at
    return pace


def test_the_profile_of_the_day_and_the_week_is_learnt() -> None:
    pace = office_hours(28)
    seen = schedule._Memory.unpack(pace.profile)

    def interval_at(day: int, hour: int) -> float:
        return seen.wait(MONDAY + 28 * DAY + day * DAY + hour * HOUR, schedule.THETA)

    assert interval_at(1, 9) < 0.6 * interval_at(0, 20)
    assert interval_at(2, 12) < 0.75 * interval_at(5, 12)
    assert 4 * HOUR > interval_at(0, 0) > 2 * interval_at(0, 9), "waits for the morning, not through it"


@pytest.mark.slow
def test_the_schedule_beats_a_fixed_interval_at_the_same_budget() -> None:
    """Feeds that THETA was not chosen on: a mean delay of at most 17 minutes where hourly polling gives 30.

    A delay is inversely proportional to the number of polls, so it is stated for hourly polling's number of them.
    """
    rng = random.Random(2026)
    feeds = [simulation.newsroom(rng, 28) for _ in range(240)]
    hourly = simulation.measure(feeds, 28, simulation.fixed(HOUR))
    ours = simulation.measure(feeds, 28, simulation.learnt(schedule.THETA, rng))
    assert hourly.delay == pytest.approx(30, abs=1)
    assert 0.85 * hourly.polls <= ours.polls <= hourly.polls
    assert ours.delay * ours.polls / hourly.polls <= 17


def test_the_budget_is_one_number() -> None:
    pace, polled = watched(1.0), Polled(at=NOON + 40 * DAY, entries=9)
    thrifty, eager = (after(pace, polled, interval=None, jitter=0, theta=theta) for theta in (2.0, 0.5))
    assert thrifty.interval == pytest.approx(4 * eager.interval, rel=0.05)


# ------------------------------------------------------------ no loss


def test_a_gap_halves_the_interval_for_good_while() -> None:
    pace = watched(0.1)
    gap = poll(pace, new=20, entries=20, gap=True)
    assert wait(gap) <= wait(pace) / 2 + 1
    later = poll(poll(gap, new=0), new=0)
    assert wait(later) <= 0.6 * wait(pace)
    for _ in range(60):
        later = poll(later, new=0)
    assert wait(later) > 0.65 * wait(pace), "what is left is the rate of the entries it brought"


def test_gap_after_gap_ends_at_the_shortest_interval() -> None:
    pace = watched(0.1)
    for _ in range(12):
        pace = poll(pace, new=20, entries=20, gap=True)
    assert wait(pace) == MIN_INTERVAL


def test_a_nearly_missed_window_shortens_the_interval() -> None:
    """At least a third of the window should be known from the poll before."""
    pace = watched(0.05)
    shortened = poll(pace, new=18, entries=20)
    assert wait(shortened) <= wait(pace) * 2 * 20 / (3 * 18) + 1


def test_a_small_window_is_never_expected_to_fill_up() -> None:
    """Thirty items that last seven hours, or five that last two: half of the window may be new, by expectation."""
    for rate, window in ((30 / 7, 30), (10.0, 4), (4.0, 2)):
        assert watched(rate, window=window).interval * rate / HOUR <= window / 2 * 1.05


# ------------------------------------------------------------ what the publisher asks for


def test_freshness_is_a_floor_on_304_too() -> None:
    """Row 7."""
    for entries in (20, 0):
        pace = poll(watched(50.0), floor=3 * HOUR, entries=entries)
        assert wait(pace) >= 3 * HOUR
        assert pace.floor == (pace.polled or 0) + 3 * HOUR


@pytest.mark.parametrize(
    ("facts", "floor"),
    [
        (FeedFacts(ttl=120), 2 * HOUR),
        (FeedFacts(ttl=-5), 0),
        (FeedFacts(ttl=10**9), DAY),
        (FeedFacts(update_period="hourly"), HOUR),
        (FeedFacts(update_period=" Daily ", update_frequency=4), 6 * HOUR),
        (FeedFacts(update_period="daily", update_frequency=0), DAY),
        (FeedFacts(update_period="yearly"), DAY),
        (FeedFacts(update_period="sometimes"), 0),
        (FeedFacts(update_period="hourly", ttl=180), 3 * HOUR),
        (FeedFacts(), 0),
    ],
)
def test_ttl_and_update_period_are_floors_of_at_most_a_day(facts: FeedFacts, floor: int) -> None:
    """Row 9."""
    pace = poll(watched(50.0), facts=facts)
    assert pace.floor - (pace.polled or 0) == floor
    assert wait(pace) >= max(floor, MIN_INTERVAL)
    unchanged = poll(pace, entries=0)
    assert unchanged.floor - (unchanged.polled or 0) == floor, "a 304 says nothing of it, so it still holds"
    assert poll(unchanged, facts=FeedFacts()).floor == unchanged.due, "a document without it lifts it"


@given(st.sets(st.integers(0, 23)), st.integers(0, 7 * 24 * 60), st.sets(st.sampled_from(schedule._DAYS)))
def test_no_poll_falls_into_skipped_hours_or_days(hours: set[int], minute: int, days: set[str]) -> None:
    """Row 10: in GMT; when everything is skipped, a poll a day remains."""
    named = tuple(day.title() for day in days)
    facts = FeedFacts(skip_hours=tuple(hours), skip_days=named)
    pace = poll(replace(watched_once(), due=MONDAY + 60 * minute), facts=facts)
    due = pace.due

    def is_skipped(moment: int) -> bool:
        return moment // HOUR % 24 in hours or schedule._DAYS[(moment // DAY + 3) % 7] in days

    assert wait(pace) <= 2 * DAY + HOUR
    if is_skipped(due):
        until = range(due - due % HOUR, (pace.polled or 0) + DAY, HOUR)
        assert all(map(is_skipped, until)), "it gave up although an allowed hour was near"


def watched_once() -> Pace:
    return poll(new=20)


def test_skip_hours_are_remembered_through_a_304() -> None:
    """Row 10."""
    pace = poll(first(MONDAY, 0.0), facts=FeedFacts(skip_hours=tuple(range(1, 24))))
    assert pace.due < MONDAY + HOUR
    assert poll(pace, entries=0).due == MONDAY + DAY


def test_a_poll_that_comes_late_does_not_fall_into_a_skipped_hour() -> None:
    """Row 10: due at 11:50, but cron starts at 12:00 and 12 is skipped."""
    pace = poll(at=NOON - DAY // 2, facts=FeedFacts(skip_hours=(12, 13)))
    assert schedule.postponed(pace, NOON - 60) == NOON - 60
    assert schedule.postponed(pace, NOON + 60) == NOON + 2 * HOUR
    everything = poll(at=NOON, facts=FeedFacts(skip_hours=tuple(range(24))))
    assert schedule.postponed(everything, NOON + DAY + 60) == NOON + DAY + 60, "a poll a day remains"
    assert schedule.postponed(first(NOON, 0), NOON) == NOON


def test_numbers_that_are_no_hours_are_ignored() -> None:
    facts = FeedFacts(skip_hours=(24, -1, 99), skip_days=("Someday", ""))
    assert poll(facts=facts).due == poll().due


def test_the_operator_s_interval_replaces_ours_but_not_the_publisher_s() -> None:
    pace = watched(50.0)
    assert wait(poll(pace, interval=3 * DAY)) == 3 * DAY
    assert wait(poll(pace, interval=5)) == MIN_INTERVAL
    assert wait(poll(pace, interval=HOUR, floor=2 * HOUR)) >= 2 * HOUR
    assert wait(poll(pace, interval=HOUR, validators=False)) == HOUR


def test_a_feed_without_validators_is_asked_hourly_at_most() -> None:
    """Row 26."""
    assert wait(poll(watched(50.0), validators=False)) == HOUR
    assert wait(poll(watched(50.0), validators=True)) < HOUR


# ------------------------------------------------------------ failures


def failing(times: int, pace: Pace | None = None, **told: object) -> list[Pace]:
    pace, paces = pace or watched(1.0), []
    for _ in range(times):
        pace = poll(pace, **told)
        paces.append(pace)
    return paces


def test_temporary_failures_are_retried_soon_and_double_up_to_a_day() -> None:
    waits = [wait(pace) for pace in failing(12, failure="temporary", status=500)]
    assert waits[:4] == [900, 1800, 3600, 7200]
    assert waits[-1] == DAY


def test_missing_and_forbidden_feeds_back_off_to_daily() -> None:
    """Row 14."""
    for status in (403, 404):
        waits = [wait(pace) for pace in failing(8, failure="hard", status=status)]
        assert waits == sorted(waits)
        assert waits[0] == HOUR
        assert waits[-1] == DAY


def test_a_bad_document_is_asked_for_at_the_usual_pace() -> None:
    """Row 36: the publisher will mend it; only after some polls in vain we slow down."""
    waits = [wait(pace) for pace in failing(12, failure="soft")]
    usual = watched(1.0).interval
    assert waits[:5] == [usual] * 5
    assert waits[-1] == DAY


def test_gone_means_never() -> None:
    """Row 13."""
    pace = poll(watched(1.0), failure="hard", status=410)
    assert (pace.due, pace.failures) == (NEVER, 1)
    assert "gone" in explain(pace, None)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_a_floor(status: int) -> None:
    """Row 11."""
    pace = poll(watched(1.0), failure="temporary", status=status, retry_after=5 * HOUR, jitter=-1)
    assert wait(pace) >= 5 * HOUR
    assert pace.floor == (pace.polled or 0) + 5 * HOUR
    assert wait(poll(watched(1.0), failure="temporary", status=status, retry_after=3)) >= 0.9 * schedule.RETRY
    long = poll(watched(1.0), failure="temporary", status=status, retry_after=10**12)
    assert wait(long) <= 31 * DAY


def test_a_429_without_a_time_means_four_hours() -> None:
    """Row 12."""
    waits = [wait(pace) for pace in failing(8, failure="temporary", status=429)]
    assert waits[:5] == [4 * HOUR] * 5
    assert waits[-1] == DAY


def test_a_success_forgets_the_failures_and_the_rate_is_still_known() -> None:
    before = watched(1.0)
    broken = failing(6, before, failure="temporary")[-1]
    assert broken.failures == 6
    back = poll(broken, new=16)
    assert back.failures == 0
    assert wait(back) == pytest.approx(before.interval, rel=0.2)


def test_entries_published_during_a_failure_count_for_the_time_they_took() -> None:
    """The rate is entries since the last success, not since the last attempt."""
    broken = failing(3, watched(1.0), failure="temporary")[-1]
    hours = (broken.due - NOON - 28 * DAY) / HOUR
    assert poll(broken, new=round(hours)).interval == pytest.approx(watched(1.0).interval, rel=0.1)


# ------------------------------------------------------------ jitter, clocks, outages

told = st.fixed_dictionaries(
    {},
    optional={
        "new": st.integers(0, 50),
        "entries": st.integers(0, 50),
        "gap": st.booleans(),
        "floor": st.integers(0, 10**7),
        "validators": st.booleans(),
        "failure": st.sampled_from([None, "soft", "hard", "temporary"]),
        "status": st.sampled_from([None, 404, 429, 500, 503]),
        "retry_after": st.none() | st.integers(0, 10**8),
        "facts": st.builds(FeedFacts, ttl=st.none() | st.integers(-9, 10**6), skip_hours=st.tuples(st.integers(0, 23))),
    },
)


@given(st.lists(told, min_size=1, max_size=6), st.floats(-1, 1), st.none() | st.integers(1, 10**6))
def test_no_poll_is_ever_early(polls: list[dict[str, object]], jitter: float, interval: int | None) -> None:
    """Row 24: jitter moves a poll by 5 % at most and never under a floor."""
    pace = first(NOON, jitter)
    for facts in polls:
        at = pace.due
        middle = poll(pace, jitter=0.0, interval=interval, **facts)
        pace = poll(pace, jitter=jitter, interval=interval, **facts)
        assert pace.due >= pace.floor
        assert pace.due - at >= MIN_INTERVAL
        assert (pace.floor, pace.interval, pace.profile) == (middle.floor, middle.interval, middle.profile)
        if not middle.floor > at and not isinstance(facts.get("facts"), FeedFacts) and pace.profile == middle.profile:
            assert abs(pace.due - middle.due) <= max(0.11 * (middle.due - at), HOUR)
        assert pace.due - at <= max(DAY, interval or 0) * 1.06 + max(DAY, schedule.MAX_RETRY_AFTER) + 2 * DAY


def test_jitter_spreads_feeds_that_share_a_floor() -> None:
    """Row 24: else all feeds with max-age=3600 would come back in step."""
    dues = {poll(watched(50.0), jitter=jitter, floor=6 * HOUR).due for jitter in (-1.0, -0.5, 0.0, 0.5, 1.0)}
    assert len(dues) == 5


def test_jitter_is_five_per_cent() -> None:
    """Row 24."""
    early, late = (wait(poll(watched(1.0), jitter=jitter)) for jitter in (-1.0, 1.0))
    middle = wait(poll(watched(1.0)))
    assert (early, late) == (pytest.approx(0.95 * middle, abs=2), pytest.approx(1.05 * middle, abs=2))
    day, least = watched(0.0, days=90), watched(500.0)
    assert max(wait(poll(day, jitter=j)) for j in (-1, 0, 1)) <= MAX_INTERVAL
    assert min(wait(poll(least, jitter=j)) for j in (-1, 0, 1)) >= MIN_INTERVAL


@given(st.integers(-3 * DAY, 3 * DAY))
def test_a_clock_set_back_strands_no_feed(jump: int) -> None:
    """Row 43."""
    pace = watched(1.0)
    assert pace.polled is not None
    now = pace.polled + jump
    mended = mend(pace, now)
    assert mended.due - now <= max(wait(pace), 0) + MIN_INTERVAL
    if jump >= 0:
        assert mended == pace


def test_a_clock_set_back_in_the_middle_of_a_poll_teaches_nothing_wrong() -> None:
    """Row 43."""
    pace = watched(1.0)
    back = after(pace, Polled(at=pace.due - DAY, new=3, entries=20), interval=None, jitter=0)
    assert wait(back) == pytest.approx(wait(pace), rel=0.1)


def test_gone_feeds_stay_gone_whatever_the_clock_does() -> None:
    pace = poll(watched(1.0), failure="hard", status=410)
    assert mend(pace, NOON - 400 * DAY) == pace


def test_after_an_outage_overdue_feeds_follow_one_another() -> None:
    """Rows 43 and 44: one time for each, the longest overdue first, none before now, all within the hour."""
    now = NOON + 3 * DAY
    due = [NOON + 60 * n for n in range(500)] + [now - 30, now + HOUR, NEVER]
    times = spread(due, now, 0.0)
    assert times[500:] == due[500:], "what is not late keeps its time"
    assert times[:500] == sorted(times[:500])
    assert now <= min(times[:500])
    assert max(times[:500]) <= now + 150
    assert len(set(times[:500])) > 100
    assert max(spread([NOON] * 50_000, now, 1.0)) <= now + HOUR + 1


def test_a_round_without_lateness_is_left_alone() -> None:
    assert spread([], NOON, 0.3) == []
    assert spread([NOON - 5, NOON + 5], NOON, -1.0) == [NOON - 5, NOON + 5]


# ------------------------------------------------------------ memory and words


@given(st.binary(max_size=200))
def test_a_profile_of_another_version_starts_afresh(profile: bytes) -> None:
    pace = replace(first(NOON, 0.0), profile=profile)
    assert poll(pace).due > NOON


def test_the_memory_is_small() -> None:
    assert len(watched(1.0).profile) <= 176


def digest(days_apart: int, times: int) -> Pace:
    """The pace of a feed that brings twenty entries at once every so many days."""
    pace, issue = poll(first(NOON, 0.0), new=20), NOON
    for _ in range(times):
        issue += days_apart * DAY
        while pace.due < issue:
            pace = poll(pace, new=0)
        pace = poll(pace, new=20)
    return pace


def test_a_feed_is_silent_when_it_is_quiet_for_longer_than_its_own_rhythm() -> None:
    weekly, lively = digest(7, 6), watched(4.0)
    assert 14 * DAY <= schedule.silence(weekly) <= 18 * DAY
    assert schedule.silence(lively) == schedule.SILENT_AFTER


def test_the_rhythm_of_a_new_feed_is_not_known() -> None:
    assert schedule.pause(poll(new=20)) is None
    assert schedule.silence(poll(new=20)) == schedule.SILENT_UNKNOWN


def test_a_long_pause_is_forgotten_in_time() -> None:
    pace = digest(30, 1)
    began = schedule.pause(pace) or 0
    pace = poll(pace, at=pace.due + 30 * DAY, new=0)
    while pace.due < NOON + 300 * DAY:
        pace = poll(pace, new=1)
    assert (schedule.pause(pace) or 0) < began / 3


def test_a_feed_that_pushes_is_polled_slower_but_never_not_at_all() -> None:
    """Row 40."""
    busy = watched(1.0)
    told = Polled(at=busy.due, new=1, entries=1000)
    often = after(busy, told, interval=None, jitter=0)
    rarely = after(busy, told, interval=None, jitter=0, pushed=True)
    assert 3 * often.interval <= rarely.interval <= MAX_INTERVAL
    small = after(busy, replace(told, entries=4), interval=None, jitter=0, pushed=True)
    assert small.interval <= 3 * HOUR, "its window still must not fill up while pushes fail"
    assert after(watched(0.01), told, interval=None, jitter=0, pushed=True).interval <= MAX_INTERVAL


def test_a_year_without_polls_is_survived() -> None:
    pace = replace(watched(1.0), due=NOON + 400 * DAY)
    assert MIN_INTERVAL <= wait(poll(pace, new=20)) <= MAX_INTERVAL


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"new": 1}, "new entries a day"),
        ({"floor": 5 * HOUR}, "the publisher asks not to come before 2024-11-04"),
        ({"facts": FeedFacts(skip_hours=(3,))}, "hours or days to skip"),
        ({"gap": True, "new": 20}, "scrolled by unseen"),
        ({"failure": "temporary", "status": 503, "retry_after": HOUR}, "the last poll failed (temporary, status 503)"),
    ],
)
def test_it_says_why_then(told: dict[str, object], words: str) -> None:
    before = watched(1.0)
    polled = Polled(**{"at": before.due, "entries": 20, **told})  # type: ignore[arg-type]
    text = explain(after(before, polled, interval=None, jitter=0), polled)
    assert words in text
    assert text.startswith("next poll 2024-11-04")


def test_it_claims_no_rate_that_it_has_not_seen() -> None:
    assert "its pace is not known yet" in explain(poll(new=20), None)
    assert "new entries a day" not in explain(poll(new=20), None)


def test_it_says_why_without_the_last_poll() -> None:
    assert "new" in explain(first(NOON, 0), None)
    assert "4 failed polls in a row" in explain(failing(4, failure="temporary")[-1], None)
