"""How the sources fare, in words for anybody: nothing that could hold an operator's secret (an address that is polled,
a message with one in it) leaves this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from aggregator.model import Seconds, Source
from aggregator.store.health import FeedHealth, State
from aggregator.web.phrases import Speech
from aggregator.web.public import Public

_WORST: tuple[State, ...] = ("gone", "failing", "silent", "gap", "new", "ok", "disabled")
"""A source's state is that of its worst feed; one that is switched off counts last."""

_ERRORS = {
    "HttpStatus": "error_http",
    "ConnectionFailed": "error_connection",
    "DeadlineExceeded": "error_slow",
    "ParseError": "error_document",
    "TooLarge": "error_document",
    "RobotsRefused": "error_robots",
}


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source with the state of its feeds. `told` are sentences; `error` is (class, status) or None."""

    id: str
    name: str
    url: str
    country: str
    lang: str
    state: State
    told: tuple[str, ...]
    last_success: Seconds | None
    last_new: Seconds | None
    next_poll: Seconds | None
    gaps: int
    error: tuple[str, int | None] | None


def sources(health: Iterable[FeedHealth], public: Public, speech: Speech) -> tuple[SourceView, ...]:
    """The configured sources, those that need attention first, then by name."""
    by_source: dict[str, list[FeedHealth]] = {}
    for feed in health:
        by_source.setdefault(feed.source, []).append(feed)
    views = [_source(source, by_source.get(id_, []), speech) for id_, source in public.sources.items()]
    return tuple(sorted(views, key=lambda view: (_WORST.index(view.state), view.name.casefold())))


def _source(source: Source, feeds: list[FeedHealth], speech: Speech) -> SourceView:
    worst = min(feeds, key=lambda feed: _WORST.index(feed.state), default=None)
    active = [feed for feed in feeds if feed.active and feed.state != "gone"]
    return SourceView(
        id=source.id,
        name=source.name,
        url=source.url,
        country=source.country,
        lang=source.language,
        state=worst.state if worst else "disabled",
        told=tuple(dict.fromkeys(sentence for feed in feeds for sentence in _told(feed, speech))),
        last_success=max((f.last_success for f in feeds if f.last_success is not None), default=None),
        last_new=max((f.last_new for f in feeds if f.last_new is not None), default=None),
        next_poll=min((feed.next_poll for feed in active), default=None),
        gaps=sum(feed.gaps for feed in feeds),
        error=(worst.error_class, worst.error_status) if worst and worst.error_class and worst.error_at else None,
    )


def _told(feed: FeedHealth, speech: Speech) -> list[str]:
    if feed.state == "ok":
        said = [speech.count("entries_count", feed.items)]
    elif feed.state == "failing":
        said = [_error(feed, speech), speech.count("failures_count", feed.failures)]
    else:
        said = [speech.say(f"told_{feed.state}")]
    host = urlsplit(feed.moved_to).hostname if feed.moved_to else None
    return [*said, speech.say("told_moved", host=host)] if host and host != urlsplit(feed.url).hostname else said


def _error(feed: FeedHealth, speech: Speech) -> str:
    key = _ERRORS.get(feed.error_class or "", "error_other")
    if key == "error_http":
        return speech.say(key, status=feed.error_status or "?")
    return speech.say(key)
