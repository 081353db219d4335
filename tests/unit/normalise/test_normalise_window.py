"""The memory of the last document: what is fresh, what was left out as known, and keys that stay an entry's own."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Entry, FeedFacts, Reading
from aggregator.normalise import Identified, Window, identify

DAY = 86_400


def entry(
    guid: str | None = None, link: str | None = None, title: str = "t", published: int | None = None, html: str = ""
) -> Entry:
    return Entry(guid, link, title, published=published, html=html)


def follow(*documents: Sequence[Entry]) -> list[dict[str, str]]:
    """For each document of a feed, title → key: what a poll after the other makes of them."""
    window, told = Window(), []
    for document in documents:
        held = {}

        def read(_: AbstractSet[int], document: Sequence[Entry] = document) -> Reading:
            return Reading(FeedFacts(), tuple(document))

        look = window.look(read)
        for item in look.fresh:
            held[item.entry.title] = item.key
        told.append(held)
        window = Window.from_bytes(look.window.to_bytes())
    return told


# ---------------------------------------------------------------- what is fresh


def test_an_unchanged_document_has_nothing_fresh() -> None:
    document = identify([entry("a", title="1"), entry("b", title="2")])
    window = Window.of(document)
    assert window.fresh(document) == ()
    assert window.overlaps(document)
    assert len(window) == 2


def test_new_and_changed_entries_are_fresh() -> None:
    window = Window.of(identify([entry("a", title="1"), entry("b", title="2")]))
    later = identify([entry("c", title="3"), entry("b", title="2!"), entry("a", title="1")])
    assert [one.key for one in window.fresh(later)] == ["g:c", "g:b"]
    assert window.overlaps(later)


def test_a_changed_date_alone_is_not_fresh() -> None:
    window = Window.of(identify([entry("a", published=DAY)]))
    assert window.fresh(identify([entry("a", published=2 * DAY)])) == ()


def test_a_document_with_nothing_known_does_not_overlap() -> None:
    window = Window.of(identify([entry("a")]))
    assert not window.overlaps(identify([entry("b"), entry("c")]))
    assert not Window().overlaps(identify([entry("a")]))


# ---------------------------------------------------------------- keys that stay

A1, B1, C1 = (entry("same", f"https://s.example/{name}", name, DAY) for name in "abc")


def test_a_guid_that_repeated_once_is_never_an_identity_again() -> None:
    first, second, third = follow([A1, B1], [B1, entry("x", title="x")], [C1])
    assert first == {"a": "u:s.example/a", "b": "u:s.example/b"}
    assert second == {"x": "g:x"}
    assert third == {"c": "u:s.example/c"}


def test_an_entry_edited_after_its_double_went_keeps_its_key() -> None:
    _, second = follow([A1, B1], [entry("same", "https://s.example/b", "b!", DAY)])
    assert second == {"b!": "u:s.example/b"}


def test_an_entry_keeps_its_guid_when_another_comes_to_claim_it() -> None:
    first, second, third = follow([A1], [B1, A1], [B1, entry("same", "https://s.example/a", "a!", DAY)])
    assert first == {"a": "g:same"}
    assert second == {"b": "u:s.example/b"}
    assert third == {"a!": "g:same"}


def test_a_publisher_that_begins_to_write_guids_doubles_nothing() -> None:
    _, second = follow([entry(None, "https://s.example/a", "a", DAY)], [entry("g", "https://s.example/a", "a!", DAY)])
    assert second == {"a!": "u:s.example/a"}


def test_entries_of_one_link_that_part_keep_their_keys() -> None:
    one, other = (entry(None, "https://s.example/live", name, DAY) for name in ("one", "other"))
    first, second, third = follow([one, other], [other], [entry(None, "https://s.example/live", "third", DAY)])
    assert first["other"].startswith("t:")
    assert second == {}
    assert third["third"].startswith("t:")


def test_bulletins_of_one_title_and_date_that_part_keep_their_keys() -> None:
    usd, eur = (entry(None, None, "Rates", DAY, html) for html in ("usd", "eur"))
    window = Window.of(identify([usd, eur]))
    look = window.look(lambda _: Reading(FeedFacts(), (eur,)))
    assert look.fresh == ()


def test_one_that_left_and_comes_back_has_the_key_of_its_kind() -> None:
    told = follow([A1], [B1, A1], [B1], [entry("same", "https://s.example/a", "a!", DAY)])
    assert told[3] == {"a!": "u:s.example/a"}


_PEOPLE = st.lists(st.integers(0, 7), max_size=6, unique=True)


@given(
    st.lists(st.tuples(st.sampled_from(["", "g", "h"]), st.sampled_from([0, 1, 2, 3])), min_size=8, max_size=8),
    st.lists(_PEOPLE, min_size=2, max_size=6),
)
def test_who_stays_in_the_document_keeps_its_key_and_never_takes_anothers(
    kinds: list[tuple[str, int]], documents: list[list[int]]
) -> None:
    """Entry `n` has always its own title; guids and links come from a small pool."""
    window, before = Window(), dict[str, str]()
    for document in documents:
        entries = [
            entry(kinds[n][0] or None, f"https://s.example/{kinds[n][1]}" if kinds[n][1] else None, f"n{n}", DAY)
            for n in document
        ]
        look = window.look(lambda _, entries=entries: Reading(FeedFacts(), tuple(entries)))  # type: ignore[misc]
        items: tuple[Identified, ...] = identify(entries, window._known)
        keys = {item.entry.title: item.key for item in items}
        assert len(set(keys.values())) == len(keys)
        assert all(before[title] == key for title, key in keys.items() if title in before)
        assert {item.entry.title for item in look.fresh} == keys.keys() - before.keys() or before
        window, before = look.window, keys


# ---------------------------------------------------------------- what was left out


def reader(marked: dict[int, Entry], asked: list[bool]):  # type: ignore[no-untyped-def]
    def read(known: AbstractSet[int]) -> Reading:
        asked.append(bool(known))
        left = tuple(one for mark, one in marked.items() if mark not in known)
        return Reading(FeedFacts(), left, marks=tuple(marked))

    return read


def test_known_bytes_are_left_out_and_counted() -> None:
    asked: list[bool] = []
    first = Window().look(reader({1: entry("a", title="1"), 2: entry("b", title="2")}, asked))
    second = first.window.look(reader({3: entry("c", title="3"), 1: entry("a"), 2: entry("b")}, asked))
    assert [one.key for one in second.fresh] == ["g:c"]
    assert (second.entries, second.gap, len(second.window)) == (3, False, 3)
    third = second.window.look(reader({1: entry("x"), 2: entry("y"), 3: entry("z")}, asked))
    assert (third.fresh, third.entries, third.gap) == ((), 3, False)
    assert asked == [False, True, True]


@pytest.mark.parametrize(
    "new",
    [
        entry("a", "https://s.example/9", "other"),
        entry(None, "https://s.example/1", "other"),
        entry(None, None, "1", DAY),
    ],
)
def test_who_may_be_one_that_was_left_out_has_the_whole_document_read(new: Entry) -> None:
    asked: list[bool] = []
    known = {
        1: entry("a", "https://s.example/2", "0"),
        2: entry("b", "https://s.example/1", "0"),
        4: entry(None, None, "1", DAY, "x"),
    }
    first = Window().look(reader(known, asked))
    second = first.window.look(reader({3: new, **known}, asked))
    assert asked == [False, True, False]
    whole = first.window.look(lambda _: Reading(FeedFacts(), (new, *known.values())))
    assert [one.key for one in second.fresh] == [one.key for one in whole.fresh]


def test_the_memory_forgets_what_left() -> None:
    first = Window().look(reader({1: entry("a", title="1"), 2: entry("b", title="2")}, []))
    second = first.window.look(reader({2: entry("b", title="2")}, []))
    assert len(second.window) == 1
    again = second.window.look(reader({1: entry("a", title="1"), 2: entry("b", title="2")}, []))
    assert [one.key for one in again.fresh] == ["g:a"]


def test_a_document_that_shares_nothing_with_the_one_before_is_a_gap() -> None:
    first = Window().look(reader({1: entry("a")}, []))
    assert not first.gap
    assert first.window.look(reader({2: entry("b")}, [])).gap
    assert not first.window.look(reader({}, [])).gap


# ---------------------------------------------------------------- packing


def test_the_memory_survives_packing() -> None:
    contested = Window().look(lambda _: Reading(FeedFacts(), (A1, B1))).window
    marked = Window().look(reader({1: entry("a"), 2: entry("b")}, [])).window
    for window in (Window(), contested, marked):
        assert Window.from_bytes(window.to_bytes()) == window
    assert contested.contested
    assert len(marked.to_bytes()) == 3 + 32 * 2


def test_half_a_memory_is_refused_and_another_versions_forgotten() -> None:
    packed = Window.of(identify([entry("a")])).to_bytes()
    with pytest.raises(ValueError, match="32 bytes"):
        Window.from_bytes(packed[:-1])
    assert Window.from_bytes(b"\x01" + packed[1:]) == Window()
    assert Window.from_bytes(b"") == Window()
