"""Fixtures of the fetch tests: a scripted origin, a fetcher that may dial loopback, and nothing else."""

from collections.abc import AsyncIterator

import pytest
from origin import CERTIFICATE, LOOPBACK, Origin, to_loopback

from aggregator.fetch import Fetcher


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with Origin() as server:
        yield server


@pytest.fixture
async def other() -> AsyncIterator[Origin]:
    """A second server: another port, another address, hence another origin and another host."""
    async with Origin(host="127.0.0.2") as server:
        yield server


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the tests' certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.fixture
async def secure(trusted: None) -> AsyncIterator[Origin]:
    async with Origin(tls=True) as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """May dial loopback; every name leads to 127.0.0.1; no pause between requests."""
    async with Fetcher(LOOPBACK, resolve=to_loopback) as ours:
        yield ours
