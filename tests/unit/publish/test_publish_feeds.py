"""What stands in the feeds: links, sources, languages, tombstones, archives, media; and what feedgen gets wrong."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from subprocess import run
from time import process_time

import feed_samples as samples
import pytest
from feed_rules import ATOM, CONTENT, DC, HISTORY, LANG, MEDIA, TOMBSTONE
from feed_samples import NOON, TAG, bodies, item, publication, report, rich, story
from lxml import etree

from aggregator import publish
from aggregator.model import Chain

HERE = "https://news.example"


def atom(of: object = None) -> etree._Element:
    return etree.fromstring(bodies(of or rich())["atom"])


def rss(of: object = None) -> etree._Element:
    return etree.fromstring(bodies(of or rich())["rss"])[0]


def entry_links(entry: etree._Element) -> list[tuple[str, str, str | None, str | None, str | None]]:
    return [
        (link.get("rel"), link.get("href"), link.get("type"), link.get("hreflang"), link.get("length"))
        for link in entry.iterfind(f"{ATOM}link")
    ]


# ---------------------------------------------------------------- feedgen


def _feedgen_entry() -> etree._Element:
    from feedgen.entry import FeedEntry

    entry = FeedEntry()
    entry.id("tag:x")
    entry.title("x")
    entry.updated(datetime(2026, 1, 1, tzinfo=UTC))
    entry.link(href="https://x.example/", rel="alternate", type="text/html", hreflang="ru", length="5")
    return entry.atom_entry()


def test_feedgen_still_loses_the_attributes_of_entry_links() -> None:
    """When this fails, upstream has mended it: AtomEntry need not restore them any more."""
    assert dict(_feedgen_entry().find("link").attrib) == {"href": "https://x.example/"}


def test_feedgen_still_writes_the_build_date_of_rss_by_a_private_member() -> None:
    """When this fails, look again at how feedxml keeps feedgen from switching the locale of the whole process."""
    from feedgen.feed import FeedGenerator

    assert "_FeedGenerator__rss_lastBuildDate" in vars(FeedGenerator())


def test_rendering_does_not_touch_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    import locale

    def refuse(*_: object) -> str:
        raise AssertionError("a feed was rendered by switching the locale of the whole process")

    monkeypatch.setattr(locale, "setlocale", refuse)

    assert publish.render(rich())


def test_importing_publish_imports_neither_feedgen_nor_lxml() -> None:
    code = "import sys, aggregator.publish; print([m for m in ('feedgen', 'lxml', 'dateutil') if m in sys.modules])"

    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


# ---------------------------------------------------------------- Atom


def test_atom_entry_links_are_whole() -> None:
    entry = atom(publication(item(story(3, report(3), report(4, "dala", language="kk")))))[-1]

    assert entry_links(entry) == [
        ("alternate", "https://bereg.example/news/3?a=1&b=2", "text/html", "ru", None),
        ("related", f"{HERE}/stories/slug000000003", "text/html", None, None),
        ("related", "https://dala.example/news/4?a=1&b=2", "text/html", "kk", None),
        ("enclosure", "https://bereg.example/3.jpg", "image/jpeg", None, "12345"),
    ]


def test_an_item_without_a_link_leads_to_our_page() -> None:
    of = publication(item(story(3, report(3, url=None, enclosures=()))))

    assert entry_links(atom(of)[-1]) == [("alternate", f"{HERE}/stories/slug000000003", "text/html", "ru", None)]
    assert rss(of).findtext("item/link") == f"{HERE}/stories/slug000000003"
    assert json.loads(bodies(of)["json"])["items"][0]["url"] == f"{HERE}/stories/slug000000003"


def test_the_feed_names_itself_its_page_its_hub_and_its_archive() -> None:
    links = {link.get("rel"): link.get("href") for link in atom().iterfind(f"{ATOM}link")}

    assert links == {
        "self": f"{HERE}/feeds/trade.atom", "alternate": f"{HERE}/topics/trade",
        "hub": f"{HERE}/hub", "prev-archive": f"{HERE}/feeds/trade/archive/2.atom",
    }  # fmt: skip


def test_items_stand_in_the_order_given() -> None:
    of = publication(*(item(story(n)) for n in (9, 3, 7)))

    assert [e.findtext(f"{ATOM}id")[-1] for e in atom(of).iterfind(f"{ATOM}entry")] == ["9", "3", "7"]
    assert [e.findtext("guid")[-1] for e in rss(of).iterfind("item")] == ["9", "3", "7"]
    assert [e["id"][-1] for e in json.loads(bodies(of)["json"])["items"]] == ["9", "3", "7"]


def test_the_true_source_of_an_entry_is_named() -> None:
    of = publication(item())
    source = atom(of).find(f"{ATOM}entry/{ATOM}source")

    assert {child.tag.removeprefix(ATOM): child.text or child.get("href") for child in source} == {
        "title": "Агентство «Берег»", "link": "https://bereg.example/", "id": "https://bereg.example/",
        "updated": "2026-09-21T14:14:20Z",
    }  # fmt: skip
    in_rss = rss(of).find("item/source")
    assert (in_rss.text, in_rss.get("url")) == ("Агентство «Берег»", "https://bereg.example/")
    assert json.loads(bodies(of)["json"])["items"][0]["_aggregator"]["source"] == {
        "name": "Агентство «Берег»", "url": "https://bereg.example/",
    }  # fmt: skip


def test_each_entry_names_its_language() -> None:
    of = rich()
    expected = ["und", "az", "ru", "ru"]

    assert atom(of).get(LANG) == "ru"
    assert [entry.get(LANG) for entry in atom(of).iterfind(f"{ATOM}entry")] == expected
    assert [e.findtext(f"{DC}language") for e in rss(of).iterfind("item")] == [None, *expected[1:]]
    assert [e["language"] for e in json.loads(bodies(of)["json"])["items"]] == expected


def test_the_outlet_answers_for_what_has_no_byline() -> None:
    of = publication(item(story(1, report(1, author=None))), item(story(2)))

    assert [a.text for a in atom(of).iterfind(f"{ATOM}entry/{ATOM}author/{ATOM}name")] == [
        "Агентство «Берег»",
        "К. Автор",
    ]
    assert [e.findtext(f"{DC}creator") for e in rss(of).iterfind("item")] == ["Агентство «Берег»", "К. Автор"]


def test_an_excerpt_is_a_summary_and_a_whole_article_is_content() -> None:
    quoted, whole = publication(item(story(1))), publication(item(story(1, report(1, "xezer"))))

    assert [atom(of).find(f"{ATOM}entry/{ATOM}content") is None for of in (quoted, whole)] == [True, False]
    assert [rss(of).find(f"item/{CONTENT}encoded") is None for of in (quoted, whole)] == [True, False]
    for of in (quoted, whole):
        assert atom(of).findtext(f"{ATOM}entry/{ATOM}summary").startswith("<p>Казахстан и Азербайджан")
        assert rss(of).findtext("item/description").startswith("<p>Казахстан и Азербайджан")


def test_withdrawn_entries_are_announced() -> None:
    (stone,) = atom().iterfind(f"{TOMBSTONE}deleted-entry")

    assert dict(stone.attrib) == {"ref": f"{TAG}gone", "when": "2026-09-21T14:13:20Z"}
    assert stone.findtext(f"{TOMBSTONE}comment") == "withdrawn: wrong figures"


@pytest.mark.parametrize(
    ("number", "before", "after"), [(1, None, 2), (2, 1, 3), (3, 2, None)], ids=["oldest", "between", "newest"]
)
def test_archive_pages_are_chained(number: int, before: int | None, after: int | None) -> None:
    page = publish.render(publication(item(), chain=Chain(3, page=number)), ("atom",))[0].body
    feed = etree.fromstring(page)
    links = {link.get("rel"): link.get("href") for link in feed.iterfind(f"{ATOM}link")}

    assert feed.find(f"{HISTORY}archive") is not None
    assert feed.findtext(f"{ATOM}id") == atom().findtext(f"{ATOM}id")
    assert links["self"] == f"{HERE}/feeds/trade/archive/{number}.atom"
    assert links["current"] == f"{HERE}/feeds/trade.atom"
    assert links.get("prev-archive") == (before and f"{HERE}/feeds/trade/archive/{before}.atom")
    assert links.get("next-archive") == (after and f"{HERE}/feeds/trade/archive/{after}.atom")


def test_the_current_feed_is_no_archive_and_the_first_one_has_none_behind_it() -> None:
    feed = atom(publication(item()))

    assert feed.find(f"{HISTORY}archive") is None
    assert [link.get("rel") for link in feed.iterfind(f"{ATOM}link")] == ["self", "alternate"]


def test_a_query_is_a_feed_of_its_own() -> None:
    of = publication(item(), query="lang=kk&limit=5", language="kk", chain=Chain(4))
    links = {link.get("rel"): link.get("href") for link in atom(of).iterfind(f"{ATOM}link")}

    assert atom(of).findtext(f"{ATOM}id") == "tag:news.example,2026:feed/trade?lang=kk&limit=5"
    assert links == {"self": f"{HERE}/feeds/trade.atom?lang=kk&limit=5", "alternate": f"{HERE}/topics/trade"}
    assert rss(of).findtext("language") == "kk"


def test_a_private_feed_keeps_its_token_in_every_address_of_its_own() -> None:
    of = publication(item(), path="/private/t0k3n/trade", chain=Chain(1))
    hrefs = {link.get("rel"): link.get("href") for link in atom(of).iterfind(f"{ATOM}link")}

    assert hrefs["self"] == f"{HERE}/private/t0k3n/trade.atom"
    assert hrefs["prev-archive"] == f"{HERE}/private/t0k3n/trade/archive/1.atom"


def test_all_and_operations_have_their_own_pages() -> None:
    pages = [publish.publication(name, {}, (), site=samples.SITE, tag=TAG) for name in ("all", "operations")]

    assert [json.loads(bodies(p)["json"])["home_page_url"] for p in pages] == [
        f"{HERE}/",
        f"{HERE}/private/-/operations",
    ]


def test_the_title_is_in_the_first_language_of_the_site_or_of_the_feed() -> None:
    assert publication().title == "Торговля"
    assert publication(language="en").title == "Trade"
    assert publish.publication("x", {"en": "X"}, (), site=samples.SITE, tag=TAG).title == "X"
    assert publish.publication("x", {}, (), site=samples.SITE, tag=TAG).title == "x"


# ---------------------------------------------------------------- RSS and JSON


def test_rss_takes_the_first_file_as_its_enclosure_and_all_as_media() -> None:
    (whole,) = [e for e in rss().iterfind("item") if e.findtext(f"{DC}language") == "az"]

    assert [dict(e.attrib) for e in whole.iterfind("enclosure")] == [
        {"url": "https://xezer.example/a.jpg", "length": "0", "type": "image/jpeg"}
    ]
    assert [dict(e.attrib) for e in whole.iterfind(f"{MEDIA}content")] == [
        {"url": "https://xezer.example/a.jpg", "type": "image/jpeg", "medium": "image"},
        {"url": "https://xezer.example/b.mp3", "type": "audio/mpeg", "medium": "audio", "fileSize": "99"},
    ]


def test_rss_names_its_own_address_and_the_page_of_its_topic() -> None:
    channel = rss()

    assert channel.findtext("link") == f"{HERE}/topics/trade"
    assert [(e.get("rel"), e.get("href")) for e in channel.iterfind(f"{ATOM}link")] == [
        ("self", f"{HERE}/feeds/trade.rss"), ("hub", f"{HERE}/hub"),
    ]  # fmt: skip
    assert channel.findtext("ttl") == "15"


def test_json_says_where_it_comes_from_and_who_else_has_it() -> None:
    feed = json.loads(bodies(rich())["json"])
    retold = feed["items"][2]

    assert feed["feed_url"] == f"{HERE}/feeds/trade.json"
    assert feed["hubs"] == [{"type": "WebSub", "url": f"{HERE}/hub"}]
    assert retold["external_url"] == retold["url"] == "https://bereg.example/news/3?a=1&b=2"
    assert retold["tags"] == ["Торговля", "товарооборот"]
    assert retold["attachments"] == [
        {"url": "https://bereg.example/3.jpg", "mime_type": "image/jpeg", "size_in_bytes": 12345}
    ]
    assert retold["_aggregator"]["page"] == f"{HERE}/stories/slug000000003"
    assert [other["source"] for other in retold["_aggregator"]["also"]] == ["Алтын дала", "Xəzər xəbər", "gone"]
    assert "url" not in retold["_aggregator"]["also"][1]


def test_control_characters_and_surrogates_are_stripped() -> None:
    dirty = report(1, title="А\x00Б\x0b\ud800\ufffeВ\x85\r\nГ", text="одна\x1f строка\udfff")
    of = publication(item(story(1, dirty)))

    assert atom(of).findtext(f"{ATOM}entry/{ATOM}title") == "АБВ Г"
    assert "<p>одна строка</p>" in rss(of).findtext("item/description")
    assert json.loads(bodies(of)["json"])["items"][0]["title"] == "АБВ Г"


def test_titles_are_plain_text_with_their_markup_characters() -> None:
    of = publication(item(story(1, report(1, title="Рост <5 % & «нефть»"))))

    assert atom(of).findtext(f"{ATOM}entry/{ATOM}title") == "Рост <5 % & «нефть»"
    assert rss(of).findtext("item/title") == "Рост <5 % & «нефть»"


def test_the_formats_are_rendered_in_the_order_asked_for() -> None:
    made = publish.render(rich(), ("json", "atom"))

    assert [(r.format, r.media_type) for r in made] == [
        ("json", "application/feed+json"), ("atom", "application/atom+xml; charset=utf-8"),
    ]  # fmt: skip
    assert [r.last_modified for r in made] == [NOON + 480] * 2


# ---------------------------------------------------------------- stability


def test_the_same_feed_gives_the_same_bytes() -> None:
    assert publish.render(rich()) == publish.render(rich())


@pytest.mark.slow
def test_the_same_feed_gives_the_same_bytes_in_another_process() -> None:
    code = (
        f"import sys; sys.path.insert(0, {samples.__file__.rpartition('/')[0]!r})\n"
        "import feed_samples; from aggregator import publish\n"
        "print([r.etag for r in publish.render(feed_samples.rich())])"
    )
    found = [
        run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]

    assert found == [f"{[r.etag for r in publish.render(rich())]}\n"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Другой заголовок"}, {"text": "Другой текст."}, {"author": None}, {"url": "https://bereg.example/2"},
        {"published": NOON + 61}, {"language": "kk"}, {"enclosures": ()}, {"topics": ()},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_change_of_an_item_changes_every_etag(change: dict[str, object]) -> None:
    before, after = publication(item()), publication(item(story(1, report(1, **change))))

    assert all(a.etag != b.etag for a, b in zip(publish.render(before), publish.render(after), strict=True))


def test_another_report_of_the_story_changes_every_etag() -> None:
    before, after = publication(item()), publication(item(story(1, report(1), report(2, "dala"))))

    assert all(a.etag != b.etag for a, b in zip(publish.render(before), publish.render(after), strict=True))


def test_a_tombstone_changes_the_etag_of_atom() -> None:
    with_stone = replace(rich(), tombstones=())

    assert publish.render(with_stone, ("atom",))[0].etag != publish.render(rich(), ("atom",))[0].etag


def test_the_etag_does_not_depend_on_the_build_date_or_on_the_order_of_dicts() -> None:
    turned = dict(reversed(samples.SOURCES.items()))
    titles = dict(reversed(samples.TITLES.items()))
    before = publication(item())
    after = publication(item(sources=turned, topic_titles=titles), updated=NOON + 10**6)

    assert [r.etag for r in publish.render(before)] == [r.etag for r in publish.render(after)]
    assert publish.render(after)[0].last_modified == NOON + 10**6


def test_an_etag_is_a_bare_token_that_a_server_can_extend() -> None:
    assert all(len(r.etag) == 32 and r.etag.isalnum() for r in publish.render(rich()))


def test_a_feed_last_changed_when_anything_in_it_did() -> None:
    assert publication(item()).updated == NOON + 60
    assert publication(item(story(1, entered=NOON + 999))).updated == NOON + 999
    assert rich().updated == NOON + 480
    assert replace(rich(), items=()).updated == NOON + 480
    assert publication().updated == 0


@pytest.mark.slow
def test_fifty_excerpts_in_three_formats_take_milliseconds() -> None:
    """8 ms on the machine it was written on; the limit leaves room for slower ones, not for a slower way."""
    reports = [[report(50 * n + k, source) for k, source in enumerate(("bereg", "dala", "steppe"))] for n in range(50)]
    of = publication(*(item(story(n, *three)) for n, three in enumerate(reports)))

    def once() -> float:
        started = process_time()
        publish.render(of)
        return process_time() - started

    assert min(once() for _ in range(10)) < 0.030
