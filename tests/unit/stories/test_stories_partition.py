"""Stories of a component: no chains, no order, rulings hold, copies have one canonical article."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Edge, Features, Report, Ruling
from aggregator.stories import canonical, describe, partition


def bare(number: int, **given_facts: object) -> Report:
    facts: dict[str, object] = {
        "source": f"s{number}",
        "language": "ru",
        "title": f"t{number}",
        "text": "",
        "when": number,
        "features": Features(),
    }
    return Report(id=number, **(facts | given_facts))  # type: ignore[arg-type]


def story(a: int, b: int, score: float = 0.9) -> Edge:
    return Edge(a, b, "story", score)


def copy(a: int, b: int, score: float = 0.9) -> Edge:
    return Edge(a, b, "copy", score)


def members(reports: list[Report], edges: list[Edge], rulings: list[Ruling] | None = None) -> list[tuple[int, ...]]:
    return [group.members for group in partition(reports, edges, rulings or ())]


def test_edges_join_and_a_lone_report_is_a_story() -> None:
    assert members([bare(1), bare(2), bare(3)], [story(1, 2)]) == [(1, 2), (3,)]


def test_a_chain_does_not_form() -> None:
    reports = [bare(n) for n in range(1, 5)]
    assert members(reports, [story(1, 2), story(2, 3, 0.6), story(3, 4)]) == [(1, 2), (3, 4)]


def test_weak_edges_do_not_join() -> None:
    assert members([bare(1), bare(2)], [story(1, 2, 0.31)]) == [(1,), (2,)]


def test_must_not_link_holds_through_third_articles() -> None:
    reports = [bare(n) for n in range(1, 5)]
    edges = [story(a, b) for a, b in combinations(range(1, 5), 2)]
    groups = members(reports, edges, [Ruling(1, 4, False)])
    assert not any({1, 4} <= set(group) for group in groups)
    assert sorted(sum(groups, ())) == [1, 2, 3, 4]


def test_must_link_joins_without_an_edge_and_beats_must_not_link() -> None:
    reports = [bare(1), bare(2), bare(3)]
    assert members(reports, [], [Ruling(3, 1, True)]) == [(1, 3), (2,)]
    assert members(reports, [], [Ruling(1, 3, True), Ruling(1, 3, False)]) == [(1, 3), (2,)]


def test_must_not_link_splits_copies() -> None:
    (first, second) = partition([bare(1), bare(2)], [copy(1, 2)], [Ruling(1, 2, False)])
    assert (first.copy_of, second.copy_of) == ({}, {})


def test_copies_point_to_one_canonical_article_never_a_chain() -> None:
    reports = [bare(1), bare(2, trust=90), bare(3)]
    (group,) = partition(reports, [copy(1, 2), copy(2, 3), copy(1, 3)])
    assert group.copy_of == {1: 2, 3: 2}


def test_a_digest_of_two_texts_does_not_make_them_copies() -> None:
    groups = partition([bare(1), bare(2), bare(3)], [copy(1, 3, 1.0), copy(2, 3, 1.0)])
    assert not any(group.copy_of.get(1) == group.copy_of.get(2) == 3 for group in groups)


def test_copies_have_one_voice_in_a_story() -> None:
    reports = [bare(n) for n in range(1, 6)]
    edges = [copy(a, b, 1.0) for a, b in combinations((1, 2, 3, 4), 2)] + [story(1, 5)]
    (group,) = partition(reports, edges)
    assert group.members == (1, 2, 3, 4, 5)
    assert group.copy_of == {2: 1, 3: 1, 4: 1}


def rates(number: int, dollar: str) -> Report:
    title, text = (
        f"Курс на {number} мая",
        f"Нацбанк установил курс: доллар стоит {dollar} тенге, торги прошли спокойно, объём сделок не раскрыт.",
    )
    return Report(number, "bank", "ru", title, text, number * 3600, describe(title, text, "ru"))


def test_issues_of_a_series_are_never_in_one_story_even_through_a_third() -> None:
    a, b, c = rates(1, "511,20"), rates(2, "513,08"), bare(3)
    groups = members([a, b, c], [story(1, 3, 1.0), story(2, 3, 1.0)])
    assert not any({1, 2} <= set(group) for group in groups)


def test_edges_and_rulings_on_strangers_are_ignored() -> None:
    assert members([bare(1)], [story(1, 9)], [Ruling(1, 9, True)]) == [(1,)]


COMPONENTS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["copy", "story"]), st.floats(0.3, 1.0)),
    max_size=25,
)


@given(COMPONENTS, st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.booleans()), max_size=4), st.randoms())
def test_groups_are_a_partition_that_no_order_changes(
    drawn: list[tuple[int, int, str, float]], ruled: list[tuple[int, int, bool]], dice: object
) -> None:
    reports = [bare(n, trust=n % 3) for n in range(1, 10)]
    found = {(min(a, b), max(a, b)): Edge(min(a, b), max(a, b), kind, score) for a, b, kind, score in drawn if a != b}  # type: ignore[arg-type]
    rulings = [Ruling(a, b, together) for a, b, together in ruled if a != b]
    edges = list(found.values())
    groups = partition(reports, edges, rulings)
    assert sorted(sum((group.members for group in groups), ())) == list(range(1, 10))
    for group in groups:
        assert set(group.copy_of) <= set(group.members)
        assert set(group.copy_of.values()) <= set(group.members) - set(group.copy_of)
    for mix in (reports, edges, rulings):
        dice.shuffle(mix)  # type: ignore[attr-defined]
    assert partition(reports, edges, rulings) == groups


def chosen(*reports: Report, **options: object) -> int:
    return canonical(reports, **options)  # type: ignore[arg-type]


def test_the_canonical_article_pin_trust_dateline_language_earliest_longest() -> None:
    agency = "АСТАНА /Берег/ — Порт закрыт."
    assert chosen(bare(1, trust=90), bare(2), pinned=2) == 2
    assert chosen(bare(1, text=agency), bare(2, trust=60)) == 2
    assert chosen(bare(1), bare(2, text=agency)) == 2
    assert chosen(bare(1), bare(2, language="kk"), language="kk") == 2
    assert chosen(bare(1, when=9), bare(2, when=5)) == 2
    assert chosen(bare(1, when=5), bare(2, when=5, text="длиннее")) == 2
    assert chosen(bare(2), bare(1, when=2)) == 1
    assert chosen(bare(1), bare(2), pinned=77) == 1


@pytest.mark.parametrize(
    "text",
    [
        "BAKU (Rasad) — A study",
        "БАКУ /Берег/ — Казахстан",
        "KARS (Boğaz Ajansı) — Ray",
        "ASTANA, May 5 (Reuters) - Oil",
        "АҚТАУ. 5 мамыр (ҚазАқпарат) – Порт",
    ],
)
def test_an_agency_dateline_is_seen(text: str) -> None:
    assert chosen(bare(1), bare(2, text=text)) == 2


@pytest.mark.parametrize(
    "text", ["Порт Актау закрыт — ветер 25 м/с", "The study (prepared over 14 months) recommends", "В Баку — дождь"]
)
def test_other_openings_are_no_dateline(text: str) -> None:
    assert chosen(bare(1), bare(2, text=text)) == 1


def test_there_is_no_canonical_article_of_none() -> None:
    with pytest.raises(ValueError):
        canonical([])
