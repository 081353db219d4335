"""/hub: subscribers ask to be told of a feed, or no longer (WebSub, sections 5.1 to 5.2). What is asked here counts only
once the callback has confirmed it (pushing.py).
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from aggregator import store
from aggregator.errors import AddressRefused, FetchError
from aggregator.model import Seconds
from aggregator.store.hub import Mode, Refused, Subscription
from aggregator.text.hosts import registrable
from aggregator.web.clients import client_of
from aggregator.web.forms import Receive, form_body, form_fields
from aggregator.web.held import Scope
from aggregator.web.problems import Problem
from aggregator.web.public import Public
from aggregator.web.service import Service

Check = Callable[[str], Awaitable[None]]
"""Whether an address may be called at all. Errors: FetchError."""

LEASE, SHORTEST, LONGEST = 10 * 24 * 3600, 60, 30 * 24 * 3600
"""Seconds of a lease: unless asked otherwise, at least, at most."""

LONGEST_CALLBACK = 1000
LONGEST_SECRET = 200
"""Bytes (WebSub, section 5.1: "less than 200 bytes in length")."""

_MODES: Mapping[str, Mode] = {"subscribe": "subscribe", "unsubscribe": "unsubscribe"}

COST = 5.0
"""Tokens of a request (limits.py): each makes us call somebody."""

_feed = re.compile(r"/feeds/([^/?#]{1,100})\.(atom|rss|json)").fullmatch


async def answer(service: Service, check: Check, scope: Scope, receive: Receive) -> None:
    """Take a request; it is answered with 202, its callback is asked later. Errors: Problem 400, 403, 413, 429, 503."""
    service.spend(client_of(scope), COST)
    wanted = asked(dict(form_fields(await form_body(scope, receive))), service.public)
    try:
        await check(wanted.callback)
    except AddressRefused as error:
        raise Problem(403, "this hub calls no such address", parameter="hub.callback") from error
    except FetchError as error:
        raise Problem(400, "the callback's name cannot be found", parameter="hub.callback") from error
    refused = await service.work(_keep, service, wanted, registrable(wanted.callback), service.now())
    if refused is not None:
        raise Problem(503, refused.reason, retry_after=3600)


def _keep(service: Service, wanted: Subscription, host: str, now: Seconds) -> Refused | None:
    with service.opened.writing() as db:
        return store.hub.ask(db, wanted, host, now)


def asked(form: dict[str, str], public: Public) -> Subscription:
    """What a form asks for. Errors: Problem 400 naming the field."""
    mode = _MODES.get(form.get("hub.mode", ""))
    if mode is None:
        raise Problem(400, "hub.mode is subscribe or unsubscribe", parameter="hub.mode")
    topic, format_ = _topic(form.get("hub.topic", ""), public)
    secret = form.get("hub.secret") or None
    if secret is not None and len(secret.encode()) >= LONGEST_SECRET:
        raise Problem(400, f"hub.secret is shorter than {LONGEST_SECRET} bytes", parameter="hub.secret")
    return Subscription(
        _callback(form.get("hub.callback", "")), topic, format_,
        asked=mode, asked_secret=secret, asked_lease=_lease(form.get("hub.lease_seconds", "")),
    )  # fmt: skip


def _callback(value: str) -> str:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.fragment
    except ValueError:
        sound = False
    if not sound or len(value) > LONGEST_CALLBACK or not value.isascii() or not value.isprintable() or " " in value:
        told = f"hub.callback is an http(s) address without fragment, of up to {LONGEST_CALLBACK} characters"
        raise Problem(400, told, parameter="hub.callback")
    return value


def _topic(value: str, public: Public) -> tuple[str, str]:
    """The feed of ours that an address names: as it stands in its rel=self. Private feeds have no hub."""
    match = _feed(value.removeprefix(public.base)) if value.startswith(f"{public.base}/") else None
    if match is None or not public.has_feed(match[1]):
        told = "hub.topic is the address (rel=self) of a feed of this site, without a query; /opml lists all of them"
        raise Problem(400, told, parameter="hub.topic")
    return match[1], match[2]


def _lease(value: str) -> Seconds:
    """A lease as asked for, within our bounds; nonsense counts as nothing said."""
    if not (value.isascii() and value.isdigit() and len(value) < 12):
        return LEASE
    return min(max(int(value), SHORTEST), LONGEST)
