"""Hostile titles, texts, paths, parameters and headers: in no output do they become anything but text."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree

from aggregator import store
from aggregator.store.incidents import Seen

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "publish"))
import feed_rules

Site = Any
NASTY = '"><script>alert(1)</script><img src=x onerror=alert(2)>\r\nX-Injected: 1'


@pytest.fixture(scope="module")
def desk(site: Site) -> str:
    """The operator's page, with an incident whose words are hostile."""
    with site.opened.writing() as db:
        store.incidents.note(db, [Seen(f"https://gazette.example/{NASTY}", "gazette", "failing", NASTY)], 1_795_372_202)
        return f"/private/{store.tokens.make(db, 'operations', NASTY, 0)}/operations"


def addresses(site: Site, desk: str) -> list[str]:
    hostile = site.slug("gazette/hostile")
    feeds = [
        f"/feeds/{topic}.{format_}"
        for topic in ("cargo", "all", "cargo+harbour")
        for format_ in ("atom", "rss", "json")
    ]
    return [
        *feeds, "/feeds/cargo.atom?lang=en", "/feeds/all.json?source=gazette", "/feeds/cargo/archive/2.atom",
        "/", "/topics/cargo", f"/stories/{hostile}", "/sources", "/opml", "/api/v1/topics", "/api/v1/stories?limit=200",
        f"/api/v1/stories/{hostile}", "/api/v1/sources", "/api/v1/openapi.json", desk, f"{desk}.atom", f"{desk}.rss",
        f"{desk}.json",
    ]  # fmt: skip


def test_hostile_titles_are_text_in_every_output(site: Site, desk: str) -> None:
    for address in addresses(site, desk):
        sound(site.get(address), address)


def test_hostile_titles_are_text_where_a_browser_opens_a_feed(site: Site, desk: str) -> None:
    for address in (one for one in addresses(site, desk) if one.startswith("/feeds/") and "json" not in one):
        answer = site.get(address, sec_fetch_dest="document")
        assert answer.headers["content-type"].startswith("text/html")
        sound(answer, address)


@pytest.mark.parametrize(
    "path",
    ["/{}", "/feeds/{}.atom", "/feeds/cargo.atom?lang={}", "/feeds/cargo.atom?{}=1", "/feeds/cargo.atom?q={}", "/topics/{}",
     "/topics/cargo?lang={}", "/topics/cargo?before={}", "/stories/{}", "/?hl={}", "/api/v1/stories?topic={}",
     "/api/v1/stories?before={}", "/api/v1/{}", "/static/{}", "/private/{}/secret.atom", "/feeds/cargo+{}.atom", "/hub{}",
     "/feeds/cargo/archive/{}.atom", "/push/{}"],
)  # fmt: skip
def test_hostile_paths_and_parameters_are_text_in_every_error(site: Site, path: str) -> None:
    for nasty in (NASTY, "{{7*7}}${7*7}", "../../etc/passwd", "\x00\x01", "ﷺ" * 50, "%2e%2e%2f"):
        answer = site.get(path.format(quote(nasty, safe="")))
        sound(answer, path)
        assert "x-injected" not in answer.headers
        assert "\n" not in "".join(answer.headers.values())
        assert "49" not in answer.headers.get("location", "")


@pytest.mark.parametrize("header", ["host", "x_forwarded_for", "x_forwarded_host", "accept_language", "accept_encoding",
                                    "if_none_match", "if_modified_since", "a_im", "referer", "user_agent", "origin"])  # fmt: skip
def test_hostile_headers_change_no_answer(site: Site, header: str) -> None:
    for path in ("/", "/feeds/cargo.atom", "/nope", "/feeds/nope.atom", "/feeds/freight.atom"):
        for nasty in ("evil.example", '"><script>', '"' * 3000, "W/" * 500, "9" * 5000, "\xff\xfe"):
            answer = site.get(path, **{header: nasty})
            assert answer.status in (200, 301, 404), (path, header)
            assert "evil.example" not in answer.text + str(answer.headers)
            if answer.body:
                sound(answer, path)


def sound(answer: Any, where: str) -> None:
    """Nothing active, whatever it is; and nobody may take it for something else."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status in (301, 304):
        return
    assert answer.headers["x-content-type-options"] == "nosniff", where
    if kind == "text/html":
        assert "default-src 'none'" in answer.headers["content-security-policy"], where
        page = etree.fromstring(answer.content, etree.HTMLParser())
        active = page.xpath(
            "//script | //img | //iframe | //object | //base | //*[@onerror] | //*[@onclick] | //*[@style]"
        )
        assert active == [], where
        links = page.xpath("//@href | //@src | //@action")
        assert [link for link in links if link.lower().startswith(("javascript:", "data:", "vbscript:"))] == [], where
    elif kind in ("application/atom+xml", "application/rss+xml"):
        assert feed_rules.check(kind[12:16].strip("+x"), answer.content) == [], where
        assert b"<script" not in answer.content, where
    elif kind == "text/x-opml":
        assert b"<script" not in answer.content, where
    else:
        assert kind in ("application/json", "application/feed+json", "application/problem+json", "text/plain"), (
            where,
            kind,
        )
        assert kind == "text/plain" or json.loads(answer.content), where
