"""Callbacks of the hubs that we listen to (WebSub, sections 5.3 and 7): /push/<a path that nobody can guess>.

A hub asks whether we want what it is about to send, then sends it. Of a push nothing is kept: signed rightly, it makes
its feed due.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import structlog

from aggregator import store
from aggregator.fetch.websub import Signature
from aggregator.store.listening import Listening
from aggregator.web.clients import client_of
from aggregator.web.headers import SAFE
from aggregator.web.held import Scope, Send
from aggregator.web.service import Service

log = structlog.get_logger()
Receive = Callable[[], Awaitable[Any]]

PREFIX = "/push/"
MOST_BYTES = 15_000_000
MOST_SECONDS = 30.0
OFTEN = 5
"""Seconds within which further pushes change nothing for a feed whose poll has not begun yet."""
LONGEST_CHALLENGE = 4096


class Pushes:
    """Answers hubs. Every push to a path of ours is acknowledged, rightly signed or not, so that nothing can be tried out."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer a request below PREFIX and return the status. Errors: Problem 429."""
        self._service.spend(client_of(scope), 1)
        path = scope["path"].removeprefix(PREFIX)
        if scope["method"] == "POST":
            return await _answer(send, await self._push(path, scope, receive))
        if scope["method"] in ("GET", "HEAD"):
            challenge = await self._verify(path, dict(parse_qsl(scope["query_string"].decode("latin-1"))))
            return await _answer(send, 404 if challenge is None else 200, challenge or b"")
        return await _answer(send, 405, allow=b"GET, HEAD, POST")

    async def _verify(self, path: str, query: dict[str, str]) -> bytes | None:
        """The challenge to repeat, or None: we want no such thing."""
        topic, challenge = query.get("hub.topic", ""), query.get("hub.challenge", "")
        if query.get("hub.mode") == "denied":
            log.info("a hub denied our subscription", topic=topic, reason=query.get("hub.reason"))
            known = await self._service.work(self._deny, path, topic)
            return b"" if known else None
        if not 0 < len(challenge) <= LONGEST_CHALLENGE:
            return None
        if query.get("hub.mode") == "subscribe":
            meant = await self._service.work(self._confirm, path, topic, query.get("hub.lease_seconds", ""))
        else:
            meant = query.get("hub.mode") == "unsubscribe" and await self._service.work(self._part, path, topic)
        return challenge.encode() if meant else None

    def _confirm(self, path: str, topic: str, lease: str) -> bool:
        seconds = int(lease) if lease.isascii() and lease.isdigit() and len(lease) < 12 else None
        with self._service.opened.writing() as db:
            return store.listening.verify(db, path, topic, seconds, self._service.now())

    def _part(self, path: str, topic: str) -> bool:
        with self._service.opened.writing() as db:
            return store.listening.parted(db, path, topic, self._service.now())

    def _deny(self, path: str, topic: str) -> bool:
        with self._service.opened.writing() as db:
            return store.listening.deny(db, path, topic, self._service.now())

    async def _push(self, path: str, scope: Scope, receive: Receive) -> int:
        found = await self._service.read(lambda db: store.listening.at(db, path, self._service.now()))
        if found is None:
            return 410  # the hub may forget this callback
        signature = Signature(_field(scope, b"x-hub-signature"), found.secret)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                complete = await _read(receive, signature)
        except TimeoutError:
            return 408
        if not complete:
            return 413
        if signature.is_valid:
            await self._note(found)
        else:
            log.warning("a push without our signature was ignored", feed=found.feed)
        return 202

    async def _note(self, found: Listening) -> None:
        now = self._service.now()
        if not found.waits or found.pushed is None or not 0 <= now - found.pushed < OFTEN:
            await self._service.work(self._pushed, found.feed, now)

    def _pushed(self, feed: int, now: int) -> None:
        with self._service.opened.writing() as db:
            store.listening.pushed(db, feed, now)


async def _read(receive: Receive, signature: Signature) -> bool:
    """Feed the body to the signature; False when it is too long or its sender left."""
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return False
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MOST_BYTES:
            return False
        signature.feed(chunk)
        if not message.get("more_body"):
            return True


def _field(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


async def _answer(send: Send, status: int, body: bytes = b"", allow: bytes | None = None) -> int:
    headers = [*SAFE, (b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    headers += [(b"content-length", b"%d" % len(body)), *([(b"allow", allow)] if allow else [])]
    with suppress(OSError):  # the hub left
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
    return status
