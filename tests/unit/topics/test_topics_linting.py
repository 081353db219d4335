"""What `check` tells an operator of the rules: faults, lint, and the rules' own tests."""

import pytest

from aggregator.model import Scope, TermList, Topic, TopicTest
from aggregator.topics import Problem, compile_rules, habits, problems, run_tests, usage


def of(terms: dict[str, dict[str, tuple[str, ...]]], **keys: object) -> Topic:
    return Topic("t", {}, terms, **keys)  # type: ignore[arg-type]


def only(found: tuple[Problem, ...]) -> Problem:
    assert len(found) == 1, found
    return found[0]


def test_sound_rules_have_no_problems() -> None:
    rule = of({"ru": {"strong": ("Срединный коридор", "ТМТМ"), "place": ("@region",)}}, require_any=("@region",))
    assert problems([rule], [TermList("region", {"ru": ("Казахстан",)}, ("KZ",))]) == ()


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        (of({"ru": {"strong": ("порт ~x Баку",)}}), "terms.ru.strong"),
        (of({}, minus={"kk": ("~5",)}), "minus.kk"),
        (of({}, none={"az": ("@ liman",)}), "none.az"),
        (of({}, require_any=("|",)), "require_any"),
    ],
)
def test_a_term_that_cannot_be_read_is_an_error_where_it_stands(rule: Topic, key: str) -> None:
    found = only(problems([rule], []))
    assert (found.topic, found.key, found.severity) == ("t", key, "error")
    assert found.mend


@pytest.mark.parametrize("term", ["ООН @nowhere", "@nowhere ~5 порт", "@nowhere & @nowhere", "@nowhere"])
def test_an_unknown_list_is_an_error(term: str) -> None:
    found = problems([of({"ru": {"strong": (term,)}})], [])
    assert {(item.severity, item.message) for item in found} == {("error", "there is no list @nowhere")}


def test_an_unknown_weight_is_an_error() -> None:
    assert only(problems([of({"ru": {"huge": ("порт",)}})], [])).severity == "error"


@pytest.mark.parametrize("term", ["порт ~5 Баку", "порт @b", "порт & Баку", "@b"])
def test_members_of_lists_are_words_and_phrases_only(term: str) -> None:
    found = only(problems([], [TermList("a", {"ru": (term,)}), TermList("b", {"ru": ("Баку",)})]))
    assert (found.topic, found.key, found.term, found.severity) == ("@a", "ru", term, "error")


def test_a_short_single_word_that_is_strong_is_lint_but_a_name_or_acronym_is_not() -> None:
    found = only(problems([of({"ru": {"strong": ("порт", "Алят", "ТМТМ", "=вэс", "ветроэлектростанция")}})], []))
    assert (found.term, found.severity) == ("порт", "warning")


def test_a_duplicate_is_lint_within_a_language() -> None:
    rule = of({"ru": {"strong": ("Морской  порт",), "weak": ("морской порт",)}, "kk": {"weak": ("морской порт",)}})
    found = only(problems([rule], []))
    assert (found.key, found.message) == ("terms.ru.weak", "stands in terms.ru.strong already")


def test_a_language_without_inflection_is_lint() -> None:
    assert only(problems([of({"de": {"weak": ("Hafen",)}})], [])).key == "terms.de"


def test_a_form_that_is_another_frequent_word_is_lint() -> None:
    rule = of({"ru": {"medium": ("сталь", "порт")}})
    found = only(problems([rule], [], words=["стали", "порта", "сталью"]))
    assert (found.term, "'стать'" in found.message) == ("сталь", True)


def test_failing_tests_are_errors_that_say_why() -> None:
    rule = of(
        {"ru": {"strong": ("Срединный коридор",), "medium": ("паром",)}},
        match=(TopicTest("Срединный коридор растёт"), TopicTest("Ледокол", "Паром пришёл.")),
        reject=(TopicTest("Коридор школы"), TopicTest("Паром сел на мель")),
    )
    missed, taken = run_tests(compile_rules([rule], []), [rule])
    assert (missed.key, missed.term, missed.severity) == ("tests.match", "Ледокол", "error")
    assert missed.message == "must match and does not: 3 of 5 points (+3 Паром); it lacks 2 points"
    assert (taken.key, taken.term) == ("tests.reject", "Паром сел на мель")
    assert taken.message == "must not match and does: 6 of 5 points (+6 Паром)"


def test_tests_are_about_words_so_region_and_scope_are_granted() -> None:
    rule = of(
        {"ru": {"strong": ("водородный завод",)}},
        require_any=("@region",),
        scope=Scope(languages=("ru",)),
        match=(TopicTest("Водородный завод построят к весне"),),
    )
    assert run_tests(compile_rules([rule], [TermList("region", {"ru": ("Казахстан",)}, ("KZ",))]), [rule]) == ()


def test_a_miss_names_the_term_that_was_nearest() -> None:
    rule = of({"ru": {"strong": ("порт ~3 Баку",)}}, match=(TopicTest("Порт Актау ждёт судно"),))
    (missed,) = run_tests(compile_rules([rule], []), [rule])
    assert "(no term was found)" in missed.message
    assert "nearly: порт ~3 Баку: without Баку" in missed.mend


# ---------------------------------------------------------------- what an archive says of rules

ARCHIVE = [("Порт и паром", "Сталь.", "ru")] * 300 + [("Снег", "Порт закрыт.", "ru")] * 300


def test_a_weighty_term_of_every_other_article_is_lint() -> None:
    rule = of({"ru": {"strong": ("морской паром",), "medium": ("порт",), "weak": ("снег",)}})
    found = habits(usage(compile_rules([rule], []), ARCHIVE), [rule])
    assert [(one.key, one.term) for one in found] == [("terms.ru.medium", "порт"), ("terms", "")]
    assert "600 of 600 articles (100 %)" in found[0].message
    assert "1 of 3 terms stand in none of 600 articles: морской паром" in found[1].message


def test_terms_of_languages_that_the_archive_hardly_has_are_not_called_unseen() -> None:
    rule = of({"ru": {"weak": ("снег",)}, "tr": {"weak": ("kar",)}})
    assert habits(usage(compile_rules([rule], []), ARCHIVE), [rule]) == ()
    assert habits(usage(compile_rules([rule], []), ARCHIVE[:30]), [rule]) == ()


def test_frequent_words_of_an_archive_are_as_written() -> None:
    seen = usage(compile_rules([], []), ARCHIVE)
    assert seen.words["Порт"] == 600
    assert set(seen.frequent()) == {"Порт", "паром", "Сталь", "Снег", "закрыт"}
