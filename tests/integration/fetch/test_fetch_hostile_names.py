"""Hostile titles, addresses and names on their whole way: from the wire to pages, feeds, lists, messages and the log."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import pytest
from lxml import etree
from lxml import html as lxml_html
from origin import Origin, reply
from rounds import configured, database, fetch

from aggregator import health, store
from aggregator.bootstrap import open_live
from aggregator.store import Store
from aggregator.web.app import create_app

pytestmark = pytest.mark.anyio

EVIL = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'-alert(1)-'", "]]><script>alert(1)</script>", "&lt;b&gt;",
    "</title><script>alert(1)</script>", "{{7*7}} ${7*7}", "\u202egnp.exe", "a\x1b[2Jb", "line\r\nX-Evil: 1",
]  # fmt: skip
LINKS = [
    "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", 'http://127.0.0.1/"><script>alert(1)</script>',
    "http://127.0.0.1/?a=1&b='><svg onload=alert(1)>", "vbscript:x", "http://127.0.0.1/\r\nX-Evil: 1",
]  # fmt: skip
PAGES = ["/", "/topics/cargo", "/sources", "/opml", "/feeds/cargo.atom", "/feeds/cargo.rss", "/feeds/cargo.json",
         "/feeds/all.atom", "/api/v1/stories", "/api/v1/sources", "/nothing/%3Cscript%3Ealert(1)%3C/script%3E",
         "/feeds/%22%3E%3Cscript%3E.atom", "/topics/cargo?lang=%3Cscript%3E", "/feeds/cargo.atom?q=%22%3E%3Cscript%3E"]  # fmt: skip


def hostile_feed() -> bytes:
    rows = "".join(
        f"<item><title>{escape(escape(title))} cargo</title><guid>{n}</guid><link>{escape(LINKS[n % len(LINKS)])}</link>"
        f"<author>{escape(title)}</author><category>{escape(title)}</category>"
        f"<description>{escape(f'<p>Cargo {n} {title}</p>')}</description></item>"
        for n, title in enumerate(EVIL)
    )
    text = f'<rss version="2.0"><channel><title>{escape(EVIL[0])}</title><link>{escape(LINKS[2])}</link>{rows}</channel></rss>'
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text).encode()


async def hostile_world(origin: Origin, opened: Store, directory: Path) -> Path:
    config = configured(
        directory, [origin.url("/feed"), origin.url("/moved"), origin.url("/coded"), origin.url("/page")]
    )
    sources = config / "sources" / "paper.toml"
    name = json.dumps(EVIL[1] + EVIL[5])
    sources.write_text(sources.read_text().replace('name = "Paper 0"', f"name = {name}"))
    origin.on("/feed", reply(200, hostile_feed()))
    origin.on("/moved", reply(302, Location=b"ht\x1btp://<script>alert(1)</script>\x07/\xff"))
    origin.on("/coded", reply(200, b"x", Content_Encoding=b"<script>alert(1)</script>\x1b[2J"))
    origin.on("/page", reply(200, b"<html><title><script>alert(1)</script>\x1b[2J</title>"))
    report = await fetch(opened, config)
    assert (report.count("ok"), report.count("failed")) == (1, 3)
    return config


def check(answer: httpx.Response) -> None:
    kind, body = answer.headers["content-type"], answer.content
    assert "x-evil" not in answer.headers
    assert b"\x1b" not in body
    if "html" in kind:
        page = lxml_html.document_fromstring(body)
        assert page.xpath("//script | //*[@*[starts-with(name(), 'on')]] | //svg[@onload]") == []
        targets = page.xpath("//@href | //@src | //@action")
        assert [one for one in targets if re.match(r"\s*(javascript|data|vbscript):", one, re.IGNORECASE)] == []
    elif "json" in kind:
        told = json.loads(body)
        assert "javascript:" not in json.dumps(told)
    else:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
        for element in root.iter("{*}content", "{*}summary", "{*}description", "{*}encoded"):
            is_markup = (element.text or "").strip() and element.get("type", "html") == "html"
            inner = lxml_html.fragments_fromstring(element.text or "") if is_markup else []
            for part in inner:
                if not isinstance(part, str):
                    assert part.xpath("descendant-or-self::*[@*[starts-with(name(), 'on')]]") == []
        targets = root.xpath("//@href | //@url | //*[local-name()='link']/text()")
        assert [one for one in targets if re.match(r"\s*(javascript|data|vbscript):", one, re.IGNORECASE)] == []


async def test_hostile_names_are_harmless_wherever_they_show(origin: Origin, tmp_path: Path) -> None:
    """Row 46: every page, feed, list and error of the site."""
    opened = database(tmp_path / "a.db")
    config = await hostile_world(origin, opened, tmp_path / "config")
    live, _ = open_live(opened, config, 0)
    app = create_app(opened, live)
    with opened.reading() as db:
        slugs = [one.slug for one in store.reading.listed(db, "all", limit=50)]
    assert len(slugs) >= 5
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8080") as caller:
        for path in [*PAGES, *(f"/stories/{slug}" for slug in slugs)]:
            answer = await caller.get(path)
            assert answer.status_code in (200, 400, 404), path
            check(answer)
    app.service.close()
    opened.close()


async def test_hostile_names_are_harmless_in_words_and_logs(origin: Origin, tmp_path: Path) -> None:
    """Row 46: messages hold no control character, so that neither terminal nor log can be written to by a publisher."""
    opened = database(tmp_path / "a.db")
    config = await hostile_world(origin, opened, tmp_path / "config")
    with opened.reading() as db:
        told = [health.in_words(feed, 1_800_000_000) for feed in health.feeds(db, 1_800_000_000)]
    assert sum("failing since" in one for one in told) == 3
    opened.close()
    shown = list(told)
    for words in (["sources", "health"], ["sources", "health", "--json"], ["articles", "--json"], ["fetch", "--all"]):
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "aggregator", *words, "--config", config, "--database", f"sqlite:///{tmp_path / 'a.db'}"],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True, env={**os.environ, "AGGREGATOR_LOG": "json"},
        )  # fmt: skip
        shown += [done.stdout, done.stderr]
    assert [found for one in shown if (found := re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", one))] == []
