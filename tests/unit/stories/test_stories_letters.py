"""Names and loan-words of five languages meet in one alphabet."""

import pytest

from aggregator.stories import letters
from aggregator.stories.alphabet import as_text, in_bytes


def stem(word: str, language: str) -> str:
    return as_text(letters.stem(in_bytes(word), language))


def skeleton(name: str, language: str) -> str:
    return as_text(letters.skeleton(in_bytes(name), language))


def kazakh(word: str) -> str:
    return as_text(letters.kazakh(in_bytes(word)))


@pytest.mark.parametrize(
    "spellings",
    [
        {"ru": "мамедзаде", "az": "məmmədzadə", "en": "mammadzada", "tr": "memmedzade"},
        {"ru": "сагатов", "kk": "сағатов", "en": "sagatov", "az": "saqatov"},
        {"ru": "гусейнли", "az": "hüseynli", "tr": "hüseynli"},
        {"ru": "джаббаров", "az": "cabbarov", "en": "jabbarov", "tr": "cabbarov"},
        {"ru": "ерлан", "kk": "ерлан", "en": "yerlan", "az": "yerlan"},
        {"ru": "ашгабат", "az": "aşqabad", "en": "ashgabat"},
    ],
)
def test_a_name_has_one_skeleton_in_all_spellings(spellings: dict[str, str]) -> None:
    assert len({skeleton(name, language) for language, name in spellings.items()}) == 1, {
        name: skeleton(name, language) for language, name in spellings.items()
    }


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ru", ("сагатов", "сагатова", "сагатову", "сагатовым", "сагатове")),
        ("kk", ("сағатов", "сағатовтың", "сағатовқа", "сағатовпен")),
        ("az", ("aslanov", "aslanovun", "aslanovdan", "aslanovla")),
    ],
)
def test_a_name_keeps_its_skeleton_when_declined(language: str, forms: tuple[str, ...]) -> None:
    assert len({skeleton(form, language) for form in forms}) == 1


def test_different_names_differ() -> None:
    names = ("токаев", "алиев", "мирзиёев", "эрдоган", "пашинян", "путин")
    assert len({skeleton(name, "ru") for name in names}) == len(names)


@pytest.mark.parametrize(
    "words",
    [
        {"ru": "сертификата", "kk": "сертификаттарды", "az": "sertifikatlar", "en": "certificates", "tr": "sertifika"},
        {"ru": "терминала", "kk": "терминалы", "az": "terminalı", "en": "terminals", "tr": "terminali"},
        {"ru": "инвестиции", "kk": "инвестициялар", "az": "investisiyalar", "en": "investments"},
    ],
)
def test_a_loan_word_has_one_stem_across_languages(words: dict[str, str]) -> None:
    assert len({stem(word, language) for language, word in words.items()}) == 1


def test_doubled_letters_count_once() -> None:
    assert stem("коммиссия", "ru") == stem("комиссия", "ru")


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("qazaqstan", "қазақстан"),
        ("aqtau", "ақтау"),
        ("äzerbaijan", "әзербаіжан"),
        ("teñiz", "теңіз"),
        ("şekara", "шекара"),
        ("ашық", "ашық"),
    ],
)
def test_kazakh_in_latin_letters_is_read_as_cyrillic(latin: str, cyrillic: str) -> None:
    assert kazakh(latin) == cyrillic
