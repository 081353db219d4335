"""Content negotiation and conditional requests, as RFC 9110 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.web.conditions import PREFERENCE, SUFFIX, coding, entity_tag, http_date, tag_held, unmodified


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (None, "identity"),
        (b"", "identity"),
        (b"gzip", "gzip"),
        (b"gzip, deflate", "gzip"),
        (b"GZip", "gzip"),
        (b"x-gzip", "gzip"),
        (b"gzip, deflate, br, zstd", "br"),
        (b"gzip;q=1.0, br;q=0.5", "gzip"),
        (b"gzip;q=0", "identity"),
        (b"br;q=0, gzip;q=0.001", "gzip"),
        (b"identity, gzip;q=0.5", "identity"),
        (b"identity;q=0.5, gzip", "gzip"),
        (b"zstd;q=0.9,gzip;q=0.8", "zstd"),
        (b"deflate", "identity"),
        (b"*", "identity"),
        (b"identity;q=0, *;q=0.5", "gzip"),
        (b"identity;q=0", "identity"),
        (b"gzip;q=nonsense", "identity"),
        (b"\xff\xfe, gzip", "gzip"),
    ],
)
def test_the_clients_weights_decide_and_then_the_smallest_coding(accepted: bytes | None, expected: str) -> None:
    assert coding(accepted) == expected


@given(st.binary(max_size=300))
def test_any_header_gets_an_answer_in_a_coding_we_have(accepted: bytes) -> None:
    assert coding(accepted) in {"identity", *PREFERENCE}


def test_every_coding_has_a_tag_of_its_own() -> None:
    assert len({entity_tag("x", form) for form in SUFFIX}) == len(SUFFIX) == 4


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        (b'"abc"', b'"abc"'),
        (b'"abc-gz"', b'"abc-gz"'),
        (b'W/"abc-br"', b'"abc-br"'),
        (b'"old", W/"older" , "abc-zs"', b'"abc-zs"'),
        (b"*", b'"abc"'),
        (b" * ", b'"abc"'),
        (b'"abcd"', None),
        (b'"abc-xx"', None),
        (b"abc", None),
        (b'""', None),
        (b'"ab', None),
    ],
)
def test_any_form_of_the_content_in_a_list_counts_as_held(condition: bytes, held: bytes | None) -> None:
    assert tag_held(condition, "abc") == held


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (b"Sun, 22 Nov 2026 18:30:02 GMT", True),
        (b"Sun, 22 Nov 2026 18:30:01 GMT", False),
        (b"Sunday, 22-Nov-26 18:30:02 GMT", True),
        (b"Sun Nov 22 18:30:02 2026", True),
        (b"yesterday", False),
        (b"", False),
        (b"Sun, 99 Nov 2026 18:30:02 GMT", False),
        (b"\xff\xff", False),
    ],
)
def test_if_modified_since_takes_all_three_date_formats_and_ignores_the_rest(since: bytes, expected: bool) -> None:
    assert unmodified(since, 1795372202) is expected
    assert http_date(1795372202) == b"Sun, 22 Nov 2026 18:30:02 GMT"
