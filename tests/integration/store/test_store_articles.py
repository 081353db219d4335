"""Articles: a poll adds what is new, revises what changed, and never doubles or loses."""

from dataclasses import replace

from store_making import NOW, ingest, one_claim, prepared

from aggregator import store
from aggregator.model import StoredArticle
from aggregator.store import Store


def held(opened: Store) -> list[StoredArticle]:
    with opened.reading() as db:
        return list(store.reading.articles(db, texts=True))


def test_a_batch_stored_twice_adds_nothing(opened: Store) -> None:
    claim = one_claim(opened)
    items = [prepared(key, topics=("t",), sketch=(1, -2)) for key in "abc"]
    assert ingest(opened, claim, *items) == (3, 0)
    assert ingest(opened, claim, *items) == (0, 0)
    assert [one.title for one in held(opened)] == ["Title of a", "Title of b", "Title of c"]


def test_texts_titles_topics_and_media_come_back_as_they_were(opened: Store) -> None:
    one = prepared("a", topics=("x", "y"), title="Əziz «ы» 🙂", text="Мәтін", categories=("c",), author="Ә")
    ingest(opened, one_claim(opened), one)
    (stored,) = held(opened)
    assert (stored.title, stored.text, stored.author, stored.categories) == ("Əziz «ы» 🙂", "Мәтін", "Ә", ("c",))
    assert [match.topic for match in stored.topics] == ["x", "y"]


def test_a_changed_entry_keeps_its_id_and_leaves_a_revision(opened: Store) -> None:
    claim = one_claim(opened)
    ingest(opened, claim, prepared("a"))
    assert ingest(opened, claim, prepared("a", title="Corrected", text="New text"), now=NOW + 60) == (0, 1)
    (stored,) = held(opened)
    assert (stored.id, stored.title, stored.revisions, stored.updated) == (1, "Corrected", 1, NOW + 60)
    with opened.reading() as db:
        assert store.reading.revisions(db, 1) == ((1, NOW + 60, "Title of a", "Text of a"),)


def test_a_change_that_is_not_material_moves_no_date(opened: Store) -> None:
    claim = one_claim(opened)
    ingest(opened, claim, prepared("a"))
    ingest(opened, claim, prepared("a", text="Text  of a"), now=NOW + 60, material=False)
    (stored,) = held(opened)
    assert (stored.text, stored.revisions, stored.updated) == ("Text  of a", 1, None)


def test_html_that_changes_behind_the_same_text_leaves_no_revision(opened: Store) -> None:
    claim = one_claim(opened)
    ingest(opened, claim, prepared("a"))
    assert ingest(opened, claim, prepared("a", html="<p><b>Text of a</b></p>"), now=NOW + 60) == (0, 0)
    assert held(opened)[0].html == "<p><b>Text of a</b></p>"


def test_the_same_address_in_another_source_is_a_sighting_and_changes_nothing(opened: Store) -> None:
    ingest(opened, one_claim(opened), prepared("a"))
    other = one_claim(opened, "portal")
    copy = prepared("z", source="portal", url="https://paper.example/a", title="Other words")
    assert ingest(opened, other, copy) == (0, 0)
    assert ingest(opened, other, copy) == (0, 0)
    (stored,) = held(opened)
    assert stored.title == "Title of a"
    with opened.reading() as db:
        assert store.reading.counts(db)["sightings"] == 1


def test_a_live_blog_that_reuses_its_address_loses_no_entry(opened: Store) -> None:
    claim = one_claim(opened)
    first, second = (prepared(key, url="https://paper.example/live") for key in "ab")
    assert ingest(opened, claim, first, second) == (2, 0)
    assert ingest(opened, claim, prepared("c", url="https://paper.example/live")) == (1, 0)


def test_a_source_that_renames_its_guids_does_not_double_its_articles(opened: Store) -> None:
    claim = one_claim(opened)
    ingest(opened, claim, prepared("a"))
    renamed = replace(prepared("a").article, key="g:other", digest=b"x" * 8)
    assert ingest(opened, claim, replace(prepared("a"), article=renamed)) == (0, 0)


def test_large_batches_pass_every_limit_of_parameters(opened: Store) -> None:
    claim = one_claim(opened)
    items = [prepared(f"k{number}") for number in range(1300)]
    assert ingest(opened, claim, *items) == (1300, 0)
    assert ingest(opened, claim, *items) == (0, 0)


def test_listing_filters_by_topic_time_words_and_number(opened: Store) -> None:
    claim = one_claim(opened)
    ingest(
        opened,
        claim,
        prepared("a", topics=("t",), title="Порт Актау"),
        prepared("b", published=NOW - 9999),
        prepared("c"),
    )
    with opened.reading() as db:
        listed = store.reading.articles
        assert [one.key for one in listed(db, topic="t")] == ["g:a"]
        assert [one.key for one in listed(db, query="порт акТАУ")] == ["g:a"]
        assert [one.key for one in listed(db, since=NOW - 700)] == ["g:a", "g:c"]
        assert [one.key for one in listed(db, limit=2)] == ["g:a", "g:b"]


def test_prune_drops_old_bodies_and_keeps_what_was_published_findable(opened: Store) -> None:
    claim = one_claim(opened)
    ingest(opened, claim, prepared("old", published=NOW - 100 * 86400, sketch=(1,)), prepared("new", sketch=(2,)))
    with opened.writing() as db:
        store.placing.mark_placed(db, (1, 2))
        assert store.retention.prune(db, NOW, 90) == 1
    old, new = held(opened)
    assert (old.title, old.text, new.text) == ("Title of old", "", "Text of new")
