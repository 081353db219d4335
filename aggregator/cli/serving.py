"""Scheduler and web server side by side in one process."""

import asyncio
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.bootstrap import Live
    from aggregator.store import Store
    from aggregator.web import Server

log = structlog.get_logger()


async def serve_and_poll(
    opened: "Store", config: Path, live: "Live", *, host: str, port: int, resolve: Any = None
) -> None:
    """Until SIGTERM or SIGINT: poll what is due, serve what is published. Ends in order: polls first, then the server."""
    from aggregator.web import Server
    from aggregator.worker.service import keep_polling

    stopping = _stopped_by_signals()
    server = Server(opened, live, host=host, port=port, resolve=resolve, config=config)
    serving = asyncio.create_task(server.serve(stopping))
    polling = asyncio.create_task(
        keep_polling(opened, config, live, stopping=stopping, renewed=server.renew, resolve=resolve)
    )
    try:
        await asyncio.wait({serving, polling}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.set()
        await asyncio.gather(serving, polling)


async def serve_only(opened: "Store", config: Path, live: "Live", *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; an edited configuration is taken over as by `run`. Hubs are asked to tell us of news:
    what they push makes its feed due for the next `fetch`.
    """
    from aggregator.web import Server
    from aggregator.worker.listening import listen_beside_a_server
    from aggregator.worker.service import again_and_again

    server = Server(opened, live, host=host, port=port, config=config)
    beside = [
        asyncio.create_task(_follow(opened, config, server)),
        asyncio.create_task(again_and_again("listening", lambda: listen_beside_a_server(opened, lambda: server.live))),
    ]
    try:
        await server.serve(_stopped_by_signals())
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


async def _follow(opened: "Store", config: Path, server: "Server") -> None:
    """Look at the configuration's files every two seconds; a broken edit is logged and changes nothing."""
    from aggregator.bootstrap import open_live
    from aggregator.worker.service import IDLE, stamp

    before = stamp(config)
    while True:
        await asyncio.sleep(IDLE)
        if (now := stamp(config)) == before:
            continue
        before = now
        try:
            live, broken = await asyncio.to_thread(open_live, opened, config, int(time.time()))
        except AggregatorError as error:
            log.warning("configuration not taken over", error=str(error))
            continue
        for fault in broken.faults if broken else ():
            log.error("configuration refused, the old one stays live", fault=str(fault))
        server.renew(live)


async def poll_only(opened: "Store", config: Path, live: "Live") -> None:
    """Do the queue's jobs until SIGTERM or SIGINT."""
    from aggregator.worker.queue import keep_working

    await keep_working(opened, config, live, stopping=_stopped_by_signals())


def _stopped_by_signals() -> asyncio.Event:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
