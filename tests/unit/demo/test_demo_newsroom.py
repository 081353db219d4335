"""The newsroom's texts are sound: complete, in their languages, and true to the stories, copies and topics they claim."""

import re
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from aggregator.demo.newsroom import Newsroom, Outlet, Piece, load

NEWSROOM = load()
PIECES = NEWSROOM.pieces
KINDS = {"original", "wire-copy", "retelling", "translation", "follow-up", "bulletin", "negative", "offtopic"}
TOPICS = {
    "critical-minerals",
    "digital-logistics",
    "green-energy",
    "kz-az",
    "middle-corridor",
    "multilateral",
    "turkic-integration",
}
LETTERS = {"kk": "әғқңөұүһі", "ru": "ыэъё", "az": "ə", "tr": "ğışçöü"}
MENDED = {"mc-071", "en-068"}  # their flaw, mended by the revision, is a double space


def stories() -> dict[str, list[Piece]]:
    groups: defaultdict[str, list[Piece]] = defaultdict(list)
    for piece in PIECES:
        groups[piece.story].append(piece)
    return groups


def copies() -> dict[str, list[Piece]]:
    groups: defaultdict[str, list[Piece]] = defaultdict(list)
    for piece in PIECES:
        if piece.copy:
            groups[piece.copy].append(piece)
    return groups


def shingles(piece: Piece) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", piece.text.lower())
    return {tuple(words[at : at + 4]) for at in range(len(words) - 3)}


def containment(one: Piece, other: Piece) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / min(len(a), len(b))


def texts(piece: Piece) -> list[str]:
    revised = piece.after_revision()
    return [piece.title, *piece.paragraphs, revised.title, *revised.paragraphs]


def cyrillic(text: str) -> float:
    letters = [letter for letter in text if letter.isalpha()]
    return sum("\u0400" <= letter <= "\u04ff" for letter in letters) / len(letters)


def test_the_newsroom_has_286_pieces_with_ids_of_their_own() -> None:
    assert len(PIECES) == 286
    assert len({piece.id for piece in PIECES}) == 286
    assert all(re.fullmatch(r"(mc|en|di)-\d{3}", piece.id) for piece in PIECES)


def test_every_piece_belongs_to_an_outlet_and_is_in_its_language() -> None:
    for piece in PIECES:
        assert piece.lang == NEWSROOM.outlet(piece.outlet).language, piece.id


def test_only_the_broken_outlet_has_no_pieces() -> None:
    silent = {outlet.id for outlet in NEWSROOM.outlets} - {piece.outlet for piece in PIECES}
    assert silent == {outlet.id for outlet in NEWSROOM.outlets if outlet.serve == "broken"}


def test_all_five_languages_have_at_least_forty_pieces() -> None:
    counts = Counter(piece.lang for piece in PIECES)
    assert set(counts) == {"ru", "kk", "az", "tr", "en"}
    assert min(counts.values()) >= 40


def told_by(outlet: Outlet) -> list[Piece]:
    return [piece for piece in PIECES if piece.outlet == outlet.id]


@pytest.mark.parametrize("outlet", NEWSROOM.outlets, ids=lambda outlet: outlet.id)
def test_a_piece_is_clean_text_in_its_language(outlet: Outlet) -> None:
    for piece in told_by(outlet):
        assert piece.kind in KINDS, piece.id
        assert set(piece.topics) <= TOPICS, piece.id
        assert len(piece.text.split()) >= 50, piece.id
        for text in texts(piece):
            assert text, piece.id
            assert text == text.strip() == unicodedata.normalize("NFC", text), piece.id
            assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cn") for letter in text), piece.id
            assert not set("<&") & set(text), piece.id
            assert "  " not in text or piece.id in MENDED, piece.id
        share = cyrillic(piece.text)
        assert share > 0.8 if piece.lang in ("ru", "kk") else share < 0.02, piece.id
        if piece.lang in LETTERS:
            assert set(LETTERS[piece.lang]) & set(piece.text.lower()), piece.id
        if piece.lang != "kk":
            assert not set("әғқңөұүһ") & set(piece.text.lower()), piece.id


@pytest.mark.parametrize("outlet", NEWSROOM.outlets, ids=lambda outlet: outlet.id)
def test_no_word_mixes_scripts(outlet: Outlet) -> None:
    words = {word for piece in told_by(outlet) for text in texts(piece) for word in re.findall(r"[^\W\d_]+", text)}
    assert [word for word in words if len({unicodedata.name(letter).split()[0] for letter in word}) > 1] == []


def test_ages_lie_between_an_hour_and_three_days() -> None:
    assert all(60 <= piece.age <= 72 * 60 for piece in PIECES)


def test_a_story_is_told_within_a_day_and_never_twice_by_one_outlet() -> None:
    for story, told in stories().items():
        ages = [piece.age for piece in told]
        assert max(ages) - min(ages) <= 24 * 60, story
        assert len({piece.outlet for piece in told}) == len(told), story


def test_pieces_of_a_story_have_the_same_topics() -> None:
    for story, told in stories().items():
        assert len({frozenset(piece.topics) for piece in told}) == 1, story


def test_copies_share_most_of_their_text_and_tell_one_story_in_one_language() -> None:
    assert len(copies()) == 27
    for name, group in copies().items():
        assert len(group) >= 2, name
        assert len({(piece.story, piece.lang) for piece in group}) == 1, name
        for one in group:
            for other in group:
                assert containment(one, other) >= 0.7, (one.id, other.id)


def test_a_copy_appears_after_its_original() -> None:
    for name, group in copies().items():
        first, *later = sorted(group, key=lambda piece: -piece.age)
        assert first.kind in ("original", "offtopic"), name
        assert all(piece.kind == "wire-copy" for piece in later), name


def test_pieces_of_different_copies_share_little_text_but_for_bulletin_series() -> None:
    known = [(piece, shingles(piece)) for piece in PIECES]
    for number, (one, mine) in enumerate(known):
        for other, theirs in known[number + 1 :]:
            if one.lang != other.lang or (one.copy and one.copy == other.copy):
                continue
            alike = len(mine & theirs) / min(len(mine), len(theirs))
            assert alike < 0.2 or (one.kind == other.kind == "bulletin"), (one.id, other.id)


def test_each_bulletin_is_a_story_of_its_own() -> None:
    told = stories()
    assert sum(piece.kind == "bulletin" for piece in PIECES) == 18
    assert all(len(told[piece.story]) == 1 for piece in PIECES if piece.kind == "bulletin")


def test_a_revision_changes_the_wording_and_a_material_one_more_than_spelling() -> None:
    revised = [piece for piece in PIECES if piece.revision]
    assert len(revised) == 15
    for piece in revised:
        later = piece.after_revision()
        changed = len(shingles(piece) ^ shingles(later))
        assert (later.title, later.paragraphs) != (piece.title, piece.paragraphs), piece.id
        assert later.title != piece.title or not piece.revision.material, piece.id
        assert changed <= 24 or piece.revision.material, piece.id


def test_pairs_count_every_two_pieces_of_a_group_once() -> None:
    pairs = NEWSROOM.same_story_pairs()
    assert len(pairs) == sum(len(told) * (len(told) - 1) // 2 for told in stories().values())
    assert ("mc-001", "mc-004") in pairs
    assert all(one < other for one, other in pairs)
    assert NEWSROOM.same_copy_pairs() < pairs


def test_topics_of_gives_the_editors_judgement() -> None:
    assert NEWSROOM.topics_of("mc-001") == ("middle-corridor",)
    assert NEWSROOM.topics_of("mc-084") == ()


def test_round_one_holds_the_late_pieces_back_and_round_two_revises() -> None:
    first, second = NEWSROOM.edition(1), NEWSROOM.edition(2)
    assert {piece.id for piece in second} - {piece.id for piece in first} == NEWSROOM.late
    assert len(NEWSROOM.late) == 8
    assert not any(piece.revised for piece in first)
    assert sum(piece.revised for piece in second) == 15
    assert all(one.age <= other.age for one, other in pairwise(second))


def test_late_pieces_include_copies_of_pieces_already_published() -> None:
    early = {piece.copy for piece in NEWSROOM.edition(1) if piece.copy}
    late = [NEWSROOM.piece(id_) for id_ in NEWSROOM.late]
    assert sum(piece.copy in early for piece in late) == 3
    assert any(NEWSROOM.outlet(piece.outlet).text == "none" for piece in late)


def test_every_published_link_leads_back_to_its_piece() -> None:
    for piece in PIECES:
        link = piece.url(NEWSROOM.outlet(piece.outlet), 8123)
        assert NEWSROOM.piece_of(link) == piece.id
        assert NEWSROOM.piece_of(link.replace(":8123", "")) == piece.id
        tracked = link + ("&" if "?" in link else "?") + "utm_source=rss&utm_medium=feed"
        assert NEWSROOM.piece_of(tracked) == piece.id


@pytest.mark.parametrize(
    "url",
    [
        "http://bereg-agency.example/lenta/mc-999",
        "http://altyn-dala.example/lenta/mc-001",
        "http://bereg-agency.example/lenta/mc-001/comments",
        "http://bereg-agency.example/",
        "",
    ],
)
def test_other_links_lead_to_no_piece(url: str) -> None:
    assert NEWSROOM.piece_of(url) is None


def test_hosts_cannot_exist_outside() -> None:
    assert all(outlet.host.endswith(".example") for outlet in NEWSROOM.outlets)


def test_the_outlets_show_every_format_and_every_misbehaviour() -> None:
    outlets = NEWSROOM.outlets
    assert {outlet.format for outlet in outlets} == {"rss", "rdf", "atom", "json"}
    assert {outlet.text for outlet in outlets} == {"full", "summary", "none"}
    misbehaviours = {"plain", "slow", "broken", "moved", "malformed", "repeat-guid", "no-guid"}
    assert {outlet.serve for outlet in outlets} == misbehaviours
    assert Counter(outlet.validators for outlet in outlets) == {"both": 15, "modified": 1, "none": 1}
    assert len({outlet.feed for outlet in outlets}) >= 14


def test_loading_is_done_once() -> None:
    assert load() is load()
    assert isinstance(NEWSROOM, Newsroom)
