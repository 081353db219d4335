"""Answers kept in memory, ready to be sent in every coding, and the shelf that holds a bounded number of them.

Nothing is rendered or compressed on a poll: a form is made once, at the first demand for it, off the event loop.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable, MutableMapping
from typing import Any

import brotli  # type: ignore[import-untyped]
import zstandard

from aggregator.model import Rendering
from aggregator.web.conditions import Coding, coding, entity_tag, http_date, tag_held, takes_deltas, unmodified

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

FORMS_SIZE = 2
"""A held answer counts as so many times its body: the body itself, and three compressed forms."""


class Form:
    """An answer in one coding: messages as ASGI wants them, made once and never changed."""

    __slots__ = ("body", "found", "tag", "unchanged", "wire", "wire_unchanged")

    def __init__(self, body: bytes, tag: bytes, common: list[Header], described: list[Header], status: int) -> None:
        self.tag = tag
        headers = [*described, (b"content-length", b"%d" % len(body)), (b"etag", tag), *common]
        self.found: Message = {"type": "http.response.start", "status": status, "headers": headers}
        self.body: Message = {"type": "http.response.body", "body": body}
        self.unchanged = not_modified(tag, common)
        self.wire = _wire(headers)
        self.wire_unchanged = _wire(self.unchanged["headers"])


def _wire(headers: list[Header]) -> bytes:
    """Header fields as they go over the wire, to the empty line. Errors: ValueError when one would break the line."""
    for name, value in headers:
        if b"\n" in value or b"\r" in value or b"\0" in value:
            raise ValueError(f"the header {name!r} cannot hold {value!r}")
    return b"".join(b"%s: %s\r\n" % field for field in headers) + b"\r\n"


def not_modified(tag: bytes, common: list[Header]) -> Message:
    return {"type": "http.response.start", "status": 304, "headers": [(b"etag", tag), *common]}


EMPTY: Message = {"type": "http.response.body", "body": b""}


class Held:
    """A body with its validators. `headers` go with 200 and 304 alike; Vary and the validators are added here.

    `browser` makes what a browser gets that opens the address (it sends Sec-Fetch-Dest: document, readers do not).
    `delta` finds what is new for a client that names the version it has (A-IM: feed).
    """

    __slots__ = (
        "_browser", "_common", "_forms", "_media_type", "body", "browser", "delta", "etag", "last_modified", "status",
    )  # fmt: skip

    def __init__(
        self,
        rendering: Rendering,
        headers: Iterable[Header],
        *,
        vary: bytes = b"Accept-Encoding",
        zstd: bytes | None = None,
        status: int = 200,
        browser: Callable[[], "Held"] | None = None,
    ) -> None:
        self.body, self.etag, self.last_modified = rendering.body, rendering.etag, rendering.last_modified
        self.status, self.browser = status, browser
        self.delta: Callable[[bytes], Awaitable[Held | None]] | None = None
        self._browser: Held | None = None
        self._media_type = rendering.media_type.encode("latin-1")
        self._common = [(b"last-modified", http_date(self.last_modified)), (b"vary", vary), *headers]
        self._forms: dict[Coding, Form] = {"identity": self._form("identity", self.body)}
        if zstd is not None:
            self._forms["zstd"] = self._form("zstd", zstd)

    def _form(self, name: Coding, body: bytes) -> Form:
        described = [(b"content-type", self._media_type)]
        if name != "identity":
            described.append((b"content-encoding", name.encode("ascii")))
        return Form(body, entity_tag(self.etag, name), self._common, described, self.status)

    async def form(self, name: Coding) -> Form:
        """The answer in a coding; the first demand compresses it in a thread."""
        found = self._forms.get(name)
        if found is None:
            body = await asyncio.to_thread(_COMPRESS[name], self.body)
            found = self._forms[name] = self._form(name, body)
        return found

    async def respond(self, scope: Scope, send: Send) -> int:
        """Answer a GET or HEAD, with 304 when the client holds what is current. Returns the status."""
        accepted, held, since, wanted, as_page = _asked(scope["headers"])
        if as_page and self.browser is not None:
            return await self._as_page(self.browser, scope, send)
        form = self._forms.get(coding(accepted)) or await self.form(coding(accepted))
        start = self._unchanged(form, held, since) if held or since else None
        if start is not None:
            await send(start)
            await send(EMPTY)
            return 304
        if wanted and held and self.delta is not None and takes_deltas(wanted) and (new := await self.delta(held)):
            return await new.respond(scope, send)
        await send(form.found)
        await send(EMPTY if scope["method"] == "HEAD" else form.body)
        return self.status

    def at_once(self, headers: Iterable[Header]) -> tuple[int, bytes, bytes] | None:
        """Status, header fields and body when they are ready to go over the wire; None when something must be made, or
        thought about: a browser's page, a delta, a coding nobody asked for yet, a tag of another form.
        """
        accepted, held, since, wanted, as_page = _asked(headers)
        form = self._forms.get(coding(accepted))
        if form is None or as_page or wanted or self.status != 200:
            return None
        if held is not None:
            if held == form.tag:
                return 304, form.wire_unchanged, b""
            return None
        if since is not None:
            return None
        return 200, form.wire, form.body["body"]

    async def _as_page(self, browser: "Callable[[], Held]", scope: Scope, send: Send) -> int:
        if self._browser is None:
            self._browser = await asyncio.to_thread(browser)
        return await self._browser.respond(scope, send)

    async def __call__(self, scope: Scope, _receive: object, send: Send) -> None:
        """The same as an ASGI application, for routes."""
        await self.respond(scope, send)

    def _unchanged(self, form: Form, held: bytes | None, since: bytes | None) -> Message | None:
        """The 304 to send; If-None-Match outranks If-Modified-Since (RFC 9110, section 13.2.2)."""
        if self.status != 200:
            return None
        if held is None:
            return form.unchanged if since and unmodified(since, self.last_modified) else None
        if held == form.tag:
            return form.unchanged
        tag = tag_held(held, self.etag)
        return None if tag is None else not_modified(tag, self._common)


def _asked(headers: Iterable[Header]) -> tuple[bytes | None, bytes | None, bytes | None, bytes | None, bool]:
    """Accept-Encoding, If-None-Match, If-Modified-Since, A-IM, and whether a browser opens the address."""
    accepted = held = since = wanted = None
    as_page = False
    for name, value in headers:
        if name == b"accept-encoding":
            accepted = value if accepted is None else accepted + b"," + value
        elif name == b"if-none-match":
            held = value if held is None else held + b"," + value
        elif name == b"if-modified-since":
            since = value
        elif name == b"sec-fetch-dest":
            as_page = value == b"document"
        elif name == b"a-im":
            wanted = value
    return accepted, held, since, wanted, as_page


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=5))


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(body)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


_COMPRESS: dict[Coding, Callable[[bytes], bytes]] = {"br": _brotli, "zstd": _zstd, "gzip": _gzip}


class Shelf:
    """Held answers by key, the least recently used ones going first when they outgrow `most_bytes`."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._held: OrderedDict[Hashable, tuple[Held, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable, now: float = 0) -> Held | None:
        """The answer under a key, unless its time is over."""
        found = self._held.get(key)
        if found is None:
            return None
        if now >= found[1]:
            self.drop(key)
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, held: Held, until: float = float("inf")) -> None:
        self.drop(key)
        self._held[key] = (held, until)
        self.bytes += _size(held)
        while self.bytes > self.most_bytes and len(self._held) > 1:
            _, (old, _) = self._held.popitem(last=False)
            self.bytes -= _size(old)

    def drop(self, key: Hashable) -> None:
        found = self._held.pop(key, None)
        if found is not None:
            self.bytes -= _size(found[0])

    def clear(self) -> None:
        self._held.clear()
        self.bytes = 0


def _size(held: Held) -> int:
    return len(held.body) * FORMS_SIZE + 2000
