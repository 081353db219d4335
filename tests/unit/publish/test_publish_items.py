"""A story becomes an item: which report is shown, how much of it, who else has it, and why it is there."""

from dataclasses import replace

import feed_rules
import feed_samples as samples
import pytest
from feed_samples import NOON, SITE, SOURCES, TAG, TEXT, item, report, story

from aggregator.errors import NotFound
from aggregator.model import Enclosure, Feed, Hit, Match


def test_the_canonical_report_stands_for_its_story() -> None:
    made = item(story(3, report(3), report(1, "dala", language="kk")))

    assert (made.id, made.page) == (f"{TAG}slug000000003", "https://news.example/stories/slug000000003")
    assert (made.title, made.url, made.language) == (
        "Товарооборот вырос, № 3",
        "https://bereg.example/news/3?a=1&b=2",
        "ru",
    )
    assert (made.source_name, made.source_url, made.author) == (
        "Агентство «Берег»",
        "https://bereg.example/",
        "К. Автор",
    )
    assert (made.published, made.updated, made.entered) == (NOON + 180, NOON + 180, NOON + 180)


def test_a_feed_in_one_language_shows_the_report_in_that_language() -> None:
    of = story(1, report(1), report(2, "steppe", language="en", title="Trade grows"), report(3, "xezer", language="en"))

    assert item(of, language="en").title == "Trade grows"
    assert item(of, language="en").id == item(of).id
    assert item(of, language="tr").title == item(of).title


def test_a_withdrawn_report_is_neither_shown_nor_listed() -> None:
    withdrawn = report(1, withdrawn=NOON, topics=(Match("corridor", 9.0),))
    made = item(story(1, withdrawn, report(2, "dala"), report(3, "steppe", withdrawn=NOON)))

    assert made.source_name == "Алтын дала"
    assert made.also == ()
    assert made.topics == ("trade",)


def test_a_story_without_reports_is_not_found() -> None:
    with pytest.raises(NotFound, match="slug000000001"):
        item(story(1, report(1, withdrawn=NOON)))


def test_an_alias_leads_to_the_story_it_became() -> None:
    made = item(replace(story(1), reports=(), alias_of="survivor"))

    assert made.id == f"{TAG}slug000000001"
    assert made.url == "https://news.example/stories/survivor"
    assert made.page == "https://news.example/stories/slug000000001"
    assert 'href="https://news.example/stories/survivor"' in made.html
    assert (made.title, made.language) == ("Этот сюжет объединён с другим", "ru")


def test_a_source_is_quoted_unless_it_agreed_to_full_text() -> None:
    long = report(1, text="\n".join([TEXT] * 9), html=f"<p>{TEXT}</p>" * 9)

    quoted, whole = item(story(1, long)), item(story(1, replace(long, source="xezer")))

    assert (quoted.full, whole.full) == (False, True)
    assert len(quoted.html) < 500
    assert whole.html == long.html


def test_a_removed_source_is_shown_by_its_id_and_the_address_of_its_article() -> None:
    made = item(story(1, report(1, "gone", url="https://www.gone.example/news/1")))
    lost = item(story(1, report(1, "gone", url=None)))

    assert (made.source_name, made.source_url, made.full) == ("gone", "https://www.gone.example/", False)
    assert (lost.source_name, lost.source_url) == ("gone", "https://news.example/sources")


def test_other_outlets_are_listed_once_each_in_the_order_in_which_they_had_it() -> None:
    made = item(
        story(
            1, report(9), report(5, "dala", language="kk"), report(3, "steppe"), report(4, "steppe"), report(2, "bereg")
        )
    )

    assert [(other.source, other.url) for other in made.also] == [
        ("Steppe & Sea", "https://steppe.example/news/3?a=1&b=2"),
        ("Алтын дала", "https://dala.example/news/5?a=1&b=2"),
    ]


def test_an_outlet_is_represented_by_a_report_with_a_link_then_by_one_in_the_language_shown() -> None:
    nowhere = report(2, "dala", url=None)
    kazakh, russian = report(3, "dala", language="kk"), report(4, "dala")

    assert item(story(1, report(9), nowhere, kazakh)).also[0].language == "kk"
    assert item(story(1, report(9), nowhere, kazakh, russian)).also[0].language == "ru"
    assert item(story(1, report(9), nowhere)).also[0].url == ""


def test_the_order_of_reports_after_the_canonical_one_does_not_matter() -> None:
    others = [report(n, source) for n, source in enumerate(("dala", "steppe", "xezer"), 2)]

    assert item(story(1, report(1), *others)) == item(story(1, report(1), *reversed(others)))


def test_categories_are_titles_of_topics_then_the_weightiest_terms() -> None:
    hits = tuple(Hit(f"слово{n}", f"слова{n}", "text", n, n + 1, float(n)) for n in range(12))
    made = item(story(1, report(1), report(2, "dala", topics=(Match("corridor", 9.0, hits),))))

    assert made.topics == ("corridor", "trade")
    assert made.categories[:2] == ("Middle Corridor", "Торговля")
    assert made.categories[2:6] == ("слово11", "слово10", "слово9", "слово8")
    assert len(made.categories) == 2 + 8


def test_neither_an_expression_of_the_rules_nor_what_it_found_becomes_a_category() -> None:
    """The one is syntax, the other a slice of a sentence: a tag that no second item would ever carry."""
    assert "товарооборот" in item().categories
    assert not [one for one in item().categories if "Актау" in one]


def test_a_term_that_speaks_against_a_topic_is_no_reason_for_it() -> None:
    against = Match("trade", 5.0, (Hit("футбол", "футбол", "text", 0, 6, -4.0),))

    assert item(story(1, report(1, topics=(against,)))).categories == ("Торговля",)


def test_a_topic_that_is_not_named_leaves_no_trace() -> None:
    secret = Match("secret", 9.0, (Hit("тайна", "тайна", "text", 0, 5, 9.0),))
    made = item(story(1, report(1, topics=(secret,))))

    assert (made.topics, made.categories) == ((), ())


def test_updated_is_never_before_published() -> None:
    assert item(story(1, report(5), updated=NOON)).updated == NOON + 300
    assert item(story(1, report(5), updated=NOON + 900)).updated == NOON + 900


def test_a_report_without_title_gets_the_beginning_of_its_text() -> None:
    assert item(story(1, report(1, title=" "))).title == "Агентство «Берег»"
    assert item(story(1, report(1, title=""))).title.startswith("Казахстан и Азербайджан намерены")
    assert item(story(1, report(1, title="", text="", html=""))).title == "Агентство «Берег»"


def test_links_that_are_not_of_the_web_are_dropped() -> None:
    evil = report(1, url="javascript:alert(1)", enclosures=(Enclosure("data:image/png,x", "image/png"),))
    made = item(story(1, evil, report(2, "dala", url="javascript:alert(2)")))

    assert (made.url, made.enclosures, made.also[0].url) == (None, (), "")


@pytest.mark.parametrize(
    ("declared", "url", "type_"),
    [
        ("image/jpeg", "https://x.example/a", "image/jpeg"),
        ("IMAGE/PNG; q=1", "https://x.example/a", "image/png"),
        ("", "https://x.example/a.JPG?w=100", "image/jpeg"),
        ("jpeg", "https://x.example/b.mp3", "audio/mpeg"),
        ("", "https://x.example", "application/octet-stream"),
        ("", "https://x.mp3/news", "application/octet-stream"),
    ],
)
def test_every_file_has_a_media_type(declared: str, url: str, type_: str) -> None:
    made = item(story(1, report(1, enclosures=(Enclosure(url, declared, -1),))))

    assert [(file.type, file.length) for file in made.enclosures] == [(type_, 0)]


def test_a_file_named_twice_stands_once() -> None:
    twice = (Enclosure("https://x.example/a.jpg", "", 5), Enclosure("https://X.example/a.jpg", "image/jpeg"))

    assert len(item(story(1, report(1, enclosures=twice))).enclosures) == 1


def test_the_address_that_is_polled_never_shows() -> None:
    polled = replace(SOURCES["bereg"], feeds=(Feed("bereg", "https://bereg.example/rss?token=s3cret"),))
    bodies = samples.bodies(samples.publication(item(sources={"bereg": polled})))

    assert not any(b"s3cret" in body for body in bodies.values())


def test_a_base_url_with_a_path_and_a_slash_is_kept() -> None:
    site = replace(SITE, base_url="https://example.org/news/")

    assert item(site=site).page == "https://example.org/news/stories/slug000000001"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", "Читать полностью"),
        ("kk-Latn", "Толық оқу"),
        ("az", "Davamını oxu"),
        ("tr", "Devamını oku"),
        ("und", "Read on"),
    ],
)
def test_the_link_to_the_publisher_is_worded_in_the_language_of_the_item(language: str, words: str) -> None:
    body = samples.bodies(samples.publication(item(story(1, report(1, language=language)))))["rss"].decode()

    assert f"{words}: Агентство «Берег»&lt;/a&gt;" in body


def test_the_body_ends_with_links_to_the_publisher_and_to_every_other_outlet() -> None:
    from aggregator.publish.body import body

    made = item(story(1, report(1), report(2, "dala", language="kk", title="A < B"), report(3, "steppe", url=None)))
    faults, text, links = feed_rules.read_html(body(made))

    assert faults == []
    assert links == ["https://bereg.example/news/1?a=1&b=2", "https://dala.example/news/2?a=1&b=2"]
    assert "Об этом сообщают также:" in text
    assert "Алтын дала: A < B" in text
    assert "Steppe & Sea: Товарооборот вырос, № 3" in text
