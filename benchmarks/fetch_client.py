"""One measurement of one client in a process of its own; prints JSON. Used by benchmarks.fetch.

python -m benchmarks.fetch_client CLIENT TASK PORT HOSTS FEEDS      SSL_CERT_FILE names the CA, SCHEME http or https
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import uvloop

from aggregator.fetch import Fetcher, Request
from aggregator.model import FetchRules, Validators
from benchmarks.fetch_server import HELD, addresses

SCHEME = os.environ.get("SCHEME", "https")
IN_FLIGHT = 100
STUCK = 7
"""The host that answers nothing."""
Ask = Callable[[str, str | None], Awaitable[str | None]]
"""Fetch an address with an ETag or without; returns the ETag of the answer."""


@asynccontextmanager
async def ours() -> Any:
    rules = FetchRules(allow=(("127.0.0.0/8", 0),), host_gap=0, timeout=60)
    async with Fetcher(rules) as fetcher:

        async def ask(url: str, etag: str | None) -> str | None:
            document = await fetcher.get(Request(url, Validators(etag)))
            assert document.status == (304 if etag else 200)
            return document.validators.etag

        yield ask


@asynccontextmanager
async def plain() -> Any:
    # As it is by default, but for the limit of 100 connections where a thousand are the question.
    limits = httpx.Limits(max_connections=None if "in_flight" in sys.argv else 100, max_keepalive_connections=20)
    async with httpx.AsyncClient(timeout=60, follow_redirects=True, limits=limits) as client:

        async def ask(url: str, etag: str | None) -> str | None:
            response = await client.get(url, headers={"If-None-Match": etag} if etag else {})
            assert response.status_code == (304 if etag else 200)
            return response.headers.get("etag")

        yield ask


CLIENTS = {"ours": ours, "httpx": plain}


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory() -> float:
    """Resident MB now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def rounds(ask: Ask, port: int, hosts: int, feeds: int) -> dict[str, float]:
    """CPU in ms a request: cold (new connections, 200 with a body), then warm (304), feeds of a host one after another."""
    by_host = [[f"{SCHEME}://{host}:{port}/feed/{n}" for n in range(place, feeds, hosts)]
               for place, host in enumerate(addresses(hosts))]  # fmt: skip
    etags: dict[str, str | None] = {}
    turns = asyncio.Semaphore(IN_FLIGHT)

    async def poll(urls: list[str]) -> None:
        async with turns:
            for url in urls:
                etags[url] = await ask(url, etags.get(url))

    found = {}
    for name in ("cold", "warm", "warm again"):
        before, began = cpu(), time.monotonic()
        await asyncio.gather(*map(poll, by_host))
        found[name] = (cpu() - before) / feeds * 1000
        found[f"{name} wall"] = time.monotonic() - began
    return found


async def in_flight(ask: Ask, port: int, *_: int) -> dict[str, float]:
    """MB that a thousand requests take while they all wait for their answers."""
    await ask(f"{SCHEME}://{addresses(1)[0]}:{port}/feed/0", None)
    before, most = memory(), 0.0
    tasks = [
        asyncio.create_task(ask(f"{SCHEME}://{host}:{port}/hold/{n}", None)) for n, host in enumerate(addresses(HELD))
    ]
    while not any(task.done() for task in tasks):  # from there on it is the answers that are measured
        most = max(most, memory())
        await asyncio.sleep(0.01)
    await asyncio.gather(*tasks)
    return {"mb": most - before}


async def stuck(ask: Ask, port: int, hosts: int, *_: int) -> dict[str, float]:
    """Seconds until all hosts but one are done: without and with that one being stuck."""
    found = {}
    for name, path in (("warm-up", "feed"), ("none stuck", "feed"), ("one stuck", "stuck")):
        urls = [
            f"{SCHEME}://{host}:{port}/{path if place == STUCK else 'feed'}/{place}"
            for place, host in enumerate(addresses(hosts))
        ]
        tasks = [asyncio.create_task(ask(url, None)) for url in urls]
        began = time.monotonic()
        await asyncio.gather(*(task for place, task in enumerate(tasks) if place != STUCK))
        found[name] = time.monotonic() - began
        tasks[STUCK].cancel()
        await asyncio.gather(tasks[STUCK], return_exceptions=True)
    return found


TASKS = {"rounds": rounds, "in_flight": in_flight, "stuck": stuck}


async def main(client: str, task: str, *numbers: str) -> None:
    async with CLIENTS[client]() as ask:
        print(json.dumps(await TASKS[task](ask, *map(int, numbers))))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
