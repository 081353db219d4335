"""The link to publish and the key to compare by."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.urls import absolute, clean, key


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("HTTPS://News.Example.ORG/Path?Q=1", "https://news.example.org/Path?Q=1"),
        ("http://example.org", "http://example.org/"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("http://example.org:/a", "http://example.org/a"),
        ("https://example.org/a#comments", "https://example.org/a"),
        ("https://example.org/a?utm_source=x&UTM_medium=y&id=5&fbclid=1&gclid=2&yclid=3", "https://example.org/a?id=5"),
        ("https://example.org/a?utm_source=rss", "https://example.org/a"),
        ("https://example.org/a?b=2&a=1", "https://example.org/a?b=2&a=1"),
        ("https://example.org/a?a=1&amp;b=2&amp;amp;utm_term=3", "https://example.org/a?a=1&b=2"),
        ("https://example.org/a?copy=1&copy=2&reg=x", "https://example.org/a?copy=1&copy=2&reg=x"),
        ("https://example.org/a;jsessionid=AB12?x=1", "https://example.org/a?x=1"),
        ("https://example.org/a/../b/./c/..", "https://example.org/b/"),
        ("https://example.org/%D0%B0%zz", "https://example.org/%D0%B0%25zz"),
        ("https://example.org/новости/1", "https://example.org/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1"),
        ("https://пример.қаз/", "https://xn--e1afmkfd.xn--80ao21a/"),
        ('https://example.org/a b"c<d>', "https://example.org/a%20b%22c%3Cd%3E"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("https://good.example\\@evil.example/", "https://good.example/@evil.example/"),
        (" \n https://example.org/a\n\t", "https://example.org/a"),
        ("https://exam\nple.org/\ta", "https://example.org/a"),
        ("https://example.org./a", "https://example.org/a"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("http://localhost/a", "http://localhost/a"),
        ("https://example.org//a//b", "https://example.org//a//b"),
    ],
)
def test_cleaned(url: str, cleaned: str) -> None:
    assert clean(url) == cleaned


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org/a", "/a", "//example.org/a", "ftp://example.org/", "javascript:alert(1)", "java\nscript:alert(1)",
        "data:text/html,x", "mailto:a@example.org", "https://", "https:///", "https://?x", "http://:80/", "https:example.org",
        "http://example.org:99999/", "http://example.org:0/", "http://example.org:port/", "http://exa mple.org/",
        "http://exa%6dple.org/", "http://[::1/", "http://[x]/", "http://a..b/", "http://" + "a" * 300 + "/", "tag:example.org,2024:1",
        "urn:uuid:1", "http://xn--\ud800/", "http://<script>/", "feed:https://example.org/",
    ],
)  # fmt: skip
def test_nothing_else_is_a_link(url: str) -> None:
    assert clean(url) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.example.org/a/", "https://example.org/a"),
        ("https://example.org/a?b=2&a=1", "https://example.org/a?a=1&b=2&utm_source=x#y"),
        ("https://example.org", "http://example.org/"),
        ("https://example.org/%d0%b0", "https://example.org/а"),
        ("https://example.org/%7Euser", "https://example.org/~user"),
        ("https://EXAMPLE.org/a", "https://example.org:443/a"),
    ],
)
def test_equal_pages_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a?id=1", "https://example.org/a?id=2"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a", "https://example.org:8443/a"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://a.example.org/", "https://b.example.org/"),
    ],
)
def test_different_pages_have_different_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_key_is_free_of_scheme_and_www() -> None:
    assert key("https://www.example.org/news/?b&a=1") == "example.org/news?a=1&b"


@pytest.mark.parametrize(
    ("url", "base", "result"),
    [
        ("../b?x=1#y", "https://example.org/a/c", "https://example.org/b?x=1"),
        ("//cdn.example/x.png", "https://example.org/a", "https://cdn.example/x.png"),
        ("/x", "", None),
        ("javascript:alert(1)", "https://example.org/", None),
        ("http://[broken", "https://example.org/", None),
        ("?p=2", "https://example.org/a?p=1", "https://example.org/a?p=2"),
        ("https://other.example/a", "https://example.org/", "https://other.example/a"),
    ],
)
def test_relative_links_resolve(url: str, base: str, result: str | None) -> None:
    assert absolute(url, base) == result


def test_a_fragment_stays_when_asked_for() -> None:
    assert absolute("/a#b c", "https://example.org/", fragment=True) == "https://example.org/a#b%20c"


def test_keys_and_links_are_bounded() -> None:
    assert absolute(f"https://example.org/{'x' * 9000}", "https://example.org/") is None
    one, other = (f"https://example.org/{'x' * 2000}{end}" for end in "ab")
    assert len(key(one)) == len(key(other)) == 500
    assert key(one) != key(other)
    assert clean(one) == one
    assert clean("https://example.org/" + "x" * 9000) is None


_URLS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "HTTPS", "hTTp"]),
    st.from_regex(r"\A[a-zA-Z0-9][a-zA-Z0-9-]{0,8}(\.[a-zA-Z0-9-]{1,8}){0,3}\Z"),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.text(alphabet="/ab.~%20Дж ;\\<\"'", max_size=12).map(lambda path: "/" + path),
    st.one_of(st.just(""), st.text(alphabet="ab=&%1;utm_Д /?", max_size=15).map(lambda query: "?" + query)),
)


@given(_URLS)
def test_cleaning_twice_changes_nothing_more(url: str) -> None:
    cleaned = clean(url)
    assert cleaned is not None
    assert clean(cleaned) == cleaned


@given(_URLS)
def test_a_clean_link_is_plain_ascii_http(url: str) -> None:
    cleaned = clean(url)
    assert cleaned is not None
    assert re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?/[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]*", cleaned)


@given(_URLS)
def test_cleaning_keeps_the_key(url: str) -> None:
    cleaned = clean(url)
    assert cleaned is not None
    assert key(cleaned) == key(url)


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    cleaned = clean(text)
    assert cleaned is None or cleaned.startswith(("http://", "https://"))
    assert isinstance(key(text), str)
    resolved = absolute(text, "https://example.org/")
    assert resolved is None or clean(resolved) == resolved
