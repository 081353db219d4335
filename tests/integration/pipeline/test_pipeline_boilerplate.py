"""A page like a Kazakh news site's comes out as exactly its body: from the page, and when the feed itself carries it; from
the first article on, and when the site changes its template.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator import config, parse, pipeline, topics
from aggregator.model import Document, Feed, Job, Source

CONFIG = Path(__file__).parents[3] / "config"
FIRST_URL = "https://tengri.example/rss"
MOST = (
    "Сборная вышла в финал турнира",
    "Курс доллара снова вырос",
    "Что посмотреть в кино на выходных",
    "В Алматы похолодает до минус десяти",
)
TEMPLATES = {
    "old": (
        '<div class="tg"><a href="https://t.me/x">Жаңалықтарды бізбен бірге Telegram арнамыздан оқыңыз!</a></div>',
        "<div><h3>Ең көп оқылған</h3><ul>{}</ul></div>",
        '<li><a href="/n/{}">{}</a></li>',
    ),
    "new": (
        '<div class="promo">Бізге WhatsApp арнамызға жазылыңыз</div>',
        "<section><p>Танымал жаңалықтар</p>{}</section>",
        '<p><a href="/n/{}">{}</a></p>',
    ),
    "russian": (
        "<p>Подписывайтесь на наш Telegram-канал и узнавайте новости первыми</p>",
        "<p><strong>Самое читаемое</strong></p><ol>{}</ol>",
        "<li>{} {}</li>",
    ),
}


def paragraphs(number: int) -> list[str]:
    return [
        f"Теңіз порты {number} мың тонна жүк қабылдады, деп хабарлады ведомствоның баспасөз қызметі бүгін.",
        f"Вице-министр атап өткендей, жаңа терминал {number + 3} айдан кейін іске қосылады және жұмыс орындарын ашады.",
        f"Жоба аясында {number * 2} вагон сатып алынды, ал келесі жылы теміржол желісі ұзартылады.",
    ]


def title(number: int) -> str:
    return f"Порт {number} мың тонна жүк қабылдады"


def article(number: int, template: str) -> str:
    above, frame, row = TEMPLATES[template]
    headlines = (*MOST[number % 2 :], f"Тағы бір жаңалық тақырыбы {'абвгд'[number % 5]}")
    below = frame.format("".join(row.format(place, line) for place, line in enumerate(headlines)))
    text = "".join(f"<p>{line}</p>" for line in paragraphs(number))
    return f"<h1>{title(number)}</h1>{above}<div>{text}</div>{below}"


def page(number: int, template: str) -> bytes:
    return (
        f'<!DOCTYPE html><html lang="kk"><head><meta charset="utf-8"><title>{title(number)} | Tengri</title></head><body>'
        '<header><nav><a href="/">Басты бет</a> <a href="/s">Спорт</a></nav></header><main>'
        f"<article>{article(number, template)}</article></main><footer><p>© 2026 Портал</p></footer></body></html>"
    ).encode()


@pytest.fixture(autouse=True)
def child() -> Iterator[None]:
    yield
    parse.close()


class Newsroom:
    """A source that is polled article by article; `content` as configured."""

    def __init__(self, content: str) -> None:
        self.feed = Feed("tengri", FIRST_URL, content=content)  # type: ignore[arg-type]
        self.source = Source("tengri", "Tengri", "https://tengri.example/", "KZ", "kk", (self.feed,))
        self.rules = topics.compile_rules((), ())
        self.boilerplate = b""

    def text(self, number: int, template: str) -> str:
        link = f"https://tengri.example/{number}"
        body = "" if self.feed.content == "page" else f"<![CDATA[{article(number, template)}]]>"
        item = f"<item><title>{title(number)}</title><link>{link}</link><guid>{number}</guid><description>{body}</description></item>"
        document = Document(
            FIRST_URL, body=f"<rss version='2.0'><channel><title>T</title>{item}</channel></rss>".encode()
        )
        pages = {link: Document(link, body=page(number, template), content_type="text/html")}
        job = Job(document, self.feed, self.source, ("ru", "kk"), 1_790_000_000, b"", self.boilerplate, pages=pages)
        batch = pipeline.prepare(job, self.rules)
        self.boilerplate = batch.boilerplate or b""
        (prepared,) = batch.prepared
        return prepared.article.text


@pytest.mark.parametrize("content", ["feed", "page"])
@pytest.mark.parametrize("template", ["old", "russian"])
def test_exactly_the_body_from_the_first_article_on(content: str, template: str) -> None:
    newsroom = Newsroom(content)
    for number in range(1, 8):
        assert newsroom.text(number, template) == "\n".join(paragraphs(number)), number


@pytest.mark.slow
@pytest.mark.parametrize("content", ["feed", "page"])
@pytest.mark.parametrize("known", [5, 30])
def test_exactly_the_body_when_the_template_changes(content: str, known: int) -> None:
    newsroom = Newsroom(content)
    found = [newsroom.text(number, "old" if number <= known else "new") for number in range(1, known + 8)]
    assert found == ["\n".join(paragraphs(number)) for number in range(1, known + 8)]


def test_the_footer_of_a_page_alone_assigns_no_topic() -> None:
    """Headlines of others, on every subject of the shipped topics, below a text that is about none of them."""
    loaded = config.load(CONFIG)
    newsroom = Newsroom("feed")
    newsroom.rules = topics.compile_rules(loaded.topics, loaded.lists)
    lines = [test.title for topic in loaded.topics for test in topic.match][:30]
    assert lines
    below = "<h3>Самое читаемое</h3>" + "".join(
        f"<p>{line}</p>" for line in lines if len(line) < 100 and line[-1] not in ".!?"
    )
    body = f"<p>В городском саду прошёл концерт, собравший несколько сотен слушателей.</p>{below}"
    item = f"<item><title>Концерт в саду</title><guid>1</guid><description><![CDATA[{body}]]></description></item>"
    document = Document(FIRST_URL, body=f"<rss version='2.0'><channel><title>T</title>{item}</channel></rss>".encode())
    job = Job(document, newsroom.feed, newsroom.source, ("ru", "kk", "en", "az", "tr"), 1_790_000_000)
    (prepared,) = pipeline.prepare(job, newsroom.rules).prepared
    assert prepared.article.text == "В городском саду прошёл концерт, собравший несколько сотен слушателей."
    assert prepared.matches == ()
