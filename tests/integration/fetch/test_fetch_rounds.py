"""Rows of the checklist that need the whole way from the wire into the store."""

from pathlib import Path

import pytest
from origin import Origin, reply
from rounds import configured, database, fetch, links, rss

from aggregator import health, schedule, store
from aggregator.bootstrap import open_live
from aggregator.errors import StoreError
from aggregator.store import Store
from aggregator.worker.local import fetch_round

pytestmark = pytest.mark.anyio


@pytest.fixture
def opened(tmp_path: Path):  # type: ignore[no-untyped-def]
    found = database(tmp_path / "a.db")
    yield found
    found.close()


def wanted(numbers: range) -> list[str]:
    return sorted(f"http://127.0.0.1/{n}" for n in numbers)


async def test_a_restart_stays_conditional(origin: Origin, opened: Store, tmp_path: Path) -> None:
    """Rows 4 and 6: the second round is another process's in all but its number; its 304 keeps the articles."""
    config = configured(tmp_path / "config", [origin.url("/feed")])
    origin.on("/feed", reply(200, rss(range(3)), ETag='W/"a b"', Last_Modified="yesterday"), reply(304, ETag='"2"'))
    await fetch(opened, config)
    opened.close()
    again = database(tmp_path / "a.db")
    report = await fetch(again, config)
    assert report.count("not_modified") == 1
    second = origin.heard[1]
    assert (second.header("if-none-match"), second.header("if-modified-since")) == (b'W/"a b"', b"yesterday")
    await fetch(again, config)
    third = origin.heard[2]
    assert (third.header("if-none-match"), third.header("if-modified-since")) == (b'"2"', b"yesterday")
    assert links(again) == wanted(range(3))
    again.close()


async def test_validators_are_kept_only_together_with_the_articles(
    origin: Origin, opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 5: the transaction that would have stored both fails; the next request is unconditional and loses nothing."""
    config = configured(tmp_path / "config", [origin.url("/feed")])
    origin.on("/feed", reply(200, rss(range(3)), ETag='"1"'))
    with monkeypatch.context() as patched:
        finish = store.feeds.finish

        def full(*given: object, **named: object) -> None:
            finish(*given, **named)  # type: ignore[arg-type]
            raise StoreError("the disk is full")

        patched.setattr(store.feeds, "finish", full)
        with pytest.raises(StoreError):
            await fetch(opened, config)
    assert links(opened) == []
    await fetch(opened, config)
    assert [heard.header("if-none-match") for heard in origin.heard] == [None, None]
    assert links(opened) == wanted(range(3))


async def test_deltas_are_merged(origin: Origin, opened: Store, tmp_path: Path) -> None:
    """Row 22: a delta is no window of the feed: no gap is seen, and what it does not name is still known."""
    config = configured(tmp_path / "config", [origin.url("/feed")])
    origin.on(
        "/feed",
        reply(200, rss(range(5)), ETag='"1"'),
        reply(226, rss(range(5, 7)), ETag='"2"', IM="feed"),
        reply(226, rss(range(7, 8)), ETag='"3"', IM="feed"),
        reply(200, rss(range(3, 8)), ETag='"4"'),
    )
    reports = [await fetch(opened, config) for _ in range(4)]
    assert [heard.header("a-im") for heard in origin.heard] == [None, b"feed", b"feed", b"feed"]
    assert [heard.header("if-none-match") for heard in origin.heard] == [None, b'"1"', b'"2"', b'"3"']
    assert [one.outcomes[0].new for one in reports] == [5, 2, 1, 0]
    assert [one.outcomes[0].gap for one in reports] == [False] * 4
    assert links(opened) == wanted(range(8))


async def test_after_a_failure_no_delta_is_asked_for(origin: Origin, opened: Store, tmp_path: Path) -> None:
    """Row 22: a server whose deltas cannot be read gets a plain request next."""
    config = configured(tmp_path / "config", [origin.url("/feed")])
    origin.on(
        "/feed",
        reply(200, rss(range(5)), ETag='"1"'),
        reply(226, b"@@ -1 +1 @@", ETag='"2"'),
        reply(200, rss(range(6))),
    )
    for _ in range(3):
        await fetch(opened, config)
    assert [heard.header("a-im") for heard in origin.heard] == [None, b"feed", None]
    assert links(opened) == wanted(range(6))


async def test_a_late_round_leaves_skipped_hours_alone(
    origin: Origin, opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 10: what is due is put off without a request; a round over everything asks all the same."""
    config = configured(tmp_path / "config", [origin.url("/feed")])
    origin.on("/feed", reply(200, rss(range(3)), ETag='"1"'), reply(304))
    await fetch(opened, config)
    with opened.writing() as db:
        store.feeds.hasten(db, 0)
    monkeypatch.setattr(schedule, "postponed", lambda pace, now: now + 3600)
    live, _ = open_live(opened, config, 0)
    report = await fetch_round(opened, live)
    assert (report.outcomes, report.skipped, len(origin.heard)) == ([], 1, 1)
    assert (await fetch_round(opened, live)).skipped == 0, "it is not due any more"
    await fetch(opened, config)
    assert len(origin.heard) == 2


async def test_html_instead_of_a_feed_is_an_error_and_the_articles_stay(
    origin: Origin, opened: Store, tmp_path: Path
) -> None:
    """Rows 36 and 50: with its class, its time and the next try."""
    config = configured(tmp_path / "config", [origin.url("/feed")])
    origin.on(
        "/feed", reply(200, rss(range(3)), ETag='"1"'), reply(200, b"<!doctype html><html><body>Sorry", ETag='"2"')
    )
    await fetch(opened, config)
    report = await fetch(opened, config)
    assert (report.count("failed"), report.outcomes[0].failure.kind) == (1, "soft")  # type: ignore[union-attr]
    assert links(opened) == wanted(range(3))
    with opened.reading() as db:
        (feed,) = health.feeds(db, 0)
    assert (feed.state, feed.error_class) == ("failing", "ParseError")
    assert feed.error_at is not None
    assert feed.next_poll > feed.error_at
    await fetch(opened, config)
    assert origin.heard[2].header("if-none-match") == b'"1"', "the bad document's validators are not believed"


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "{canary}">]>',
        '<!DOCTYPE rss SYSTEM "{canary}">',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "{canary}"> %p;]>',
        '<?xml-stylesheet href="{canary}"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
        + "".join(
            f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ) + '<!ENTITY x "&i;">]>',
    ],
    ids=["file", "address", "dtd", "parameter", "bomb"],
)  # fmt: skip
@pytest.mark.parametrize("broken", [False, True], ids=["strict", "tolerant"])
async def test_entities_read_no_file_and_ask_nobody(
    origin: Origin, other: Origin, opened: Store, tmp_path: Path, prolog: str, broken: bool
) -> None:
    """Row 35: in the process of the pool that parses, by the strict and by the tolerant path."""
    config = configured(tmp_path / "config", [origin.url("/feed")])
    body = rss(range(2)).decode().replace("report number 1", "&x;" + ("<b>" if broken else ""))
    body = '<?xml version="1.0"?>' + prolog.replace("{canary}", other.url("/canary")) + body
    origin.on("/feed", reply(200, body.encode()))
    await fetch(opened, config)
    assert other.connections == 0
    with opened.reading() as db:
        titles = [one.title for one in store.reading.articles(db)]
    assert not [title for title in titles if "root:" in title or len(title) > 1000]
