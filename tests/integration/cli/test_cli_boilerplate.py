"""What an operator sees of a source's template, and a line he keeps: at once, for what comes later, and undone again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from aggregator import normalise, pipeline, store, stories, topics
from aggregator.model import Claim, Document, Feed, Job, Pace, Source
from aggregator.store import Store
from aggregator.store.codec import unpack_integers
from aggregator.store.tables import ARTICLE, FACTS, HOST

NOW = 1_790_000_000
URL = "https://tengri.example/rss"
SOURCE = Source("tengri", "Tengri", "https://tengri.example/", "KZ", "ru", (Feed("tengri", URL),))
LATER = 1000
"""Seconds after which a host's lease has ended."""
RULES = topics.compile_rules((), ())
ABOVE = "Жаңалықтарды Telegram арнамыздан оқыңыз!"
HOTLINE = "Горячая линия редакции для читателей"
BELOW = ["Самое читаемое", "Сборная вышла в финал турнира", "Курс доллара снова вырос", "Что посмотреть в кино"]


def body(number: int) -> list[str]:
    name = "".join("бвгджзклмн"[int(digit)] + "а" for digit in str(number))
    return [
        f"Предприятие {name} увеличило выпуск на {number + 3} процентов, говорится в отчёте за прошлый квартал.",
        f"Об этом рассказал директор {name}ев, отметив рост спроса и новые рынки.",
    ]


def whole(number: int) -> list[str]:
    return [ABOVE, *body(number), HOTLINE, *BELOW]


def item(number: int, lines: Sequence[str]) -> str:
    html = "".join(f"<p>{line}</p>" for line in lines)
    return f"<item><title>Новость {number}</title><guid>{number}</guid><description><![CDATA[{html}]]></description></item>"


def poll(opened: Store, *items: str, at: int = 0) -> None:
    """Read, prepare and store one document of the feed."""
    with opened.writing() as db:
        store.feeds.sync(db, [(SOURCE.feeds[0], "tengri.example")], NOW)
        claim: Claim
        (claim,) = store.feeds.claim(db, store.runs.begin(db, NOW + at), NOW + at)
    document = Document(
        URL, body=f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>".encode()
    )
    job = Job(document, SOURCE.feeds[0], SOURCE, ("ru",), NOW + at, claim.window, claim.boilerplate, claim.kept)
    batch = pipeline.prepare(job, RULES)
    with opened.writing() as db:
        store.articles.ingest(db, claim, batch, NOW + at, 1, normalise.material)
        store.feeds.finish(db, claim, NOW + at, Pace(due=NOW + at), document, batch)
        db.execute(update(HOST).values(lease_until=0, lease_token=None, lease_run=None))


def texts(opened: Store) -> dict[str, list[str]]:
    with opened.reading() as db:
        return {one.title: one.text.split("\n") for one in store.reading.articles(db, texts=True)}


@pytest.fixture
def common(tmp_path: Path) -> tuple[str, ...]:
    """A configuration with this one source, and an empty database."""
    config = tmp_path / "config"
    (config / "sources").mkdir(parents=True)
    (config / "aggregator.toml").write_text(
        '[site]\ntitle = "T"\nbase_url = "http://127.0.0.1:8080"\nlanguages = ["ru"]\n', "utf-8"
    )
    (config / "sources" / "kz.toml").write_text(
        '[[source]]\nid = "tengri"\nname = "Tengri"\nurl = "https://tengri.example/"\ncountry = "KZ"\nlanguage = "ru"\n'
        f'feeds = [{{ url = "{URL}" }}]\n',
        "utf-8",
    )
    return "--config", str(config), "--database", f"sqlite:///{tmp_path / 'news.db'}"


@pytest.fixture
def newsroom(common: tuple[str, ...]) -> Store:
    opened = store.Store(common[3])
    store.schema.ensure(opened)
    poll(opened, *(item(number, whole(number)) for number in range(1, 25)))
    return opened


def told(ran: tuple[int, str, str]) -> dict[str, Any]:
    assert ran[0] == 0, ran
    found: dict[str, Any] = json.loads(ran[1])
    return found


def test_what_is_cut_is_shown_with_its_reason_and_how_often(aggregator, common, newsroom) -> None:
    assert texts(newsroom)["Новость 7"] == body(7)
    found = told(aggregator("sources", "boilerplate", "tengri", "--json", *common))
    assert (found["learned"], found["looked_at"], found["kept"]) == (24, 24, [])
    rows = {row["line"]: (row["why"], row["articles"]) for row in found["lines"]}
    assert rows[ABOVE] == rows[HOTLINE] == ("template", 24)
    assert rows.keys() == {ABOVE, HOTLINE, *BELOW}
    status, out, _ = aggregator("sources", "boilerplate", "tengri", *common)
    assert status == 0
    assert "learned from 24 articles" in out
    assert HOTLINE in out


def test_a_kept_line_comes_back_in_stored_articles_and_stays_in_new_ones(aggregator, common, newsroom) -> None:
    found = told(aggregator("sources", "boilerplate", "tengri", "--keep", HOTLINE.upper(), "--json", *common))
    assert found["kept"] == [HOTLINE.upper()]
    assert HOTLINE not in {row["line"] for row in found["lines"]}
    assert texts(newsroom)["Новость 7"] == [*body(7), HOTLINE]
    poll(newsroom, item(99, whole(99)), item(1, whole(1)), at=LATER)
    assert texts(newsroom)["Новость 99"] == [*body(99), HOTLINE]


def test_keeping_a_line_is_undone(aggregator, common, newsroom) -> None:
    told(aggregator("sources", "boilerplate", "tengri", "--keep", HOTLINE, "--json", *common))
    found = told(aggregator("sources", "boilerplate", "tengri", "--cut", HOTLINE, "--json", *common))
    assert found["kept"] == []
    assert texts(newsroom)["Новость 7"] == body(7)
    poll(newsroom, item(99, whole(99)), item(1, whole(1)), at=LATER)
    assert texts(newsroom)["Новость 99"] == body(99)


def test_the_heading_of_a_list_can_be_kept_and_its_headlines_one_by_one(aggregator, common, newsroom) -> None:
    told(aggregator("sources", "boilerplate", "tengri", "--keep", BELOW[1], "--json", *common))
    assert texts(newsroom)["Новость 7"] == [*body(7), BELOW[1]]


def test_what_changes_is_matched_again_and_rendered_again(aggregator, common, newsroom) -> None:
    aggregator("sources", "boilerplate", "tengri", "--keep", HOTLINE, *common)
    with newsroom.reading() as db:
        assert len(store.rules.outdated(db, 1, 0, 100)) == 24
        assert store.publications.dirty(db, 2**40) == ("all",)


def test_what_changes_is_described_again_and_waits_for_its_story_like_one_that_comes_now(
    aggregator, common, newsroom
) -> None:
    with newsroom.writing() as db:
        before = {row.article: row.sketch for row in db.execute(select(FACTS))}
        db.execute(update(ARTICLE).values(placed=True))
    told(aggregator("sources", "boilerplate", "tengri", "--keep", HOTLINE, "--json", *common))
    with newsroom.reading() as db:
        rows = {row.id: row for row in db.execute(select(ARTICLE))}
        sketches = {row.article: row.sketch for row in db.execute(select(FACTS))}
        found = {one.id: one for one in store.reading.articles(db, texts=True)}
    assert all(sketches[id_] != before[id_] and not rows[id_].placed for id_ in rows)
    for id_, packed in sketches.items():
        article = found[id_]
        assert unpack_integers(packed) == stories.describe(article.title, article.text, article.language).sketch


def test_a_line_that_no_article_has_and_one_that_was_never_kept_are_errors(aggregator, common, newsroom) -> None:
    status, out, err = aggregator("sources", "boilerplate", "tengri", "--keep", "Нет такой строки", *common)
    assert (status, out) == (1, "")
    assert "none of the newest 24 articles" in err
    status, _, err = aggregator("sources", "boilerplate", "tengri", "--cut", HOTLINE, *common)
    assert status == 1
    assert "none of the lines that are kept" in err
    assert aggregator("sources", "boilerplate", "nobody", *common)[0] == 2


def test_a_source_that_was_never_read_has_no_template(aggregator, common) -> None:
    found = told(aggregator("sources", "boilerplate", "tengri", "--json", *common))
    assert (found["learned"], found["looked_at"], found["lines"], found["kept"]) == (0, 0, [], [])
