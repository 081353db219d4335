"""Asking hubs to tell us of new entries (WebSub), asking again in time, and asking to end what is no longer wanted: beside
the polls of a process that goes on, or beside a web server while polls come from cron.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog

from aggregator import store
from aggregator.bootstrap import Live, Tools
from aggregator.errors import FetchError, LeaseLost, StoreError
from aggregator.store import Store
from aggregator.worker.local import begin, workshop

log = structlog.get_logger()

LOOK_EVERY = 10.0
"""Seconds between two looks at what to ask for."""


async def keep_listening(tools: Tools) -> None:
    """Subscribe and renew until cancelled, while the site has an address that hubs can reach."""
    from aggregator.fetch.websub import is_reachable

    while True:
        if is_reachable(tools.live.config.site.base_url, tools.live.config.fetch):
            await listen(tools)
        await asyncio.sleep(LOOK_EVERY)


async def listen(tools: Tools) -> int:
    """Ask for the subscriptions that are wanted now, and for the end of others; returns how many hubs took a request."""
    requests = await tools.write(store.listening.wishes, tools.now())
    requests += await tools.write(store.listening.partings, tools.now())
    return sum(await asyncio.gather(*(_ask(one, tools) for one in requests)))


async def _ask(one: "store.listening.Request", tools: Tools) -> bool:
    from aggregator.fetch.websub import FORM, subscription, unsubscription

    callback = f"{tools.live.config.site.base_url.rstrip('/')}/push/{one.path}"
    leaving = one.mode == "unsubscribe"
    form = unsubscription(one.topic, callback) if leaving else subscription(one.topic, callback, one.secret)
    try:
        status = await tools.fetcher.post(one.hub, form, FORM)
    except (FetchError, LeaseLost) as error:
        log.warning("a hub cannot be asked", hub=one.hub, topic=one.topic, error=str(error))
        return False
    if 400 <= status < 500:
        log.warning("a hub refuses our request", hub=one.hub, topic=one.topic, mode=one.mode, status=status)
        await (
            tools.write(store.listening.forget, one.feed)
            if leaving
            else tools.write(store.listening.refused, one.feed, tools.now())
        )
    return 200 <= status < 300


async def listen_beside_a_server(opened: Store, live: Callable[[], Live], resolve: Any = None) -> None:
    """Subscribe, renew and part until cancelled, in a process that does not poll.

    A run is begun only while there is something to ask, for hubs are hosts: another process may be polling them.
    """
    while True:
        try:
            if _wants(opened, live()):
                async with workshop(opened, live(), resolve) as (tools, _):
                    run = await begin(tools)
                    try:
                        await listen(tools)
                    finally:
                        await tools.write(store.runs.end, run, tools.now())
        except StoreError as error:
            log.warning("hubs are asked later", error=str(error))
        await asyncio.sleep(LOOK_EVERY)


def _wants(opened: Store, live: Live) -> bool:
    from aggregator.fetch.websub import is_reachable

    if not is_reachable(live.config.site.base_url, live.config.fetch):
        return False
    with opened.reading() as db:
        return store.listening.is_due(db, int(time.time()))
