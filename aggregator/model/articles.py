"""What we make of an entry: the article, its features and its topics."""

from dataclasses import dataclass
from typing import Literal

from aggregator.model.clock import Seconds
from aggregator.model.documents import Enclosure


@dataclass(frozen=True, slots=True)
class Article:
    """A normalised entry. `key` is its identity within the source; `digest` changes when its content does.

    `html` is sanitised and complete; `text` is its plain text, paragraphs separated by a newline, without the site's
    boilerplate (what rules and sketches see; publishing trims `html` to it, so that a wrong cut can be undone);
    `dated` is False when the entry had no usable date and `published` is when it was first seen; `url` is the
    cleaned link to publish, `url_key` its key for comparison.
    """

    source: str
    key: str
    url: str | None
    url_key: str | None
    title: str
    html: str
    text: str
    language: str
    published: Seconds
    updated: Seconds | None
    digest: bytes
    author: str | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """A term that was found: `form` as it stands in the text at [start:end) of `where` ("title" or "text")."""

    term: str
    form: str
    where: Literal["title", "text"]
    start: int
    end: int
    points: float


@dataclass(frozen=True, slots=True)
class Match:
    """A topic that an article was assigned to, and why."""

    topic: str
    score: float
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Features:
    """What the stories stage keeps of an article.

    `sketch`: the ≤24 smallest 64-bit hashes of its shingles (signed, for SQL; the language is part of the hash);
    `clues`: ≤20 signed 64-bit hashes of its rarest stems, names and gazetteer ids, comparable across languages;
    `facts`: everything pair scoring needs besides the text, packed, with a version byte first.
    """

    sketch: tuple[int, ...] = ()
    clues: tuple[int, ...] = ()
    facts: bytes = b""
