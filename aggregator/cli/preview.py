"""`aggregator sources preview`: a document as it would be read and stored, without storing it."""

import shutil
import sys
import textwrap
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from aggregator.cli import loop
from aggregator.cli.options import CONFIG, ConfigDir, Json
from aggregator.cli.output import counted, dump, iso, minute, say
from aggregator.errors import AggregatorError, ConfigError
from aggregator.model import Article, Document, Feed, FetchRules, Job, Reading

EXCERPT = 280
"""Characters of a text that a preview for people shows."""
WIDEST = 100


def preview(
    document: Annotated[str, typer.Argument(metavar="URL-or-file", help='An address, a file, or "-" for stdin.')],
    *,
    base: Annotated[str | None, typer.Option(metavar="URL", help="The address a file came from.")] = None,
    content_type: Annotated[str, typer.Option(metavar="T", help="The media type it came with.")] = "",
    zone: Annotated[str, typer.Option(metavar="Z", help="Time zone of dates without one.")] = "UTC",
    as_json: Json = False,
    config: ConfigDir = CONFIG,
) -> None:
    """Show a document as it would be read.

    Ends with status 1 and the reason when it cannot be read.
    """
    from aggregator import parse

    try:
        found = _document(document, base, content_type, config)
        reading = parse.read(found, Feed("preview", found.url), timezone=zone)
    except AggregatorError as error:
        if isinstance(error, ConfigError):
            raise
        if not as_json:
            raise
        dump({"error": str(error), "feed": None, "entries": []})
        raise typer.Exit(1) from error
    finally:
        parse.close()
    keys, articles = _articles(reading, found.url)
    if as_json:
        dump(_as_dict(reading, keys, articles))
    else:
        _tell(reading, articles)


def _document(document: str, base: str | None, content_type: str, config: Path) -> Document:
    if urlsplit(document).scheme in {"http", "https"} and not Path(document).exists():
        return loop.run(_fetched(document, _fetch_rules(config)))
    try:
        body = sys.stdin.buffer.read() if document == "-" else Path(document).read_bytes()
    except OSError as error:
        raise AggregatorError(f"{document}: {error.strerror}") from error
    url = base or Path(document).absolute().as_uri()
    return Document(url, body=body, content_type=content_type, fetched_at=int(time.time()))


def _fetch_rules(directory: Path) -> FetchRules:
    """The operator's manners of fetching where there is a configuration, else our defaults."""
    from aggregator import config as configuration

    return configuration.load(directory).fetch if directory.is_dir() else FetchRules()


async def _fetched(url: str, rules: FetchRules) -> Document:
    from aggregator.fetch import Fetcher, Request

    async with Fetcher(rules) as fetcher:
        return await fetcher.get(Request(url, accept="any"))


def _articles(reading: Reading, url: str) -> tuple[list[tuple[str | None, str]], list[Article]]:
    """What would be stored, in the document's order, and of each the id it came with and the key it is stored under."""
    from aggregator import normalise
    from aggregator.model import Source

    facts = reading.facts
    source = Source("preview", facts.title, url, "INT", facts.language or "und")
    items = normalise.identify(reading.entries)
    languages = ("ru", "kk", "az", "tr", "en")
    job = Job(Document(url), Feed("preview", url), source, languages, int(time.time()))
    articles, _ = normalise.articles(items, job, facts)
    return [(item.entry.id, item.key) for item in items], list(articles)


def _as_dict(reading: Reading, keys: list[tuple[str | None, str]], articles: list[Article]) -> dict[str, Any]:
    facts = reading.facts
    feed = {
        "title": facts.title, "link": facts.link, "language": facts.language, "ttl": facts.ttl,
        "skip_hours": list(facts.skip_hours), "skip_days": list(facts.skip_days),
        "update_period": facts.update_period, "update_frequency": facts.update_frequency,
        "hub": facts.hub, "self": facts.self_url, "next": facts.next,
    }  # fmt: skip
    entries = [
        {
            "id": id_, "key": key, "link": a.url, "title": a.title,
            "published": iso(a.published if a.dated else None), "updated": iso(a.updated), "author": a.author,
            "language": a.language, "html": a.html, "categories": list(a.categories),
            "enclosures": [asdict(media) for media in a.enclosures],
        }
        for (id_, key), a in zip(keys, articles, strict=True)
    ]  # fmt: skip
    return {"error": None, "feed": feed, "entries": entries}


# ---------------------------------------------------------------- for people


def _tell(reading: Reading, articles: list[Article]) -> None:
    facts = reading.facts
    say(facts.title or "(no title)")
    wishes = [
        facts.link, facts.language and f"language {facts.language}",
        facts.ttl and f"asks for {counted(facts.ttl, 'minute')} between polls", facts.hub and f"pushes through {facts.hub}",
        facts.next and "has archive pages",
    ]  # fmt: skip
    read = f"{counted(len(articles), 'entry', 'entries')}, read by the {reading.route} path"
    say("  " + ", ".join([read, *map(str, filter(None, wishes))]))
    for article in articles:
        say()
        for line in _page(article):
            say(line)


def _page(article: Article) -> list[str]:
    """An entry as a paragraph: when and what, where, what it says, and what hangs on it."""
    width = min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else WIDEST
    when = minute(article.published) if article.dated else "no date"
    size = f"{counted(len(article.text), 'character')} of text" if article.text else "no text"
    facts = [article.language, size, article.author and f"by {article.author}", ", ".join(article.categories)]
    media = [f"{one.type or 'file'} {one.url}" for one in article.enclosures]
    text = " ".join(article.text.split())
    text = text if len(text) <= EXCERPT else f"{text[:EXCERPT].rpartition(' ')[0]} …"
    lines = [article.url or "no link", " · ".join(filter(None, facts)), *media, *textwrap.wrap(text, width - 4)]
    return [f"{when}  {article.title or '(no title)'}", *(f"    {line}" for line in lines)]
