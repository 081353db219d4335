"""Listening to hubs (WebSub, W3C Recommendation of 2018), the subscriber's side: what is asked, what is believed.

A push only makes a feed due: what it carries is not read. So a hub that lies costs one conditional request a minute.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from aggregator.fetch.guard import is_public
from aggregator.model import FetchRules, Seconds

LEASE: Seconds = 10 * 86_400
"""What we ask for; the hub decides."""
FORM = {"content-type": "application/x-www-form-urlencoded"}
_METHODS: dict[str, Callable[[], Any]] = {
    name: getattr(hashlib, name) for name in ("sha1", "sha256", "sha384", "sha512")
}
_NOWHERE = ("localhost", "local", "internal", "test", "example", "invalid", "lan", "home", "arpa", "onion")
"""Last labels of names that no hub can find (RFC 6761, RFC 6762, RFC 9476 and custom)."""


def subscription(topic: str, callback: str, secret: str) -> bytes:
    """The form that asks a hub to tell `callback` of `topic` (section 5.1)."""
    return (
        _form("subscribe", topic, callback)
        + b"&"
        + urlencode({"hub.secret": secret, "hub.lease_seconds": LEASE}).encode()
    )


def unsubscription(topic: str, callback: str) -> bytes:
    """The form that asks a hub to tell `callback` of `topic` no more."""
    return _form("unsubscribe", topic, callback)


def _form(mode: str, topic: str, callback: str) -> bytes:
    return urlencode({"hub.mode": mode, "hub.topic": topic, "hub.callback": callback}).encode("ascii")


class Signature:
    """Checks a body against its X-Hub-Signature ("sha256=…", section 7.1) as it comes in, without keeping it."""

    def __init__(self, field: str | None, secret: str) -> None:
        method, _, self._given = (field or "").strip().partition("=")
        known = _METHODS.get(method.strip().lower())
        self._mac = hmac.new(secret.encode(), digestmod=known) if known else None

    def feed(self, chunk: bytes) -> None:
        if self._mac:
            self._mac.update(chunk)

    @property
    def is_valid(self) -> bool:
        """Whether all that was fed is signed with the secret; the time this takes tells nothing about how far off it is."""
        given = self._given.strip().lower().encode("latin-1", "replace")
        return self._mac is not None and hmac.compare_digest(self._mac.hexdigest().encode(), given)


def is_reachable(base_url: str, rules: FetchRules) -> bool:
    """Whether a hub out there could call this site: it has a public name or address, or one the operator excepted."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return "." in host.strip(".") and host.strip(".").rpartition(".")[2] not in _NOWHERE
    port = parts.port or (443 if parts.scheme == "https" else 80)
    allowed = ((ipaddress.ip_network(network, strict=False), one) for network, one in rules.allow)
    return is_public(str(literal)) or any(literal in network and one in (0, port) for network, one in allowed)
