"""tag: URIs are well formed (RFC 4151) and can be kept for ever."""

from dataclasses import replace

import pytest
from feed_samples import SITE

from aggregator import publish
from aggregator.publish.tags import feed_id


def test_a_tag_begins_the_ids_of_stories_and_feeds() -> None:
    tag = publish.tag("Example.org", 2026)

    assert tag == "tag:example.org,2026:story/"
    assert feed_id(tag, "green-energy") == "tag:example.org,2026:feed/green-energy"


@pytest.mark.parametrize("since", [2026, "2026", "2026-05", "2026-05-31"])
def test_a_tag_takes_a_year_a_month_or_a_day(since: str | int) -> None:
    assert publish.tag("news.example", since) == f"tag:news.example,{since}:story/"


@pytest.mark.parametrize(
    ("authority", "since"),
    [("", 2026), ("news example", 2026), ("[::1]", 2026), ("пример.example", 2026), ("a.example", 26), ("a.example", "2026-13"),
     ("a.example", "2026-05-32"), ("a.example:80", 2026), ("a..example", 2026)],
)  # fmt: skip
def test_what_cannot_begin_a_tag_is_refused(authority: str, since: str | int) -> None:
    with pytest.raises(ValueError, match="RFC 4151"):
        publish.tag(authority, since)


@pytest.mark.parametrize(
    ("authority", "base_url", "found"),
    [("news.example", "https://x.example", "news.example"), (None, "https://X.example:8443/news", "x.example"),
     (None, "http://127.0.0.1:8080", "127.0.0.1"), (None, "http://[::1]:8080", "localhost"), ("ops@a.example", "", "ops@a.example")],
)  # fmt: skip
def test_the_authority_is_the_configured_one_or_the_host_of_the_site(
    authority: str | None, base_url: str, found: str
) -> None:
    site = replace(SITE, authority=authority, base_url=base_url)

    assert publish.authority(site) == found
    assert publish.tag(publish.authority(site), 2026)
