"""Query feeds: what they hold, what they refuse, what they cost."""

import json
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from aggregator.web import search
from aggregator.web.limits import Limiter

Site = Any


def titles(site: Site, target: str, **headers: str) -> list[str]:
    answer = site.get(target, **headers)
    assert answer.status == 200, answer.text
    return [item["title"] for item in answer.json["items"]]


def test_lang_holds_the_stories_with_a_report_in_it_and_shows_that_report(site: Site) -> None:
    assert titles(site, "/feeds/cargo.json?lang=ru") == ["Суда с грузом вышли из Актау"]
    assert len(titles(site, "/feeds/cargo.json?lang=en&limit=200")) == 124


def test_source_limits_to_publishers_in_several_spellings(site: Site) -> None:
    assert titles(site, "/feeds/cargo.json?source=vestnik") == titles(site, "/feeds/cargo.json?lang=ru&source=vestnik")
    both = titles(site, "/feeds/cargo.json?source=gazette,vestnik")
    assert both == titles(site, "/feeds/cargo.json?source=vestnik&source=gazette")
    assert len(both) == 4


def test_limit_counts_and_since_cuts(site: Site) -> None:
    assert len(titles(site, "/feeds/cargo.json?limit=7")) == 7
    assert titles(site, "/feeds/cargo.json?since=2030-01-01") == []
    assert len(titles(site, "/feeds/cargo.json?since=2020-01-01")) == 50
    assert len(titles(site, "/feeds/cargo.json?since=1h")) == 50


@pytest.mark.parametrize(
    "since",
    [
        "2026-11-22",
        "2026-11-22T00:00:00Z",
        "2026-11-22T03:00:00+03:00",
        "20261122T000000Z",
        "2w",
        "0001-01-01T00:00:00%2B14:00",
    ],
)
def test_since_takes_days_times_and_spans(site: Site, since: str) -> None:
    assert site.get(f"/feeds/cargo.atom?since={since}").status == 200


def test_q_is_a_term_that_knows_the_forms_of_words(site: Site) -> None:
    assert titles(site, "/feeds/all.json?q=submarines") == ["A submarine with cargo"]
    assert titles(site, "/feeds/all.json?q=" + quote("суда")) == ["Cargo leaves harbour after storm"]
    assert titles(site, "/feeds/all.json?lang=ru&q=" + quote("суда")) == ["Суда с грузом вышли из Актау"]
    assert titles(site, "/feeds/harbour.json?q=submarines") == []
    assert titles(site, "/feeds/all.json?q=nowhere-to-be-found") == []


def test_q_finds_what_came_after_the_first_time(own_site: Site, more_news: Any) -> None:
    assert len(titles(own_site, "/feeds/all.json?q=submarine")) == 1
    more_news(own_site, "Another submarine was seen")
    own_site.app.service.next_look = 0.0
    assert sorted(titles(own_site, "/feeds/all.json?q=submarine")) == [
        "A submarine with cargo",
        "Another submarine was seen",
    ]


def test_a_search_stops_at_its_budget_and_goes_on_next_time(own_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE", 10)
    monkeypatch.setattr(search, "BUDGET", 0.0)
    searches = own_site.app.feeds.searches
    with own_site.opened.reading() as db:
        assert searches.stories(db, "notice", 1_795_372_202) == ()
        monkeypatch.setattr(search, "BUDGET", 10.0)
        assert len(searches.stories(db, "notice", 1_795_372_202)) == 120
        assert len(searches.stories(db, "notice", 1_795_372_202)) == 120


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lang=xx", "lang"), ("lang=", "lang"), ("lang=ru&lang=en", "lang"), ("source=nobody", "source"), ("source=", "source"),
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=ten", "limit"), ("limit=-5", "limit"), ("limit=%D9%A3", "limit"),
        ("limit=99999999999999999999", "limit"), ("since=yesterday", "since"), ("since=2026-13-01", "since"), ("since=", "since"),
        ("since=99999d", "since"), ("since=0d", "since"), ("q=", "q"), ("q=~3", "q"), ("q=a%20~3", "q"), ("q=@nolist", "q"),
        ("q=" + "a" * 201, "q"), ("sorce=gazette", "sorce"), ("lang=ru%00", "lang"), ("q=%00", "q"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_named(site: Site, query: str, parameter: str) -> None:
    answer = site.get(f"/feeds/cargo.atom?{query}")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json["parameter"] == parameter
    assert answer.json["detail"]


@pytest.mark.parametrize("query", ["q=%ff", "&".join(f"source=gazette{n}" for n in range(101)), "q=" + "a" * 5000])
def test_queries_that_are_no_queries_are_refused(site: Site, query: str) -> None:
    assert site.get(f"/feeds/cargo.atom?{query}").status == 400


def test_what_trackers_append_changes_nothing(site: Site) -> None:
    plain, tracked = site.get("/feeds/cargo.atom"), site.get("/feeds/cargo.atom?utm_source=x&fbclid=y&_=1")
    assert (plain.headers["etag"], plain.body) == (tracked.headers["etag"], tracked.body)


def test_spellings_of_one_query_are_one_feed_with_its_own_id(site: Site) -> None:
    one, two = site.get("/feeds/cargo.atom?limit=5&lang=en"), site.get("/feeds/cargo.atom?lang=en&limit=5&utm_x=1")
    assert one.body == two.body
    names = {link.get("rel"): link.get("href") for link in ET.fromstring(one.text) if link.tag.endswith("}link")}
    assert names["self"] == "http://news.example/feeds/cargo.atom?lang=en&limit=5"
    ids = {
        ET.fromstring(site.get(path).text).findtext("{*}id")
        for path in ("/feeds/cargo.atom", "/feeds/cargo.atom?lang=en")
    }
    assert len(ids) == 2


def test_query_feeds_answer_conditions_too(site: Site) -> None:
    first = site.get("/feeds/cargo.atom?lang=ru", accept_encoding="gzip")
    assert site.get("/feeds/cargo.atom?lang=ru", if_none_match=first.headers["etag"]).status == 304


def test_a_client_that_asks_for_too_much_is_told_when_to_come_back(own_site: Site) -> None:
    own_site.app.service.limiter = Limiter(capacity=2, refill=0.1)
    answers = [own_site.get(f"/feeds/cargo.atom?limit={n}") for n in (1, 2, 3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 0
    assert answers[2].headers["cache-control"] == "no-store"
    assert own_site.get("/feeds/cargo.atom?limit=1").status == 200, "what is ready costs nothing"
    own_site.client = "198.51.100.9"
    assert own_site.get("/feeds/cargo.atom?limit=3").status == 200, "another client has tokens of its own"


def test_many_who_ask_the_same_at_once_share_one_answer(own_site: Site) -> None:
    import asyncio

    service, made = own_site.app.service, []
    make = service._with_db
    service._with_db = lambda build: made.append(1) or make(build)

    async def crowd() -> list[int]:
        answers = await asyncio.gather(*(own_site.ask("/feeds/cargo.json?limit=9") for _ in range(20)))
        return [answer.status for answer in answers]

    assert set(own_site.runner.run(crowd())) == {200}
    assert len(made) == 1


def test_a_private_topics_name_is_in_no_query_feed(site: Site) -> None:
    body = site.get("/feeds/all.json?q=submarine").text
    assert "submarine" in body
    assert "Classified" not in body
    assert "secret" not in json.dumps(json.loads(body))
