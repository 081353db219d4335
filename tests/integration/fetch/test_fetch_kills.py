"""kill -9 at each step of a round, in a real process: the next round has everything once (checklist row 42)."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from papers import ITEMS, Papers, serving, write_config

# Wraps a function so that the process dies the moment it has done its work for the so-manieth time.
KILLED = """
import importlib, os, signal, sys
from aggregator.__main__ import main
module, name, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
found = importlib.import_module(module)
real, left = getattr(found, name), [times]
def dies(*given, **named):
    result = real(*given, **named)
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
setattr(found, name, dies)
sys.argv = ["aggregator", "fetch", "--all", "--json"]
main()
"""
STEPS = [
    ("aggregator.store.runs", "begin", 1), ("aggregator.store.feeds", "claim", 1), ("aggregator.store.articles", "ingest", 1),
    ("aggregator.store.articles", "ingest", 3), ("aggregator.store.feeds", "finish", 1), ("aggregator.store.feeds", "finish", 4),
    ("aggregator.store.feeds", "release", 2), ("aggregator.store.placing", "settle", 1),
    ("aggregator.store.placing", "mark_placed", 1), ("aggregator.store.entries", "refresh", 1),
    ("aggregator.store.publications", "store", 1), ("aggregator.store.runs", "end", 1),
]  # fmt: skip


def run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=home, capture_output=True, text=True, timeout=120, check=False, env=os.environ
    )


@pytest.mark.parametrize(("module", "name", "times"), STEPS, ids=[f"{n}-{t}" for _, n, t in STEPS])
def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path: Path, module: str, name: str, times: int) -> None:
    """Rows 5 and 42."""
    with serving(Papers(count=5)) as papers:
        write_config(tmp_path / "config", papers)
        killed = run(tmp_path, "-c", KILLED, module, name, str(times))
        assert killed.returncode == -9, f"{name} was not reached {times} times: {killed.stderr}"
        done = run(tmp_path, "-m", "aggregator", "fetch", "--all", "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert (report["failed"], report["skipped"]) == (0, 0)
        listed = run(tmp_path, "-m", "aggregator", "articles", "--json").stdout.splitlines()
        articles = [json.loads(line) for line in listed]
        assert Counter(one["url"] for one in articles) == Counter(dict.fromkeys(papers.links(), 1))
        assert len(articles) == 5 * ITEMS
        assert all(one["story"] is not None for one in articles)
