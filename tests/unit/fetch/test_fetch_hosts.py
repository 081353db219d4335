"""The unit of good manners: one registrable domain, however its hosts are spelt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.hosts import registrable


@pytest.mark.parametrize(
    ("host", "unit"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("https://Feeds.Azertag.AZ:443/rss?x=1", "azertag.az"),
        ("http://user:pw@www.akorda.kz/", "akorda.kz"),
        ("newsroom.github.io", "newsroom.github.io"),
        ("www.gov.kz", "www.gov.kz"),
        ("gov.kz", "gov.kz"),
        ("localhost", "localhost"),
        ("localhost:8300", "localhost"),
        ("altyn-dala.example", "altyn-dala.example"),
        ("rss.altyn-dala.example.", "altyn-dala.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("http://127.0.0.2:8300/feed", "127.0.0.2"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("2001:db8:0::1", "2001:db8::1"),
        ("https://[2001:db8::1]:8443/", "2001:db8::1"),
        ("www.жаңалық.қаз", "xn--80aaqw4fuxvb.xn--80ao21a"),
        ("", ""),
        ("http://[broken", "http://[broken"),
    ],
)
def test_registrable(host: str, unit: str) -> None:
    assert registrable(host) == unit


def test_both_spellings_of_an_international_name_are_one_unit() -> None:
    ascii_name = "пример.рф".encode("idna").decode()
    assert registrable("https://www.пример.рф/") == registrable(ascii_name) == ascii_name


@given(st.text(max_size=60))
def test_never_raises_and_is_stable(text: str) -> None:
    once = registrable(text)
    assert registrable(once) == registrable(registrable(once))
