"""The newsroom's hosts answer as web servers do: virtual hosts, validators, 304, gzip, redirects, errors, pages."""

import gzip
import re

import pytest

from aggregator.demo.newsroom import Outlet, load
from aggregator.demo.picture import PICTURE
from aggregator.demo.site import Request, Response, Site

NEWSROOM = load()
SITE = Site(NEWSROOM, 1_764_000_000, 8123)


def ask(id_: str, path: str, site: Site = SITE, method: str = "GET", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return site.respond(Request(method, path, {"host": f"{id_}.example:8123", **named}))


def test_an_unknown_host_is_misdirected() -> None:
    assert ask("nobody", "/").status == 421
    assert SITE.respond(Request("GET", "/", {})).status == 421


@pytest.mark.parametrize("outlet", NEWSROOM.outlets, ids=lambda outlet: outlet.id)
def test_every_feed_answers_at_its_address_as_its_outlet_behaves(outlet: Outlet) -> None:
    expected = {"broken": 500, "moved": 301}.get(outlet.serve, 200)
    assert ask(outlet.id, outlet.feed).status == expected


def test_the_moved_feed_names_its_new_address_and_is_there() -> None:
    answer = ask("kizilirmak-haber", "/rss")
    assert answer.headers["location"] == "http://kizilirmak-haber.example:8123/atom/son-dakika.xml"
    assert ask("kizilirmak-haber", "/atom/son-dakika.xml").status == 200


def test_the_broken_feed_is_an_html_page() -> None:
    answer = ask("qamal-times", "/rss/all")
    assert answer.headers["content-type"].startswith("text/html")
    assert b"500 Internal Server Error" in answer.body


def test_only_the_slow_feed_drips() -> None:
    dripping = {outlet.id for outlet in NEWSROOM.outlets if ask(outlet.id, outlet.feed).drip}
    assert dripping == {"silk-desk"}
    assert ask("silk-desk", "/").drip == 0


@pytest.mark.parametrize("held", ["{}", "W/{}", '"other", {}'])
def test_a_current_etag_brings_304_without_a_body(held: str) -> None:
    first = ask("rasad-wire", "/wire/rss")
    again = ask("rasad-wire", "/wire/rss", if_none_match=held.format(first.headers["etag"]))
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "max-age=300"


def test_another_etag_brings_the_feed_even_if_the_date_is_current() -> None:
    date = ask("rasad-wire", "/wire/rss").headers["last-modified"]
    assert ask("rasad-wire", "/wire/rss", if_none_match='"old"', if_modified_since=date).status == 200


def test_a_current_date_alone_brings_304() -> None:
    date = ask("kura-monitor", "/feed").headers["last-modified"]
    assert "etag" not in ask("kura-monitor", "/feed").headers
    assert ask("kura-monitor", "/feed", if_modified_since=date).status == 304
    assert ask("kura-monitor", "/feed", if_modified_since="Thu, 01 Jan 2015 00:00:00 GMT").status == 200


@pytest.mark.parametrize("date", ["yesterday", "Mon, 24 Nov 2099 16:00:00"])
def test_a_date_that_is_none_is_ignored(date: str) -> None:
    assert ask("kura-monitor", "/feed", if_modified_since=date).status == 200


def test_one_outlet_has_no_validators() -> None:
    answer = ask("abseron-xeber", "/rss.php")
    assert not {"etag", "last-modified"} & set(answer.headers)
    assert (
        ask("abseron-xeber", "/rss.php", if_none_match='"x"', if_modified_since="Thu, 01 Jan 2099 00:00:00 GMT").status
        == 200
    )


def test_gzip_is_given_to_those_who_take_it_under_an_etag_of_its_own() -> None:
    plain = ask("rasad-wire", "/wire/rss", accept_encoding="br, gzip;q=0")
    packed = ask("rasad-wire", "/wire/rss", accept_encoding="br, gzip;q=0.5")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] != plain.headers["etag"]
    again = ask("rasad-wire", "/wire/rss", accept_encoding="gzip", if_none_match=packed.headers["etag"])
    assert again.status == 304
    assert again.headers["etag"] == packed.headers["etag"]


def test_a_round_changes_only_the_feeds_that_have_news() -> None:
    later = Site(NEWSROOM, 1_764_000_000, 8123, round=2)
    changed = {
        outlet.id
        for outlet in NEWSROOM.outlets
        if outlet.serve != "broken"
        and ask(outlet.id, outlet.feed_path).body != ask(outlet.id, outlet.feed_path, later).body
    }
    pieces = [piece for piece in NEWSROOM.pieces if piece.revision or piece.id in NEWSROOM.late]
    assert changed == {piece.outlet for piece in pieces}
    assert "volga-caspi" not in changed


@pytest.mark.parametrize("outlet", NEWSROOM.outlets, ids=lambda outlet: outlet.id)
def test_every_visible_piece_has_a_page(outlet: Outlet) -> None:
    for piece in (piece for piece in NEWSROOM.edition(1) if piece.outlet == outlet.id):
        answer = ask(outlet.id, piece.path(outlet))
        page = answer.body.decode(outlet.encoding)
        assert answer.status == 200, piece.id
        assert f'<html lang="{piece.lang}">' in page, piece.id
        assert f'<link rel="canonical" href="{piece.url(outlet, 8123).replace("&", "&amp;")}">' in page, piece.id
        assert 'property="og:title"' in page, piece.id
        assert re.search(r'property="article:published_time" content="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"', page), (
            piece.id
        )
        assert piece.html(outlet) in page, piece.id


def test_a_tracked_link_leads_to_the_page() -> None:
    assert ask("saryarqa-news", "/news/mc-002.html?utm_source=rss&utm_medium=feed&utm_campaign=news").status == 200


def test_a_late_piece_has_no_page_before_its_round() -> None:
    assert ask("zhaiyq-tany", "/kk/news/mc-073").status == 404
    assert ask("zhaiyq-tany", "/kk/news/mc-073", Site(NEWSROOM, 1_764_000_000, 8123, round=2)).status == 200


def test_a_piece_of_another_outlet_is_not_found() -> None:
    assert ask("bereg-agency", "/lenta/mc-002").status == 404


@pytest.mark.parametrize("outlet", NEWSROOM.outlets, ids=lambda outlet: outlet.id)
def test_the_front_page_names_the_feed_and_links_the_articles(outlet: Outlet) -> None:
    page = ask(outlet.id, "/").body.decode(outlet.encoding)
    assert re.search(
        r'<link rel="alternate" type="application/[a-z+]+" title="[^"]+" href="' + re.escape(outlet.feed_url(8123)),
        page,
    )
    assert page.count("<li><a href=") >= len(SITE.issue(outlet).pieces)


def test_robots_are_welcome_favicons_missing_pictures_there() -> None:
    assert ask("bereg-agency", "/robots.txt").body.startswith(b"User-agent: *")
    assert ask("bereg-agency", "/favicon.ico").status == 404
    assert ask("rasad-wire", "/media/mc-047.png").body == PICTURE
    assert ask("bereg-agency", "/media/mc-001.png").status == 404


def test_other_methods_are_refused() -> None:
    assert ask("bereg-agency", "/", method="POST").status == 405
