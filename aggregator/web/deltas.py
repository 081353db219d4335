"""Answers with only what is new (RFC 3229): for a client that says `A-IM: feed` and which version it has."""

from collections import OrderedDict

from aggregator import publish, store
from aggregator.model import Rendering
from aggregator.web.conditions import SUFFIX, named_tags
from aggregator.web.headers import FEED
from aggregator.web.held import Header, Held
from aggregator.web.service import Service

KEPT = 8
"""Deltas kept for one version of a feed: most clients come from its last few versions."""

VARY = b"Accept-Encoding, A-IM, If-None-Match"


class Deltas:
    """What one version of a feed has that earlier ones had not. Marks are read when the first client asks."""

    def __init__(self, service: Service, topic: str, rendering: Rendering, link: Header) -> None:
        self._service, self._topic, self._rendering, self._link = service, topic, rendering, link
        self._past: dict[str, bytes] | None = None
        self._made: OrderedDict[str, Held] = OrderedDict()

    async def since(self, condition: bytes) -> Held | None:
        """The 226 for an If-None-Match; None when no version that it names is remembered."""
        if self._past is None:
            self._past = await self._service.read(
                lambda db: store.publications.past(db, self._topic, self._rendering.format)
            )
        for tag in named_tags(condition):
            etag = _content(tag)
            if etag in self._past:
                return self._made.get(tag) or await self._make(tag, self._past[etag])
        return None

    async def _make(self, tag: str, known: bytes) -> Held:
        one = self._rendering
        body = await self._service.work(publish.delta, one.format, one.body, known)
        # no-store for caches that know 200 only; "im" allows those that know better (RFC 3229, section 10.8.1)
        headers = [
            *FEED, self._link, (b"im", b"feed"), (b"delta-base", f'"{tag}"'.encode("ascii")),
            (b"cache-control", b"no-store, im, max-age=300"),
        ]  # fmt: skip
        made = Rendering(one.format, one.media_type, body, one.etag, one.last_modified)
        held = self._made[tag] = Held(made, headers, vary=VARY, status=226)
        if len(self._made) > KEPT:
            self._made.popitem(last=False)
        return held


def _content(tag: str) -> str:
    """The ETag of the content, whatever coding the client got it in."""
    for suffix in filter(None, SUFFIX.values()):
        if tag.endswith(suffix):
            return tag.removesuffix(suffix)
    return tag
