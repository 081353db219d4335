"""From entry to article: fields, dates, and what stands in for what is missing."""

import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Article, Enclosure, Entry, FeedFacts, Source
from aggregator.normalise import Boilerplate, Window, article, full_text, identify, trim
from aggregator.normalise.article import AHEAD, EARLIEST

NOW = 1_750_000_000
SOURCE = Source("s", "S", "https://s.example/", "KZ", "ru")
NO_FACTS = FeedFacts()
LANGUAGES = ("ru", "kk", "az", "tr", "en")


def made(entry: Entry, facts: FeedFacts = NO_FACTS, now: int = NOW, source: Source = SOURCE) -> Article:
    (item,) = identify([entry])
    return article(item, source, Boilerplate.empty(), now=now, languages=LANGUAGES, facts=facts)


WHOLE = Entry(
    "guid-1",
    "http://S.example/news/1?utm_source=rss&id=7#top",
    "Порт Актау &amp; <b>Баку</b> увеличили перевозки",
    html="<p>Первый абзац новости.</p><p>Второй <a href='/x'>абзац</a>.</p><script>x</script>",
    published=NOW - 3600,
    updated=NOW - 60,
    author="  Айгуль <b>С.</b> ",
    categories=("Порты", "Порты", " ", "<i>Каспий</i>"),
    enclosures=(
        Enclosure("/a.mp3", "audio/mpeg; charset=x", 5),
        Enclosure("/a.mp3"),
        Enclosure("javascript:x"),
        Enclosure("https://c.example/b.jpg", "not a type", -1),
    ),
    base="https://s.example/feed.xml",
)


def test_every_field() -> None:
    assert made(WHOLE) == Article(
        source="s",
        key="g:guid-1",
        url="http://s.example/news/1?id=7",
        url_key="s.example/news/1?id=7",
        title="Порт Актау & Баку увеличили перевозки",
        html='<p>Первый абзац новости.</p><p>Второй <a href="https://s.example/x" rel="noopener noreferrer">абзац</a>.</p>',
        text="Первый абзац новости.\nВторой абзац.",
        language="ru",
        published=NOW - 3600,
        updated=NOW - 60,
        digest=identify([WHOLE])[0].digest,
        author="Айгуль С.",
        categories=("Порты", "Каспий"),
        enclosures=(Enclosure("https://s.example/a.mp3", "audio/mpeg", 5), Enclosure("https://c.example/b.jpg", "", 0)),
        dated=True,
    )


def test_the_same_arguments_give_the_same_article() -> None:
    assert made(WHOLE) == made(WHOLE)


def test_without_a_link_none_is_invented() -> None:
    bare = made(replace(WHOLE, id="https://s.example/permalink", link=None))
    assert bare.key == "g:https://s.example/permalink"
    assert bare.url is None
    assert bare.url_key is None


def test_the_summary_serves_where_there_is_no_body() -> None:
    assert made(replace(WHOLE, html=" ", summary="Кратко &amp; ясно")).text == "Кратко & ясно"
    assert made(replace(WHOLE, summary="Кратко")).text.startswith("Первый")


def test_an_untitled_entry_is_titled_by_its_first_words() -> None:
    assert made(replace(WHOLE, title=" ")).title == "Первый абзац новости."
    long = made(replace(WHOLE, title="", html="слово " * 100)).title
    assert len(long) <= 121
    assert long.endswith("слово…")


def test_an_entry_of_a_title_alone_is_an_article() -> None:
    bare = made(Entry("1", None, "Заголовок", published=NOW))
    assert (bare.title, bare.text, bare.html) == ("Заголовок", "", "")


def test_relative_links_without_a_base_resolve_against_the_entrys_link() -> None:
    assert 'href="http://s.example/x"' in made(replace(WHOLE, base="")).html


def test_title_and_text_are_in_composed_form_whatever_arrives() -> None:
    decomposed = made(replace(WHOLE, title="Новый и\u0306", html="<p>Кии\u0306</p>"))
    assert (decomposed.title, decomposed.text, decomposed.html) == ("Новый й", "Кий", "<p>Кий</p>")


def test_fields_are_bounded() -> None:
    huge = made(
        Entry(
            "x" * 5000,
            f"https://s.example/{'y' * 5000}",
            "слово " * 1000,
            author="z" * 5000,
            published=NOW,
            categories=tuple(map(str, range(1000))),
            enclosures=(Enclosure("https://s.example/a", "audio/mpeg", 10**30),),
        )
    )
    assert len(huge.title) <= 501
    assert len(huge.key) <= 255
    assert len(huge.url_key or "") <= 500
    assert len(huge.author or "") == 200
    assert len(huge.categories) == 64
    assert huge.enclosures[0].length == 2**53


PAGE = """
<div class="article">
  <p><a href="https://t.me/toboldaily">Читайте нас в Telegram — @toboldaily</a></p>
  <div class="share">Поделиться</div>
  <figure><img src="/photo.jpg" width="800" height="600"><figcaption>Фото из архива</figcaption></figure>
  <p>В Костанае открыли новый мост через Тобол. Движение по нему начнётся в понедельник.</p>
  <p>Строили его <b>три года</b>, сообщили в акимате.</p>
  <img src="https://mc.yandex.ru/watch/1" width="1" height="1">
  <h3>Самое читаемое</h3>
  <ul>
    <li><a href="/1"><img src="/1.jpg">Сборная вышла в финал турнира по мини-футболу</a></li>
    <li><a href="/2">В порту Актау открыли новый терминал</a></li>
  </ul>
</div>
"""


def test_a_page_with_adverts_above_and_a_list_below_comes_out_as_its_body() -> None:
    page = made(replace(WHOLE, html=PAGE))
    assert page.text == (
        "Фото из архива\nВ Костанае открыли новый мост через Тобол. Движение по нему начнётся в понедельник.\n"
        "Строили его три года, сообщили в акимате."
    )
    published = trim(page.html, page.text)
    assert full_text(published) == page.text
    assert published.count("<img") == 1
    assert "photo.jpg" in published
    assert "<ul>" not in published
    assert full_text(page.html).count("\n") == 7


def test_identity_memory_and_knowledge_travel_between_processes() -> None:
    identified = identify([WHOLE])
    for thing in (identified, Window.of(identified), Boilerplate.empty().learn(["a\nb"]), made(WHOLE)):
        assert pickle.loads(pickle.dumps(thing)) == thing


@pytest.mark.parametrize(
    ("published", "updated", "expected"),
    [
        (NOW - 10, None, (NOW - 10, None, True)),
        (NOW - 10, NOW - 5, (NOW - 10, NOW - 5, True)),
        (NOW - 10, NOW - 20, (NOW - 10, None, True)),
        (NOW - 10, NOW - 10, (NOW - 10, None, True)),
        (None, NOW - 5, (NOW - 5, None, True)),
        (0, NOW - 5, (NOW - 5, None, True)),
        (None, None, (NOW, None, False)),
        (0, None, (NOW, None, False)),
        (EARLIEST - 1, None, (NOW, None, False)),
        (EARLIEST, None, (EARLIEST, None, True)),
        (NOW + AHEAD, None, (NOW + AHEAD, None, True)),
        (NOW + AHEAD + 1, None, (NOW, None, False)),
        (NOW - 10, NOW + AHEAD + 1, (NOW - 10, None, True)),
        (-(10**15), 10**15, (NOW, None, False)),
    ],
)
def test_only_possible_dates_are_believed(
    published: int | None, updated: int | None, expected: tuple[object, ...]
) -> None:
    one = made(replace(WHOLE, published=published, updated=updated))
    assert (one.published, one.updated, one.dated) == expected


@given(st.one_of(st.none(), st.integers()), st.one_of(st.none(), st.integers()), st.integers(EARLIEST, 2**33))
def test_dates_always_lie_within_bounds(published: int | None, updated: int | None, now: int) -> None:
    one = made(Entry("1", None, "т", published=published, updated=updated), now=now)
    assert EARLIEST <= one.published <= now + AHEAD
    assert one.updated is None or one.published < one.updated <= now + AHEAD
    assert one.dated or one.published == now


def test_the_feeds_language_is_a_hint() -> None:
    short = Entry("1", None, "Baku 2024", published=NOW)
    silent = replace(SOURCE, language="")
    assert made(short, FeedFacts(language="az-AZ"), source=silent).language == "az"


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_entry_becomes_an_article_that_can_be_stored(title: str, html: str) -> None:
    for item in identify([Entry(None, None, title, html=html)]):
        one = article(item, SOURCE, Boilerplate.empty(), now=NOW, languages=LANGUAGES)
        for field in (one.key, one.title, one.html, one.text):
            assert "\x00" not in field
            field.encode()
