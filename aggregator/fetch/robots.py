"""robots.txt (RFC 9309): a small reader whose matching is linear, so that no pattern can keep us busy."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from aggregator.errors import AddressRefused, FetchError, RedirectError, RobotsRefused

MAX_BYTES = 512_000
"""RFC 9309, section 2.5: at least 500 kibibytes are read, what follows is ignored."""

KEEP = 86_400.0
"""Seconds for which an answer is believed (section 2.4)."""
KEEP_UNREACHABLE = 1800.0
REMEMBERED = 1000

_RESERVED = re.compile(r"%(2[0-9A-Fa-f]|3[A-Fa-f]|40|5[BDbd])")
_AGENT = re.compile(r"[a-z_-]+|\*")


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for us: (allow, pattern) pairs, and the Crawl-delay in seconds when one is named."""

    rules: tuple[tuple[bool, str], ...] = ()
    crawl_delay: float | None = None

    def allows(self, path: str) -> bool:
        """Whether `path` (with its query) may be asked for: the longest pattern decides, Allow wins a tie."""
        path = _normal(path)
        found = [(len(pattern), allow) for allow, pattern in self.rules if _matches(pattern, path)]
        return max(found)[1] if found else True


ALLOW_ALL = Robots()


def read(body: bytes, agent: str) -> Robots:
    """Read robots.txt for a product token (`agent`, lower case). Lines that make no sense are ignored."""
    groups: dict[str, list[tuple[str, str]]] = {}
    current: list[str] = []
    in_agents = False
    for key, value in _lines(body):
        if key == "user-agent":
            current = [*current, value.lower()] if in_agents else [value.lower()]
            in_agents = True
            for name in current:
                groups.setdefault(_product(name), [])
        elif key in ("allow", "disallow", "crawl-delay"):
            in_agents = False
            for name in set(map(_product, current)):
                groups[name].append((key, value))
    return _robots(groups.get(agent, groups.get("*", [])))


def _product(name: str) -> str:
    found = _AGENT.match(name)
    return found.group() if found else ""


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    text = body[:MAX_BYTES].decode("utf-8-sig", "replace")
    for line in re.split(r"[\r\n]+", text):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _robots(lines: Iterable[tuple[str, str]]) -> Robots:
    lines = list(lines)
    rules = tuple((key == "allow", _normal(value)) for key, value in lines if key != "crawl-delay" and value)
    delays = [delay for key, value in lines if key == "crawl-delay" and (delay := _seconds(value)) is not None]
    return Robots(rules, max(delays, default=None))


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) else None


def _normal(path: str) -> str:
    """One spelling for comparison: UTF-8 percent-encoded, escapes of unreserved characters undone (section 2.2.2)."""
    return quote(unquote_to_bytes(_keep_reserved(path)), safe="/*$?&=:;,@!+'()[]%~#")


def _keep_reserved(path: str) -> str:
    # An escaped delimiter (%2F, %2A, %24 …) means itself, not the delimiter: protect its percent sign.
    return _RESERVED.sub(lambda escape: "%25" + escape.group(1).upper(), path)


def _matches(pattern: str, path: str) -> bool:
    anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = rest.pop() if anchored and rest else None
    for piece in rest:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if not anchored:
        return True
    return path.endswith(last) and len(path) - len(last) >= at if last is not None else at == len(path)


@dataclass(slots=True)
class _Page:
    robots: Robots | None = None  # None: unreachable
    expires: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RobotsBook:
    """The robots.txt of every origin, read at most once a day. `fetch` gets the bytes of a URL or raises FetchError."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]], agent: str, monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._agent = agent
        self._monotonic = monotonic
        self._pages: OrderedDict[str, _Page] = OrderedDict()

    async def of(self, origin: str) -> Robots:
        """Return the rules of `origin` (scheme://host[:port]). Raises RobotsRefused (temporary) while they cannot be
        had, AddressRefused when its host must not be asked at all."""
        page = self._pages.setdefault(origin, _Page())
        self._pages.move_to_end(origin)
        while len(self._pages) > REMEMBERED:
            self._pages.popitem(last=False)
        async with page.lock:
            if page.expires <= self._monotonic():
                page.robots = await self._load(f"{origin}/robots.txt")
                page.expires = self._monotonic() + (KEEP_UNREACHABLE if page.robots is None else KEEP)
        if page.robots is None:
            left = int(page.expires - self._monotonic()) + 1
            raise RobotsRefused(
                f"robots.txt of {origin} cannot be had for now", url=origin, kind="temporary", retry_after=left
            )
        return page.robots

    async def _load(self, url: str) -> Robots | None:
        """Read robots.txt; None while it is unreachable (section 2.3.1.4), all allowed when there is none (2.3.1.3)."""
        try:
            return read(await self._fetch(url), self._agent)
        except AddressRefused:
            raise
        except RedirectError:
            return ALLOW_ALL
        except FetchError as error:
            missing = error.status is not None and 400 <= error.status < 500 and error.status != 429
            return ALLOW_ALL if missing else None
