"""The ASGI application: feeds on a fast path of their own, everything else through routes; and what happens when a
request cannot be answered.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route, Router

from aggregator import publish
from aggregator.bootstrap import Live
from aggregator.errors import AggregatorError, NotFound
from aggregator.store import Db, Store
from aggregator.web import hub, operations, push
from aggregator.web.api import Api
from aggregator.web.clients import is_local
from aggregator.web.feeds import Feeds
from aggregator.web.headers import ANYONE, FEED, FRESH_FEED, PREFLIGHT, SAFE, ascii_url, fresh_for
from aggregator.web.held import Held, Message, Scope, Send
from aggregator.web.pages import Pages
from aggregator.web.private import Private
from aggregator.web.problems import Moved, Problem, problem_json
from aggregator.web.rendering import asset, asset_type, blake_etag
from aggregator.web.service import Service

log = structlog.get_logger()
Receive = Callable[[], Awaitable[Message]]

KEPT_ASSET = 24 * 3600
_MACHINES = ("/feeds/", "/api/", "/opml", "/metrics", "/liveness", "/readiness", "/hub")

ROBOTS = (
    b"User-agent: *\nDisallow: /api/\nDisallow: /feeds/*?\nDisallow: /hub\nDisallow: /metrics\nDisallow: /private/\n"
)


def create_app(opened: Store, live: Live) -> "App":
    """The application over a store, ready for any ASGI server. `app.service.renew(live)` changes its configuration."""
    return App(Service(opened, live))


class App:
    """Dispatches requests; the only place where an unforeseen error ends."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.feeds = Feeds(service)
        self.pages = Pages(service)
        self.pushes = push.Pushes(service)
        self.routes = Router(_routes(self), redirect_slashes=False)
        self.private = Private(service)
        self.check_callback: hub.Check | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._answer(_below(scope, self.service.public.root), receive, send)

    def at_once(self, url: bytes, headers: list[tuple[bytes, bytes]]) -> tuple[int, bytes, bytes] | None:
        """The answer to a GET of a feed when it lies ready in memory: status, header fields, body (protocol.py)."""
        service = self.service
        if time.monotonic() >= service.next_look or b"?" in url or b"%" in url:
            return None
        path, root = url.decode("latin-1"), service.public.root
        held = service.feeds.get(path.removeprefix(root) if root else path)
        found = None if held is None else held.at_once(headers)
        if found is not None:
            service.count(found[0])
        return found

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"].startswith("/feeds/") and scope["method"] in ("GET", "HEAD"):
                self.service.count(await self.feeds.respond(scope, send))
            elif scope["path"].startswith(push.PREFIX):
                self.service.count(await self.pushes.respond(scope, receive, send))
            elif scope["path"] == "/hub":
                await self._subscribe(scope, receive, send)
            elif scope["path"].startswith("/private/"):
                self.service.count(await self.private.respond(scope, receive, send))
            else:
                await self._route(scope, receive, send)
        except Moved as moved:
            await self._move(moved, send)
        except Problem as problem:
            await self._tell(problem, scope, send)
        except NotFound as error:
            await self._tell(Problem(404, str(error)), scope, send)
        except AggregatorError as error:
            log.warning("request not answered", path=_for_log(scope), error=str(error))
            await self._tell(Problem(503, "the database does not answer", retry_after=30), scope, send)
        except Exception:
            log.exception("request failed", path=_for_log(scope))
            await self._tell(Problem(500), scope, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["method"] == "OPTIONS" and path.startswith(_MACHINES):
            await send({"type": "http.response.start", "status": 204, "headers": list(PREFLIGHT)})
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, "only GET and HEAD", allow="GET, HEAD")
        if not path.isprintable():
            raise Problem(404, "there is nothing at this address")
        if path != "/" and path.endswith("/"):
            raise Moved(path.rstrip("/") or "/")
        sent: list[int] = []

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent.append(message["status"])
            await send(message)

        try:
            await self.routes({**scope, "app": self}, receive, watched)
        except HTTPException as error:
            raise Problem(error.status_code, "there is nothing at this address") from error
        self.service.count(sent[0])

    async def _subscribe(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The hub takes requests where something does its work: not in an application without a server around it."""
        if self.check_callback is None:
            raise Problem(404, "there is no hub here")
        if scope["method"] != "POST":
            raise Problem(405, "subscriptions are sent by POST (WebSub)", allow="POST")
        await hub.answer(self.service, self.check_callback, scope, receive)
        await _plain(self.service, b"accepted; the callback will be asked\n", 202).respond(scope, send)
        self.service.count(202)

    async def _move(self, moved: Moved, send: Send) -> None:
        """A path of ours, beginning with one slash, so that it can never name another host."""
        path = ascii_url(self.service.public.root + "/" + moved.location.lstrip("/"))
        headers = [(b"location", path.encode("ascii")), (b"content-length", b"0"), fresh_for(3600), *SAFE, *ANYONE]
        self.service.count(301)
        await send({"type": "http.response.start", "status": 301, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _tell(self, problem: Problem, scope: Scope, send: Send) -> None:
        self.service.count(problem.status)
        if scope["path"].startswith(_MACHINES):
            body = blake_etag("application/problem+json", problem_json(problem), self.service.now())
            held = Held(body, [*SAFE, *ANYONE, *problem.headers], status=problem.status)
        elif scope["path"].startswith("/private/"):  # an error page would have the token in its links
            body = blake_etag("application/problem+json", problem_json(problem), self.service.now())
            held = Held(body, [*SAFE, (b"cache-control", b"no-store")], status=problem.status)
        else:
            held = self.pages.error(Request(scope), problem)
        await held.respond(scope, send)


def _for_log(scope: Scope) -> str:
    """The path without a token, or the secret end of a callback's address."""
    first, _, rest = scope["path"].lstrip("/").partition("/")
    return f"/{first}/…" if rest and first in ("private", "push") else scope["path"]


def _below(scope: Scope, root: str) -> Scope:
    """The request as seen from the site's own path, for proxies that hand the whole path on."""
    if root and scope["path"].startswith(root + "/"):
        return {**scope, "path": scope["path"][len(root) :]}
    return scope


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


# ---------------------------------------------------------------- routes


def _routes(app: App) -> list[Route]:
    service, pages, api = app.service, app.pages, Api(app.service, app.feeds.searches)
    return [
        Route("/", pages.home),
        Route("/topics/{topic}", pages.topic),
        Route("/stories/{slug}", pages.story),
        Route("/sources", pages.sources),
        Route("/opml", _opml(service)),
        Route("/static/{name}", _static(service)),
        Route("/robots.txt", _robots(service)),
        Route("/favicon.ico", _favicon),
        Route("/liveness", _alive(service)),
        Route("/readiness", _ready(service)),
        Route("/metrics", _metrics(service)),
        Route("/api/v1/openapi.json", api.described),
        Route("/api/v1/topics", api.topics),
        Route("/api/v1/stories", api.stories),
        Route("/api/v1/stories/{slug}", api.story),
        Route("/api/v1/sources", api.sources),
    ]


Endpoint = Callable[[Request], Awaitable[Any]]


def _opml(service: Service) -> Endpoint:
    async def opml(_: Request) -> Held:
        public, now = service.public, service.now()

        def build(_: Db) -> Held:
            body = publish.opml(public.site, public.live.config.topics)
            return Held(blake_etag(publish.MEDIA_TYPES["opml"], body, now), [*FEED, fresh_for(FRESH_FEED)])

        return await service.make("opml", build)

    return opml


def _static(service: Service) -> Endpoint:
    async def static(request: Request) -> Held:
        name = request.path_params["name"]
        return await service.make(("static", name), lambda _: static_held(name, service.started))

    return static


def static_held(name: str, now: int) -> Held:
    """A file of /static/. Errors: Problem 404."""
    try:
        body = asset(name)
    except KeyError as error:
        raise Problem(404, "there is no such file") from error
    return Held(blake_etag(asset_type(name), body, now), [*SAFE, fresh_for(KEPT_ASSET)])


def _plain(service: Service, body: bytes, status: int = 200, media_type: str = "text/plain; charset=utf-8") -> Held:
    fresh = (b"cache-control", b"no-store")
    return Held(blake_etag(media_type, body, service.now()), [*SAFE, fresh], status=status)


def _robots(service: Service) -> Endpoint:
    async def robots(_: Request) -> Held:
        return _plain(service, ROBOTS)

    return robots


async def _favicon(_: Request) -> Held:
    raise Moved("/static/icon.svg")


def _alive(service: Service) -> Endpoint:
    async def alive(_: Request) -> Held:
        return _plain(service, b"alive\n")

    return alive


def _ready(service: Service) -> Endpoint:
    async def ready(_: Request) -> Held:
        if await operations.is_ready(service):
            return _plain(service, b"ready\n")
        return _plain(service, b"the database does not answer\n", 503)

    return ready


def _metrics(service: Service) -> Endpoint:
    async def metrics(request: Request) -> Held:
        if not is_local(request.scope):
            raise Problem(404, "there is nothing at this address")
        body, media_type = await operations.metrics(service)
        return _plain(service, body, media_type=media_type)

    return metrics
