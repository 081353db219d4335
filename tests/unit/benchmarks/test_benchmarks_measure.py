"""The meter: children, children of children that died first, servers, memory and time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure import cpu, memory, tree

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
BURN = "import time\nwhile time.process_time() < {0}: pass\n"


def measured(program: str, *words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.measure", *words, "--", sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.stdout else {"error": done.stderr}


def test_a_childs_cpu_is_counted_and_its_status_reported() -> None:
    child = BURN.format(0.4)
    cost = measured(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\nsys.exit(3)")
    assert cost["status"] == 3
    assert 0.4 <= cost["cpu_s"] < 2.0


def test_an_orphans_cpu_is_counted() -> None:
    middle = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN.format(0.4)!r}])"
    cost = measured(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {middle!r}])")
    assert cost["cpu_s"] >= 0.4


def test_the_largest_memory_is_seen() -> None:
    cost = measured("import time\nheld = b'x' * 80_000_000\ntime.sleep(0.6)")
    assert 80 <= cost["peak_mb"] < 200


def test_a_servers_cpu_is_counted_while_the_command_runs() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as server:
        try:
            cost = measured("import time; time.sleep(0.6)", "--server", str(server.pid))
        finally:
            server.kill()
    assert cost["server_cpu_s"] > 0.1


def test_too_long_a_command_ends_and_is_an_error() -> None:
    cost = measured("import time; time.sleep(60)", "--timeout", "0.3")
    assert "TimeoutError" in str(cost["error"])


def test_a_tree_holds_descendants_and_what_they_cost() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        family = tree([os.getpid()])
        assert {os.getpid(), child.pid} <= family
        assert memory([child.pid]) > 0
        assert cpu([child.pid]) >= 0
        child.kill()
