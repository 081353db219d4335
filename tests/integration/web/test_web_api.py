"""JSON for scripts, OPML for readers, and what operators ask a server."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

Site = Any


def test_topics_have_titles_counts_and_addresses_but_no_private_one(site: Site) -> None:
    found = {topic["id"]: topic for topic in site.get("/api/v1/topics").json["topics"]}
    assert set(found) == {"cargo", "harbour", "quiet"}
    assert found["cargo"]["title"] == {"en": "Cargo & freight", "ru": "Грузы"}
    assert found["cargo"]["stories"] == 124
    assert found["cargo"]["feeds"]["atom"] == "http://news.example/feeds/cargo.atom"


def test_stories_come_in_pages_without_loss_or_repetition(site: Site) -> None:
    seen, before = [], ""
    while True:
        page = site.get(f"/api/v1/stories?topic=cargo&limit=50{before}").json
        seen += [story["id"] for story in page["stories"]]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    assert len(seen) == len(set(seen)) == 124


def test_a_story_has_its_reports_and_only_public_topics(site: Site) -> None:
    storm = site.get(f"/api/v1/stories/{site.slug('gazette/storm')}").json
    assert storm["topics"] == ["cargo", "harbour"]
    assert {report["language"] for report in storm["reports"]} == {"en", "ru"}
    assert sorted(report["copy_of"] is not None for report in storm["reports"]) == [False, False, True]
    boat = site.get(f"/api/v1/stories/{site.slug('gazette/boat')}")
    assert boat.json["topics"] == ["cargo"]
    assert "secret" not in boat.text


def test_stories_are_selected_as_in_query_feeds(site: Site) -> None:
    assert len(site.get("/api/v1/stories?lang=ru").json["stories"]) == 1
    assert len(site.get("/api/v1/stories?q=submarine").json["stories"]) == 1
    assert site.get("/api/v1/stories?source=vestnik").json["stories"][0]["id"] == site.slug("gazette/storm")


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("before=x", 400, "before"),
        ("limit=0", 400, "limit"),
        ("topic=secret", 404, None),
        ("topic=nope", 404, None),
        ("x=1", 400, "x"),
    ],
)
def test_what_cannot_be_answered_is_a_problem(site: Site, query: str, status: int, parameter: str | None) -> None:
    answer = site.get(f"/api/v1/stories?{query}")
    assert (answer.status, answer.json.get("parameter")) == (status, parameter)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_former_topic_redirects(site: Site) -> None:
    assert site.get("/api/v1/stories?topic=freight").headers["location"] == "/api/v1/stories?topic=cargo"


def test_sources_are_told_in_words(site: Site) -> None:
    found = site.get("/api/v1/sources").json["sources"]
    assert {source["id"] for source in found} == {"gazette", "courier", "vestnik"}
    assert {source["state"] for source in found} == {"new"}


def test_the_api_is_open_to_scripts_of_other_sites(site: Site) -> None:
    answer = site.get("/api/v1/topics")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert site.get("/api/v1/topics", if_none_match=answer.headers["etag"]).status == 304
    assert site.get("/api/v1/topics", "OPTIONS").status == 204


def test_opml_has_every_public_feed(site: Site) -> None:
    answer = site.get("/opml")
    assert answer.headers["content-type"].startswith("text/x-opml")
    feeds = {outline.get("xmlUrl") for outline in ET.fromstring(answer.text).iter("outline")}
    assert feeds == {f"http://news.example/feeds/{topic}.atom" for topic in ("cargo", "harbour", "quiet")}


# ---------------------------------------------------------------- operations


def test_alive_and_ready(site: Site) -> None:
    assert site.get("/liveness").text == "alive\n"
    assert site.get("/readiness").text == "ready\n"
    assert site.get("/readiness").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_metrics_are_for_this_machine(own_site: Site, client: str) -> None:
    own_site.client = client
    answer = own_site.get("/metrics")
    assert answer.status == 200
    assert 'aggregator_feeds{state="new"} 3.0' in answer.text
    assert 'aggregator_topic_stories{topic="cargo"} 124.0' in answer.text


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("192.0.2.1", {}),
        ("unknown", {}),
        ("192.0.2.1", {"x_forwarded_for": "127.0.0.1"}),
        ("127.0.0.1", {"x_forwarded_for": "192.0.2.1"}),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}),
        ("127.0.0.1", {"forwarded": "for=192.0.2.1"}),
        ("127.0.0.1", {"via": "1.1 proxy"}),
    ],
)
def test_metrics_are_for_nobody_else_nor_through_a_proxy(own_site: Site, client: str, headers: dict[str, str]) -> None:
    own_site.client = client
    assert own_site.get("/metrics", **headers).status == 404


def test_answers_are_counted(own_site: Site) -> None:
    own_site.client = "127.0.0.1"
    own_site.get("/")
    own_site.get("/feeds/cargo.atom")
    own_site.get("/feeds/cargo.atom", if_none_match="*")
    own_site.get("/nope")
    text = own_site.get("/metrics").text
    for status, number in ((200, 2), (304, 1), (404, 1)):
        assert f'aggregator_http_answers_total{{status="{status}"}} {number}.0' in text


def test_robots_may_read_pages_and_feeds_but_not_queries(site: Site) -> None:
    text = site.get("/robots.txt").text
    assert "Disallow: /api/" in text
    assert "Disallow: /\n" not in text


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("style.css", "text/css; charset=utf-8"), ("feed.css", "text/css; charset=utf-8"), ("icon.svg", "image/svg+xml")],
)
def test_style_sheets_and_icon_are_served_for_long(site: Site, name: str, media_type: str) -> None:
    answer = site.get(f"/static/{name}")
    assert (answer.status, answer.headers["content-type"]) == (200, media_type)
    assert int(answer.headers["cache-control"].rpartition("=")[2]) >= 3600
    assert site.get(f"/static/{name}", if_none_match=answer.headers["etag"]).status == 304
