"""`aggregator demo --once`: the promise on the first page."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aggregator", "demo", "--once", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_it_reports_in_json_and_keeps_everything_else_off_stdout() -> None:
    done = demo("--json")
    told = json.loads(done.stdout)
    assert set(told) == {"fetch", "articles", "stories", "copies", "topics"}
    assert told["articles"] >= 200
    assert told["articles"] > told["stories"] > 50
    assert told["copies"] >= 20
    assert len(told["topics"]) == 7
    assert all(told["topics"].values())
    assert told["fetch"]["failed"] == 1
    assert told["fetch"]["ok"] >= 14


def test_it_tells_a_newcomer_what_happened() -> None:
    out = demo().stdout
    assert "Traceback" not in out
    assert "qamal-times" in out
    assert "500" in out
    assert "copies" in out
    assert "Middle Corridor" in out
