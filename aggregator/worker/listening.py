"""Asking hubs to tell us of new entries (WebSub), beside the polls of a process that goes on, and asking again in time."""

import asyncio

import structlog

from aggregator import store
from aggregator.bootstrap import Tools
from aggregator.errors import FetchError, LeaseLost

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
    """Ask for the subscriptions that are wanted now; returns how many hubs took the request."""
    requests = await tools.write(store.listening.wishes, tools.now())
    return sum(await asyncio.gather(*(_ask(one, tools) for one in requests)))


async def _ask(one: "store.listening.Request", tools: Tools) -> bool:
    from aggregator.fetch.websub import FORM, subscription

    callback = f"{tools.live.config.site.base_url.rstrip('/')}/push/{one.path}"
    try:
        status = await tools.fetcher.post(one.hub, subscription(one.topic, callback, one.secret), FORM)
    except (FetchError, LeaseLost) as error:
        log.warning("a hub cannot be asked", hub=one.hub, topic=one.topic, error=str(error))
        return False
    if 400 <= status < 500:
        log.warning("a hub refuses our subscription", hub=one.hub, topic=one.topic, status=status)
        await tools.write(store.listening.refused, one.feed, tools.now())
    return 200 <= status < 300
