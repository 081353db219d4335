"""Hostile markup through the whole path, from the bytes of a feed to what is published, judged by a browser.

Every vector is put into each place that HTML or an address may come from, in every format. What comes out is given to
Chromium with scripts on: nothing may run, and its tree may hold nothing but harmless elements, attributes and http links.
"""

import json
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import pytest

from aggregator import normalise, parse, pipeline, topics
from aggregator.errors import ParseError
from aggregator.model import Article, Document, Feed, Job, Source

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
URL = "https://port.example/feed"
SOURCE = Source("port", "Port", "https://port.example/", "KZ", "ru", (Feed("port", URL),))
RULES = topics.compile_rules((), ())
LISTED = (Path(__file__).parents[2] / "corpus/normalise/xss.txt").read_text("utf-8")
VECTORS = [vector for vector in LISTED.split("\n") if vector]
MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'

JUDGE = """bodies => {
  const allowed = new Set(`a abbr address article aside audio b bdi bdo blockquote br caption center cite code col colgroup dd
    del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre
    q rp rt ruby s samp section small source span strong sub summary sup table tbody td tfoot th thead time tr u ul var video
    wbr`.split(/\\s+/));
  const attributes = new Set(`href src poster alt title rel lang dir width height controls preload type colspan rowspan start
    datetime`.split(/\\s+/));
  const isWeb = value => { try { return /^https?:$/.test(new URL(value).protocol); } catch { return false; } };
  const faults = [];
  const judge = (root, number) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.namespaceURI !== 'http://www.w3.org/1999/xhtml' || !allowed.has(node.localName))
        faults.push([number, '<' + node.localName + '>']);
      for (const a of node.attributes) {
        if (!attributes.has(a.name)) faults.push([number, node.localName + ' ' + a.name + '=' + a.value]);
        if (['href', 'src', 'poster'].includes(a.name) && !isWeb(a.value))
          faults.push([number, node.localName + ' ' + a.name + '=' + a.value]);
      }
    }
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_PROCESSING_INSTRUCTION);
    while (walker.nextNode()) faults.push([number, 'comment ' + walker.currentNode.data]);
  };
  bodies.forEach((html, number) => {
    judge(new DOMParser().parseFromString('<!DOCTYPE html><body>' + html, 'text/html').body, number);
    const place = document.createElement('div');
    document.body.append(place);
    place.innerHTML = html;
    judge(place, number);
    for (const link of place.querySelectorAll('a')) link.click();
    place.remove();
  });
  return faults;
}"""


WATCH = """() => {
  window.ran = [];
  for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = (...what) => window.ran.push([name, ...what]);
  document.addEventListener('click', event => event.preventDefault(), true);
}"""


def ran(page: Any) -> list[Any]:
    """The calls of scripts since it was asked last."""
    page.wait_for_timeout(300)
    found: list[Any] = page.evaluate("() => window.ran.splice(0).map(String)")
    return found


def rss(inside: str) -> bytes:
    return f'<rss version="2.0" {MEDIA}><channel><title>x</title><item><guid>1</guid>{inside}</item></channel></rss>'.encode()


def atom(inside: str) -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {MEDIA}><title>x</title><entry><id>1</id>{inside}</entry></feed>'.encode()


def section(vector: str) -> str:
    return f"<![CDATA[{vector.replace(']]>', ']]]]><![CDATA[>')}]]>"


def documents(vector: str) -> dict[str, bytes]:
    """The vector in every place of every format."""
    plain, twice, quoted = escape(vector), escape(escape(vector)), escape(vector, quote=True)
    json_item = {"id": "1", "title": vector, "content_html": vector, "url": vector, "image": vector, "tags": [vector]}
    return {
        "rss section": rss(f"<title>{section(vector)}</title><content:encoded>{section(vector)}</content:encoded>"),
        "rss escaped": rss(f"<title>{plain}</title><description>{plain}</description>"),
        "rss escaped twice": rss(f"<title>{twice}</title><description>{twice}</description>"),
        "rss between": rss(f"<description>{section(f'<p>a</p>{vector}<p>b</p>')}</description>"),
        "rss fields": rss(
            f"<title>t</title><author>{plain}</author><category>{plain}</category><link>{plain}</link>"
            f'<enclosure url="{quoted}" type="{quoted}"/><media:thumbnail url="{quoted}"/><media:description>{plain}</media:description>'
        ),
        "rss raw": rss(f"<title>t</title><description>{vector}</description>"),
        "atom html": atom(f'<title type="html">{plain}</title><content type="html">{plain}</content>'),
        "atom text": atom(f"<title>{plain}</title><summary>{plain}</summary>"),
        "atom xhtml": atom(
            f'<title>t</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{vector}</div></content>'
        ),
        "atom links": atom(
            f'<title>t</title><link href="{quoted}"/><link rel="enclosure" href="{quoted}" type="{quoted}"/>'
        ),
        "json": json.dumps(
            {"version": "https://jsonfeed.org/version/1.1", "title": vector, "items": [json_item]}, ensure_ascii=False
        ).encode("utf-8", "surrogatepass"),
    }


def articles(body: bytes) -> list[Article]:
    document = Document(URL, body=body)
    try:
        batch = pipeline.prepare(Job(document, SOURCE.feeds[0], SOURCE, ("ru", "en"), 1_790_000_000), RULES)
    except ParseError:
        return []
    return [prepared.article for prepared in batch.prepared]


def shown(article: Article) -> Iterator[str]:
    """Everything of an article that a page or feed shows, as HTML."""
    yield article.html
    yield normalise.trim(article.html, article.text)
    yield normalise.trim(article.html, "")
    for text in (article.title, article.author or "", *article.categories):
        yield escape(text)
    for address in (article.url, *(media.url for media in article.enclosures)):
        yield f'<a href="{escape(address)}">x</a>' if address else ""


@lru_cache(maxsize=1)
def published() -> list[tuple[str, str, str]]:
    """(vector, place, HTML) of all that comes out."""
    found = [
        (vector, place, html)
        for vector in VECTORS
        for place, body in documents(vector).items()
        for article in articles(body)
        for html in shown(article)
    ]
    parse.close()
    return found


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no chromium")
        pytest.skip("no chromium found on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context()
        context.route("**/*", lambda route: route.abort())
        opened = context.new_page()
        opened.set_content("<!DOCTYPE html><title>judge</title><body>")
        opened.evaluate(WATCH)
        yield opened
        browser.close()


def test_the_judge_sees_what_it_must(page: Any) -> None:
    bad = ["<script>1</script>", '<a href="javascript:x">', "<p onclick=x>", "<svg></svg>", "<p style=x>", "<!-- x -->",
           '<a href="/relative">', "<iframe>", "<form>"]  # fmt: skip
    assert {number for number, _ in page.evaluate(JUDGE, bad)} == set(range(len(bad)))
    assert page.evaluate(JUDGE, ['<p>x <a href="https://a.example/">y</a></p>']) == []
    assert len(page.evaluate(JUDGE, ['<img src="x:" onerror="alert(1)">'])) == 2 * 2
    assert ran(page), "a script that runs is noticed"


def test_nothing_hostile_comes_out_of_any_place_of_any_format(page: Any) -> None:
    assert len(VECTORS) >= 100
    found = published()
    assert len({(vector, place) for vector, place, _ in found}) > 0.8 * len(VECTORS) * 11
    ran(page)
    distinct = list(dict.fromkeys(html for _, _, html in found if html))
    faults = page.evaluate(JUDGE, distinct)
    assert [(distinct[number], what) for number, what in faults] == []
    assert ran(page) == []
