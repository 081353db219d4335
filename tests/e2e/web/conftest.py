"""The sample newsroom, collected by the real pipeline and served by the real server, in a browser."""

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aggregator import store
from aggregator.bootstrap import open_live, open_store
from aggregator.demo.config import write_config
from aggregator.demo.newsroom import load
from aggregator.demo.server import NewsroomServer, resolve
from aggregator.web import Server, watch
from aggregator.web.limits import Limiter
from aggregator.worker.local import fetch_round

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


async def _collect(directory: Path, base: str) -> tuple[Any, Any]:
    now = int(time.time())
    async with NewsroomServer(load(), now=now, drip=0) as newsroom:
        config = write_config(directory / "config", newsroom.port, base)
        opened = open_store(f"sqlite:///{directory / 'demo.db'}")
        live, _ = open_live(opened, config, now)
        await fetch_round(opened, live, everything=True, resolve=resolve)
    return opened, live


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """Where the newsroom's site is served, and its store."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    opened, live = asyncio.run(_collect(tmp_path_factory.mktemp("newsroom"), base))
    server, ready, ends = Server(opened, live, host="127.0.0.1", port=port), threading.Event(), []

    async def serve() -> None:
        stopping = asyncio.Event()
        ends.append((asyncio.get_running_loop(), stopping))
        task = asyncio.create_task(server.serve(stopping))
        await server.started.wait()
        ready.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    watch.look(server.app.service)
    server.app.service.limiter = Limiter(capacity=1e9)  # one client asks for everything here
    yield base, opened
    loop, stopping = ends[0]
    loop.call_soon_threadsafe(stopping.set)
    thread.join()
    opened.close()


@pytest.fixture(scope="session")
def address(newsroom: tuple[str, Any]) -> str:
    """Where the newsroom's site is served."""
    return newsroom[0]


@pytest.fixture(scope="session")
def desk(newsroom: tuple[str, Any]) -> str:
    """The path of the operator's page, with a token."""
    with newsroom[1].writing() as db:
        return f"/private/{store.tokens.make(db, 'operations', 'the tests', int(time.time()))}/operations"


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Any]:
    """Chromium. Not for the whole session: while it lives an event loop runs in this thread, and no other test can
    start one.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium is installed on this machine (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()
