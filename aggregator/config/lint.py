"""Soft findings: what is allowed but probably not meant. They never stop anything."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from aggregator.config.crosscheck import feeds, leaves, of_kind, tables
from aggregator.config.environment import names
from aggregator.config.files import TomlFile
from aggregator.config.keys import KeyPath
from aggregator.config.values import did_you_mean, quoted
from aggregator.errors import Fault
from aggregator.model import Config, Source

BRISK = 300
"""Seconds between two polls below which publishers begin to mind."""


def warnings(directory: Path, files: Sequence[TomlFile], config: Config) -> tuple[Fault, ...]:
    """The soft findings of a valid configuration, in the order of the files."""
    found = [*_top(files, config), *_sources(files, config), *_feeds(files, config), *_topics(files, config)]
    return (*sorted(found), *_strays(directory))


def _top(files: Sequence[TomlFile], config: Config) -> Iterator[Fault]:
    top = next(of_kind(files, "aggregator"))
    if not config.fetch.contact:
        mend = 'name a page: contact = "https://…"'
        yield top.fault(("fetch", "contact"), "publishers cannot see who fetches from them", mend)
    if not config.sources:
        yield Fault(top.name, 1, "source", "there are no sources", "add sources/<country>.toml")
    elif not any(feed.enabled for source in config.sources for feed in source.feeds):
        yield Fault(top.name, 1, "source", "no feed of any source is enabled: nothing will be fetched")
    if not config.topics:
        yield Fault(top.name, 1, "topics", "there are no topics", "add topics/<id>.toml")


def _sources(files: Sequence[TomlFile], config: Config) -> Iterator[Fault]:
    by_id = {source.id: source for source in config.sources}
    for file, path, table in tables(files, "source"):
        source = by_id[table["id"]]
        if not source.feeds:
            yield file.fault(path, f"source {quoted(source.id)} has no feeds", 'feeds = [{ url = "…" }]')
        if source.language not in (*config.site.languages, "und"):
            message = f"{source.language} is not among the site's languages: its articles become und"
            yield file.fault((*path, "language"), message, f'add "{source.language}" to [site] languages')
        yield from _plain_secrets(file, (*path, "headers"), table.get("headers", {}), source)


def _plain_secrets(file: TomlFile, path: KeyPath, headers: Mapping[str, str], source: Source) -> Iterator[Fault]:
    secret = next((name for name, text in headers.items() if names(text)), None)
    if secret and any(feed.url.startswith("http:") for feed in source.feeds):
        yield file.fault((*path, secret), "is sent in the clear: a feed of this source is http", "use https")


def _feeds(files: Sequence[TomlFile], config: Config) -> Iterator[Fault]:
    built = iter([feed for source in config.sources for feed in source.feeds])
    for (file, path, table), feed in zip(feeds(files), built, strict=True):
        if table.get("selectors") and feed.kind != "page":
            yield file.fault((*path, "selectors"), f'has no effect on kind = "{feed.kind}"', "remove it")
        if feed.interval is not None and feed.interval < BRISK:
            message = f"{feed.interval} seconds is very often"
            yield file.fault((*path, "interval"), message, "publishers mind less than 5 minutes")


def _topics(files: Sequence[TomlFile], config: Config) -> Iterator[Fault]:
    ids = {source.id for source in config.sources}
    for file, topic in zip(of_kind(files, "topic"), config.topics, strict=True):
        for _, path, name in leaves(file, ("scope", "sources")):
            if name not in ids:
                yield file.fault(path, f"there is no source {quoted(name)}", did_you_mean(name, ids))
        for _, path, language in leaves(file, ("scope", "languages")):
            if language not in (*config.site.languages, "und"):
                message = f"{language} is not among the site's languages: no article has it"
                yield file.fault(path, message, f'add "{language}" to [site] languages')
        for language in topic.terms:
            if language not in (*config.site.languages, "mul"):
                message = f"{language} is not among the site's languages"
                yield file.fault(("terms", language), message, f'add "{language}" to [site] languages')


def _strays(directory: Path) -> Iterator[Fault]:
    """TOML files where none is read, usually a topic or sources file in the wrong folder."""
    for path in sorted(directory.glob("*.toml")):
        if path.name != "aggregator.toml":
            yield Fault(str(path), 1, "file", "is not read here", "move it to sources/ or topics/")
