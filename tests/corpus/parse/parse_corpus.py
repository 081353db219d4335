"""The corpus of documents: each with an expectation beside it that says what it is there for and what must be read.

NAME.expected.json holds `about` (the trap), `document` (file name), how it came (`url`, `content_type`), how it is to be
read (`kind`, `timezone`, `selectors`), and what must come of it: `error`, or `route`, `facts` and `entries`. Of facts and
entries only what differs from "absent" is written; times are ISO 8601 in UTC. `feedparser` names the fields in which
feedparser's reading differs from ours ("facts": title and link of the feed), each with the argument for ours.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from aggregator import parse
from aggregator.model import Document, Entry, Feed, FeedFacts, Reading

_HERE = Path(__file__).parent
_ABSENT = (None, "", (), [])


@dataclass(frozen=True)
class Case:
    name: str
    about: str
    document: str
    url: str
    content_type: str = ""
    kind: Any = "feed"
    timezone: str = "UTC"
    selectors: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    route: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[Mapping[str, Any], ...] = ()
    feedparser: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return (_HERE / self.document).read_bytes()

    @property
    def needs_child(self) -> bool:
        return self.route == "tolerant" or "tolerant reader" in (self.error or "")

    def read(self, body: bytes | None = None) -> Reading:
        document = Document(self.url, body=self.body if body is None else body, content_type=self.content_type)
        feed = Feed("source", self.url, kind=self.kind, selectors=self.selectors)
        return parse.read(document, feed, timezone=self.timezone)


@lru_cache
def cases() -> tuple[Case, ...]:
    return tuple(_case(path) for path in sorted(_HERE.glob("*.expected.json")))


def _case(path: Path) -> Case:
    written = json.loads(path.read_text("utf-8"))
    return Case(path.name.removesuffix(".expected.json"), **{**written, "entries": tuple(written.get("entries", ()))})


def shown_facts(facts: FeedFacts) -> dict[str, Any]:
    return {key: _listed(value) for key, value in asdict(facts).items() if value not in _ABSENT}


def shown_entry(entry: Entry, url: str) -> dict[str, Any]:
    """An entry as expectations write it."""
    values = asdict(entry) | {"published": _moment(entry.published), "updated": _moment(entry.updated)}
    usual = {"title_is_html": True, "base": url}
    return {
        key: _listed(value)
        for key, value in values.items()
        if value not in _ABSENT and not (key in usual and usual[key] == value)
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
