"""uvicorn in the caller's event loop: it binds first, installs no signal handler, and ends when it is told to."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from aggregator.bootstrap import Live, callback_rules
from aggregator.errors import AggregatorError
from aggregator.fetch import Fetcher
from aggregator.store import Store
from aggregator.web.app import create_app
from aggregator.web.pushing import Hub
from aggregator.web.watch import keep_watching

log = structlog.get_logger()

GRACE = 4
"""Seconds that requests under way have to finish once the server stops."""

IDLE = 65
"""Seconds that an idle connection stays open: more than the minute of most proxies."""

BACKLOG = 1024


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own signal handlers: the process's owner decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """The web server of a store, with its hub. `port` 0 takes a free one. `resolve` replaces the look-up of the names of
    callbacks; `config` is the directory of the operator's files.
    """

    def __init__(
        self, opened: Store, live: Live, *, host: str, port: int, resolve: Any = None, config: Path | None = None
    ) -> None:
        self.host = host
        self.port = port
        self.app = create_app(opened, live)
        self.app.service.directory = config
        self.started = asyncio.Event()
        self.live = live
        self._resolve = resolve
        self._fetcher: Fetcher | None = None

    def renew(self, live: Live) -> None:
        """Take over a new configuration; requests under way finish under the old one."""
        self.live = live
        self.app.service.renew(live)
        if self._fetcher is not None:
            self._fetcher.renew(callback_rules(live))

    async def serve(self, stopping: asyncio.Event) -> None:
        """Serve until `stopping` is set. Errors: AggregatorError when the address cannot be bound."""
        listener = bind(self.host, self.port)
        self.port = listener.getsockname()[1]
        server = _Uvicorn(_config(self))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        asked = asyncio.create_task(stopping.wait())
        over = asyncio.Event()
        pushing = asyncio.create_task(self._push(over))
        try:
            await self._announce(server, running)
            await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.should_exit = True
            asked.cancel()
            over.set()
            await _ended(server, running)
            await asyncio.gather(pushing, return_exceptions=True)
            listener.close()
            self.app.service.close()

    async def _push(self, over: asyncio.Event) -> None:
        """The hub, as long as the server."""
        async with Fetcher(callback_rules(self.live), resolve=self._resolve) as self._fetcher:
            hub = Hub(self.app.service, self._fetcher)
            self.app.check_callback, self.app.service.has_hub = hub.check, True
            watching = asyncio.create_task(keep_watching(self.app.service))
            try:
                await hub.run(over)
            finally:
                self.app.check_callback = None
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _announce(self, server: uvicorn.Server, running: asyncio.Task[None]) -> None:
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        self.started.set()
        log.info("serving", address=f"http://{self.host}:{self.port}/")


async def _ended(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    """Wait for the end; what still hangs after the grace is cut off."""
    done, _ = await asyncio.wait({running}, timeout=GRACE + 0.5)
    if not done:
        server.force_exit = True
        running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _config(server: Server) -> uvicorn.Config:
    return uvicorn.Config(
        server.app,
        log_config=None,
        log_level="error",
        http=_protocol(),
        access_log=False,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=GRACE,
        backlog=BACKLOG,
    )


def _protocol() -> Any:
    """The protocol on httptools where that is installed, else uvicorn's own on h11, which has bounds."""
    try:
        from aggregator.web.protocol import GuardedProtocol
    except ImportError:
        return "h11"
    return GuardedProtocol


def bind(host: str, port: int) -> socket.socket:
    """A bound socket. Errors: AggregatorError that says what to do."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise AggregatorError(f"cannot serve on {host}: {error.strerror or error}; see --host") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise AggregatorError(
            f"cannot serve on {host} port {port}: {error.strerror or error}; --host and --port choose another address"
        ) from error
    listener.setblocking(False)
    return listener
