"""`hold`: what came lately waits, so that a more trusted outlet's copy can become the one shown."""

import sys
from dataclasses import replace
from typing import Any

Site = Any
TEXT = (
    "A museum of cargo was opened by schoolchildren in Oskemen on Friday. Its nine halls show sledges, camel saddles, a "
    "balloon basket and the first parcel that was ever flown over the Altai. Entrance is free until March, and visitors "
    "may stamp a letter of their own; the director hopes to borrow a tram from Almaty next year."
)


def test_publication_waits_for_the_hold_and_shows_the_trusted_outlet_then(own_site: Site, now: int) -> None:
    helpers = sys.modules[type(own_site).__module__]
    trusted = replace(own_site.live.sources["courier"], trust=99)
    sources = tuple(trusted if one.id == "courier" else one for one in own_site.live.config.sources)
    config = replace(own_site.live.config, site=replace(own_site.live.config.site, hold=120), sources=sources)
    live = replace(own_site.live, config=config, sources={**own_site.live.sources, "courier": trusted})
    later = now + 3600
    for source, when in (("gazette", later), ("courier", later + 60)):
        found = helpers.article(source, "museum", f"A museum opens in Oskemen, says the {source}", TEXT, age=now - when)
        helpers.keep(own_site.opened, live, [(found, True)], when)
        own_site.app.service.next_look = 0.0
        assert "A museum opens in Oskemen" not in own_site.get("/feeds/cargo.atom").text
    helpers.settle(own_site.opened, live, later + 60 + 120)
    own_site.app.service.next_look = 0.0
    feed = own_site.get("/feeds/cargo.atom").text
    assert "<title>A museum opens in Oskemen, says the courier</title>" in feed
    assert "<title>A museum opens in Oskemen, says the gazette</title>" not in feed
