"""A feed without texts that brings more entries than pages are read at a poll: each gets its text in the end, none is lost."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update
from store_making import NOW, one_claim, pace

from aggregator import normalise, parse, pipeline, store, topics
from aggregator.model import Claim, Document, Feed, Job, Source, Validators
from aggregator.store import Store
from aggregator.store.tables import HOST

URL = "https://paper.example/feed"
FEED = Feed("paper", URL, content="page")
SOURCE = Source("paper", "Paper", "https://paper.example/", "KZ", "en", (FEED,))
RULES = topics.compile_rules((), ())
MOST = 4


@pytest.fixture(autouse=True)
def child() -> Iterator[None]:
    yield
    parse.close()


def link(number: int) -> str:
    return f"https://paper.example/{number}"


def sentence(seed: str) -> str:
    chance = random.Random(seed)
    return " ".join("".join(chance.choices("abdegiklmnoprstu", k=7)) for _ in range(20)).capitalize() + "."


def page(number: int) -> Document:
    text = "".join(f"<p>{sentence(f'{number}/{part}')}</p>" for part in range(4))
    body = f"<html><head><title>Port {number}</title></head><body><article><h1>Port {number}</h1>{text}</article></body></html>"
    return Document(link(number), body=body.encode(), content_type="text/html")


def document(numbers: range) -> Document:
    items = "".join(f"<item><title>Port {n}</title><guid>{n}</guid><link>{link(n)}</link></item>" for n in numbers)
    body = f"<rss version='2.0'><channel><title>Paper</title>{items}</channel></rss>".encode()
    return Document(URL, body=body, validators=Validators(etag='"1"'), fetched_at=NOW)


def claim(opened: Store, number: int) -> Claim:
    if number == 0:
        return one_claim(opened)
    moment = NOW + 1000 * number
    with opened.writing() as db:
        (found,) = store.feeds.claim(db, store.runs.begin(db, moment), moment)
    return found


def poll(opened: Store, number: int, shown: Document) -> tuple[Claim, int]:
    """What was claimed, and how many pages were asked for."""
    held, now = claim(opened, number), NOW + 1000 * number
    if held.knows(shown):
        return held, 0
    job = Job(shown, FEED, SOURCE, ("en",), now, held.window, held.boilerplate, most=MOST)
    wanted = pipeline.prepare(job, RULES).wanted
    pages = {address: page(int(address.rpartition("/")[2])) for address in wanted}
    batch = pipeline.prepare(replace(job, pages=pages), RULES)
    with opened.writing() as db:
        store.articles.ingest(db, held, batch, now, 1, normalise.material)
        store.feeds.finish(db, held, now, pace(due=now), shown, batch)
        db.execute(update(HOST).values(lease_until=0, lease_token=None, lease_run=None))
    return held, len(wanted)


def test_every_entry_gets_its_text_at_one_of_the_polls(opened: Store) -> None:
    shown = document(range(10))
    asked = [poll(opened, number, shown) for number in range(4)]
    assert [pages for _, pages in asked] == [4, 4, 2, 0]
    with opened.reading() as db:
        texts = {one.title: one.text for one in store.reading.articles(db, texts=True)}
    assert len(texts) == 10
    assert all(sentence(f"{title.split()[1]}/2") in text for title, text in texts.items())


def test_while_entries_wait_the_document_is_asked_for_whole(opened: Store) -> None:
    shown = document(range(10))
    validators = [poll(opened, number, shown)[0].validators.etag for number in range(4)]
    assert validators == [None, None, None, '"1"']


def test_new_entries_come_before_those_that_wait_and_no_gap_is_told(opened: Store) -> None:
    poll(opened, 0, document(range(10, 20)))
    poll(opened, 1, document(range(8, 20)))
    with opened.reading() as db:
        titles = {one.title for one in store.reading.articles(db, texts=True)}
    assert titles == {f"Port {n}" for n in (8, 9, 10, 11, 12, 13, 14, 15)}
    with opened.reading() as db:
        (feed,) = store.health.feeds(db, NOW + 2000, lambda *_: 10**9)
    assert feed.gaps == 0
