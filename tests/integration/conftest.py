"""Both databases for every integration test that asks for one: SQLite in a file, PostgreSQL from the wheel.

AGGREGATOR_TEST_PG_URL names a server to use instead; each test gets a database of its own on it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support import new_database, postgresql

from aggregator import store
from aggregator.store import Store

__all__ = ["postgresql"]

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once for each kind."""
    yield from new_database(request.param, request, tmp_path)


@pytest.fixture
def opened(database_url: str) -> Iterator[Store]:
    """A store at the newest schema."""
    found = store.Store(database_url)
    store.schema.ensure(found)
    yield found
    found.close()
