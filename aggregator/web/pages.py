"""The pages for people: what each one is made of, and the requests that lead to it."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from aggregator import health, store, topics
from aggregator.model import StoredStory
from aggregator.store import Db
from aggregator.web import evidence, standing, views
from aggregator.web.chart import DAYS, chart, shares
from aggregator.web.feeds import refuse_topic
from aggregator.web.held import Held
from aggregator.web.phrases import DAY, LANGUAGES, Speech, default_language, negotiate
from aggregator.web.problems import Moved, Problem
from aggregator.web.public import EVERYTHING, Public
from aggregator.web.rendering import Reader, html, render
from aggregator.web.service import Service

LATEST = 12
LOOKED_THROUGH = 100
PER_TOPIC = 3
PER_PAGE = 30
KEPT = 30.0
"""Seconds that a made page is kept, however often it is asked for."""


# ---------------------------------------------------------------- what a page is made of


def home(db: Db, public: Public, reader: Reader) -> bytes:
    """Every topic with its numbers and newest headlines; the newest stories of all."""
    speech, language = reader.speech, reader.speech.language
    counts = store.reading.standing(db, speech.now - DAY)
    volumes = store.reading.volume(db, list(public.topics), since_days(speech, DAYS))
    cards = [
        TopicCard(
            topic,
            public.title(topic, language),
            *counts.get(topic, (0, 0)),
            views.stories(store.reading.listed(db, topic, limit=PER_TOPIC), public, language),
            chart((v for v in volumes if v.topic == topic), speech.now // DAY, public.site.languages),
        )
        for topic in public.topics
    ]
    latest = views.stories(newest(db, public), public, language)
    return render(
        "home.html", public, reader, "/", cards=cards, latest=latest, total=counts.get(EVERYTHING, (0, 0)),
        languages=len({source.language for source in public.sources.values()}),
    )  # fmt: skip


def newest(db: Db, public: Public) -> list[StoredStory]:
    """The newest stories that stand in a topic anybody may see; of all stories while no topic has any."""
    found = store.reading.listed(db, EVERYTHING, limit=LOOKED_THROUGH)
    within = [one for one in found if not public.topics.keys().isdisjoint(one.topics)]
    return (within or list(found))[:LATEST]


@dataclass(frozen=True, slots=True)
class TopicCard:
    """A topic on the front page: how many stories stand in it, how many came in the last day, the newest ones."""

    id: str
    title: str
    stories: int
    recent: int
    newest: tuple[views.StoryView, ...]
    chart: Any


def topic(
    db: Db, public: Public, reader: Reader, topic_id: str, *, lang: str | None = None, before: int | None = None
) -> bytes:
    """A topic's stories, newest first, and what is to be known of it."""
    speech = reader.speech
    found = store.reading.listed(db, topic_id, language=lang, before=before, limit=PER_PAGE + 1)
    volumes = store.reading.volume(db, [topic_id], since_days(speech, DAYS))
    count = store.reading.standing(db, speech.now - DAY).get(topic_id, (0, 0))
    return render(
        "topic.html", public, reader, f"/topics/{topic_id}",
        topic=topic_id, title=public.title(topic_id, speech.language), lang=lang, before=before, count=count,
        stories=views.stories(found[:PER_PAGE], public, speech.language),
        older=found[PER_PAGE - 1].number if len(found) > PER_PAGE else None,
        chart=chart(volumes, speech.now // DAY, public.site.languages), days=DAYS,
        shares=[(public.source_name(share.source), share) for share in shares(volumes)],
        rules=topics.describe(public.topics[topic_id], speech.language, public.live.config.lists),
    )  # fmt: skip


def story(db: Db, public: Public, reader: Reader, found: StoredStory) -> bytes:
    """A story with all its reports, why they are one, and why it is where it is."""
    speech = reader.speech
    shown = views.preferred(found, speech.language)
    return render(
        "story.html", public, reader, f"/stories/{found.slug}",
        story=views.story(found, public, speech.language), title=views.report(shown, public, 0),
        description=" ".join(views.report(shown, public, 200).excerpt),
        groups=views.by_language(found, public, speech.language), began=min(r.published for r in found.reports),
        outlets=len({r.source for r in found.reports}), reasons=evidence.reasons(db, found, public, speech),
        topic_reasons=views.reasons(found, public, speech.language),
    )  # fmt: skip


def sources(db: Db, public: Public, reader: Reader) -> bytes:
    """How every source fares."""
    found = standing.sources(health.feeds(db, reader.speech.now), public, reader.speech)
    wanted = [view for view in found if view.state != "disabled"]
    working = sum(view.state in ("ok", "gap", "silent") for view in wanted)
    return render("sources.html", public, reader, "/sources", sources=found, working=working, wanted=len(wanted))


def error(public: Public, reader: Reader, problem: Problem) -> bytes:
    """What went wrong, without a word of the request in it."""
    known = problem.status if problem.status in (400, 404, 405, 410, 429, 503) else 500
    return render("error.html", public, reader, "/", status=problem.status, title=reader.speech.say(f"e{known}"))


def since_days(speech: Speech, days: int) -> int:
    """When the first of the last `days` days began (UTC)."""
    return (speech.now // DAY - days + 1) * DAY


# ---------------------------------------------------------------- requests


def reader_of(request: Request, public: Public, now: int) -> Reader:
    """The language of `hl`, else the one the browser asks for, else the site's."""
    chosen = request.query_params.get("hl")
    if chosen in LANGUAGES:
        return Reader(Speech(chosen, now), chosen=True)
    accepted = request.headers.get("accept-language", "")
    return Reader(Speech(negotiate(accepted, LANGUAGES, default_language(public.site.languages)), now))


class Pages:
    """Answers requests for pages, from what was made in the last half minute when it can."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def home(self, request: Request) -> Held:
        public, reader = self._asked(request)
        return await self._made(("/", *_key(reader)), lambda db: home(db, public, reader))

    async def topic(self, request: Request) -> Held:
        """Errors: Moved, Problem 404 and 410 for a topic that is not there, 400 for a bad parameter."""
        public, reader = self._asked(request)
        id_ = request.path_params["topic"]
        if id_ == EVERYTHING:
            raise Moved("/")
        if id_ not in public.topics:
            await refuse_topic(self.service, id_, "/topics/{}", request.scope)
        lang, before = _language(request, public), _number(request, "before")
        key = ("topic", id_, lang, before, *_key(reader))
        return await self._made(key, lambda db: topic(db, public, reader, id_, lang=lang, before=before))

    async def story(self, request: Request) -> Held:
        """Errors: Moved to the survivor of a story that was merged into another; Problem 404, 410 when withdrawn."""
        public, reader = self._asked(request)
        slug = request.path_params["slug"]

        def build(db: Db) -> bytes:
            return story(db, public, reader, find_story(db, slug))

        return await self._made(("story", slug, *_key(reader)), build)

    async def sources(self, request: Request) -> Held:
        public, reader = self._asked(request)
        return await self._made(("sources", *_key(reader)), lambda db: sources(db, public, reader))

    def error(self, request: Request, problem: Problem) -> Held:
        public, reader = self._asked(request)
        return html(
            error(public, reader, problem), reader.speech.now, status=problem.status, headers=tuple(problem.headers)
        )

    def _asked(self, request: Request) -> tuple[Public, Reader]:
        public = self.service.public
        return public, reader_of(request, public, self.service.now())

    async def _made(self, key: tuple[object, ...], build: Any) -> Held:
        now = self.service.now()
        return await self.service.make(("page", *key), lambda db: html(build(db), now), seconds=KEPT)


def find_story(db: Db, slug: str) -> StoredStory:
    """A story that still stands. Errors: Moved when it was merged into another; Problem 404, 410 when withdrawn."""
    found = store.reading.story_by_slug(db, slug)
    if found is None:
        if store.reading.is_story(db, slug):
            raise Problem(410, "every report of this story was withdrawn")
        raise Problem(404, "there is no such story")
    if found.alias_of is not None:
        raise Moved(f"/stories/{found.alias_of}")
    return found


def _key(reader: Reader) -> tuple[object, ...]:
    return reader.speech.language, reader.chosen


def _language(request: Request, public: Public) -> str | None:
    value = request.query_params.get("lang")
    if not value:
        return None
    if value not in (*public.site.languages, "und"):
        raise Problem(400, "the site has no such language", parameter="lang")
    return value


def _number(request: Request, name: str) -> int | None:
    value = request.query_params.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Problem(400, f"{name} is a number", parameter=name)
    return int(value)
