"""What every test stands on: first of all the dial fence, active from the moment this file is imported."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
_FENCE = str(_TESTS / "integration" / "fetch" / "fence")
# The fence; origin.py, the scripted server that any test may use; the simulation of the schedule.
sys.path[:0] = [_FENCE, str(_TESTS / "integration" / "fetch"), str(_TESTS / "unit" / "schedule")]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_FENCE, os.environ.get("PYTHONPATH", "")]))

import dialfence  # noqa: E402 - found on the path set above

dialfence.install()


@pytest.fixture(autouse=True)
def dial_fence() -> Iterator[list[str]]:
    """The dials beyond loopback that this test tried; any left in the list at its end fails it.

    A test that provokes one on purpose takes this fixture, asserts on the list and clears it.
    """
    dialfence.violations.clear()
    yield dialfence.violations
    assert dialfence.is_up(), "a test took the dial fence down"
    tried, dialfence.violations[:] = list(dialfence.violations), []
    assert not tried, f"dialled beyond loopback: {', '.join(tried)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is not a unit test is slow: it starts servers, databases or processes. `-m "not slow"` is the fast suite."""
    units = Path(__file__).parent / "unit"
    for item in items:
        if units not in item.path.parents:
            item.add_marker(pytest.mark.slow)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The fast suite does not even import the slow tests."""
    fast = config.option.markexpr == "not slow"
    return (
        True if fast and collection_path.parent == _TESTS and collection_path.name in {"e2e", "integration"} else None
    )


def pytest_configure(config: pytest.Config) -> None:
    """Property tests try fewer examples in the fast suite, and all of them in the whole one."""
    from hypothesis import settings

    settings.register_profile("fast", max_examples=15, deadline=None)
    settings.register_profile("whole", max_examples=100, deadline=None)
    settings.load_profile("fast" if config.option.markexpr == "not slow" else "whole")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """AGGREGATOR_TEST_STRICT (set in CI): a test that was skipped is a test that failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("AGGREGATOR_TEST_STRICT") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("nothing may be skipped here (AGGREGATOR_TEST_STRICT)", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
