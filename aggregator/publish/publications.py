"""Builds a Publication: a feed's addresses, title and archive links around its items."""

from collections.abc import Iterable, Mapping

from aggregator.model import Chain, Item, Publication, Seconds, Site, Tombstone
from aggregator.publish.words import localised

_FEED_ALONE = Chain()


def publication(
    topic: str,
    titles: Mapping[str, str],
    items: Iterable[Item],
    *,
    site: Site,
    tag: str,
    tombstones: Iterable[Tombstone] = (),
    query: str = "",
    language: str | None = None,
    subtitle: str = "",
    path: str | None = None,
    chain: Chain = _FEED_ALONE,
    hub: str | None = None,
    ttl_minutes: int = 15,
    updated: Seconds | None = None,
) -> Publication:
    """The feed of a topic (or "all", "operations"), its items in the order given.

    `titles` by language, of which the site's first one is taken, or `language` for a feed in one language.
    `query` ("lang=ru", already in one spelling) makes it a feed of its own with its own id.
    `chain` links it with its archive pages, or makes it one of them. `path` replaces "/feeds/<topic>" where the address
    holds a token. `updated` is when the feed last changed, by default the latest time anything in it names; the ETag
    does not depend on it.
    """
    kept, gone = tuple(items), tuple(tombstones)
    base = site.base_url.rstrip("/")
    home = path or f"/feeds/{topic}"
    shown = language or (site.languages[0] if site.languages else "en")
    own, before, after = _own(chain), _before(chain), _after(chain)
    return Publication(
        id=f"{topic}?{query}" if query else topic,
        title=localised(titles, (shown, *site.languages)) or topic,
        path=f"{home}/archive/{own}" if own else home,
        base_url=base,
        tag=tag,
        language=shown,
        updated=_last_change(kept, gone) if updated is None else updated,
        items=kept,
        subtitle=subtitle,
        tombstones=gone,
        prev_archive=_page(base, home, before) if before and not query else None,
        next_archive=_page(base, home, after) if after else None,
        archive=own is not None,
        hub=hub,
        ttl_minutes=ttl_minutes,
    )


def _own(chain: Chain) -> str | None:
    """The name of an archive page; None for the feed."""
    if chain.page is None:
        return None
    return f"{chain.page}-{chain.upto}" if chain.upto else f"{chain.page}"


def _before(chain: Chain) -> str | None:
    """The name of the archive page with the entries that come before these."""
    if chain.page is None and chain.tail:
        return f"{chain.sealed + 1}-{chain.tail}"
    last = chain.sealed if chain.page is None else chain.page - 1
    return f"{last}" if last else None


def _after(chain: Chain) -> str | None:
    """The name of the archive page with the entries that come after these; the feed follows the last one."""
    if chain.page is None or chain.upto or chain.page >= chain.sealed:
        return None
    return f"{chain.page + 1}"


def _page(base: str, home: str, name: str) -> str:
    return f"{base}{home}/archive/{name}.atom"


def _last_change(items: tuple[Item, ...], tombstones: tuple[Tombstone, ...]) -> Seconds:
    times = [max(item.updated, item.entered) for item in items]
    return max(times + [tombstone.when for tombstone in tombstones], default=0)
