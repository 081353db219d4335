"""One article stays one article, and two stay two, whatever a publisher does with guids and links: through parser, memory
of the document and store, poll after poll.
"""

import hashlib

import pytest
from sqlalchemy import update
from store_making import NOW, one_claim, pace

from aggregator import normalise, pipeline, store, topics
from aggregator.model import Batch, Claim, Document, Feed, Job, Source
from aggregator.store import Store
from aggregator.store.tables import HOST

URL = "https://paper.example/feed"
SOURCE = Source("paper", "Paper", "https://paper.example/", "KZ", "en", (Feed("paper", URL),))
RULES = topics.compile_rules((), ())
WORDS = ("port", "cargo", "ferry", "wagon", "grain", "vessel", "harbour", "minister", "transit", "terminal", "railway")


def item(title: str, guid: str | None = None, link: str | None = None, version: str = "") -> str:
    words = " ".join(WORDS[(hashlib.md5(f"{title}{n}".encode()).digest()[0]) % len(WORDS)] for n in range(30))
    parts = f"<title>{title}</title>"
    parts += f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    parts += f"<link>https://paper.example/{link}</link>" if link else ""
    return f"<item>{parts}<description>{title} {words} {version}</description></item>"


def document(*items: str) -> Document:
    body = f"<rss version='2.0'><channel><title>Paper</title>{''.join(items)}</channel></rss>".encode()
    return Document(URL, body=body, fetched_at=NOW)


def at(number: int) -> int:
    """When the poll of this number is: after the lease of the one before has ended."""
    return NOW + 1000 * number


def claim(opened: Store, number: int) -> Claim:
    if number == 0:
        return one_claim(opened)
    with opened.writing() as db:
        (found,) = store.feeds.claim(db, store.runs.begin(db, at(number)), at(number))
    return found


def polls(opened: Store, *documents: tuple[str, ...]) -> list[tuple[str, int]]:
    """(title, revisions) of what is stored after polling these documents one after another."""
    for number, items in enumerate(documents):
        held = claim(opened, number)
        job = Job(document(*items), SOURCE.feeds[0], SOURCE, ("en",), at(number), held.window, held.boilerplate)
        batch: Batch = pipeline.prepare(job, RULES)
        with opened.writing() as db:
            store.articles.ingest(db, held, batch, at(number), 1, normalise.material)
            store.feeds.finish(db, held, at(number), pace(due=at(number)), job.document, batch)
            db.execute(update(HOST).values(lease_until=0, lease_token=None, lease_run=None))
    with opened.reading() as db:
        return sorted((one.title, one.revisions) for one in store.reading.articles(db))


A, B, C = (item(name, "same", name) for name in ("alpha", "beta", "gamma"))


def test_a_guid_repeated_in_one_document_but_not_in_the_next(opened: Store) -> None:
    edited = item("beta", "same", "beta", "More was learned later.")
    assert polls(opened, (A, B), (B,), (edited,)) == [("alpha", 0), ("beta", 1)]


def test_an_edited_title_after_the_double_went(opened: Store) -> None:
    edited = item("beta, corrected", "same", "beta")
    assert polls(opened, (A, B), (edited,)) == [("alpha", 0), ("beta, corrected", 1)]


def test_a_guid_alone_first_and_repeated_later(opened: Store) -> None:
    edited = item("alpha, corrected", "same", "alpha")
    assert polls(opened, (A,), (B, A), (B, edited)) == [("alpha, corrected", 1), ("beta", 0)]


def test_a_guid_that_all_articles_have_one_after_another(opened: Store) -> None:
    assert polls(opened, (A, B), (C,), (item("delta", "same", "delta"),)) == [
        ("alpha", 0), ("beta", 0), ("delta", 0), ("gamma", 0),
    ]  # fmt: skip


def test_guids_that_come_and_go(opened: Store) -> None:
    without, with_one = item("alpha", None, "alpha"), item("alpha", "a-1", "alpha", "More was learned later.")
    assert polls(opened, (without, B), (with_one, B), (without, B)) == [("alpha", 2), ("beta", 0)]


def test_entries_of_one_link_without_guids(opened: Store) -> None:
    one, two, three = (item(name, None, "live") for name in ("one", "two", "three"))
    assert polls(opened, (one, two), (two,), (three,)) == [("one", 0), ("three", 0), ("two", 0)]


def test_one_that_left_while_contested_and_comes_back_changed(opened: Store) -> None:
    edited = item("alpha, corrected", "same", "alpha")
    assert polls(opened, (A,), (A, B), (B,), (B, edited)) == [("alpha, corrected", 1), ("beta", 0)]


@pytest.mark.parametrize("guid", ["same", None])
def test_a_new_item_read_beside_known_ones_takes_nobodys_place(opened: Store, guid: str | None) -> None:
    """Known items are left out when the document is read; who may be one of them has it read whole."""
    others = tuple(item(f"other {n}", f"o-{n}", f"o-{n}") for n in range(5))
    new = item("newcomer", guid, "alpha")
    stored = polls(opened, (item("alpha", guid, "alpha"), *others), (new, item("alpha", guid, "alpha"), *others))
    assert [title for title, _ in stored].count("alpha") == 1
    assert ("newcomer", 0) in stored
    assert len(stored) == 7
