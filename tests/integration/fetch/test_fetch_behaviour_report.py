"""The behaviour report can tell manners from their absence: a rude client is judged by the same criteria as ours."""

import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks import behaviour
from benchmarks.behaviour_criteria import CRITERIA, MORE, NOT_SUBSCRIBED, SITES, Criterion
from benchmarks.behaviour_server import HOUR, Seen, Watcher, watching

SLOW = "a dripping answer is given up"


def ask(url: str, **fields: str) -> None:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=fields), timeout=2) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        error.close()  # whatever it was told, it asks again


def lives(client: Callable[[Watcher, str, float], None], hours: float) -> Watcher:
    """Let a client ask every half hour, as long as the dripping one is left out."""
    watcher = Watcher({**SITES, "control": behaviour.control})
    with watching(watcher):
        for step in range(int(hours * 2)):
            watcher.now = behaviour.START + step * HOUR / 2
            for site in SITES:
                if site not in (*NOT_SUBSCRIBED, "drip"):
                    for path in MORE.get(site, ("/feed",)):
                        client(watcher, site, step, path)  # type: ignore[call-arg]
    return watcher


def rude(watcher: Watcher, site: str, step: float, path: str) -> None:
    ask(
        watcher.url(site, f"{path}?{step}"), Cookie="id=1", Referer="http://rude.example/",
        **{"If-None-Match": '"mine"', "User-Agent": "x"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def watched() -> Watcher:
    return lives(rude, 4)  # type: ignore[arg-type]


NEEDS_DAYS = {"404 is asked ever more rarely", "500 is asked ever more rarely"}
CANNOT_FAIL_SO = {"302 is followed, never adopted", "circular redirects end soon", SLOW, "a login stays with its host", "429 with Retry-After"}  # fmt: skip


@pytest.mark.parametrize(
    "criterion", [one for one in CRITERIA if one.name not in NEEDS_DAYS | CANNOT_FAIL_SO], ids=lambda one: one.name
)
def test_a_rude_client_fails(criterion: Criterion, watched: Watcher) -> None:
    verdict = behaviour.judge(criterion, watched)
    assert verdict.score is not None
    assert verdict.score < 1, verdict.counted


def test_every_criterion_has_its_publisher_and_a_table_its_row(watched: Watcher) -> None:
    assert {one.site for one in CRITERIA} <= set(SITES)
    told = behaviour.table({"rude": watched})
    assert all(f"| {one.name} |" in told for one in CRITERIA)


def test_a_request_that_came_an_hour_later_is_no_request_too_early() -> None:
    (quiet,) = [one for one in CRITERIA if one.name == "a quiet feed is asked hourly at most"]
    watcher = Watcher(SITES)
    watcher.seen = [Seen(watcher, "etag", "/feed", at * HOUR, 0.0, 0, {}) for at in (0, 1, 2, 4)]
    assert behaviour.judge(quiet, watcher).score == 1
    watcher.seen.append(Seen(watcher, "etag", "/feed", 4.5 * HOUR, 0.0, 0, {}))
    assert behaviour.judge(quiet, watcher).score == 0
