"""Keys and digests."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Enclosure, Entry
from aggregator.normalise import identify
from aggregator.normalise.identity import LONGEST_KEY, digest
from aggregator.text.urls import clean

DAY = 86_400


def entry(
    guid: str | None = None, link: str | None = None, title: str = "t", published: int | None = None, html: str = ""
) -> Entry:
    return Entry(guid, link, title, published=published, html=html)


def keys(*entries: Entry) -> list[str]:
    return [one.key for one in identify(entries)]


def test_the_guid_is_the_identity() -> None:
    assert keys(entry("a", "https://s.example/1"), entry("b", "https://s.example/1")) == ["g:a", "g:b"]


def test_a_guid_keeps_its_case_and_loses_only_white_space_around() -> None:
    assert keys(entry(" tag:S.example,2024:A ")) == ["g:tag:S.example,2024:A"]


def test_without_a_guid_the_link_is_the_identity() -> None:
    assert keys(entry(link="http://www.s.example/1/?utm_source=x")) == ["u:s.example/1"]


def test_without_guid_and_link_title_and_date_are() -> None:
    one, other = keys(entry(title="Weather", published=DAY), entry(title="Weather", published=2 * DAY))
    assert one.startswith("t:")
    assert one != other
    assert keys(entry(title="<b>WEATHER</b>", published=DAY)) == [one]


def test_an_empty_guid_is_none() -> None:
    assert keys(entry("  ", "https://s.example/1")) == ["u:s.example/1"]


def test_a_guid_that_repeats_within_a_document_is_no_identity() -> None:
    made = keys(
        entry("x", "https://s.example/1", "a"),
        entry("x", "https://s.example/2", "b"),
        entry("y", "https://s.example/3"),
    )
    assert made == ["u:s.example/1", "u:s.example/2", "g:y"]


def test_a_link_that_repeats_within_a_document_is_no_identity() -> None:
    made = keys(entry("x", "https://s.example/", "a", DAY), entry("x", "https://s.example/", "b", DAY))
    assert len(set(made)) == 2
    assert all(key.startswith("t:") for key in made)
    assert made == keys(entry(None, "https://s.example/", "a", DAY), entry(None, "https://s.example/", "b", DAY))


def test_an_entry_that_stands_twice_stays_once_and_keeps_its_guid() -> None:
    twice = entry("x", "https://s.example/1", "a", DAY, "first"), entry("x", "https://s.example/1", "a", DAY, "second")
    (item,) = identify(twice)
    assert item.key == "g:x"
    assert item.entry.html == "first"


def test_bulletins_under_one_guid_link_and_title_differ_by_date() -> None:
    made = keys(*(entry("w", "https://s.example/weather", "Weather", day * DAY) for day in range(1, 4)))
    assert len(set(made)) == 3


def test_entries_that_share_even_title_and_date_all_carry_their_digest() -> None:
    first, second = entry(title="Rates", published=DAY, html="usd"), entry(title="Rates", published=DAY, html="eur")
    made = keys(first, second)
    assert len(set(made)) == 2
    assert made == keys(second, first)[::-1]
    assert keys(first)[0] not in made


def test_an_exact_duplicate_without_guid_and_link_is_dropped() -> None:
    assert len(keys(entry(title="a", published=DAY), entry(title="a", published=DAY))) == 1


def test_an_untitled_entry_is_known_by_its_text() -> None:
    assert len(set(keys(entry(title="", html="<p>one</p>"), entry(title="", html="<p>two</p>")))) == 2


def test_entries_without_any_content_are_dropped() -> None:
    assert keys(entry("a", title=" "), entry("b")) == ["g:b"]


def test_a_link_that_leads_nowhere_is_no_identity() -> None:
    (key,) = keys(entry(link="javascript:void(0)"))
    assert key.startswith("t:")


def test_kinds_of_keys_never_collide() -> None:
    made = keys(entry("s.example/1"), entry(None, "https://s.example/1"))
    assert made == ["g:s.example/1", "u:s.example/1"]


def test_keys_are_bounded_and_fit_for_any_database() -> None:
    made = keys(entry("long" * 500 + "a"), entry("long" * 500 + "b"), entry("nul\x00\ud800"))
    assert len(set(made)) == 3
    assert all(len(key) <= LONGEST_KEY for key in made)
    assert made[2] == "g:nul"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "u"}, {"html": "x"}, {"summary": "x"}, {"author": "x"}, {"language": "ru"}, {"categories": ("x",)},
        {"link": "https://s.example/2"}, {"id": "b"}, {"enclosures": (Enclosure("https://s.example/a.mp3"),)},
    ],
)  # fmt: skip
def test_the_digest_changes_with_anything_but_a_date(change: dict[str, object]) -> None:
    before = entry("a", "https://s.example/1")
    assert digest(replace(before, **change)) != digest(before)  # type: ignore[arg-type]


def test_the_digest_ignores_dates_and_tracking_parameters() -> None:
    before = entry("a", "https://s.example/1")
    assert digest(replace(before, published=1, updated=2)) == digest(before)
    assert digest(replace(before, link="https://s.example/1?utm_campaign=today")) == digest(before)
    assert len(digest(before)) == 8


_ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from([None, "", "a", "b", "c"]),
        st.sampled_from([None, "https://s.example/1", "https://s.example/2", "javascript:x"]),
        st.sampled_from(["", "t", "u"]),
        st.sampled_from([None, DAY, 2 * DAY]),
        st.sampled_from(["", "x", "\ud800"]),
    ),
    max_size=12,
)


@given(_ENTRIES)
def test_keys_of_a_document_are_all_different(entries: list[Entry]) -> None:
    made = [one.key for one in identify(entries)]
    assert len(set(made)) == len(made)


@given(_ENTRIES, st.randoms())
def test_keys_do_not_depend_on_the_order(drawn: list[Entry], random: object) -> None:
    # Of two versions of one entry the first stays, so only entries that are the same when their identity is.
    entries = [replace(one, html="", link=one.link if clean(one.link or "") else None) for one in drawn]
    shuffled = entries[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert {one.key for one in identify(entries)} == {one.key for one in identify(shuffled)}


@given(_ENTRIES)
def test_no_entry_with_content_is_lost(entries: list[Entry]) -> None:
    kept = [one.entry for one in identify(entries)]
    for written in entries:
        if written.link or written.title or written.html:
            assert any((one.title, one.published) == (written.title, written.published) for one in kept)
