"""Times as feeds write them."""

from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

from aggregator.model import Seconds


@lru_cache(maxsize=16_384)  # the same times again in each format, and at each rendering of a feed
def rfc3339(seconds: Seconds) -> str:
    """2026-11-22T18:30:02Z"""
    return f"{instant(seconds).isoformat()[:-6]}Z"


@lru_cache(maxsize=16_384)
def rfc822(seconds: Seconds) -> str:
    """Sun, 22 Nov 2026 18:30:02 GMT"""
    return formatdate(seconds, usegmt=True)


def instant(seconds: Seconds) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
