"""Feeds over HTTP: bytes, codings, conditions, headers, archives, and what is not there."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from aggregator import store

ATOM = "{http://www.w3.org/2005/Atom}"
TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
}
Site = Any


def entries(body: str) -> list[ET.Element]:
    return ET.fromstring(body).findall(f"{ATOM}entry")


@pytest.mark.parametrize("format_", TYPES)
@pytest.mark.parametrize("topic", ["cargo", "all"])
def test_a_feed_is_the_stored_rendering_byte_for_byte(site: Site, topic: str, format_: str) -> None:
    answer = site.get(f"/feeds/{topic}.{format_}")
    with site.opened.reading() as db:
        found = store.publications.rendering(db, topic, format_)
    assert found is not None
    assert (answer.status, answer.body) == (200, found[0].body)
    assert answer.headers["content-type"] == TYPES[format_]
    assert answer.headers["etag"] == f'"{found[0].etag}"'
    assert answer.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize(("coding", "suffix"), [("gzip", "-gz"), ("br", "-br"), ("zstd", "-zs")])
def test_every_coding_has_its_own_strong_etag_and_the_same_content(site: Site, coding: str, suffix: str) -> None:
    plain, packed = site.get("/feeds/cargo.atom"), site.get("/feeds/cargo.atom", accept_encoding=coding)
    assert packed.headers["content-encoding"] == coding
    assert packed.headers["etag"] == plain.headers["etag"][:-1] + suffix + '"'
    assert packed.content == plain.body
    assert len(packed.body) < len(plain.body) / 3
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert "accept-encoding" in plain.headers["vary"].lower()


@pytest.mark.parametrize("asked", ["", "gzip", "br", "zstd"])
@pytest.mark.parametrize("held", ["", "-gz", "-br", "-zs"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {} , W/"y"'])
def test_a_client_that_holds_any_form_gets_304_with_the_tag_it_named(
    site: Site, asked: str, held: str, form: str
) -> None:
    tag = site.get("/feeds/cargo.atom").headers["etag"][:-1] + held + '"'
    answer = site.get("/feeds/cargo.atom", accept_encoding=asked, if_none_match=form.format(tag))
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["etag"] == tag
    assert {"cache-control", "last-modified", "vary"} <= set(answer.headers)
    assert not {"content-type", "content-encoding", "content-length"} & set(answer.headers)


def test_conditions_outrank_each_other_as_the_rfc_says(site: Site) -> None:
    first = site.get("/feeds/cargo.atom")
    modified = first.headers["last-modified"]
    assert site.get("/feeds/cargo.atom", if_none_match="*").status == 304
    assert site.get("/feeds/cargo.atom", if_modified_since=modified).status == 304
    assert site.get("/feeds/cargo.atom", if_modified_since="Thu, 01 Jan 1970 00:00:00 GMT").status == 200
    assert site.get("/feeds/cargo.atom", if_none_match='"other"', if_modified_since=modified).status == 200
    assert site.get("/feeds/cargo.atom", if_modified_since="soon").status == 200


def test_headers_allow_caches_and_scripts_of_others_but_no_sniffing(site: Site) -> None:
    headers = site.get("/feeds/cargo.atom").headers
    assert headers["cache-control"].startswith("public, max-age=")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert '<http://news.example/feeds/cargo.atom>; rel="self"' in headers["link"]
    assert '<http://news.example/topics/cargo>; rel="alternate"; type="text/html"' in headers["link"]


def test_head_has_the_headers_of_get_and_no_body(site: Site) -> None:
    got, head = (
        site.get("/feeds/cargo.atom", accept_encoding="gzip"),
        site.get("/feeds/cargo.atom", "HEAD", accept_encoding="gzip"),
    )
    assert (head.status, head.body, head.headers) == (200, b"", got.headers)


def test_a_preflight_allows_conditional_requests(site: Site) -> None:
    answer = site.get("/feeds/cargo.atom", "OPTIONS", origin="https://reader.example")
    assert answer.status == 204
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_nothing_but_reading_is_allowed(site: Site, method: str) -> None:
    answer = site.get("/feeds/cargo.atom", method)
    assert (answer.status, answer.json["status"]) == (405, 405)
    assert "GET" in answer.headers["allow"]


def test_a_browser_gets_a_page_and_readers_the_feed(site: Site) -> None:
    page = site.get("/feeds/cargo.atom", sec_fetch_dest="document")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text
    assert "sec-fetch-dest" in page.headers["vary"].lower()
    assert site.get("/feeds/cargo.atom", sec_fetch_dest="empty").headers["content-type"] == TYPES["atom"]
    assert site.get("/feeds/cargo.json", sec_fetch_dest="document").headers["content-type"] == TYPES["json"]
    again = site.get("/feeds/cargo.atom", sec_fetch_dest="document", if_none_match=page.headers["etag"])
    assert again.status == 304


def test_a_topic_that_was_never_rendered_is_an_empty_valid_feed(empty_site: Site) -> None:
    answer = empty_site.get("/feeds/cargo.atom")
    assert (answer.status, entries(answer.text)) == (200, [])
    assert json.loads(empty_site.get("/feeds/cargo.json").body)["items"] == []
    assert ET.fromstring(empty_site.get("/feeds/cargo.rss").body).findall("channel/item") == []
    assert empty_site.get("/feeds/cargo.atom", if_none_match=answer.headers["etag"]).status == 304


def test_a_former_id_redirects_for_good_with_its_query(site: Site) -> None:
    answer = site.get("/feeds/freight.atom?lang=ru")
    assert (answer.status, answer.headers["location"]) == (301, "/feeds/cargo.atom?lang=ru")
    assert site.get("/feeds/freight/archive/1.atom").headers["location"] == "/feeds/cargo/archive/1.atom"


@pytest.mark.parametrize(
    "path",
    ["/feeds/nope.atom", "/feeds/cargo.xml", "/feeds/cargo", "/feeds/", "/feeds/cargo.atom/", "/feeds/%00.atom",
     "/feeds/secret.atom", "/feeds/hidden.atom", "/feeds/secret/archive/1.atom", "/feeds/cargo/archive/0.atom",
     "/feeds/cargo/archive/-1.atom", "/feeds/cargo/archive/99999999999.atom", "/feeds/../../etc/passwd.atom"],
)  # fmt: skip
def test_what_is_not_there_or_private_is_a_problem_404(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["title"] == "Not Found"


def test_a_removed_topic_is_gone_and_comes_back_when_it_returns(own_site: Site, topic_files: dict[str, str]) -> None:
    without = {name: text for name, text in topic_files.items() if name != "harbour"}
    assert own_site.get("/feeds/harbour.atom").status == 200
    own_site.reload(without)
    assert own_site.get("/feeds/harbour.atom").status == 410
    assert own_site.get("/topics/harbour").status == 410
    own_site.reload(topic_files)
    assert own_site.get("/feeds/harbour.atom").status == 200


def test_a_new_version_is_noticed_by_one_query_a_second_and_none_between(own_site: Site) -> None:
    own_site.get("/feeds/cargo.atom")
    own_site.get("/feeds/cargo.atom", accept_encoding="gzip")
    service, looks = own_site.app.service, []
    ask = service._newer
    service._newer = lambda since: looks.append(since) or ask(since)
    service.read = service.work = None  # nothing else may reach the database
    service.next_look = 0.0
    before = [own_site.get("/feeds/cargo.atom", accept_encoding="gzip").status for _ in range(50)]
    assert (set(before), len(looks)) == ({200}, 1)


def test_after_an_article_is_withdrawn_the_feed_changes_with_a_tombstone(own_site: Site, now: int) -> None:
    before, boat = own_site.get("/feeds/cargo.atom"), own_site.ids["gazette/boat"]
    with own_site.opened.writing() as db:
        store.operator.withdraw(db, boat, "a mistake", now)
    own_site.settle()
    own_site.app.service.next_look = 0.0
    after = own_site.get("/feeds/cargo.atom", if_none_match=before.headers["etag"])
    assert after.status == 200
    assert "submarine" in before.text
    assert "submarine" not in after.text
    assert "deleted-entry" in after.text


def test_a_feed_outlives_the_database(own_site: Site) -> None:
    own_site.get("/feeds/cargo.atom")

    def fail(_: int) -> dict[str, int]:
        from aggregator.errors import DatabaseUnavailable

        raise DatabaseUnavailable("gone fishing")

    look = own_site.app.service._newer
    own_site.app.service._newer = fail
    for _ in range(2):
        own_site.app.service.next_look = 0.0
        assert own_site.get("/feeds/cargo.atom").status == 200
    own_site.app.service._newer = look
    own_site.app.service.next_look = 0.0
    assert own_site.get("/feeds/harbour.atom").status == 200


def test_a_look_that_fails_for_an_unforeseen_reason_is_tried_again(own_site: Site) -> None:
    def fail(_: int) -> dict[str, int]:
        raise RuntimeError("broken once")

    look, own_site.app.service._newer = own_site.app.service._newer, fail
    assert own_site.get("/feeds/cargo.atom").status == 500
    own_site.app.service._newer = look
    own_site.app.service.next_look = 0.0
    assert own_site.get("/feeds/cargo.atom").status == 200


# ---------------------------------------------------------------- archives (RFC 5005)


def test_archive_pages_are_sealed_at_fifty_and_lead_to_each_other(site: Site) -> None:
    first, second = site.get("/feeds/cargo/archive/1.atom"), site.get("/feeds/cargo/archive/2.atom")
    assert (first.status, second.status, site.get("/feeds/cargo/archive/3.atom").status) == (200, 200, 404)
    assert len(entries(first.text)) == len(entries(second.text)) == 50
    assert first.headers["etag"] != second.headers["etag"]
    links = {link.get("rel"): link.get("href") for link in ET.fromstring(second.text).findall(f"{ATOM}link")}
    assert links["prev-archive"] == "http://news.example/feeds/cargo/archive/1.atom"
    assert links["current"] == "http://news.example/feeds/cargo.atom"
    assert links["self"] == "http://news.example/feeds/cargo/archive/2.atom"
    assert 'rel="prev-archive"' in second.headers["link"]
    assert site.get("/feeds/cargo/archive/1.atom", if_none_match=first.headers["etag"]).status == 304


def test_current_feed_and_archive_hold_every_entry_between_them(site: Site) -> None:
    ids = set()
    for path in ("/feeds/cargo.atom", "/feeds/cargo/archive/1.atom", "/feeds/cargo/archive/2.atom"):
        ids |= {entry.findtext(f"{ATOM}id") for entry in entries(site.get(path).text)}
    with site.opened.reading() as db:
        assert len(ids) == store.reading.counts(db)["topics"]["cargo"]


# ---------------------------------------------------------------- only what is new (RFC 3229)


@pytest.mark.parametrize("format_", ["atom", "rss"])
@pytest.mark.parametrize("suffix", ["", "-gz", "-br", "-zs"])
def test_a_client_that_takes_deltas_gets_what_is_new_since_its_version(
    own_site: Site, more_news: Any, format_: str, suffix: str
) -> None:
    path = f"/feeds/cargo.{format_}"
    before = own_site.get(path)
    held = before.headers["etag"][:-1] + suffix + '"'
    assert own_site.get(path, if_none_match=held, a_im="feed").status == 304
    for title in ("Cargo news", "More cargo"):
        more_news(own_site, title)
    own_site.app.service.next_look = 0.0
    delta = own_site.get(path, if_none_match=held, a_im="x, FEED;q=0.5", accept_encoding="gzip")
    whole = own_site.get(path, if_none_match=held)
    assert (delta.status, whole.status) == (226, 200)
    assert (delta.headers["im"], delta.headers["delta-base"]) == ("feed", held)
    assert delta.headers["cache-control"].startswith("no-store, im")
    assert delta.headers["etag"] == whole.headers["etag"][:-1] + '-gz"'
    tag = f"{ATOM}entry" if format_ == "atom" else "channel/item"
    assert titles(delta.text, tag) == {"More cargo", "Cargo news"}
    assert len(delta.content) < len(whole.body) / 5
    assert own_site.get(path, if_none_match=delta.headers["etag"], a_im="feed").status == 304


def titles(body: str, tag: str) -> set[str]:
    return {next(e.text or "" for e in entry if e.tag.endswith("title")) for entry in ET.fromstring(body).findall(tag)}


def test_a_delta_holds_corrected_entries_and_tombstones(own_site: Site, now: int) -> None:
    before, boat = own_site.get("/feeds/cargo.atom"), own_site.ids["gazette/boat"]
    with own_site.opened.writing() as db:
        store.operator.withdraw(db, boat, "a mistake", now)
    own_site.settle()
    own_site.app.service.next_look = 0.0
    delta = own_site.get("/feeds/cargo.atom", if_none_match=before.headers["etag"], a_im="feed")
    assert delta.status == 226
    assert "deleted-entry" in delta.text
    assert len(entries(delta.text)) == 1, "the one that moved up from the archive"


def test_whoever_names_no_version_that_we_know_gets_the_whole_feed(own_site: Site, more_news: Any) -> None:
    held = own_site.get("/feeds/cargo.atom").headers["etag"]
    more_news(own_site, "Cargo news")
    own_site.app.service.next_look = 0.0
    for headers in ({"if_none_match": '"unknown"', "a_im": "feed"}, {"a_im": "feed"}, {"if_none_match": held},
                    {"if_none_match": held, "a_im": "gzip"}):  # fmt: skip
        assert own_site.get("/feeds/cargo.atom", **headers).status == 200
    assert own_site.get("/feeds/cargo.json", if_none_match=held, a_im="feed").status == 200


def test_versions_are_remembered_in_the_database_and_not_for_ever(own_site: Site, more_news: Any, make: Any) -> None:
    first = own_site.get("/feeds/cargo.atom").headers["etag"]
    for n in range(store.publications.REMEMBERED - 1):
        more_news(own_site, f"Cargo news {n}")
    own_site.app.service.next_look = 0.0
    own_site.app.service.feeds.clear()
    assert own_site.get("/feeds/cargo.atom", if_none_match=first, a_im="feed").status == 226
    more_news(own_site, "one too many: cargo")
    own_site.app.service.next_look = 0.0
    assert own_site.get("/feeds/cargo.atom", if_none_match=first, a_im="feed").status == 200


# ---------------------------------------------------------------- several topics in one feed


def test_several_topics_make_one_feed_with_each_story_once(site: Site) -> None:
    joined = site.get("/feeds/cargo+harbour.atom?limit=200")
    both = {
        entry.findtext(f"{ATOM}id")
        for topic in ("cargo", "harbour")
        for entry in entries(site.get(f"/feeds/{topic}.atom?limit=200").text)
    }
    found = [entry.findtext(f"{ATOM}id") for entry in entries(joined.text)]
    assert (set(found), len(found)) == (both, len(both))
    assert ET.fromstring(joined.text).findtext(f"{ATOM}title") == "Cargo & freight + Harbours"
    assert site.get("/feeds/cargo+harbour.atom?limit=200", if_none_match=joined.headers["etag"]).status == 304


def test_joined_topics_have_one_spelling_and_only_public_ones(site: Site) -> None:
    assert site.get("/feeds/harbour+cargo.rss?lang=ru").headers["location"] == "/feeds/cargo+harbour.rss?lang=ru"
    assert site.get("/feeds/freight+harbour.json").headers["location"] == "/feeds/cargo+harbour.json"
    assert site.get("/feeds/cargo+secret.atom").status == 404
    assert site.get("/feeds/cargo+nope.atom").status == 404
    assert site.get("/feeds/cargo+cargo.atom").status == 400
    assert site.get("/feeds/cargo+.atom").status == 404
    assert site.get(f"/feeds/{'+'.join('abcdefghijk')}.atom").status == 400
