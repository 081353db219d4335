"""What is refused before it costs memory or time, and not handed on to any other reader."""

import gzip
import time

import pytest

from aggregator import parse
from aggregator.errors import ParseError
from aggregator.model import Document, Feed

URL = "https://port.example/rss.xml"
HEAD = b"<rss version='2.0'><channel><title>x</title>"
TAIL = b"</channel></rss>"


def read(body: bytes) -> object:
    return parse.read(Document(URL, body=body), Feed("source", URL))


@pytest.fixture(autouse=True)
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    from aggregator.parse import guard

    monkeypatch.setattr(guard, "ask", lambda *args, **options: pytest.fail("handed on to the child"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        HEAD + b"<a>" * 300 + b"</a>" * 300 + TAIL,
        HEAD + b"<a>" * 300,
        HEAD + b"<item><title>" + b"x" * 10_000_001 + b"</title></item>" + TAIL,
        HEAD + b"<item><title><![CDATA[" + b"x" * 10_000_001 + b"]]></title></item>" + TAIL,
        HEAD + b"<item><title><![CDATA[" + b"x" * 10_000_001,
        HEAD + b"<!--" + b"x" * 10_000_001 + b"-->" + TAIL,
        HEAD + b"<item><title x='" + b"x" * 10_000_001 + b"'/></item>" + TAIL,
        HEAD + b"<" + b"n" * 60_000 + b"/>" + TAIL,
        HEAD + b"<item/>" * 100_001 + TAIL,
        HEAD + b"".join(b"<item xmlns='u:%d'/>" % n for n in range(17)) + TAIL,
        HEAD + b"<a/>" * 1_000_001 + TAIL,
        HEAD + b"&&" * 1_000_001 + TAIL,
        b"[" * 400_000,
        b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * 500_000 + b"{}]}",
    ],
    ids=[
        "depth",
        "depth unclosed",
        "text",
        "section",
        "section unclosed",
        "comment",
        "attribute",
        "name",
        "items",
        "namespaces",
        "tags",
        "ampersands",
        "JSON depth",
        "JSON values",
    ],
)
def test_hostile_documents_are_refused_at_once(body: bytes) -> None:
    start = time.process_time()
    with pytest.raises(ParseError, match="refused as hostile"):
        read(body)
    assert time.process_time() - start < 2


def test_tags_within_character_data_are_text() -> None:
    body = (
        HEAD + b"<item><title>t</title><description><![CDATA[" + b"<b>" * 1_000_001 + b"]]></description></item>" + TAIL
    )
    assert "<b><b>" in read(body).entries[0].html  # type: ignore[attr-defined]


def test_a_gzip_bomb_is_refused() -> None:
    with pytest.raises(ParseError, match="larger than 32 MB"):
        read(gzip.compress(b" " * 33_000_000))


def test_what_only_looks_like_gzip_is_refused() -> None:
    with pytest.raises(ParseError, match="gzip"):
        read(b"\x1f\x8b\x08not gzip at all")


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(ParseError, match="Mars/Phobos"):
        parse.read(Document(URL, body=HEAD + TAIL), Feed("source", URL), timezone="Mars/Phobos")
