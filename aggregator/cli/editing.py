"""`aggregator sources add, enable, disable, import, export`: changes of the operator's files, comments and order kept."""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import urlsplit

import typer

from aggregator.cli import loop
from aggregator.cli.options import CONFIG, ConfigDir, Json
from aggregator.cli.output import counted, dump, say
from aggregator.errors import AggregatorError, ParseError
from aggregator.model import Config, Feed, FetchRules, Reading

if TYPE_CHECKING:
    from aggregator.publish.outlines import Subscription

Table = Mapping[str, Any]

SourceId = Annotated[str, typer.Argument(metavar="SOURCE", help="Id of the source, as in `aggregator sources list`.")]


def _load(directory: Path) -> Config:
    from aggregator import config as configuration

    return configuration.load(directory)


class Known:
    """Which source reads an address, however it is spelt."""

    def __init__(self, config: Config) -> None:
        from aggregator.text.urls import key

        self._key = key
        self._sources = {key(feed.url): source.id for source in config.sources for feed in source.feeds}

    def source(self, url: str) -> str | None:
        return self._sources.get(self._key(url))

    def add(self, url: str, source: str) -> None:
        self._sources.setdefault(self._key(url), source)


# ---------------------------------------------------------------- add


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or a page that names its feed.")],
    *,
    id_: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Id of the source; made from its host by default.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Name of the publisher; by default the feed's title.")
    ] = None,
    country: Annotated[str, typer.Option(metavar="CODE", help="ISO 3166 alpha-2, or INT.")] = "INT",
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Its language; by default the feed's own.")
    ] = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
) -> None:
    """Find the feed of a page and add its source.

    The feed is read once before anything is written to config/sources/.
    """
    from aggregator.config import edit

    loaded = _load(config)
    known, taken = Known(loaded), {source.id for source in loaded.sources}
    _refuse_bad_options({"--id": id_, "--name": name, "--country": country, "--language": language}, taken)
    _refuse_known(known, url, config)
    feed_url, reading = loop.run(_discover(url, loaded.fetch))
    _refuse_known(known, feed_url, config)
    written = {"id": id_, "name": name, "country": country, "language": language}
    table = _proposed(feed_url, reading, taken) | {key: value for key, value in written.items() if value is not None}
    if flaws := edit.flaws(table):
        raise AggregatorError(f"{feed_url} cannot be added: " + "; ".join(f"{key}: {text}" for key, text in flaws))
    path = edit.add_source(config, table)
    if as_json:
        dump({"source": table["id"], "name": table["name"], "url": feed_url, "entries": len(reading.entries),
              "file": str(path)})  # fmt: skip
        return
    found = counted(len(reading.entries), "entry", "entries")
    say(f"{table['id']}: {feed_url} with {found}, written to {path}")


def _refuse_bad_options(options: Mapping[str, str | None], taken: Iterable[str]) -> None:
    """What the operator wrote is a usage error before anything is fetched."""
    from aggregator.config import edit

    sound = {"id": "x", "name": "x", "url": "https://x.example/", "feeds": [{"url": "https://x.example/"}]}
    for option, value in options.items():
        if value is None:
            continue
        for _, text in edit.flaws({**sound, option.removeprefix("--"): value}):
            raise typer.BadParameter(text, param_hint=option)
    if (id_ := options["--id"]) is not None and id_ in taken:
        raise typer.BadParameter(f"there is a source {id_} already", param_hint="--id")


def _refuse_known(known: Known, url: str, directory: Path) -> None:
    """An address that is read already is not read twice."""
    from aggregator.config import edit

    if (source := known.source(url)) is not None:
        file, line = edit.place(directory, source)
        raise AggregatorError(f"{url} is configured already: source {source} at {file}:{line}")


def _proposed(feed_url: str, reading: Reading, taken: Iterable[str]) -> dict[str, Any]:
    """A source as the feed describes itself; what it says wrongly of itself is left out."""
    facts = reading.facts
    site = facts.link if facts.link and urlsplit(facts.link).scheme in {"http", "https"} else _site_of(feed_url)
    host = urlsplit(site).hostname or "source"
    language = _language(facts.language)
    return {"id": _id_of(host, taken), "name": " ".join(facts.title.split()) or host, "url": site, "country": "INT",
            "language": language or "und", "feeds": [{"url": feed_url}]}  # fmt: skip


def _site_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


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


def _id_of(host: str, taken: Iterable[str]) -> str:
    stem = re.sub(r"[^a-z0-9._-]+", "-", host.lower().removeprefix("www.").replace("_", "-")).strip("-._") or "source"
    names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 10_000))
    return next(name for name in names if name not in taken)


def _language(tag: str | None) -> str | None:
    """The language of a tag such as "en-GB"; None of what is no tag."""
    primary = (tag or "").replace("_", "-").partition("-")[0].lower()
    return primary if re.fullmatch("[a-z]{2,3}", primary) else None


# ---------------------------------------------------------------- enable, disable


def enable(source: SourceId, *, as_json: Json = False, config: ConfigDir = CONFIG) -> None:
    """Poll a source's feeds again."""
    _set_enabled(source, config, enabled=True, as_json=as_json)


def disable(source: SourceId, *, as_json: Json = False, config: ConfigDir = CONFIG) -> None:
    """Stop polling a source; its articles stay."""
    _set_enabled(source, config, enabled=False, as_json=as_json)


def _set_enabled(source: str, config: Path, *, enabled: bool, as_json: bool) -> None:
    from aggregator.config import edit

    path, changed = edit.set_enabled(config, source, enabled)
    if as_json:
        dump({"source": source, "enabled": enabled, "changed": changed, "file": str(path)})
        return
    state = "enabled" if enabled else "disabled"
    say(
        f"{source}: {counted(changed, 'feed')} {state} in {path}"
        if changed
        else f"{source}: nothing to change, {state}"
    )


# ---------------------------------------------------------------- import, export


class Sorted(NamedTuple):
    """What becomes of each feed of a list."""

    added: list[dict[str, Any]]
    known: list[dict[str, str]]
    refused: list[dict[str, str]]


def import_opml(
    file: Annotated[Path, typer.Argument(metavar="OPML", help="The list, as other readers export it.")],
    *,
    country: Annotated[
        str | None, typer.Option(metavar="CODE", help="Country of the imported sources, if the file names none.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Language of them, if the file names none.")
    ] = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
) -> None:
    """Add the feeds of an OPML file.

    Those that are configured already are left alone, and those that cannot be read are named with the reason, so that
    a list may be imported again. They are written to config/sources/imported.toml and not fetched now.
    """
    from aggregator import publish
    from aggregator.config import edit
    from aggregator.publish.outlines import refused

    loaded = _load(config)
    _refuse_bad_options({"--id": None, "--country": country, "--language": language}, ())
    try:
        data = file.read_bytes()
    except OSError as error:
        raise AggregatorError(f"{file}: {error.strerror}") from error
    found = _sorted(publish.read_opml(data), loaded, country, language)
    found.refused.extend({"url": hidden(url), "reason": reason} for url, reason in refused(data))
    written = edit.add_sources(config, found.added, file="imported.toml") if found.added else ()
    _report(found, written[0] if written else None, as_json=as_json)


def _sorted(
    subscriptions: "Iterable[Subscription]", loaded: Config, country: str | None, language: str | None
) -> Sorted:
    from aggregator.config import edit

    known, taken, done = Known(loaded), {source.id for source in loaded.sources}, Sorted([], [], [])
    for one in subscriptions:
        if (source := known.source(one.xml_url)) is not None:
            done.known.append({"url": one.xml_url, "source": source})
            continue
        table = _imported(one, taken, country, language)
        if flaws := edit.flaws(table):
            done.refused.append({"url": one.xml_url, "reason": "; ".join(f"{key}: {text}" for key, text in flaws)})
            continue
        done.added.append(table)
        known.add(one.xml_url, table["id"])
        taken.add(table["id"])
    return done


def _imported(one: "Subscription", taken: Iterable[str], country: str | None, language: str | None) -> dict[str, Any]:
    site = one.html_url or _site_of(one.xml_url)
    host = urlsplit(site).hostname or "source"
    return {
        "id": _id_of(host, taken), "name": one.title or host, "url": site, "country": _country(one.category) or country or "INT",
        "language": _language(one.language) or language or "und", "feeds": [{"url": one.xml_url}],
    }  # fmt: skip


def _country(category: str | None) -> str | None:
    """The country that an exported list keeps as its category ("KZ"); other people's categories are no countries."""
    from aggregator.config.values import COUNTRIES, INTERNATIONAL, UNOFFICIAL

    return category if category in COUNTRIES | UNOFFICIAL | {INTERNATIONAL} else None


def hidden(url: str) -> str:
    """An address without the name and password in it; no message repeats a secret."""
    return re.sub(r"(//)[^/?#]*@", r"\1…@", url)


def _report(found: Sorted, path: Path | None, *, as_json: bool) -> None:
    added = [{"source": table["id"], "url": table["feeds"][0]["url"]} for table in found.added]
    if as_json:
        dump({"file": path and str(path), "added": added, "known": found.known, "refused": found.refused})
        return
    for one in added:
        say(f"added    {one['source']}  {one['url']}")
    for one in found.known:
        say(f"known    {one['source']}  {one['url']}")
    for one in found.refused:
        say(f"refused  {one['url']}: {one['reason']}")
    where = f" to {path}" if path else ""
    say(f"{counted(len(added), 'feed')} added{where}, {len(found.known)} known already, {len(found.refused)} refused")


def export(
    *,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write to FILE instead of stdout.")] = None,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
) -> None:
    """All sources as OPML on stdout, or in a file."""
    from aggregator import publish

    sources = _load(config).sources
    body = publish.opml_sources(sources)
    if to is not None:
        to.write_bytes(body)
    feeds = sum(len(source.feeds) for source in sources)
    if as_json:
        dump({"feeds": feeds, **({"file": str(to)} if to else {"opml": body.decode()})})
    elif to is not None:
        say(f"{counted(feeds, 'feed')} written to {to}")
    else:
        sys.stdout.buffer.write(body)
