"""Headers read in isolation: dates, seconds, links, classes of statuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch import facts
from aggregator.fetch.http1 import request_head
from aggregator.fetch.request import Request, header_fields
from aggregator.model import Validators


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("Sun, 06 Nov 1994 12:49:37 +0400", 784111777),
        ("06 Nov 1994 08:49:37", 784111777),
        ("Sun, 31 Feb 2026 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 24:61:61 GMT", None),
        ("1794", None),
        ("", None),
        (None, None),
        ("завтра", None),
    ],
)
def test_http_dates_in_all_their_forms(text: str | None, when: int | None) -> None:
    """Row 8."""
    assert facts.http_date(text) == when


@given(st.binary(max_size=80))
def test_no_header_value_breaks_the_readers(value: bytes) -> None:
    names = [b"Cache-Control", b"Expires", b"Age", b"Date", b"Retry-After", b"Link", b"ETag", b"Last-Modified"]
    headers = [(name, value) for name in names]
    fresh = facts.fresh_for(headers, 1_795_000_000)
    assert fresh is None or 0 < fresh <= facts.MAX_WAIT
    wait = facts.retry_after(headers, 1_795_000_000)
    assert wait is None or 0 <= wait <= facts.MAX_WAIT
    assert all(url.startswith(("http://", "https://")) for url in facts.links(headers, "https://a.example/").values())


@given(st.binary(min_size=1, max_size=200).filter(lambda value: not set(value) & {*range(9), *range(10, 32), 127}))
def test_every_legal_validator_survives_the_round_trip(value: bytes) -> None:
    """Rows 1 and 2: bytes in, the same bytes out."""
    given_ = facts.validators([(b"ETag", value), (b"last-modified", value)])
    sent = dict(header_fields(Request("https://a.example/", validators=given_), "x", secrets=True))
    assert (sent[b"if-none-match"], sent[b"if-modified-since"]) == (value, value)


@given(st.text(max_size=100), st.text(max_size=100))
def test_no_stored_validator_can_write_a_second_line(etag: str, modified: str) -> None:
    """Row 37."""
    request = Request("https://a.example/", validators=Validators(etag, modified))
    head = request_head("GET", b"/", header_fields(request, "x", secrets=True))
    lines = head.decode("latin-1").split("\r\n")
    assert lines[-2:] == ["", ""]
    names = [line.partition(":")[0] for line in lines[1:-2]]
    assert set(names) <= {"user-agent", "accept", "accept-encoding", "if-none-match", "if-modified-since"}
    assert len(names) == len(set(names))
    assert not any(mark in "".join(lines) for mark in "\r\n\0")


def test_validators_of_absurd_length_are_not_kept() -> None:
    assert facts.validators([(b"etag", b"x" * 3000)]) == Validators()


@pytest.mark.parametrize(
    "value", ["</feed>; rel=hub; rel=self", "</feed> ; REL = HUB", "<x>;title=a;rel='no', </feed>;rel=hub"]
)
def test_link_headers_as_they_are_found(value: str) -> None:
    assert facts.links([(b"LINK", value.encode())], "https://a.example/dir/")["hub"] == "https://a.example/feed"


@pytest.mark.parametrize(
    "value", ["</feed", "rel=hub", "<>; rel=", "<javascript:x>; rel=hub", "<http://[>; rel=hub", "<" * 9000]
)
def test_broken_link_headers_name_nothing(value: str) -> None:
    assert "hub" not in facts.links([(b"link", value.encode())], "https://a.example/")
