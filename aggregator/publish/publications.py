"""Builds a Publication: a feed's addresses, title and archive links around its items."""

from collections.abc import Iterable, Mapping

from aggregator.model import Item, Publication, Seconds, Site, Tombstone
from aggregator.publish.words import localised


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
    archive: int | None = None,
    upto: int | None = None,
    sealed: int = 0,
    tail: int = 0,
    hub: str | None = None,
    ttl_minutes: int = 15,
    updated: Seconds | None = None,
) -> Publication:
    """The feed of a topic (or "all", "operations"), its items in the order given.

    `titles` by language, of which the site's first one is taken, or `language` for a feed in one language.
    `query` ("lang=ru", already in one spelling) makes it a feed of its own with its own id.
    `sealed` says how many archive pages there are; `archive` that this is page so-and-so of them, counted from 1 with
    the oldest (RFC 5005, section 4). When not all entries after those pages stand in the feed, `tail` is the number of the
    last one, and a page of their own named after it (`upto`) stands before the feed: its address never holds anything
    else. `path` replaces "/feeds/<topic>" where the address holds a token. `updated` is
    when the feed last changed, by default the latest time anything in it names; the ETag does not depend on it.
    """
    kept, gone = tuple(items), tuple(tombstones)
    base = site.base_url.rstrip("/")
    home = path or f"/feeds/{topic}"
    shown = language or (site.languages[0] if site.languages else "en")
    before = sealed if archive is None else archive - 1
    newest = f"{sealed + 1}-{tail}" if tail and archive is None else before
    own = None if archive is None else f"{archive}-{upto}" if upto else f"{archive}"
    return Publication(
        id=f"{topic}?{query}" if query else topic,
        title=localised(titles, (shown, *site.languages)) or topic,
        path=home if own is None else f"{home}/archive/{own}",
        base_url=base,
        tag=tag,
        language=shown,
        updated=_last_change(kept, gone) if updated is None else updated,
        items=kept,
        subtitle=subtitle,
        tombstones=gone,
        prev_archive=_page(base, home, newest) if newest and not query else None,
        next_archive=_page(base, home, archive + 1) if archive is not None and not upto and archive < sealed else None,
        archive=archive is not None,
        hub=hub,
        ttl_minutes=ttl_minutes,
    )


def _page(base: str, home: str, number: int | str) -> str:
    return f"{base}{home}/archive/{number}.atom"


def _last_change(items: tuple[Item, ...], tombstones: tuple[Tombstone, ...]) -> Seconds:
    times = [max(item.updated, item.entered) for item in items]
    return max(times + [tombstone.when for tombstone in tombstones], default=0)
