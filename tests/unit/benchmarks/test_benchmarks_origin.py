"""The measuring origin: deterministic documents, validators, damage, and a truth that agrees with what it serves."""

import gzip
from collections.abc import Mapping
from dataclasses import asdict

import pytest

from aggregator.model import Document, Feed
from aggregator.parse import read
from benchmarks.documents import COPIES
from benchmarks.origin import BROKEN, UNREADABLE, Origin, misbehaviour
from benchmarks.words import LANGUAGES, vocabulary

NOW = 1_790_000_000
FEEDS = 30


@pytest.fixture(scope="module")
def shared() -> Origin:
    return Origin(FEEDS, now=NOW)


@pytest.fixture
def origin(shared: Origin) -> Origin:
    shared.set_mode({"epoch": "0", "validators": "1", "conditional": "1", "broken": "0", "stamp": "0"})
    shared.tallies.clear()
    return shared


def ask(origin: Origin, path: str, headers: Mapping[str, str] | None = None) -> tuple[str, dict[str, str], bytes]:
    data, _ = origin.answer(path, headers or {})
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    fields = {name.lower(): value for name, _, value in pairs}
    return first.split(" ")[1], fields, body


def entries(origin: Origin, number: int) -> dict[str, str]:
    """id → title, as the program under measurement reads the document."""
    _, fields, body = ask(origin, f"/feed/{number}.xml")
    outlet = origin.outlets[number]
    document = Document(outlet.url, body=body, content_type=fields["content-type"])
    return {entry.id or entry.link or "": entry.title for entry in read(document, Feed("outlet", outlet.url)).entries}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_vocabulary_is_large_and_its_words_are_distinct(language: str) -> None:
    known = vocabulary(language)
    assert len(known.stems) >= 20_000
    assert len(set(known.stems)) == len(known.stems) == len(known.weights)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    bodies = [Origin(3, now=NOW, seed=seed).bodies(0) for seed in ("1", "1", "2")]
    assert [body.plain for body in bodies[0]] == [body.plain for body in bodies[1]]
    assert bodies[0][0].plain != bodies[2][0].plain


def test_every_document_holds_as_many_entries_as_the_truth_says(origin: Origin) -> None:
    held = sum(len(entries(origin, number)) for number in range(FEEDS))
    assert held == origin.truth().entries == sum(outlet.size for outlet in origin.outlets)


def test_forms_and_languages_are_mixed(origin: Origin) -> None:
    assert {outlet.form for outlet in origin.outlets} == {"rss", "atom", "rdf"}
    assert len({outlet.language for outlet in origin.outlets}) >= 4


def test_an_epoch_adds_one_entry_and_drops_the_oldest(origin: Origin) -> None:
    before = entries(origin, 3)
    origin.set_mode({"epoch": "1"})
    after = entries(origin, 3)
    assert len(after) == len(before)
    assert len(after.keys() - before.keys()) == len(before.keys() - after.keys()) == 1
    assert all(after[key] == before[key] for key in after.keys() & before.keys())
    assert origin.truth().entries == sum(outlet.size + 1 for outlet in origin.outlets)


def test_no_entry_lies_in_the_future(origin: Origin) -> None:
    assert all(outlet.item(number).when <= NOW for outlet in origin.outlets for number in range(outlet.size + 4))


def test_about_a_tenth_are_copies_and_no_text_names_its_story(origin: Origin) -> None:
    items = [outlet.item(number) for outlet in origin.outlets for number in range(outlet.size)]
    wired = [item for item in items if not item.story.startswith("u")]
    assert COPIES / 2 < len(wired) / len(items) < COPIES * 2
    assert all(item.xml.replace(item.link.replace("&", "&amp;"), "").count(item.story) == 0 for item in wired)


def test_a_validator_of_this_epoch_is_answered_304_and_an_old_one_is_not(origin: Origin) -> None:
    _, fields, body = ask(origin, "/feed/0.xml")
    asked = {"if-none-match": fields["etag"], "if-modified-since": fields["last-modified"]}
    assert ask(origin, "/feed/0.xml", asked)[::2] == ("304", b"")
    assert ask(origin, "/feed/0.xml", {"if-modified-since": fields["last-modified"]})[0] == "304"
    origin.set_mode({"epoch": "1"})
    assert ask(origin, "/feed/0.xml", asked)[0] == "200"
    origin.set_mode({"epoch": "0", "conditional": "0"})
    assert ask(origin, "/feed/0.xml", asked)[::2] == ("200", body)


def test_without_validators_none_is_sent(origin: Origin) -> None:
    origin.set_mode({"validators": "0"})
    status, fields, _ = ask(origin, "/feed/0.xml", {"if-none-match": '"e0-0"'})
    assert status == "200"
    assert not {"etag", "last-modified"} & fields.keys()


def test_gzip_is_sent_to_those_who_accept_it_and_holds_the_same(origin: Origin) -> None:
    plain = ask(origin, "/feed/1.xml")[2]
    _, fields, zipped = ask(origin, "/feed/1.xml", {"accept-encoding": "gzip, deflate"})
    assert fields["content-encoding"] == "gzip"
    assert int(fields["content-length"]) == len(zipped) < len(plain)
    assert gzip.decompress(zipped) == plain


def test_stamped_documents_differ_each_time_and_hold_the_same_entries(origin: Origin) -> None:
    before = entries(origin, 1)
    origin.set_mode({"stamp": "1", "validators": "0"})
    one, other = (ask(origin, "/feed/1.xml", {"accept-encoding": "gzip"})[2] for _ in range(2))
    assert gzip.decompress(one) != gzip.decompress(other)
    assert entries(origin, 1) == before


def test_a_twentieth_of_the_feeds_misbehaves_each_in_its_way() -> None:
    kinds = [misbehaviour(number) for number in range(300)]
    assert [kind for kind in kinds if kind] == list(BROKEN)


def test_of_broken_feeds_the_truth_counts_what_can_be_read(origin: Origin) -> None:
    origin.set_mode({"epoch": "1"})
    whole = origin.truth().entries
    origin.set_mode({"broken": "1"})
    lost = [number for number in range(FEEDS) if misbehaviour(number) in UNREADABLE]
    assert origin.truth().entries == whole - len(lost)


@pytest.mark.parametrize("kind", BROKEN)
def test_each_kind_of_damage_is_answered_as_named(kind: str) -> None:
    number = 7 + 20 * BROKEN.index(kind)
    origin = Origin(number + 1, now=NOW)
    origin.bodies = lambda _epoch: _OneBody(origin, number)  # type: ignore[method-assign]
    origin.mode.broken = 1
    data, wait = origin.answer(f"/feed/{number}.xml", {})
    expected = {"301": b"301", "302": b"302", "loop": b"302"}.get(kind, kind.encode() if kind.isdigit() else b"200")
    assert data[9:12] == expected
    assert (wait > 0) == (kind == "slow")
    assert (b"Retry-After" in data) == (kind in {"429", "503"})


class _OneBody:
    """The documents of an epoch of which only one is made."""

    def __init__(self, origin: Origin, number: int) -> None:
        self._body, self._number = origin.outlets[number].body(0), number

    def __getitem__(self, number: int) -> object:
        assert number == self._number
        return self._body


def test_requests_are_counted_by_agent_and_control_requests_are_not(origin: Origin) -> None:
    ask(origin, "/feed/0.xml", {"user-agent": "one"})
    ask(origin, "/feed/0.xml", {"user-agent": "one", "if-none-match": '"e0-0"'})
    ask(origin, "/favicon.ico", {"user-agent": "other"})
    ask(origin, "/_control/truth", {"user-agent": "other"})
    one, other = asdict(origin.tallies["one"]), asdict(origin.tallies["other"])
    assert (one["requests"], one["conditional"], one["statuses"]) == (2, 1, {"200": 1, "304": 1})
    assert (other["requests"], other["statuses"], other["feeds"]) == (1, {"404": 1}, {})
    assert ask(origin, "/_control/counts")[0] == "200"


def test_a_mode_of_an_unknown_name_is_refused(origin: Origin) -> None:
    with pytest.raises(AttributeError):
        origin.set_mode({"epohc": "1"})
