"""Names, concepts and rarity: one id across languages, with the endings of each."""

import pytest

from aggregator.stories.alphabet import in_bytes
from aggregator.stories.letters import stem
from aggregator.stories.lexicon import LANGUAGES, build, lexicon


@pytest.mark.parametrize(
    ("identifier", "forms"),
    [
        ("aktau", {"ru": "актауского", "kk": "ақтаудан", "az": "aktauda", "tr": "aktau", "en": "aktau"}),
        ("ktz", {"ru": "ктж", "kk": "қтж", "en": "ktz"}),
        ("alat", {"ru": "алята", "kk": "әлетке", "az": "ələtdən", "en": "alat"}),
        ("ots", {"ru": "отг", "kk": "тмұ", "az": "tdt", "tr": "tdt", "en": "ots"}),
        (
            "kazakhstan",
            {
                "ru": "казахстанского",
                "kk": "қазақстандық",
                "az": "qazaxıstanın",
                "tr": "kazakistan",
                "en": "kazakhstan",
            },
        ),
        ("turkiye", {"ru": "турцией", "kk": "түркияда", "az": "türkiyənin", "tr": "türkiye", "en": "turkish"}),
        ("tokayev", {"ru": "токаевым", "kk": "тоқаевтың", "az": "tokayevin", "tr": "tokayev", "en": "tokayev"}),
        ("=ferry", {"ru": "паромом", "kk": "паромы", "az": "bərəsi", "tr": "feribotun", "en": "ferries"}),
        ("=loan", {"ru": "займом", "kk": "несие", "az": "kreditin", "tr": "kredisi", "en": "loans"}),
        ("#7", {"ru": "семь", "kk": "жеті", "az": "yeddi", "tr": "yedi", "en": "seven"}),
    ],
)
def test_inflected_forms_of_five_languages_share_an_id(identifier: str, forms: dict[str, str]) -> None:
    assert {lexicon().sense(in_bytes(form), language) for language, form in forms.items()} == {identifier}


def test_names_of_other_languages_are_known_in_every_text() -> None:
    assert lexicon().sense(in_bytes("socar"), "kk") == lexicon().sense(in_bytes("socar"), "und") == "socar"


def test_concepts_of_other_languages_are_not() -> None:
    assert lexicon().sense(in_bytes("он"), "kk") == "#10"
    assert lexicon().sense(in_bytes("он"), "ru") is None  # "he"


def test_the_longest_form_wins_and_endings_are_bounded() -> None:
    made = build(("short ; place ; бак ; - ; - ; - ; -", "long ; place ; бакал* ; - ; - ; - ; -"), (), {})
    assert made.sense(in_bytes("бакалавр"), "ru") == "long"
    assert made.sense(in_bytes("баком"), "ru") == "short"
    assert made.sense(in_bytes("бакенбардами"), "ru") is None


def test_acronyms_in_capitals_are_told_from_words() -> None:
    assert lexicon().capitals[in_bytes("US")] == "usa"
    assert lexicon().sense(in_bytes("us"), "en") is None


def test_the_tables_are_large_and_sound() -> None:
    kinds = lexicon().kinds
    assert sum(not key.startswith(("=", "#")) for key in kinds) >= 150
    assert sum(key.startswith("=") for key in kinds) >= 400
    assert set(lexicon().forms) == {*LANGUAGES, "und"}
    assert set(lexicon().phrases.values()) <= set(kinds)
    assert {sense.id for table in lexicon().forms.values() for sense in table.values()} <= set(kinds)
    assert set(lexicon().rarity.values()) <= set(range(7))


def test_common_words_are_common_and_rare_ones_rare() -> None:
    rarity = lexicon().rarity
    assert rarity[b"kazakhstan"] < rarity[b"aktau"]
    assert stem(in_bytes("шпангоут"), "ru") not in rarity
