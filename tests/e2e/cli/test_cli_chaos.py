"""The short form of benchmarks/chaos.py: half a minute in which everything goes wrong, and the books that must agree."""

from pathlib import Path

import pytest

from benchmarks import chaos

pytestmark = pytest.mark.slow

HAPPENED = (
    "killed with -9", "ended in order", "clock set forward", "clock set back", "stopped past its lease", "database restarted",
    "two rounds begun at once", "file system full (ENOSPC)", "one process's files limited (EFBIG)",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_doubled_stranded_or_asked_too_often(kind: str, tmp_path: Path) -> None:
    found = chaos.run(kind, seconds=8, hosts=6, seed=7, home=tmp_path)
    assert chaos.faults(found) == [], found
    assert found["polls committed"] >= 18
    assert sum(found.get(name, 0) for name in HAPPENED) >= 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_file_system_without_a_byte_left_under_the_database_costs_nothing_but_time(kind: str, tmp_path: Path) -> None:
    """ENOSPC for everybody at once: SQLite's file and log, PostgreSQL's tables. Where no file system may be mounted the
    play goes on without it and says why.
    """
    found = chaos.run(kind, seconds=8, hosts=6, seed=7, home=tmp_path, only=(chaos.run_out_of_disk,))
    assert chaos.faults(found) == [], found
    assert found.get("file system full (ENOSPC)", 0) >= 1 or any(
        name.startswith("no full file system") for name in found
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_round_of_cron_stopped_past_its_lease_beside_another_and_clocks_set_both_ways(
    kind: str, tmp_path: Path
) -> None:
    some = (chaos.overlap, chaos.set_clock_forward, chaos.set_clock_back)
    found = chaos.run(kind, seconds=12, hosts=6, seed=5, home=tmp_path, only=some)
    assert chaos.faults(found) == [], found
    assert found.get("two rounds begun at once", 0) >= 1
