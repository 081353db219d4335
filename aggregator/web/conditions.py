"""What a client has and takes: content codings (RFC 9110, section 12.5.3) and conditions (section 13). Pure."""

import re
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Literal

from aggregator.model import Seconds

Coding = Literal["identity", "br", "zstd", "gzip"]

PREFERENCE: tuple[Coding, ...] = ("br", "zstd", "gzip")
"""Smallest first; a client's own weights come before ours."""

SUFFIX: dict[Coding, str] = {"identity": "", "br": "-br", "zstd": "-zs", "gzip": "-gz"}
"""What a coding adds to a strong ETag: other bytes need another tag (RFC 9110, section 8.8.3.3)."""

_LONGEST = 1000
_tags = re.compile(rb'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"').findall


@lru_cache(maxsize=512)
def coding(accepted: bytes | None) -> Coding:
    """The coding to answer in, by an Accept-Encoding header; identity when there is none or it cannot be read."""
    if not accepted or len(accepted) > _LONGEST:
        return "identity"
    weights = _weights(accepted.decode("latin-1").lower())
    best = max(PREFERENCE, key=lambda name: (weights.get(name, 0.0), -PREFERENCE.index(name)))
    if weights.get(best, 0.0) > weights.get("identity", 0.0):
        return best
    if weights.get("identity", weights.get("*", 1.0)) == 0 and weights.get("*", 0.0) > 0:
        return "gzip"
    return "identity"


def _weights(accepted: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accepted.split(","):
        name, _, parameters = part.partition(";")
        name = name.strip().removeprefix("x-")
        if name:
            found[name] = _quality(parameters)
    return found


def _quality(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0


def entity_tag(etag: str, form: Coding) -> bytes:
    """The ETag header of a form."""
    return f'"{etag}{SUFFIX[form]}"'.encode("ascii")


@lru_cache(maxsize=512)
def tag_held(condition: bytes, etag: str) -> bytes | None:
    """The tag of If-None-Match that names any form of the content `etag`; `*` names the plain form.

    A 304 repeats it, so that a cache which holds that form knows which one is still good.
    """
    if condition.strip() == b"*":
        return entity_tag(etag, "identity")
    ours = {entity_tag(etag, form)[1:-1] for form in SUFFIX}
    return next((b'"%s"' % tag for tag in _tags(condition) if tag in ours), None)


def named_tags(condition: bytes) -> list[str]:
    """The entity tags of an If-None-Match, without quotes and W/; those that no header may carry are left out."""
    return [tag.decode("ascii") for tag in _tags(condition[:_LONGEST]) if tag.isascii()]


@lru_cache(maxsize=512)
def unmodified(since: bytes, last_modified: Seconds) -> bool:
    """Whether If-Modified-Since covers a last change; a date that cannot be read is no condition."""
    try:
        date = parsedate_to_datetime(since.decode("latin-1"))
    except (ValueError, TypeError, OverflowError):
        return False
    return last_modified <= (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def takes_deltas(manipulations: bytes) -> bool:
    """Whether an A-IM header takes "feed" (its weights do not matter: it is the only one we have)."""
    names = (part.partition(b";")[0].strip().lower() for part in manipulations.split(b","))
    return b"feed" in names


def http_date(seconds: Seconds) -> bytes:
    """Sun, 22 Nov 2026 18:30:02 GMT"""
    return formatdate(seconds, usegmt=True).encode("ascii")
