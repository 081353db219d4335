"""The ids we give out: tag: URIs (RFC 4151), which stay the same when the site moves to another address."""

import re
from urllib.parse import urlsplit

from aggregator.model import Site

_authority = re.compile(
    r"(?:[a-z0-9._-]+@)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
).fullmatch
_date = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?").fullmatch


def tag(authority: str, since: str | int) -> str:
    """The beginning of every story's id, e.g. "tag:example.org,2026:story/"; a story's slug completes it.

    `since` is a year, year-month or date (as in RFC 4151, section 2.1) on which `authority`, a domain or e-mail
    address, was ours. Keep the result: ids that change make every reader show every item again. ValueError when
    either is malformed.
    """
    name, date = authority.lower(), str(since)
    if not (_authority(name) and _date(date)):
        raise ValueError(f"no tag: URI can begin with {authority!r} and {date!r} (RFC 4151)")
    return f"tag:{name},{date}:story/"


def authority(site: Site) -> str:
    """Who mints the ids when a site is first published: its configured authority, else the host of its address."""
    host = (site.authority or urlsplit(site.base_url).hostname or "").lower()
    return host if _authority(host) else "localhost"


def feed_id(tag: str, publication: str) -> str:
    """The id of a feed, from the same authority and date as its stories."""
    return f"{tag.rpartition(':')[0]}:feed/{publication}"
