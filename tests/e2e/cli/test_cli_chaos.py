"""The short form of benchmarks/chaos.py: half a minute in which everything goes wrong, and the books that must agree."""

from pathlib import Path

import pytest

from benchmarks import chaos

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_doubled_stranded_or_asked_too_often(kind: str, tmp_path: Path) -> None:
    found = chaos.run(kind, seconds=8, hosts=6, seed=7, home=tmp_path)
    assert chaos.faults(found) == [], found
    assert found["polls committed"] >= 18
    assert sum(found.get(name, 0) for name in ("killed with -9", "ended in order", "clock moved")) >= 2
