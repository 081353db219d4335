"""The PostgreSQL server of tests that start workers, and the way to the benchmarks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support import new_database, postgresql

__all__ = ["postgresql"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once for each kind."""
    yield from new_database(request.param, request, tmp_path)


sys.path.insert(0, str(Path(__file__).parents[3]))
