"""The registrable domain of a host: the unit of leases and of good manners towards publishers."""

import ipaddress
import zlib
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

SHARDS = 256
"""Into so many parts hosts are dealt, so that each part's work goes to one worker at a time."""


def shard(host: str) -> int:
    """The shard of a registrable domain: the same on every machine and in every version (CRC-32)."""
    return zlib.crc32(host.encode()) % SHARDS


@lru_cache(maxsize=4096)
def registrable(host_or_url: str) -> str:
    """Return the registrable domain of a host name or URL as the bundled public suffix list has it.

    Lower case; international names in their ASCII form (xn--…), whichever spelling came in. An IP literal is its own
    unit, and so is a name without a registrable part ("localhost", "gov.kz"). Raises nothing: what is no host at all
    comes back trimmed and lower-cased.
    """
    host = _host(host_or_url.strip())
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        name = _ascii(host)
        return _private_suffix()(name) or name


def _host(text: str) -> str:
    try:
        host = urlsplit(text if "//" in text else f"//{_bracketed(text)}").hostname
    except ValueError:
        host = None
    return (host or text).rstrip(".").lower()


def _bracketed(host: str) -> str:
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host


@lru_cache(maxsize=1)
def _private_suffix() -> Callable[[str], str | None]:
    # Reading the list takes 40 ms: only a process that fetches pays for it.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList().privatesuffix
