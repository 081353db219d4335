"""The parameters of a query feed: read strictly, told apart by name, and spelt in one way."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from aggregator.model import Seconds
from aggregator.web.problems import Problem
from aggregator.web.public import Public

T = TypeVar("T")

DEFAULT_LIMIT = 50
MOST_LIMIT = 200
LONGEST_TERM = 200
MOST_SOURCES = 50

_IGNORED = re.compile(r"utm_[a-z]+|fbclid|gclid|yclid|_|hl").fullmatch
"""What others append to addresses. Anything else unknown is told, lest a slip of the pen bring a whole feed."""

_relative = re.compile(r"([1-9]\d{0,3})([hdw])").fullmatch
_UNITS = {"h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True, slots=True)
class Query:
    """What a subscriber asked for. `since` in epoch seconds; `canonical` is the query in our spelling."""

    lang: str | None = None
    sources: tuple[str, ...] = ()
    since: Seconds | None = None
    limit: int = DEFAULT_LIMIT
    q: str | None = None
    canonical: str = ""

    @property
    def is_plain(self) -> bool:
        return not self.canonical

    @property
    def cost(self) -> float:
        return 5 if self.q else 1


def parse(query: str, public: Public, now: Seconds) -> Query:
    """The query of a feed. Errors: Problem 400 naming the parameter."""
    given = _by_name(query)
    since = given.get("since")
    found = Query(
        lang=_one(given, "lang", lambda value: _language(value, public)),
        sources=_sources(given.get("source", []), public),
        since=_one(given, "since", lambda value: _since(value, now)),
        limit=_one(given, "limit", _limit) or DEFAULT_LIMIT,
        q=_one(given, "q", _term),
    )
    spelt = {
        "lang": found.lang,
        "source": ",".join(found.sources),
        "since": since[0].strip() if since else None,
        "limit": found.limit if found.limit != DEFAULT_LIMIT else None,
        "q": found.q,
    }
    canonical = urlencode([(name, value) for name, value in spelt.items() if value], safe=",:")
    return Query(found.lang, found.sources, found.since, found.limit, found.q, canonical)


def _by_name(query: str) -> dict[str, list[str]]:
    if len(query) > 4000:
        raise Problem(400, "the query is too long")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError as error:
        raise Problem(400, "the query is not UTF-8, or has too many parameters") from error
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in ("lang", "source", "since", "limit", "q"):
            found.setdefault(name, []).append(value)
        elif not _IGNORED(name):
            known = "lang, source, since, limit and q"
            raise Problem(400, f"{name!r} is not a parameter of feeds; there are {known}", parameter=name)
    return found


def _one(given: Mapping[str, list[str]], name: str, read: Callable[[str], T]) -> T | None:
    values = given.get(name)
    if values is None:
        return None
    if len(values) > 1:
        raise Problem(400, f"{name} may be given once", parameter=name)
    return read(values[0].strip())


def _language(value: str, public: Public) -> str:
    offered = (*public.site.languages, "und")
    if value not in offered:
        raise Problem(400, f"lang is one of {', '.join(offered)}, not {value!r}", parameter="lang")
    return value


def _sources(values: list[str], public: Public) -> tuple[str, ...]:
    """Ids, in several parameters or with commas between them."""
    named = sorted({name.strip() for value in values for name in value.split(",")})
    if len(named) > MOST_SOURCES:
        raise Problem(400, f"at most {MOST_SOURCES} sources can be named", parameter="source")
    for name in named:
        if name not in public.sources:
            raise Problem(400, f"there is no source {name!r}; /sources lists them", parameter="source")
    return tuple(named)


def _since(value: str, now: Seconds) -> Seconds:
    """A time, a day (UTC), or a span that ends now."""
    if span := _relative(value):
        return now - int(span[1]) * _UNITS[span[2]]
    try:
        if len(value) == 10:
            when = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        else:
            when = datetime.fromisoformat(value.replace(" ", "+"))
        return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        told = f"since is a time like 2026-11-22T18:00:00Z, a day like 2026-11-22, or a span like 12h, 7d, 2w, not {value!r}"
        raise Problem(400, told, parameter="since") from error


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:6]) <= MOST_LIMIT):
        raise Problem(400, f"limit is a number from 1 to {MOST_LIMIT}, not {value!r}", parameter="limit")
    return int(value)


def _term(value: str) -> str:
    if not value or len(value) > LONGEST_TERM:
        raise Problem(400, f"q is a word or a term of up to {LONGEST_TERM} characters", parameter="q")
    return " ".join(value.split())
