"""Scheduler and web server side by side in one process."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aggregator.bootstrap import Live
    from aggregator.store import Store


async def serve_and_poll(
    opened: "Store", config: Path, live: "Live", *, host: str, port: int, resolve: Any = None
) -> None:
    """Until SIGTERM or SIGINT: poll what is due, serve what is published. Ends in order: polls first, then the server."""
    from aggregator.web import Server
    from aggregator.worker.service import keep_polling

    stopping = _stopped_by_signals()
    server = Server(opened, live, host=host, port=port)
    serving = asyncio.create_task(server.serve(stopping))
    polling = asyncio.create_task(
        keep_polling(opened, config, live, stopping=stopping, renewed=server.renew, resolve=resolve)
    )
    try:
        await asyncio.wait({serving, polling}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.set()
        await asyncio.gather(serving, polling)


async def serve_only(opened: "Store", live: "Live", *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    from aggregator.web import Server

    await Server(opened, live, host=host, port=port).serve(_stopped_by_signals())


async def poll_only(opened: "Store", config: Path, live: "Live") -> None:
    """Poll until SIGTERM or SIGINT."""
    from aggregator.worker.service import keep_polling

    await keep_polling(opened, config, live, stopping=_stopped_by_signals())


def _stopped_by_signals() -> asyncio.Event:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
