"""`aggregator sources`: who is read, how they fare, and how a document would be read."""

import re
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from aggregator.cli import loop
from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import dump, iso, say, table, warn
from aggregator.errors import AggregatorError, ConfigError, ParseError
from aggregator.model import Config, Document, Feed, FetchRules, Job, Reading

if TYPE_CHECKING:
    from aggregator.store.health import FeedHealth

app = typer.Typer(help="List, watch, try, add and move sources.", no_args_is_help=True)


@app.command("list")
def list_sources(*, as_json: Json = False, config: ConfigDir = CONFIG) -> None:
    """The configured sources and their feeds."""
    from aggregator import config as configuration

    loaded = configuration.load(config)
    if as_json:
        dump([asdict(source) | {"headers": sorted(source.headers)} for source in loaded.sources])
        return
    rows = ((s.id, s.name, s.country, s.language, "" if feed.enabled else "disabled", feed.url)
            for s in loaded.sources for feed in s.feeds)  # fmt: skip
    table(("id", "name", "country", "language", "", "feed"), rows)


# ---------------------------------------------------------------- health


@app.command()
def health(*, as_json: Json = False, config: ConfigDir = CONFIG, database: Database = DATABASE) -> None:
    """How each feed fares, in words: last success, error, gaps, next poll and why then."""
    from aggregator import health as healthy
    from aggregator.bootstrap import open_live, open_store

    now, opened = int(time.time()), open_store(database)
    try:
        open_live(opened, config, now)
    except ConfigError as error:
        warn(str(error))
    with opened.reading() as db:
        feeds = healthy.feeds(db, now)
    if as_json:
        dump([health_dict(feed, now) for feed in feeds if feed.active])
        return
    table(
        ("source", "state", "last success", "next poll", "gaps", "in words"),
        (
            (f.source, f.state, iso(f.last_success), iso(f.next_poll), f.gaps or "", healthy.in_words(f, now))
            for f in feeds
            if f.active
        ),
    )


def health_dict(feed: "FeedHealth", now: int) -> dict[str, Any]:
    """The JSON of one feed."""
    from aggregator.health import in_words

    error = None
    if feed.error_at is not None:
        error = {"class": feed.error_class, "status": feed.error_status, "message": feed.error_message,
                 "time": iso(feed.error_at)}  # fmt: skip
    return {
        "source": feed.source, "url": feed.url, "state": feed.state, "message": in_words(feed, now),
        "moved_to": feed.moved_to, "last_success": iso(feed.last_success), "last_error": error,
        "next_poll": None if feed.state == "gone" else iso(feed.next_poll), "gaps": feed.gaps,
    }  # fmt: skip


# ---------------------------------------------------------------- preview


@app.command()
def preview(
    document: Annotated[str, typer.Argument(metavar="URL-or-file")],
    *,
    base: Annotated[str | None, typer.Option(metavar="URL", help="The address a file came from.")] = None,
    content_type: Annotated[str, typer.Option(metavar="T", help="The media type it came with.")] = "",
    zone: Annotated[str, typer.Option(metavar="Z", help="Time zone of dates without one.")] = "UTC",
    as_json: Json = False,
    config: ConfigDir = CONFIG,
) -> None:
    """Show a document as it would be read; exit 1 with the reason when it cannot be."""
    from aggregator import parse

    try:
        found = _document(document, base, content_type, config)
        reading = parse.read(found, Feed("preview", found.url), timezone=zone)
    except AggregatorError as error:
        if isinstance(error, ConfigError):
            raise
        if as_json:
            dump({"error": str(error), "feed": None, "entries": []})
        else:
            warn(f"error: {error}")
        raise typer.Exit(1) from error
    finally:
        parse.close()
    told = reading_dict(reading, found.url)
    if as_json:
        dump(told)
        return
    say(f"{reading.facts.title}  ({len(reading.entries)} entries, read by the {reading.route} path)")
    table(("published", "title", "link"), ((e["published"], e["title"], e["link"]) for e in told["entries"]))


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


def reading_dict(reading: Reading, url: str) -> dict[str, Any]:
    """The JSON of a reading: what would be stored, under which key."""
    from aggregator import normalise
    from aggregator.model import Source

    facts = reading.facts
    source = Source("preview", facts.title, url, "INT", facts.language or "und")
    items = normalise.identify(reading.entries)
    languages = ("ru", "kk", "az", "tr", "en")
    job = Job(Document(url), Feed("preview", url), source, languages, int(time.time()))
    articles, _ = normalise.articles(items, job, facts)
    feed = {
        "title": facts.title, "link": facts.link, "language": facts.language, "ttl": facts.ttl,
        "skip_hours": list(facts.skip_hours), "skip_days": list(facts.skip_days),
        "update_period": facts.update_period, "update_frequency": facts.update_frequency,
        "hub": facts.hub, "self": facts.self_url, "next": facts.next,
    }  # fmt: skip
    entries = [
        {
            "id": item.entry.id, "key": item.key, "link": a.url, "title": a.title,
            "published": iso(a.published if a.dated else None), "updated": iso(a.updated), "author": a.author,
            "language": a.language, "html": a.html, "categories": list(a.categories),
            "enclosures": [asdict(media) for media in a.enclosures],
        }
        for item, a in zip(items, articles, strict=True)
    ]  # fmt: skip
    return {"error": None, "feed": feed, "entries": entries}


# ---------------------------------------------------------------- changing the configuration


@app.command()
def add(
    url: str,
    *,
    id_: Annotated[str | None, typer.Option("--id", help="Id of the source; made from its host by default.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the publisher; by default the feed's title.")] = None,
    country: Annotated[str, typer.Option(help="ISO 3166 alpha-2, or INT.")] = "INT",
    language: Annotated[str | None, typer.Option(help="Language code; by default the feed's own.")] = None,
    config: ConfigDir = CONFIG,
) -> None:
    """Find the feed behind URL, read it once, and write its source into config/sources/."""
    from aggregator.config import edit

    loaded = _load(config)
    feed_url, reading = loop.run(_discover(url, loaded.fetch))
    facts = reading.facts
    parts = urlsplit(facts.link or feed_url)
    entry: Mapping[str, Any] = {
        "id": id_ or _id_of(parts.hostname or "source", {source.id for source in loaded.sources}),
        "name": name or facts.title or parts.hostname, "url": facts.link or f"{parts.scheme}://{parts.netloc}/",
        "country": country, "language": (language or facts.language or "und").split("-")[0].lower(),
        "feeds": [{"url": feed_url}],
    }  # fmt: skip
    path = edit.add_source(config, entry)
    say(f"{entry['id']}: {feed_url} with {len(reading.entries)} entries, written to {path}")


def _load(directory: Path) -> Config:
    from aggregator import config as configuration

    return configuration.load(directory)


async def _discover(url: str, rules: FetchRules) -> tuple[str, Reading]:
    """The feed at `url`, or the first readable one that the page there names."""
    from aggregator import parse
    from aggregator.fetch import Fetcher, Request

    async with Fetcher(rules) as fetcher:
        document = await fetcher.get(Request(url, accept="any"))
        try:
            return document.url, parse.read(document, Feed("new", document.url))
        except ParseError as error:
            reason = error
        for candidate in parse.discover(document):
            found = await fetcher.get(Request(candidate))
            try:
                return found.url, parse.read(found, Feed("new", found.url))
            except ParseError as error:
                reason = error
    raise ParseError(f"no feed found at {url}: {reason}")


def _id_of(host: str, taken: set[str]) -> str:
    stem = host.removeprefix("www.").replace("_", "-")
    names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 1000))
    return next(name for name in names if name not in taken)


@app.command()
def enable(source: str, *, config: ConfigDir = CONFIG) -> None:
    """Poll a source's feeds again."""
    _set_enabled(source, config, enabled=True)


@app.command()
def disable(source: str, *, config: ConfigDir = CONFIG) -> None:
    """Stop polling a source; its articles stay."""
    _set_enabled(source, config, enabled=False)


def _set_enabled(source: str, config: Path, *, enabled: bool) -> None:
    from aggregator.config import edit

    path, changed = edit.set_enabled(config, source, enabled)
    say(f"{source}: {changed} feed(s) {'enabled' if enabled else 'disabled'} in {path}")


@app.command("import")
def import_opml(
    file: Path,
    *,
    country: Annotated[
        str | None, typer.Option(help="Country of the imported sources, if the file names none.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of them, if the file names none.")] = None,
    config: ConfigDir = CONFIG,
) -> None:
    """Add the feeds of an OPML file; ones that are configured already are left alone."""
    from aggregator import publish
    from aggregator.config import edit

    loaded = _load(config)
    try:
        subscriptions = publish.read_opml(file.read_bytes())
    except OSError as error:
        raise AggregatorError(f"{file}: {error.strerror}") from error
    known, taken = {feed.url for s in loaded.sources for feed in s.feeds}, {s.id for s in loaded.sources}
    tables: list[Mapping[str, Any]] = []
    for one in subscriptions:
        if one.xml_url in known:
            continue
        parts = urlsplit(one.html_url or one.xml_url)
        id_ = _id_of(parts.hostname or "source", taken)
        tables.append({
            "id": id_, "name": one.title or parts.hostname, "url": one.html_url or f"{parts.scheme}://{parts.netloc}/",
            "country": _country(one.category) or country or "INT", "language": _language(one.language) or language or "und",
            "feeds": [{"url": one.xml_url}],
        })  # fmt: skip
        known.add(one.xml_url)
        taken.add(id_)
    written = edit.add_sources(config, tables, file="imported.toml") if tables else ()
    where = f" to {written[0]}" if written else ""
    say(f"{len(tables)} feeds added{where}, {len(subscriptions) - len(tables)} known already")


def _country(category: str | None) -> str | None:
    """The country that an exported list keeps as its category ("KZ")."""
    return category if category and re.fullmatch("[A-Z]{2}|INT", category) else None


def _language(tag: str | None) -> str | None:
    """The language of a tag such as "en-GB"."""
    return tag.partition("-")[0].lower() if tag else None


@app.command()
def export(*, config: ConfigDir = CONFIG) -> None:
    """All enabled feeds as OPML on stdout."""
    from aggregator import publish

    sys.stdout.buffer.write(publish.opml_sources(_load(config).sources))
