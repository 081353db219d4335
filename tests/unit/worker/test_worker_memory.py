"""Sparing memory changes how often cycles are looked for, and nothing that can be seen."""

import subprocess
import sys

PROGRAM = """
import gc
from aggregator.worker.memory import YOUNG, spare
before = gc.get_freeze_count()
spare()
assert gc.isenabled() and gc.get_threshold()[0] == YOUNG and gc.get_freeze_count() > before
held = []
held.append(held)
"""


def test_cycles_are_still_looked_for_but_not_in_what_was_loaded_before() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], check=False).returncode == 0
