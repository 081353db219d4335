"""Two of our own instances: the second reads a topic of the first, subscribes at its hub, and has its news at once."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator import store
from aggregator.bootstrap import open_live
from aggregator.store import Store
from aggregator.web import Server
from aggregator.worker import listening, service

Site = Any

SECOND = """
[site]
title = "Second"
base_url = "http://127.0.0.1:{port}"
languages = ["en", "ru"]
[fetch]
allow = [["127.0.0.0/8", 0]]
host_gap = 0.0
"""
SOURCE = """
[[source]]
id = "first"
name = "The first instance"
url = "http://127.0.0.1:{port}/"
country = "KZ"
language = "en"
feeds = [{{ url = "http://127.0.0.1:{port}/feeds/cargo.atom" }}]
"""
TOPIC = 'title = { en = "Cargo" }\n[terms.en]\nstrong = ["cargo"]\n'


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def titles(opened: Store) -> set[str]:
    with opened.reading() as db:
        return {one.title for one in store.reading.articles(db)}


async def until(true: Callable[[], Any]) -> None:
    """Within a minute: no feed is polled again so soon, so that only a push can be in time."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


async def push_until_heard(first: Site, more_news: Callable[[Site, str], None], second: Store) -> set[str]:
    """News of the first site until the second has all of it; its titles.

    Seldom, in a process that is busy with other tests, the poll after a push found the document changed and nothing new in
    it. The next push must bring what that one did not: nothing may stay behind.
    """
    told: set[str] = set()
    for number in range(3):
        told.add(f"Cargo that was pushed, {number}")
        await asyncio.to_thread(more_news, first, f"Cargo that was pushed, {number}")
        await asyncio.to_thread(first.settle, int(time.time()))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if told <= titles(second):
                return told
            await asyncio.sleep(0.05)
    raise AssertionError(f"{told - titles(second)} never came")


def second_config(directory: Path, own: int, first: int) -> Path:
    for name, text in (("aggregator.toml", SECOND.format(port=own)), ("sources/first.toml", SOURCE.format(port=first)),
                       ("topics/cargo.toml", TOPIC)):  # fmt: skip
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return directory


def test_what_the_first_publishes_the_second_has_by_push_and_republishes(
    own_site: Site, more_news: Callable[[Site, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LOOK_EVERY", 0.2)
    monkeypatch.setattr(service, "IDLE", 0.2)
    monkeypatch.setattr(
        store.listening, "PUSH_GAP", 0
    )  # else the next poll comes a minute after the last at the earliest
    ports = free_port(), free_port()
    settings = own_site.config / "aggregator.toml"
    with_address = settings.read_text("utf-8").replace("http://news.example", f"http://127.0.0.1:{ports[0]}")
    settings.write_text(with_address + 'allow = [["127.0.0.0/8", 0]]\n', "utf-8")
    live, broken = open_live(own_site.opened, own_site.config, int(time.time()))
    assert broken is None
    own_site.live = live
    opened = Store(f"sqlite:///{tmp_path / 'second.db'}")
    store.schema.ensure(opened)
    config = second_config(tmp_path / "second", ports[1], ports[0])
    second, _ = open_live(opened, config, int(time.time()))

    async def main() -> None:
        stopping = asyncio.Event()
        servers = [
            Server(own_site.opened, live, host="127.0.0.1", port=ports[0]),
            Server(opened, second, host="127.0.0.1", port=ports[1]),
        ]
        tasks = [asyncio.create_task(server.serve(stopping)) for server in servers]
        for server in servers:
            await server.started.wait()
        try:
            await until(lambda: is_served(own_site.opened))
            await asyncio.to_thread(own_site.settle, int(time.time()))  # from now on its feeds name the hub
            tasks.append(asyncio.create_task(service.keep_polling(opened, config, second, stopping=stopping)))
            await until(lambda: len(titles(opened)) >= 50)
            await until(lambda: any(one.lease_until for one in subscriptions(own_site.opened)))
            told = await push_until_heard(own_site, more_news, opened)
            await until(lambda: all(title in published(opened) for title in told))
        finally:
            stopping.set()
            await asyncio.gather(*tasks)

    asyncio.run(main())
    opened.close()


def subscriptions(opened: Store) -> tuple[store.hub.Subscription, ...]:
    with opened.reading() as db:
        return store.hub.listed(db)


def is_served(opened: Store) -> bool:
    with opened.reading() as db:
        return store.hub.is_served(db, int(time.time()))


def published(opened: Store) -> str:
    with opened.reading() as db:
        found = store.publications.rendering(db, "cargo", "atom")
    return found[0].body.decode() if found else ""
