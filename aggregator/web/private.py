"""/private/<token>/…: feeds of private topics, the operations feed and page, the metrics. One revocable token for each;
whoever has none is told what everybody is told of an address that leads nowhere.
"""

import re
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from aggregator import publish, store
from aggregator.model import Rendering, Standing
from aggregator.publish.addresses import Format
from aggregator.store import Db
from aggregator.web import desk, operations, trial
from aggregator.web.clients import client_of
from aggregator.web.feeds import archived
from aggregator.web.forms import Receive, form_body, form_fields, refuse_other_sites
from aggregator.web.headers import PRIVATE
from aggregator.web.held import Held, Scope, Send
from aggregator.web.pages import reader_of
from aggregator.web.problems import Problem
from aggregator.web.public import Public
from aggregator.web.rendering import blake_etag
from aggregator.web.service import Service

COST = 5.0
"""What a wrong token costs its client (limits.py)."""

_path = re.compile(
    r"/private/([A-Za-z0-9_-]{16,100})/([^/\x00-\x20\x7f]{1,100}?)(?:\.(atom|rss|json)|/archive/([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?\.atom|/(plan))?"
).fullmatch
_FORMATS: dict[str, Format] = {"atom": "atom", "rss": "rss", "json": "json"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands behind a token: `format` of a feed, or the number of an archive page, or neither for a page, under
    which there may be a `plan`.
    """

    token: str
    scope: str
    format: Format | None
    archive: int | None
    upto: int | None = None
    plan: bool = False


class Private:
    """Answers everything below /private/."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.plans = trial.Plans(service)

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Errors: Problem 404 for a wrong token and for what is not there, alike; 405, 429; Moved after a POST."""
        await self.service.look()
        asked = await self._admitted(scope)
        if _kind(asked, self.service.public) == "plan":
            return await self.plans.respond(asked.token, scope, receive, send)
        if scope["method"] == "POST" and _kind(asked, self.service.public) == "page":
            return await self._take_word(asked, scope, receive, send)
        if scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, "only GET and HEAD", allow="GET, HEAD")
        held = await self._find(asked, Request(scope))
        return await held.respond(scope, send)

    async def _take_word(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> int:
        """The operator's word on stories, from the form of the page; then back to it (303)."""
        refuse_other_sites(scope)
        form = dict(form_fields(await form_body(scope, receive)))
        await self.service.work(self._rule, form)
        where = f"{self.service.public.root}/private/{asked.token}/{asked.scope}?done=1"
        headers = [(b"location", where.encode("ascii")), (b"content-length", b"0"), *PRIVATE]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return 303

    def _rule(self, form: dict[str, str]) -> None:
        with self.service.opened.writing() as db:
            desk.rule(db, form, self.service.now())

    async def _admitted(self, scope: Scope) -> Asked:
        match = _path(scope["path"])
        if match is not None:
            page, upto = (int(number) if number else None for number in match.group(4, 5))
            asked = Asked(match[1], match[2], _FORMATS.get(match[3]), page, upto, match[6] is not None)
            if await self.service.read(lambda db: store.tokens.opens(db, asked.scope, asked.token)):
                return asked
        self.service.spend(client_of(scope), COST)
        raise Problem(404, "there is nothing at this address")

    async def _find(self, asked: Asked, request: Request) -> Held:
        service, public = self.service, self.service.public
        kind = _kind(asked, public)
        if kind == "metrics":
            body, media_type = await operations.metrics(service)
            return _held(blake_etag(media_type, body, service.now()))
        if kind == "page":
            reader, given = reader_of(request, public, service.now()), request.query_params
            body = await service.read(
                lambda db: desk.page(db, public, reader, asked.token, given.get("article"), given.get("done", ""))
            )
            return Held(blake_etag("text/html; charset=utf-8", body, service.now()), PRIVATE)
        version = service.versions.get(asked.scope)
        key = ("private", asked, version)
        if kind == "operations":
            return await service.make(key, lambda db: self._operations(db, public, asked), seconds=10)
        return await service.make(key, lambda db: feed(db, public, asked, service.started), seconds=600)

    def _operations(self, db: Db, public: Public, asked: Asked) -> Held:
        assert asked.format is not None
        return _held(with_token(desk.feed(db, public, asked.format), public, asked.token))


def _kind(asked: Asked, public: Public) -> Literal["topic", "operations", "page", "plan", "metrics"]:
    """Errors: Problem 404."""
    if asked.scope in public.private and (asked.format or asked.archive):
        return "topic"
    if asked.plan:
        if asked.scope == "operations":
            return "plan"
    elif asked.scope == "operations" and asked.archive is None:
        return "operations" if asked.format else "page"
    elif asked.scope == "metrics" and asked.format is None and asked.archive is None:
        return "metrics"
    raise Problem(404, "there is nothing at this address")


def feed(db: Db, public: Public, asked: Asked, now: int) -> Held:
    """A private topic's feed, or a page of its archive. Errors: Problem 404."""
    topic, live = asked.scope, public.live
    if asked.archive is not None:
        made = archived(db, public, topic, asked.archive, asked.upto)
        return _held(with_token(publish.render(made, ("atom",))[0], public, asked.token))
    assert asked.format is not None
    found = store.publications.rendering(db, topic, asked.format)
    empty = live.publication(topic, Standing(()), now)
    rendering = found[0] if found else publish.render(empty, (asked.format,))[0]
    return _held(with_token(rendering, public, asked.token))


def with_token(rendering: Rendering, public: Public, token: str) -> Rendering:
    """The stored feed with its reader's token in its addresses; its ETag is that of the content all readers share."""
    body = publish.with_token(rendering.body, public.base, token)
    return Rendering(rendering.format, rendering.media_type, body, rendering.etag, rendering.last_modified)


def _held(rendering: Rendering) -> Held:
    return Held(rendering, PRIVATE, vary=b"Accept-Encoding")
