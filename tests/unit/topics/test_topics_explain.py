"""Explanations: every term that played a part, and what an article lacked; and rules put into words."""

from aggregator.model import Hit, Scope, TermList, Topic
from aggregator.topics import Verdict, compile_rules, describe, explain

LISTS = (TermList("region", {"ru": ("Казахстан",)}, ("KZ",)), TermList("sport", {"ru": ("футбол",)}))
RULE = Topic(
    "mc",
    {"ru": "Коридор"},
    {
        "ru": {"strong": ("Срединный коридор",), "medium": ("Актау ~5 Баку", "паром"), "weak": ("груз",)},
        "kk": {"strong": ("Орта дәліз",)},
        "mul": {"medium": ("@region ~5 @sport", "Masdar")},
    },
    minus={"ru": ("Зангезурский коридор",)},
    none={"mul": ("@sport",)},
    require_any=("@region",),
    scope=Scope(languages=("ru",)),
)


def verdict(title: str, text: str, language: str = "ru", country: str = "") -> Verdict:
    (found,) = explain(compile_rules([RULE], LISTS), title=title, text=text, language=language, country=country)
    return found


def test_an_assignment_lists_its_hits() -> None:
    found = verdict("Срединный коридор", "Грузы Казахстана. Зангезурский коридор спорный.")
    assert (found.topic, found.score, found.needed, found.assigned) == ("mc", 6.0, 5.0, True)
    assert found.hits == (
        Hit("Срединный коридор", "Срединный коридор", "title", 0, 17, 10.0),
        Hit("груз", "Грузы", "text", 0, 5, 1.0),
    )
    assert [(hit.form, hit.points) for hit in found.minus] == [("Зангезурский коридор", -5.0)]
    assert found.missing == ()


def test_a_refusal_says_what_was_missing() -> None:
    assert verdict("Паром пришёл", "Казахстан.").missing == ()
    assert verdict("Погода", "Паром пришёл. Казахстан.").missing == ("2 points",)
    assert verdict("Паром пришёл", "Дания.").missing == ("one of @region in the text or as the source's country",)
    assert verdict("Паром пришёл", "Дания.", country="KZ").assigned
    assert verdict("Паром пришёл", "Казахстан.", language="kk").missing == (
        "a source, language or country within the topic's scope",
    )
    found = verdict("Паром пришёл", "Казахстан. Потом футбол.")
    assert found.missing == ("a title and opening without '@sport', which vetoes",)
    assert [hit.form for hit in found.veto] == ["футбол"]


def test_near_misses_name_what_they_lack() -> None:
    assert verdict("Актау", "Казахстан.").near == (
        "Актау ~5 Баку: without Баку",
        "@region ~5 @sport: without @sport",
    )
    apart = "Актау лежит на самом берегу моря, а оттуда ещё очень далеко до города Баку."
    assert verdict("", apart).near == ("Актау ~5 Баку: too far apart, or in two sentences",)
    assert verdict("", "Актау, Баку.").near == ()


def test_near_misses_that_lack_least_come_first_and_the_weightiest_of_them() -> None:
    rule = Topic(
        "t", {}, {"ru": {"weak": ("а1 ~5 а2",), "medium": ("а1 ~5 б2",), "strong": ("а1 ~2 в2", "в2 ~2 г2 ~2 д2")}}
    )
    text = "а1 и один, два, три, четыре, пять, шесть а2"
    (found,) = explain(compile_rules([rule], []), title="", text=text, language="ru")
    assert found.near == (
        "а1 ~5 а2: too far apart, or in two sentences",
        "а1 ~2 в2: without в2",
        "а1 ~5 б2: without б2",
    )


def test_every_topic_has_a_verdict_in_order() -> None:
    rules = compile_rules([Topic("b", {}, {}), RULE, Topic("a", {}, {})], LISTS)
    assert [found.topic for found in explain(rules, title="", text="", language="")] == ["b", "mc", "a"]


def test_rules_in_words_of_the_reader() -> None:
    assert describe(RULE, "ru") == [
        "Достаточно одного из этих выражений в заголовке или начале: Срединный коридор.",
        "Весомые слова: Актау … Баку, паром, Masdar.",
        "Слова с малым весом: груз.",
        "Говорит против темы: Зангезурский коридор.",
        "Исключает тему в заголовке или начале: sport.",
        "Статья или её издание должны касаться: region.",
    ]
    assert describe(RULE, "kk-Latn")[0] == "Тақырыпта немесе кіріспеде осының біреуі жеткілікті: Орта дәліз."


def test_a_shared_list_is_told_by_its_first_members_in_the_readers_language() -> None:
    sport = TermList("sport", {"ru": ("матч", "=бокс", "тренер", "гол:lc", "УЕФА"), "en": ("football",)})
    assert describe(RULE, "ru", (sport,))[4] == "Исключает тему в заголовке или начале: матч, бокс, тренер, гол …."
    assert describe(RULE, "en", (sport,))[4] == "Never with one of these in the title or the opening: football."


def test_rules_in_words_without_own_words_or_terms() -> None:
    assert describe(RULE, "de")[0].startswith("One of these in the title or the opening is enough: Срединный коридор")
    assert describe(Topic("t", {}, {}), "en") == []


def test_long_lists_of_terms_are_cut() -> None:
    rule = Topic("t", {}, {"en": {"weak": tuple(f"word{number}" for number in range(20))}})
    assert describe(rule, "en") == [f"These count for little: {', '.join(f'word{n}' for n in range(12))} and 8 more."]
