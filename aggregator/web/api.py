"""/api/v1/: what the pages show, as JSON for scripts."""

import json
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request

from aggregator import health, store
from aggregator.model import StoredArticle, StoredStory
from aggregator.store import Db
from aggregator.web import openapi, queries, standing
from aggregator.web.clients import client_of
from aggregator.web.feeds import refuse_topic
from aggregator.web.headers import ANYONE, FRESH_PAGE, SAFE, fresh_for
from aggregator.web.held import Held
from aggregator.web.pages import find_story
from aggregator.web.phrases import DAY, Speech
from aggregator.web.problems import Problem
from aggregator.web.public import EVERYTHING, Public
from aggregator.web.rendering import blake_etag, iso
from aggregator.web.search import Searches
from aggregator.web.service import Service
from aggregator.web.views import web_link

KEPT = 30.0


class Api:
    """Answers requests below /api/v1/."""

    def __init__(self, service: Service, searches: Searches) -> None:
        self.service = service
        self.searches = searches

    async def topics(self, _: Request) -> Held:
        public, now = self.service.public, self.service.now()
        return await self.service.make(
            ("api", "topics"), lambda db: _json(topics_json(db, public, now), now), seconds=KEPT
        )

    async def sources(self, _: Request) -> Held:
        public, now = self.service.public, self.service.now()
        return await self.service.make(
            ("api", "sources"), lambda db: _json(sources_json(db, public, now), now), seconds=KEPT
        )

    async def described(self, _: Request) -> Held:
        public, now = self.service.public, self.service.started
        return await self.service.make(("api", "openapi"), lambda _: _json(openapi.document(public), now))

    async def story(self, request: Request) -> Held:
        """Errors: Moved for a merged story, Problem 404 and 410."""
        public, slug, now = self.service.public, request.path_params["slug"], self.service.now()
        return await self.service.make(
            ("api", "story", slug), lambda db: _json(story_json(find_story(db, slug), public), now), seconds=KEPT
        )

    async def stories(self, request: Request) -> Held:
        """Parameters: topic, before, and those of query feeds. Errors: Problem 400, 404, 410, 429; Moved."""
        service, now = self.service, self.service.now()
        public, topic, before, rest = service.public, *_paging(request)
        if not public.has_feed(topic):
            await refuse_topic(service, topic, "/api/v1/stories?topic={}", {**request.scope, "query_string": b""})
        asked = queries.parse(rest, public, now)

        def build(db: Db) -> Held:
            within = None if asked.q is None else self.searches.stories(db, asked.q, now)
            found = store.reading.listed(
                db, topic, language=asked.lang, sources=asked.sources, since=asked.since, limit=asked.limit,
                before=before, within=within,
            )  # fmt: skip
            following = found[-1].number if len(found) == asked.limit else None
            return _json({"stories": [story_json(one, public) for one in found], "next_before": following}, now)

        key = ("api", "stories", topic, before, asked)
        client = client_of(request.scope)
        return await service.make_for(client, asked.cost, key, build, seconds=KEPT)


def _paging(request: Request) -> tuple[str, int | None, str]:
    """Topic, place to go on from, and the rest of the query."""
    from urllib.parse import urlencode

    pairs = request.query_params.multi_items()
    own = {name: value for name, value in pairs if name in ("topic", "before")}
    before = own.get("before")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) < 10):
        raise Problem(400, "before is a number: `next_before` of the answer before", parameter="before")
    rest = urlencode([(name, value) for name, value in pairs if name not in own])
    return own.get("topic", EVERYTHING), None if before is None else int(before), rest


def _json(told: Any, now: int) -> Held:
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    rendering = blake_etag("application/json; charset=utf-8", body, now)
    return Held(rendering, [*SAFE, *ANYONE, fresh_for(FRESH_PAGE)])


def topics_json(db: Db, public: Public, now: int) -> dict[str, Any]:
    counts = store.reading.standing(db, now - DAY)
    return {
        "topics": [
            {
                "id": id_,
                "title": dict(topic.title),
                "stories": counts.get(id_, (0, 0))[0],
                "new": counts.get(id_, (0, 0))[1],
                "page": f"{public.base}/topics/{id_}",
                "feeds": {format_: f"{public.base}/feeds/{id_}.{format_}" for format_ in ("atom", "rss", "json")},
            }
            for id_, topic in public.topics.items()
        ]
    }


def story_json(story: StoredStory, public: Public) -> dict[str, Any]:
    return {
        "id": story.slug,
        "tag": public.live.tag + story.slug,
        "page": f"{public.base}/stories/{story.slug}",
        "entered": iso(story.entered),
        "updated": iso(story.updated),
        "topics": [topic for topic in public.topics if topic in story.topics],
        "reports": list(_reports(story.reports, public)),
    }


def _reports(reports: Iterable[StoredArticle], public: Public) -> Iterable[dict[str, Any]]:
    for one in reports:
        yield {
            "id": one.id,
            "source": one.source,
            "source_name": public.source_name(one.source),
            "title": one.title,
            "url": web_link(one.url),
            "language": one.language,
            "published": iso(one.published),
            "copy_of": one.copy_of,
            "revisions": one.revisions,
            "topics": [match.topic for match in one.topics if match.topic in public.topics],
        }


def sources_json(db: Db, public: Public, now: int) -> dict[str, Any]:
    found = standing.sources(health.feeds(db, now), public, Speech("en", now))
    return {
        "sources": [
            {
                "id": view.id, "name": view.name, "url": web_link(view.url), "country": view.country,
                "language": view.lang, "state": view.state, "message": " ".join(view.told),
                "last_success": iso(view.last_success) if view.last_success else None,
                "last_new": iso(view.last_new) if view.last_new else None,
                "next_poll": iso(view.next_poll) if view.next_poll else None,
                "gaps": view.gaps,
                "error": {"class": view.error[0], "status": view.error[1]} if view.error else None,
            }
            for view in found
        ]
    }  # fmt: skip
