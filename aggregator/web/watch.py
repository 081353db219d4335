"""What a server does beside answering, once a minute: shows that it lives (so that feeds name its hub), clears leases that
ended, and writes down which feeds fell ill or recovered.
"""

import asyncio

import structlog

from aggregator import health, store
from aggregator.errors import AggregatorError
from aggregator.store import Db
from aggregator.store.incidents import Seen
from aggregator.web.service import Service

log = structlog.get_logger()

EVERY = 60.0
"""Seconds between two looks."""

WORK = "the work"
"""The subject of an incident that is about no single feed or article."""


async def keep_watching(service: Service) -> None:
    """Until cancelled."""
    while True:
        try:
            await asyncio.to_thread(look, service)
        except AggregatorError as error:
            log.warning("the watch waits for the database", error=str(error))
        except Exception:
            log.exception("the watch stumbled, it goes on")
        await asyncio.sleep(EVERY)


def look(service: Service) -> int:
    """One look; returns how many incidents began or ended."""
    now = service.now()
    with service.opened.reading() as db:
        seen = troubles(db, now)
    with service.opened.writing() as db:
        store.hub.served(db, now)
        store.hub.expire(db, now)
        return store.incidents.note(db, seen, now)


def troubles(db: Db, now: int) -> list[Seen]:
    """What is wrong with the feeds, in the words of `sources health`, with articles that cannot be placed, and with the
    work as a whole.
    """
    found = health.troubles(health.feeds(db, now), now)
    stuck = [
        Seen(f"article {one.article}", one.source, "stuck", store.stuck.in_words(one)) for one in store.stuck.listed(db)
    ]
    work = [Seen(WORK, "", state, told) for state, told in health.of_work(store.work.gather(db, now))]
    return [Seen(one.url, one.source, one.state, one.text) for one in found] + stuck + work
