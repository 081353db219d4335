"""Templates → HTML bytes. Everything is escaped by default; phrases and views come in as plain data."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from aggregator import publish
from aggregator.model import Rendering, Seconds
from aggregator.web.headers import FRESH_PAGE, PAGE, fresh_for
from aggregator.web.held import Header, Held
from aggregator.web.phrases import LANGUAGES, NAMES, Speech
from aggregator.web.public import Public

FORMATS = (("atom", "Atom"), ("rss", "RSS"), ("json", "JSON"))

_CSS = "text/css; charset=utf-8"
_ASSETS = {"style.css": _CSS, "feed.css": _CSS, "icon.svg": "image/svg+xml"}


@lru_cache(maxsize=1)
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("aggregator.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(formats=FORMATS, iso=iso, language_names=NAMES, interface_languages=LANGUAGES)
    return made


def iso(when: Seconds) -> str:
    """2026-11-22T18:30:02Z"""
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%dT%H:%M:%SZ}"


@lru_cache(maxsize=len(_ASSETS))
def asset(name: str) -> bytes:
    """A file of /static/. KeyError when there is no such file."""
    if name not in _ASSETS:
        raise KeyError(name)
    if name == "feed.css":
        return publish.stylesheet()
    return (files("aggregator.web") / "assets" / name).read_bytes()


def assets() -> tuple[str, ...]:
    return tuple(_ASSETS)


def asset_type(name: str) -> str:
    return _ASSETS[name]


@lru_cache(maxsize=1)
def style_version() -> str:
    """Changes with the style sheet, so that browsers may keep it."""
    return blake2b(asset("style.css"), digest_size=4).hexdigest()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page: how to speak to them, and whether they chose the language themselves. `editions` are the
    languages of a static export, the first of which stands at the root; there are no queries there.
    """

    speech: Speech
    chosen: bool = False
    editions: tuple[str, ...] = ()

    @property
    def offline(self) -> bool:
        return bool(self.editions)

    def edition(self, language: str) -> str:
        """Where the pages in a language begin: "" or "/kk"."""
        return "" if not self.editions or language == self.editions[0] else f"/{language}"


def render(template: str, public: Public, reader: Reader, path: str, **context: Any) -> bytes:
    """A page. `path` is its own address on the site, without the root and the language."""

    def link(to: str, **query: Any) -> str:
        """An address on this site; a language that the reader chose goes along."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        if reader.offline:
            return public.root + reader.edition(asked.get("hl", reader.speech.language)) + to
        if reader.chosen and "hl" not in asked:
            asked["hl"] = reader.speech.language
        return public.root + to + (f"?{urlencode(asked)}" if asked else "")

    def feed(topic: str, format_: str, **query: Any) -> str:
        asked = {name: value for name, value in query.items() if value}
        return f"{public.base}/feeds/{topic}.{format_}" + (f"?{urlencode(asked)}" if asked else "")

    speech = reader.speech
    page = environment().get_template(template)
    return page.render(
        **context, site=public.site, public=public, reader=reader, hl=speech.language, t=speech.say, n=speech.count,
        speech=speech, link=link, feed=feed, path=path, base=public.base, root=public.root, style=style_version(),
    ).encode()  # fmt: skip


def blake_etag(media_type: str, body: bytes, now: Seconds) -> Rendering:
    """A body with the hash of its bytes as ETag."""
    return Rendering("atom", media_type, body, blake2b(body, digest_size=16).hexdigest(), now)


def html(body: bytes, now: Seconds, *, status: int = 200, headers: tuple[Header, ...] = ()) -> Held:
    """A page ready to be sent."""
    fresh = headers if status >= 400 else (*headers, fresh_for(FRESH_PAGE))
    return Held(
        blake_etag("text/html; charset=utf-8", body, now),
        [*PAGE, *fresh],
        vary=b"Accept-Encoding, Accept-Language",
        status=status,
    )
