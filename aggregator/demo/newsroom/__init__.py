"""The sample newsroom's outlets and pieces, and the truth about them: stories, copies, topics.

Everything in it is invented. The texts lie beside this file, one JSON object a line; outlets.toml explains the outlets.
"""

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape
from itertools import combinations
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from aggregator.model import Seconds

_HERE = Path(__file__).parent
_ID = re.compile(r"[a-z]{2}-\d{3}")
_TRACKING = re.compile(r"&?utm_[a-z]+=[^&]*")

Pair = tuple[str, str]
"""Two piece ids, the smaller first."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented publisher and how its server behaves; outlets.toml explains each field."""

    id: str
    name: str
    country: str
    language: str
    format: Literal["rss", "rdf", "atom", "json"]
    text: Literal["full", "summary", "none"]
    feed: str
    link: str
    timezone: str
    utc_offset: int
    trust: int = 50
    encoding: str = "utf-8"
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    body: Literal["encoded", "description", "xhtml"] = "encoded"
    serve: Literal["plain", "slow", "broken", "moved", "malformed", "repeat-guid", "no-guid"] = "plain"
    moved_to: str | None = None
    tracking: bool = False
    dates: Literal["offset", "bare", "named"] = "offset"
    zone_name: str = ""
    titles: Literal["text", "html"] = "text"
    validators: Literal["both", "modified", "none"] = "both"
    images: bool = False
    ttl: int | None = None
    update: str | None = None
    max_age: Seconds | None = None

    @property
    def host(self) -> str:
        return f"{self.id}.example"

    def url(self, port: int, path: str = "/") -> str:
        """Address of `path` at this outlet when its server listens on `port`."""
        return f"http://{self.host}{'' if port == 80 else f':{port}'}{path}"

    def feed_url(self, port: int) -> str:
        """The address a subscriber knows; a moved outlet redirects from it."""
        return self.url(port, self.feed)

    @property
    def feed_path(self) -> str:
        """Where the feed really is."""
        return self.moved_to or self.feed


@dataclass(frozen=True, slots=True)
class Revision:
    """A piece's later wording. `material` False: only a typo, a space or an ending was mended."""

    title: str
    paragraphs: tuple[str, ...]
    material: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """An article of the newsroom. `age` in minutes before "now"; `story`, `copy` and `topics` are the truth about it.

    Pieces of one `story` report one event, those of one `copy` are one text. `revised` tells which wording this is.
    """

    id: str
    outlet: str
    age: int
    lang: str
    title: str
    paragraphs: tuple[str, ...]
    author: str | None
    categories: tuple[str, ...]
    story: str
    copy: str | None
    topics: tuple[str, ...]
    kind: str
    revision: Revision | None
    note: str
    revised: bool = False

    def published(self, now: Seconds) -> Seconds:
        return now - self.age * 60

    def updated(self, now: Seconds) -> Seconds:
        """A revision appears at `now`."""
        return now if self.revised else self.published(now)

    def path(self, outlet: Outlet) -> str:
        return outlet.link.format(id=self.id)

    def url(self, outlet: Outlet, port: int) -> str:
        """The link to publish, without tracking parameters."""
        return outlet.url(port, self.path(outlet))

    @property
    def text(self) -> str:
        """The text that a reader should get: paragraphs separated by a newline, no boilerplate."""
        return "\n".join(self.paragraphs)

    def html(self, outlet: Outlet) -> str:
        """The text as the outlet's template prints it, its boilerplate above and below."""
        lines = (*outlet.above, *self.paragraphs, *outlet.below)
        return "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)

    def after_revision(self) -> "Piece":
        if self.revision is None:
            return self
        return replace(self, title=self.revision.title, paragraphs=self.revision.paragraphs, revised=True)


@dataclass(frozen=True, slots=True, eq=False)
class Newsroom:
    """All outlets and all pieces in their first wording; `late` are the ids of pieces held back in round 1."""

    outlets: tuple[Outlet, ...]
    pieces: tuple[Piece, ...]
    late: frozenset[str]
    _outlets: dict[str, Outlet] = field(init=False, repr=False)
    _pieces: dict[str, Piece] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_outlets", {outlet.id: outlet for outlet in self.outlets})
        object.__setattr__(self, "_pieces", {piece.id: piece for piece in self.pieces})

    def outlet(self, id_: str) -> Outlet:
        return self._outlets[id_]

    def piece(self, id_: str) -> Piece:
        return self._pieces[id_]

    def edition(self, round_: int) -> tuple[Piece, ...]:
        """What the outlets show in a round, newest first: round 1 lacks the late pieces, round 2 has all, revised."""
        shown = (piece if round_ < 2 else piece.after_revision() for piece in self.pieces)
        return tuple(sorted((p for p in shown if round_ >= 2 or p.id not in self.late), key=lambda p: (p.age, p.id)))

    def topics_of(self, id_: str) -> tuple[str, ...]:
        """The topics a piece belongs to, by its editor's judgement."""
        return self.piece(id_).topics

    def same_story_pairs(self) -> frozenset[Pair]:
        """Every two pieces that report one event; copies are among them."""
        return _pairs((piece.id, piece.story) for piece in self.pieces)

    def same_copy_pairs(self) -> frozenset[Pair]:
        """Every two pieces that are one text, edited lightly."""
        return _pairs((piece.id, piece.copy) for piece in self.pieces if piece.copy)

    def piece_of(self, url: str) -> str | None:
        """The id of the piece published at `url` (any port, with or without tracking parameters), or None."""
        found = _ID.search(url)
        piece = self._pieces.get(found[0]) if found else None
        if piece is None:
            return None
        outlet, parts = self.outlet(piece.outlet), urlsplit(url)
        query = _TRACKING.sub("", parts.query).lstrip("&")
        same = parts.hostname == outlet.host and parts.path + (f"?{query}" if query else "") == piece.path(outlet)
        return piece.id if same else None


def _pairs(labels: Iterable[tuple[str, Hashable]]) -> frozenset[Pair]:
    groups: defaultdict[Hashable, list[str]] = defaultdict(list)
    for id_, label in labels:
        groups[label].append(id_)
    return frozenset(pair for ids in groups.values() for pair in combinations(sorted(ids), 2))


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _piece(line: str) -> Piece:
    row = _tuples(json.loads(line))
    if row["revision"] is not None:
        row["revision"] = Revision(**_tuples(row["revision"]))
    return Piece(**row)


@lru_cache
def load() -> Newsroom:
    """The newsroom as shipped; reads its files once per process."""
    about = tomllib.loads((_HERE / "outlets.toml").read_text("utf-8"))
    lines = (line for path in sorted(_HERE.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines())
    return Newsroom(
        outlets=tuple(Outlet(**_tuples(row)) for row in about["outlet"]),
        pieces=tuple(map(_piece, lines)),
        late=frozenset(about["late"]),
    )
