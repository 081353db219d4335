"""An article's page: its text without the page around it, and what it says of itself."""

import pytest

from aggregator import parse
from aggregator.errors import ParseError
from aggregator.model import Document, Enclosure, Entry

URL = "https://port.example/news/1?utm_source=x"
PARAGRAPHS = [
    "Паром «Достык» вышел из порта Алят и взял курс на Курык, сообщили в пароходстве.",
    "На борту сорок два вагона с зерном и восемнадцать грузовых машин, следующих транзитом.",
    "Капитан ожидает спокойного моря: ветер северный, высота волны не больше метра.",
]
TEXT = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def page(
    head: str = "", body: str = f"<h1>Паром вышел в рейс</h1>{TEXT}", html: str = 'lang="ru"', url: str = URL
) -> Entry:
    document = f"""<!DOCTYPE html><html {html}><head><meta charset="utf-8"><title>Паром | Порт</title>{head}</head><body>
    <nav><ul><li><a href="/">Главная</a></li><li><a href="/sea">Море</a></li></ul></nav><main><article>{body}</article></main>
    <aside><h3>Самое читаемое</h3><ul><li><a href="/2">Курс доллара снова вырос</a></li></ul></aside>
    <footer><p>© 2026 Порт. Все права защищены.</p></footer></body></html>"""
    return parse.page(Document(url, body=document.encode(), content_type="text/html"), timezone="Asia/Almaty")


def test_the_text_is_the_articles_alone() -> None:
    entry = page()
    assert entry.html == TEXT
    assert (entry.title, entry.title_is_html) == ("Паром вышел в рейс", False)
    assert (entry.language, entry.link, entry.id) == ("ru", URL, None)


def test_markup_comes_out_simple_and_scripts_not_at_all() -> None:
    entry = page(
        body=f"{TEXT}<script>alert(1)</script><h2>Подробности</h2><ul><li>Первый пункт списка</li></ul><p onclick='x()'>Порт <b>Актау</b> &lt;b&gt;</p>"
    )
    assert entry.html.startswith(TEXT)
    assert "alert" not in entry.html
    assert "onclick" not in entry.html
    assert "<h2>Подробности</h2><ul><li>Первый пункт списка</li></ul>" in entry.html
    assert "&lt;b&gt;" in entry.html


def test_what_the_page_says_of_itself() -> None:
    entry = page(
        '<meta property="og:title" content="Паром: рейс &amp; груз"><meta property="article:published_time" content="2026-10-20T09:00:00+05:00">'
        '<meta property="article:modified_time" content="2026-10-20 10:00"><meta name="author" content="Айдар Сериков">'
        '<meta property="og:image" content="/i/1.jpg"><link rel="canonical" href="/news/1">'
    )
    assert entry.title == "Паром: рейс & груз"
    assert (entry.published, entry.updated) == (1792468800, 1792472400)
    assert entry.author == "Айдар Сериков"
    assert entry.enclosures == (Enclosure("https://port.example/i/1.jpg", "image/jpeg"),)
    assert entry.link == "https://port.example/news/1"


def test_linked_data_serves_where_metadata_is_missing() -> None:
    entry = page(
        '<script type="application/ld+json">{broken</script><script type="application/ld+json">{"@graph": [{"@type": "WebPage", "datePublished": "2001-01-01"},'
        '{"@type": ["NewsArticle"], "headline": "Рейс", "datePublished": "2026-10-20T04:00:00Z", "dateModified": "2026-10-20T05:00:00Z",'
        '"author": [{"@type": "Person", "name": "Айдар"}, "Мария"]}]}</script>'
    )
    assert (entry.title, entry.author) == ("Рейс", "Айдар, Мария")
    assert (entry.published, entry.updated) == (1792468800, 1792472400)


@pytest.mark.parametrize(
    "address", ["https://other.example/news/1", "https://port.example/", "/", "javascript:x", "https://[bad/1", ""]
)
def test_a_canonical_link_of_another_host_or_to_the_front_page_is_not_believed(address: str) -> None:
    assert page(f'<link rel="canonical" href="{address}">').link == URL


def test_a_canonical_link_with_or_without_www_is_the_same_host() -> None:
    assert (
        page('<link rel="canonical" href="https://www.port.example/news/1">').link == "https://www.port.example/news/1"
    )


@pytest.mark.parametrize(
    "body", ["", " ", "<html></html>", "<html><body><nav><a href='/'>Главная</a></nav></body></html>"]
)
def test_a_page_without_text_is_an_error(body: str) -> None:
    with pytest.raises(ParseError):
        parse.page(Document(URL, body=body.encode()))


def test_a_page_of_unreasonable_size_is_an_error() -> None:
    with pytest.raises(ParseError, match="too large"):
        parse.page(Document(URL, body=b"<html>" + b"<p>text</p>" * 800_000))


def test_an_entry_without_text_is_completed_from_its_page() -> None:
    entry = Entry("id-1", URL, "Из ленты", published=1792468800)
    document = Document(
        URL,
        body=f'<html lang="ru"><head><link rel="canonical" href="/news/1"></head><body><article>{TEXT}</article></body></html>'.encode(),
    )
    whole = parse.with_page(entry, {URL: document}, "UTC")
    assert (whole.id, whole.title, whole.published, whole.language) == ("id-1", "Из ленты", 1792468800, "ru")
    assert (whole.html, whole.link) == (TEXT, "https://port.example/news/1")


def test_an_entry_whose_page_is_missing_or_empty_stays_as_it_is() -> None:
    entry = Entry("id-1", URL, "Из ленты")
    assert parse.with_page(entry, None, "UTC") is entry
    assert parse.with_page(entry, {URL: Document(URL, body=b"")}, "UTC") is entry
