"""The subscriber's half of WebSub: what is asked of a hub, which signatures are believed, who can be called at all."""

import hmac
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch import websub
from aggregator.fetch.websub import Signature, is_reachable, subscription
from aggregator.model import FetchRules

BODY = b"<feed>news</feed>"


def signed(method: str, secret: str = "s3cret", body: bytes = BODY) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def valid(field: str | None, body: bytes = BODY, pieces: int = 3) -> bool:
    signature = Signature(field, "s3cret")
    for start in range(0, len(body), pieces):
        signature.feed(body[start : start + pieces])
    return signature.is_valid


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_body_signed_with_the_secret_is_believed(method: str) -> None:
    """Row 39: by every method that hubs use."""
    assert valid(signed(method))
    assert valid(signed(method).upper().replace(method.upper(), method))


@pytest.mark.parametrize(
    "field",
    [
        None, "", "sha256", "sha256=", "md5=" + hmac.new(b"s3cret", BODY, "md5").hexdigest(), "sha256=é",
        signed("sha256", "other"), signed("sha256", body=BODY + b" "), "sha512=" + signed("sha256")[7:], signed("sha256")[:-1],
        signed("sha256")[7:],
    ],
)  # fmt: skip
def test_no_other_body_is(field: str | None) -> None:
    """Row 39."""
    assert not valid(field)


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 39."""
    compared = []
    monkeypatch.setattr(websub.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or True)
    assert valid("sha256=nonsense")
    assert compared == [(signed("sha256")[7:].encode(), b"nonsense")]


@given(st.text(), st.binary(max_size=50))
def test_no_field_breaks_the_check(field: str, body: bytes) -> None:
    assert not valid(field, body)


def test_a_request_names_everything_a_hub_must_know() -> None:
    form = parse_qs(subscription("https://a.example/feed?x=1&y=ü", "https://me.example/push/abc", "s=&").decode())
    assert form == {
        "hub.mode": ["subscribe"], "hub.topic": ["https://a.example/feed?x=1&y=ü"], "hub.secret": ["s=&"],
        "hub.callback": ["https://me.example/push/abc"], "hub.lease_seconds": ["864000"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("base", "reachable"),
    [
        ("https://news.kz", True), ("https://news.kz:8443/sub", True), ("http://93.184.215.14", True),
        ("http://127.0.0.1:8080", False), ("http://10.0.0.8", False), ("http://[::1]:80", False), ("http://localhost", False),
        ("http://server", False), ("http://box.lan", False), ("http://a.b.internal.", False), ("https://news.example", False),
        ("http://[2606:4700::1]", True), ("", False),
    ],
)  # fmt: skip
def test_only_a_public_site_can_be_called(base: str, reachable: bool) -> None:
    assert is_reachable(base, FetchRules()) is reachable


def test_an_exception_of_the_operator_counts_as_reachable() -> None:
    rules = FetchRules(allow=(("127.0.0.0/8", 8080),))
    assert is_reachable("http://127.0.0.1:8080", rules)
    assert not is_reachable("http://127.0.0.1:8081", rules)
