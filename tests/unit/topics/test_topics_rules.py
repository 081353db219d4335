"""Compiled rules travel: bytes, pickles, digests; and compiling is the same everywhere."""

import json
import pickle
import subprocess
import sys
import zlib
from dataclasses import replace

import pytest

from aggregator.model import TermList, Topic, TopicTest
from aggregator.topics import Rules, compile_rules, digest, explain, match

LISTS = (
    TermList("region", {"ru": ("Казахстан",), "en": ("Kazakhstan",)}, countries=("KZ",)),
    TermList("port", {"ru": ("Актау", "Алят", "порт Баку"), "en": ("Aktau",)}),
)
TOPICS = (
    Topic(
        "corridor",
        {"ru": "Коридор"},
        {
            "ru": {
                "strong": ("Срединный коридор", "ТМТМ", "ООН @region"),
                "medium": ("паром ~5 Актау|Баку", "германий:lc"),
            },
            "kk": {"strong": ("Орта дәліз",), "weak": ("көлік",)},
            "mul": {"medium": ("@port ~5 @port", "@port & @region"), "place": ("@port",)},
        },
        minus={"ru": ("Зангезурский коридор",)},
        none={"ru": ("футбол",)},
        require_any=("@region", "Каспий"),
    ),
    Topic("empty", {}, {}),
    Topic("faulty", {}, {"ru": {"strong": ("~5", "порт @nowhere", "порт ~5 Баку"), "huge": ("порт",)}}),
)
TEXTS = (
    ("Срединный коридор", "Казахстан и ТМТМ-ның жүгі. Паром идёт в Актау, потом в Алят."),
    ("Орта дәлізбен жүк тасымалы", "Қазақстан көлігі. Kazakhstan."),
    ("Зангезурский коридор", "Футбол. Добыча германия на Каспии, порт в Баку."),
)


def results(rules: Rules) -> list[object]:
    return [explain(rules, title=title, text=text, language="ru", country="AZ") for title, text in TEXTS]


def test_rules_survive_bytes_and_pickles() -> None:
    rules = compile_rules(TOPICS, LISTS)
    for other in (Rules.from_bytes(rules.to_bytes()), pickle.loads(pickle.dumps(rules))):
        assert results(other) == results(rules)
        assert other.digest == rules.digest
        assert other.to_bytes() == rules.to_bytes()


def test_faulty_terms_are_left_out_and_the_rest_works() -> None:
    rules = compile_rules(TOPICS, LISTS)
    assert [found.topic for found in match(rules, title="Порт Баку", text="", language="ru")] == ["faulty"]


def test_digest_is_that_of_the_compiled_rules_and_needs_no_compiling() -> None:
    assert digest(TOPICS, LISTS) == compile_rules(TOPICS, LISTS).digest
    assert len(digest(TOPICS, LISTS)) == 64


def test_digest_changes_with_what_decides_a_match_and_with_nothing_else() -> None:
    first = digest(TOPICS, LISTS)
    topic, *rest = TOPICS
    same = replace(topic, title={"ru": "Путь"}, private=True, formerly=("old",), match=(TopicTest("x"),))
    assert digest((same, *rest), LISTS) == first
    assert digest((replace(topic, min_score=4.0), *rest), LISTS) != first
    assert digest((replace(topic, require_any=()), *rest), LISTS) != first
    assert digest(TOPICS, (replace(LISTS[0], countries=("AZ",)), *LISTS[1:])) != first


@pytest.mark.parametrize(
    "encoded", [b"", b"nonsense", zlib.compress(b"[]"), zlib.compress(b'{"format": 0}'), zlib.compress(b"{")]
)
def test_bytes_that_are_no_rules_of_this_version_are_refused(encoded: bytes) -> None:
    with pytest.raises(ValueError):
        Rules.from_bytes(encoded)


def test_the_encoding_is_json_so_reading_it_can_run_nothing() -> None:
    content = json.loads(zlib.decompress(compile_rules(TOPICS, LISTS).to_bytes()))
    assert set(content) == {"format", "digest", "tables"}


@pytest.mark.slow
def test_compiling_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "from aggregator.model import *; from aggregator.topics import *; import hashlib;"
        "t = [Topic('t', {}, {'ru': {'strong': ('Срединный коридор', 'порт|терминал ~5 Баку'), 'weak': ('порт',)},"
        " 'kk': {'medium': ('көлік', 'порт')}, 'tr': {'weak': ('liman',)}, 'az': {'weak': ('liman',)}})];"
        "print(hashlib.sha256(compile_rules(t, []).to_bytes()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_the_memo_is_bounded_and_emptying_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = compile_rules(TOPICS, LISTS)
    before = results(rules)
    rules.remember(3)
    monkeypatch.setattr("aggregator.topics.marks.MOST_ROWS", 3)
    rules.chunks.clear()
    assert results(rules) == before
    assert len(rules.chunks) <= 3
