"""The reader of robots.txt, after RFC 9309 and its examples (checklist row 48)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.robots import Robots, read


def robots(text: str) -> Robots:
    return read(text.encode(), "aggregator")


def group(*lines: str) -> Robots:
    return robots("\n".join(["User-agent: *", *lines]))


def test_the_example_of_the_standard() -> None:
    """RFC 9309, section 5.1."""
    text = """
        User-Agent: *
        Disallow: *.gif$
        Disallow: /example/
        Allow: /publications/

        User-Agent: foobot
        Disallow:/
        Allow:/example/page.html
        Allow:/example/allowed.gif

        User-Agent: barbot
        User-Agent: bazbot
        Disallow: /example/page.html

        User-Agent: quxbot
    """
    star, foo, bar, qux = (read(text.encode(), agent) for agent in ("anybot", "foobot", "bazbot", "quxbot"))
    assert [star.allows(p) for p in ("/x.gif", "/x.gif?y", "/example/a", "/publications/")] == [
        False,
        True,
        False,
        True,
    ]
    assert [foo.allows(p) for p in ("/", "/example/page.html", "/example/allowed.gif")] == [False, True, True]
    assert [bar.allows(p) for p in ("/example/page.html", "/example/x")] == [False, True]
    assert qux.allows("/example/page.html")


def test_the_longest_match_wins_and_allow_wins_a_tie() -> None:
    """RFC 9309, section 5.2."""
    rules = group("Allow: /example/page/", "Disallow: /example/page/disallowed.gif", "Disallow: /t", "Allow: /t")
    assert not rules.allows("/example/page/disallowed.gif")
    assert rules.allows("/example/page/other.gif")
    assert rules.allows("/t")


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("/fish", ["/fish", "/fish.html", "/fish/salmon", "/fishheads", "/fish?id=1"], ["/Fish.asp", "/catfish", "/"]),
        ("/fish*", ["/fish", "/fishheads/yummy.html"], ["/catfish"]),
        ("/fish/", ["/fish/", "/fish/?id=1", "/fish/salmon"], ["/fish", "/fish.html"]),
        ("/*.php", ["/index.php", "/folder/file.php?x", "/file.php.html"], ["/", "/windows.PHP"]),
        ("/*.php$", ["/file.php", "/folder/file.php"], ["/file.php?x", "/file.php/", "/file.php5"]),
        ("/fish*.php", ["/fish.php", "/fishheads/catfish.php?x"], ["/Fish.PHP"]),
        ("/a*b*c$", ["/abc", "/a-b-c", "/aXbYbcZc"], ["/ab", "/abcd", "/acb"]),
        ("/exact$", ["/exact"], ["/exactly", "/exact/"]),
        ("/a$b", ["/a$b", "/a$bc"], ["/a", "/ab"]),
        ("*", ["/", "/x"], []),
        ("/$", ["/"], ["/x"]),
        ("/foo/bar?baz=https://foo.bar", ["/foo/bar?baz=https://foo.bar"], ["/foo/bar"]),
        ("/новости", ["/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1", "/новости"], ["/news"]),
        ("/%D0%BD", ["/%d0%bd", "/н"], ["/n"]),
        ("/bar/%62%61%7A", ["/bar/baz", "/bar/%62az"], ["/bar/ba"]),
        ("/path/file-with-a-%2A.html", ["/path/file-with-a-%2A.html"], ["/path/file-with-a-X.html"]),
        ("/a%2Fb", ["/a%2Fb", "/a%2fb"], ["/a/b"]),
        ("/a b", ["/a%20b"], ["/a"]),
    ],
)
def test_patterns(pattern: str, hits: list[str], misses: list[str]) -> None:
    """RFC 9309, section 2.2.2 and 2.2.3."""
    rules = group(f"Disallow: {pattern}")
    assert [path for path in hits if rules.allows(path)] == []
    assert [path for path in misses if not rules.allows(path)] == []


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffUser-agent: *\nDisallow: /x",
        "USER-AGENT : *\r\n  disallow :  /x  # why\r\n",
        "User-agent: *\rDisallow: /x",
        "rubbish\nUser-agent: *\nSitemap: https://a.example/s.xml\nDisallow: /x\nNoindex: /y",
        "User-agent: AGGREGATOR/2.0 (news)\nDisallow: /x\n\nUser-agent: *\nAllow: /",
        "User-agent: *\nDisallow: /y\n\nUser-agent: aggregator\nDisallow: /x\n\nUser-agent: aggregator\nDisallow: /z",
        "User-agent: other\nUser-agent: aggregator\n\nDisallow: /x",
    ],
)
def test_files_as_they_are_found(text: str) -> None:
    rules = robots(text)
    assert not rules.allows("/x")
    assert rules.allows("/y")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Disallow: /",
        "User-agent: other\nDisallow: /",
        "User-agent: *\nDisallow:",
        "<html>404</html>",
        "User-agent:\n:/",
    ],
)
def test_what_forbids_nothing(text: str) -> None:
    assert robots(text).allows("/")


def test_a_group_of_our_own_replaces_the_general_one() -> None:
    rules = robots("User-agent: *\nDisallow: /\nCrawl-delay: 30\n\nUser-agent: aggregator\nDisallow: /x")
    assert rules.allows("/y")
    assert rules.crawl_delay is None


@pytest.mark.parametrize(
    ("value", "delay"),
    [("10", 10.0), ("0.5", 0.5), ("ten", None), ("-1", None), ("1e9", None), ("", None), ("inf", None)],
)
def test_crawl_delay(value: str, delay: float | None) -> None:
    assert group(f"Crawl-delay: {value}").crawl_delay == delay


def test_hostile_patterns_cost_no_time() -> None:
    """A pattern that would blow up a backtracking matcher."""
    rules = group("Disallow: /" + "*a" * 5000 + "$")
    started = time.perf_counter()
    assert rules.allows("/" + "a" * 4999 + "b")
    assert time.perf_counter() - started < 0.5


@given(st.binary(max_size=400), st.text(max_size=60))
def test_any_bytes_are_read(body: bytes, path: str) -> None:
    read(body, "aggregator").allows("/" + path)


@given(st.text(alphabet="ab*$/%2F", max_size=12), st.text(alphabet="ab/%2F", max_size=16))
def test_matching_agrees_with_a_regular_expression(pattern: str, path: str) -> None:
    import re

    pattern, path = "/" + pattern.replace("%", ""), "/" + path.replace("%", "")
    body, end = (pattern[:-1], "$") if pattern.endswith("$") else (pattern, "")
    expected = re.match(".*".join(map(re.escape, body.split("*"))) + end, path, re.DOTALL) is not None
    assert group(f"Disallow: {pattern}").allows(path) is not expected
