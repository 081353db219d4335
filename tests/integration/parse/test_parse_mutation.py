"""Whatever bytes arrive, reading ends with a Reading or a ParseError, and what was read can be stored."""

import contextlib
import json
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parse_corpus import Case, cases

from aggregator import parse
from aggregator.errors import ParseError
from aggregator.model import Document, Reading

NASTY = [
    b"<",
    b">",
    b"&",
    b"]]>",
    b"<![CDATA[",
    b"\x00",
    b"\xff",
    b"&#xD800;",
    b"<!ENTITY a 'b'>",
    b"<!DOCTYPE x [",
    b"\xef\xbb\xbf",
]
NASTY += [
    b"</item>",
    b"</channel>",
    b"<item>",
    b" xmlns='x'",
    b" xml:base='http://['",
    b"media:",
    b"'",
    b'"',
    b"\xd0",
    b"{",
    b"[",
    b"\\ud800",
]

edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True), st.integers(0, 12), st.one_of(st.sampled_from(NASTY), st.binary(max_size=6))
    ),
    min_size=1,
    max_size=5,
)


def mutated(body: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for place, removed, added in changes:
        at = int(place * len(body))
        body = body[:at] + added + body[at + removed :]
    return body


def check(case: Case, body: bytes) -> None:
    with contextlib.suppress(ParseError):
        storable(case.read(body))


def storable(reading: Reading) -> None:
    """Text that UTF-8 and a database can hold, links that are addresses."""
    written = json.dumps(asdict(reading), ensure_ascii=False)
    assert "\\u0000" not in written
    written.encode()
    for entry in reading.entries:
        links = [entry.link, *(item.url for item in entry.enclosures)]
        assert all(link is None or link.lower().startswith(("http://", "https://")) for link in links)


@pytest.mark.slow
@given(st.sampled_from(cases()), edits)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_mutated_document_raises_nothing_but_parse_errors(
    case: Case, changes: list[tuple[float, int, bytes]]
) -> None:
    check(case, mutated(case.body, changes))


@pytest.mark.slow
@given(st.sampled_from(cases()), st.floats(0, 1))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_so_does_a_document_cut_off_anywhere(case: Case, share: float) -> None:
    check(case, case.body[: int(share * len(case.body))])


@given(st.sampled_from(cases()), edits)
@settings(max_examples=60, deadline=None)
def test_discovery_never_raises(case: Case, changes: list[tuple[float, int, bytes]]) -> None:
    found = parse.discover(Document(case.url, body=mutated(case.body, changes), content_type=case.content_type))
    assert all(address.startswith(("http://", "https://")) for address in (item.lower() for item in found))
