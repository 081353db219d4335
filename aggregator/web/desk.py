"""The operator's desk, behind a token: the operations feed (what fell ill, what recovered) and the page that goes with it:
incidents, every feed in words, why an article is or is not in a topic, and the operator's word on stories.
"""

from dataclasses import dataclass
from typing import Any

from aggregator import health, publish, store, topics
from aggregator.errors import NotFound
from aggregator.model import Item, Rendering, Seconds
from aggregator.publish.addresses import Format
from aggregator.store import Db
from aggregator.store.health import FeedHealth
from aggregator.store.incidents import Incident
from aggregator.text.html import escape
from aggregator.topics import Rules
from aggregator.web import views
from aggregator.web.phrases import Speech
from aggregator.web.problems import Problem
from aggregator.web.public import Public
from aggregator.web.rendering import Reader, render

SCOPE = "operations"
MOST_ARTICLES = 20
LONGEST_REASON = 300
_WORST = ("failing", "gone", "gap", "silent", "new", "ok", "disabled")


# ---------------------------------------------------------------- the feed


def feed(db: Db, public: Public, format_: Format) -> Rendering:
    """The operations feed: an entry for each incident, which is updated when it is over."""
    found = store.incidents.latest(db)
    titles = {code: f"{public.site.title}: {Speech(code).say('operations')}" for code in public.feed_languages}
    made = publish.publication(
        SCOPE, titles, [_item(one, public) for one in sorted(found, key=lambda one: -one.id)], site=public.site,
        tag=public.live.tag, path=publish.private_path(SCOPE),
    )  # fmt: skip
    (rendering,) = publish.render(made, (format_,))
    return rendering


def _item(one: Incident, public: Public) -> Item:
    source = public.sources.get(one.source)
    name, home = (source.name, source.url) if source else (public.site.title, f"{public.base}/")
    said = f"<p>{escape(one.message)}</p>" + (f"<p>Over since {_clock(one.ended)}.</p>" if one.ended else "")
    return Item(
        id=f"{public.live.tag.rpartition(':')[0]}:incident/{one.id}", title=headline(one, name), url=None, html=said,
        language="en", published=one.began, updated=one.updated, entered=one.began, source_name=name, source_url=home,
        page=f"{public.base}{publish.private_path(SCOPE)}#incident-{one.id}", categories=(one.state,),
    )  # fmt: skip


def headline(one: Incident, name: str) -> str:
    """Qamal Times: failing · Over: Qamal Times: failing"""
    subject = (
        "the configuration was refused" if one.subject == store.incidents.CONFIGURATION else f"{name}: {one.state}"
    )
    return f"Over: {subject}" if one.ended else subject


def _clock(when: Seconds) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC"


# ---------------------------------------------------------------- the page


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed with its state in words, as `sources health` has them."""

    source: str
    url: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a topic says of an article."""

    title: str
    assigned: bool
    points: str
    found: tuple[str, ...]
    against: tuple[str, ...]


def page(db: Db, public: Public, reader: Reader, token: str, asked: str | None = None, done: str = "") -> bytes:
    """The desk. `asked` is the id of an article to be explained."""
    now = reader.speech.now
    feeds = [_line(one, public, now) for one in health.feeds(db, now)]
    incidents = [(one, headline(one, _name(one, public))) for one in store.incidents.latest(db)]
    path = f"/private/{token}/{SCOPE}"
    return render(
        "operations.html", public, reader, path, here=public.root + path, done=done, asked=asked or "",
        incidents=incidents, feeds=sorted(feeds, key=lambda one: (_WORST.index(one.state), one.source, one.url)),
        article=_article(db, asked), verdicts=_verdicts(db, public, reader.speech, asked), hub=_hub(db),
    )  # fmt: skip


def _name(one: Incident, public: Public) -> str:
    return public.source_name(one.source) if one.source else public.site.title


def _line(one: FeedHealth, public: Public, now: Seconds) -> FeedLine:
    return FeedLine(public.source_name(one.source), one.url, one.state, health.in_words(one, now))


def _hub(db: Db) -> dict[str, int]:
    found = store.hub.listed(db)
    return {"all": len(found), "failing": sum(one.failures > 0 for one in found)}


def _article(db: Db, asked: str | None) -> Any:
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        raise Problem(400, "an article's id is a number", parameter="article")
    return store.reading.article(db, int(asked))


def _verdicts(db: Db, public: Public, speech: Speech, asked: str | None) -> tuple[Verdict, ...]:
    held = _article(db, asked)
    if held is None:
        return ()
    source = public.sources.get(held.source)
    found = topics.explain(
        Rules.from_bytes(public.live.rules), title=held.title, text=held.text, language=held.language,
        source=held.source, country=source.country if source else "",
    )  # fmt: skip
    return tuple(_verdict(one, public, speech) for one in sorted(found, key=lambda one: -one.score))


def _verdict(one: topics.Verdict, public: Public, speech: Speech) -> Verdict:
    topic = next((t for t in public.live.config.topics if t.id == one.topic), None)
    title = publish.localised(topic.title, (speech.language, *public.site.languages)) if topic else one.topic
    found = tuple(form for form, _, _ in views.terms(one.hits))
    against = tuple(f"−{hit.points:g} {hit.form}" for hit in (*one.minus, *one.veto))
    return Verdict(title or one.topic, one.assigned, f"{one.score:g} / {one.needed:g}", found, (*against, *one.missing))


# ---------------------------------------------------------------- the operator's word


def rule(db: Db, form: dict[str, str], now: Seconds) -> None:
    """Say that articles are, or are not, one story; the next placing heeds it. Errors: Problem 400."""
    word, reason = form.get("word", ""), " ".join(form.get("reason", "").split())
    ids = form.get("articles", "").replace(",", " ").split()
    if word not in ("together", "apart"):
        raise Problem(400, "word is together or apart", parameter="word")
    if not 2 <= len(set(ids)) <= MOST_ARTICLES or not all(
        one.isascii() and one.isdigit() and len(one) < 19 for one in ids
    ):
        raise Problem(400, f"articles are 2 to {MOST_ARTICLES} different ids", parameter="articles")
    if not reason or len(reason) > LONGEST_REASON:
        raise Problem(400, f"reason is needed, in up to {LONGEST_REASON} characters", parameter="reason")
    try:
        store.operator.rule(db, [int(one) for one in ids], reason, now, together=word == "together")
    except NotFound as error:
        raise Problem(400, str(error), parameter="articles") from error
