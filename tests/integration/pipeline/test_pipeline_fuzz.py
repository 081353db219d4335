"""Whatever bytes arrive: no exception past ParseError, no link but http(s), no script, nothing a database refuses; and
the second poll of a document finds nothing new in it.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

import lxml.html
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import normalise, parse, pipeline, topics
from aggregator.errors import ParseError
from aggregator.model import Article, Batch, Document, Feed, Job, Source

sys.path.insert(0, str(Path(__file__).parents[2] / "corpus" / "parse"))
from parse_corpus import Case, cases

RULES = topics.compile_rules((), ())
SOURCE = Source("port", "Port", "https://port.example/", "KZ", "ru")
ADDRESSES = ("href", "src", "poster")
PIECES = [
    b"<", b">", b"&", b"'", b'"', b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?", b"\x00", b"\xff", b"\xd0", b"\xef\xbb\xbf",
    b"&#xD800;", b"&#0;", b"&#x110000;", b"<!ENTITY a 'b'>", b"<!DOCTYPE x [", b"</item>", b"<item>", b"</channel>", b"</rss>",
    b"<entry>", b"</entry>", b" xmlns='x'", b" xml:base='http://['", b" xml:lang='x'", b"media:", b"{", b"[", b"\\ud800",
    b"<script>alert(1)</script>", b"<img src=x onerror=alert(1)>", b"javascript:alert(1)", b"&lt;script&gt;", b"<svg onload=x>",
    b"<link>javascript:x</link>", b"<guid>", b"<title>", b"&lt;iframe&gt;", b"data:text/html,x", b"\xe2\x80\xae", b"\r\n",
]  # fmt: skip

edits = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 40), st.sampled_from(PIECES) | st.binary(max_size=8)),
    min_size=1,
    max_size=6,
)
CASES = [case for case in cases() if len(case.body) < 20_000]


def mutated(body: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for place, removed, added in changes:
        at = int(place * len(body))
        body = body[:at] + added + body[at + removed :]
    return body


def job(case: Case, body: bytes, before: Batch | None = None) -> Job:
    feed = Feed("port", case.url, kind=case.kind, selectors=case.selectors)
    source = replace(SOURCE, timezone=case.timezone)
    document = Document(case.url, body=body, content_type=case.content_type)
    window, learned = (before.window, before.boilerplate or b"") if before else (b"", b"")
    return Job(document, feed, source, ("ru", "kk", "az", "tr", "en"), 1_790_000_000, window, learned)


def prepared(case: Case, body: bytes) -> Batch | None:
    try:
        return pipeline.prepare(job(case, body), RULES)
    except ParseError:
        return None


def check(batch: Batch) -> None:
    for one in batch.prepared:
        harmless(one.article)
        json.dumps(asdict(one.article) | {"digest": ""}, ensure_ascii=False).encode()
        assert "\x00" not in one.article.title + one.article.html + one.article.text + one.article.key
        assert len(one.article.key) <= 255


def harmless(article: Article) -> None:
    for address in (article.url, *(media.url for media in article.enclosures)):
        assert address is None or is_web(address), address
    for html in (article.html, normalise.trim(article.html, article.text)):
        for element in lxml.html.fragment_fromstring(html, create_parent="section").iter():
            assert isinstance(element.tag, str), html
            assert element.tag not in (
                "script",
                "iframe",
                "object",
                "embed",
                "svg",
                "math",
                "style",
                "form",
                "base",
                "meta",
            )
            for name, value in element.attrib.items():
                assert not name.startswith("on"), html
                assert name not in ADDRESSES or is_web(value), html


def is_web(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


@pytest.fixture(scope="module", autouse=True)
def child() -> Iterator[None]:
    yield
    parse.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_corpus_itself(case: Case) -> None:
    batch = prepared(case, case.body)
    if batch is not None:
        check(batch)
        again = pipeline.prepare(job(case, case.body, batch), RULES)
        assert (again.prepared, again.entries, again.gap) == ((), batch.entries, False)


@pytest.mark.slow
@given(st.sampled_from(CASES), edits)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_mutated_document(case: Case, changes: list[tuple[float, int, bytes]]) -> None:
    batch = prepared(case, mutated(case.body, changes))
    if batch is not None:
        check(batch)


@pytest.mark.slow
@given(st.sampled_from(CASES), edits)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_document_mutated_between_two_polls(case: Case, changes: list[tuple[float, int, bytes]]) -> None:
    """Read beside what is known of the first, the second comes to the same entries as read whole."""
    first = prepared(case, case.body)
    body = mutated(case.body, changes)
    whole = prepared(case, body)
    if first is None or whole is None:
        return
    second = pipeline.prepare(job(case, body, first), RULES)
    check(second)
    assert second.entries == whole.entries
    unchanged = {one.article.digest for one in first.prepared}
    assert {one.article.digest for one in whole.prepared} - unchanged <= {one.article.digest for one in second.prepared}


@pytest.mark.slow
@given(st.sampled_from(CASES), st.sampled_from(CASES), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_head_of_one_and_the_tail_of_another(one: Case, other: Case, first: float, second: float) -> None:
    body = one.body[: int(first * len(one.body))] + other.body[int(second * len(other.body)) :]
    batch = prepared(one, body)
    if batch is not None:
        check(batch)
