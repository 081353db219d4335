"""Matching: zones and weights, phrases and figures, requirements and vetoes, and the traps of real news."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Scope, TermList, Topic
from aggregator.topics import compile_rules, explain, match

FILLER = "Слова без значения идут одно за другим и ничего не значат совсем. "
LONG = FILLER * 8


def topic(**keys: object) -> Topic:
    terms = keys.pop("terms", {})
    return Topic("t", {}, terms, **keys)  # type: ignore[arg-type]


def score_of(rule: Topic, title: str = "", text: str = "", lists: tuple[TermList, ...] = (), **context: str) -> float:
    (verdict,) = explain(compile_rules([rule], lists), title=title, text=text, language="ru", **context)
    return verdict.score


def assigned(rule: Topic, title: str = "", text: str = "", lists: tuple[TermList, ...] = (), **context: str) -> bool:
    found = match(compile_rules([rule], lists), title=title, text=text, language="ru", **context)
    (verdict,) = explain(compile_rules([rule], lists), title=title, text=text, language="ru", **context)
    assert verdict.assigned == bool(found), "explain and match must agree"
    return bool(found)


STRONG = topic(terms={"ru": {"strong": ("Срединный коридор",)}})
MEDIUM = topic(terms={"ru": {"medium": ("паром",)}})


# ---------------------------------------------------------------- weights and zones


@pytest.mark.parametrize(("weight", "points"), [("strong", 5), ("medium", 3), ("weak", 1)])
def test_weights_in_the_lead(weight: str, points: float) -> None:
    assert score_of(topic(terms={"ru": {weight: ("паром",)}}), text="Паром пришёл.") == points


@pytest.mark.parametrize(
    ("title", "text", "points"),
    [
        ("Паром", "", 6),
        ("", "Паром пришёл.", 3),
        ("", LONG + "Паром пришёл.", 1.5),
        ("", LONG + "Паром пришёл. Паром ушёл.", 2.25),
        ("", LONG + "Паром пришёл. Паром ушёл. Паром вернулся.", 3),
        ("Паром", LONG + "Паром пришёл. Паром ушёл. Паром вернулся.", 6),
    ],
)
def test_a_term_counts_once_in_its_best_zone(title: str, text: str, points: float) -> None:
    assert score_of(MEDIUM, title, text) == points


def test_the_lead_ends_after_seventy_words_whatever_marks_stand_between() -> None:
    words = ", ".join(["слово"] * 69)
    assert score_of(MEDIUM, text=f"{words}, паром") == 3
    assert score_of(MEDIUM, text=f"{words}, слово, паром") == 1.5


def test_a_strong_mention_deep_in_a_body_does_not_assign_but_a_recurring_one_does() -> None:
    passing = LONG + "Груз пойдёт и через Срединный коридор. " + LONG
    assert not assigned(STRONG, "Зерно подорожало", passing)
    assert assigned(STRONG, "Зерно подорожало", passing * 3)


def test_distinct_terms_add_up() -> None:
    both = topic(terms={"ru": {"medium": ("паром", "вагон")}})
    assert score_of(both, text="Паром везёт вагоны.") == 6


def test_a_mention_counts_for_its_weightiest_term_only() -> None:
    nested = topic(terms={"ru": {"strong": ("морской порт",), "medium": ("порт",), "weak": ("морской",)}})
    assert score_of(nested, text="Морской порт работает.") == 5
    assert score_of(nested, text="Морской порт и речной порт.") == 8


def test_a_word_of_several_languages_is_one_mention() -> None:
    shared = topic(terms={code: {"weak": ("terminal",)} for code in ("az", "tr", "en")})
    assert score_of(shared, text="The terminal works.") == 1


def test_places_only_strengthen_what_is_there() -> None:
    rule = topic(terms={"ru": {"medium": ("таможня",), "place": ("Актау", "Алят")}})
    assert score_of(rule, "Актау и Алят", "В Актау снег.") == 0
    assert score_of(rule, "Актау и Алят", "В Актау таможня.") == 6


def test_min_score_decides() -> None:
    assert not assigned(MEDIUM, text="Паром пришёл.")
    assert assigned(topic(terms={"ru": {"medium": ("паром",)}}, min_score=3), text="Паром пришёл.")


# ---------------------------------------------------------------- phrases and tokens


@pytest.mark.parametrize(
    "text",
    [
        "Срединный коридор",
        "срединного коридора",
        "СРЕДИННЫМ КОРИДОРОМ",
        "«Срединный» коридор",
        "срединно\u00adго коридора",
        "сре\u200bдинного ко\u2060ридора",
        "срединный\u00a0коридор",
        "срединный\u202fкоридор",
        "🚂срединный коридор🚢",
        "Ср\u0435динный кори\u0434ор".replace("е", "e"),
    ],
)
def test_phrases_inflect_and_quotes_take_no_place(text: str) -> None:
    assert assigned(STRONG, text=text)


@pytest.mark.parametrize(
    "text",
    ["Срединный, коридор", "Срединный. Коридор", "срединный новый коридор", "коридор срединный", "Срединный (коридор)"],
)
def test_phrases_do_not_cross_a_mark_or_a_word(text: str) -> None:
    assert not assigned(STRONG, text=text)


def test_phrases_do_not_cross_from_title_to_text_or_from_line_to_line() -> None:
    assert not assigned(STRONG, "Наш срединный", "Коридор открыт")
    assert not assigned(STRONG, text="Наш срединный\nкоридор открыт")


def test_hyphens_part_words_but_a_comma_parts_phrases() -> None:
    pair = topic(terms={"az": {"strong": ("Qazaxıstan-Azərbaycan",)}})
    assert assigned(pair, text="Qazaxıstan-Azərbaycan əlaqələri")
    assert assigned(pair, text="Qazaxıstan – Azərbaycan əlaqələri")
    assert not assigned(pair, text="Qazaxıstan, Azərbaycan və Gürcüstan")


def test_a_hyphened_term_is_found_in_one_word() -> None:
    rule = topic(terms={"az": {"strong": ("Trans-Xəzər marşrutu",)}})
    assert assigned(rule, text="Transxəzər marşrutunda yük artıb.")


@pytest.mark.parametrize("text", ["ТМТМ", "ТМТМ-ға", "ТМТМ-ның", "«ТМТМ»"])
def test_acronyms_take_endings_after_a_hyphen(text: str) -> None:
    assert assigned(topic(terms={"ru": {"strong": ("ТМТМ",)}}), text=text)


@pytest.mark.parametrize("text", ["TDT'nin kararı", "TDT’de", "TDT", "TDT-nin"])
def test_acronyms_take_endings_after_an_apostrophe(text: str) -> None:
    assert assigned(topic(terms={"tr": {"strong": ("TDT",)}}), text=text)


def test_acronyms_mind_their_case() -> None:
    rule = topic(terms={"en": {"strong": ("SCO", "REE")}})
    assert not assigned(rule, text="He wrote sco and Sco.")
    assert assigned(rule, text="REEs are scarce.")


def test_an_acronym_with_an_ending_stands_in_a_phrase() -> None:
    rule = topic(terms={"kk": {"strong": ("БҰҰ Бас Ассамблеясы",)}})
    assert assigned(rule, text="БҰҰ-ның Бас Ассамблеясында сөйледі")


def test_lower_case_only() -> None:
    rule = topic(terms={"ru": {"strong": ("германий:lc",)}})
    assert assigned(rule, text="Добыча германия растёт.")
    assert not assigned(rule, text="Канцлер Германии прибыл. Германия рада.")


def test_exact_words_and_prefixes() -> None:
    rule = topic(terms={"ru": {"strong": ("=порт", "цифровиз*")}})
    assert not assigned(rule, text="Порты и порта.")
    assert assigned(rule, text="Порт.")
    assert assigned(rule, text="Процесс цифровизируют.")


def test_latin_lookalikes_in_cyrillic_words() -> None:
    rule = topic(terms={"kk": {"strong": ("дәліз",)}})
    assert assigned(rule, text="дәлiзі".replace("і", "i"))


@pytest.mark.parametrize(
    "text", ["TÜRKİYE’NİN KORİDORU", "türkiye'nin koridoru", "Turkiye'nin koridoru", "türkıye'nin koridoru"]
)
def test_dotted_and_undotted_letters_meet(text: str) -> None:
    assert assigned(topic(terms={"tr": {"strong": ("Türkiye koridoru",)}}), text=text)


@pytest.mark.parametrize(
    "text",
    [
        "Orta dálizdiń ótkizý qabileti artady",
        "Orta dälızdıñ ötkızu qabıletı",
        "Orta dəlizdiñ ötkizw qabileti",
        "Орта дәліздің өткізу қабілеті",
    ],
)
def test_kazakh_in_latin_letters(text: str) -> None:
    assert assigned(topic(terms={"kk": {"strong": ("Орта дәліз",)}}), text=text)


def test_names_of_all_languages_take_every_ending() -> None:
    rule = topic(terms={"mul": {"strong": ("Masdar", "Свевинд")}})
    for text in ("Masdar's plant", "Masdarın layihəsi", "Masdar'ın projesi", "проект Свевинда", "Свевиндтің жобасы"):
        assert assigned(rule, text=text), text


@pytest.mark.parametrize("text", ["электр станциялары", "жел электр станцияларының", "электр станциясында"])
def test_kazakh_heads_lose_their_possessive(text: str) -> None:
    assert assigned(topic(terms={"kk": {"strong": ("электр станциясы",)}}), text=text)


@pytest.mark.parametrize("text", ["сирек жер металдарын", "сирек жер металдары", "сирек жер металлдарының"])
def test_kazakh_metals_with_one_l_or_two(text: str) -> None:
    assert assigned(topic(terms={"kk": {"strong": ("сирек жер металдары",)}}), text=text)
    assert assigned(topic(terms={"kk": {"strong": ("сирек жер металл",)}}), text=text)


def test_turk_is_not_turkiye() -> None:
    rule = topic(terms={"tr": {"strong": ("Türk",)}, "az": {"strong": ("türk",)}})
    assert not assigned(rule, text="Türkiye'de ve Türkiyənin, Türkmenistan'da")


def test_a_plural_head_stays_plural_where_the_singular_means_another_thing() -> None:
    rule = topic(terms={"tr": {"strong": ("Türk devletleri",)}, "az": {"strong": ("türk dövlətləri",)}})
    for text in ("Türk devletlerinin zirvesi", "Türk devletleri", "türk dövlətlərinə", "Türk dövlətlərinin sammiti"):
        assert assigned(rule, text=text), text
    for text in ("Türk devletinin kuruluşu", "Türk devlet geleneği", "türk dövlətinin qanunu"):
        assert not assigned(rule, text=text), text


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Актау и Баку", True),
        ("Баку и Актау", True),
        ("Актау один два три четыре Баку", True),
        ("Актау один два три четыре пять Баку", False),
        ("Актау спит. Баку тоже", False),
        ("г. Актау и г. Баку", True),
        ("Актау\nБаку", False),
    ],
)
def test_neighbours_within_words_of_one_sentence(text: str, expected: bool) -> None:
    assert assigned(topic(terms={"ru": {"strong": ("Актау ~5 Баку",)}}), text=text) is expected


PORTS = TermList("port", {"ru": ("Актау", "Алят", "порт Баку", "Поти"), "en": ("Aktau", "Alat", "Poti")})
FREIGHT = TermList("freight", {"ru": ("контейнер", "груз"), "en": ("container",)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Контейнеры идут из Актау в Алят и Поти", True),
        ("From Aktau to Alat and Poti by container", True),
        ("Контейнеры идут из Актау в Алят", False),
        ("Контейнеры идут из Актау в Актау и Актау", False),
        ("Туристы едут из Актау в Алят и Поти", False),
    ],
)
def test_a_chain_of_different_nodes(text: str, expected: bool) -> None:
    rule = topic(terms={"mul": {"strong": ("@port ~4 @port ~4 @port ~8 @freight",)}})
    assert assigned(rule, text=text, lists=(PORTS, FREIGHT)) is expected


KZ = TermList("kz", {"ru": ("Казахстан", "казахстанский", "Астана")})
AZ = TermList("az", {"ru": ("Азербайджан", "азербайджанский", "Баку")})
ARMENIA = TermList("armenia", {"ru": ("Армения", "Ереван")})
PAIR = topic(terms={"mul": {"strong": ("@kz & @az",)}}, minus={"mul": ("@az ~6 @armenia",)})


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Казахстанские мельники нашли покупателя в Баку", "Мука пойдёт морем.", True),
        (
            "Мука пойдёт морем",
            "Казахстан продаст муку. Азербайджан купит. Казахстанский экспортёр и азербайджанский пекарь рады.",
            True,
        ),
        ("Азербайджан купит муку", "Казахстан продаст её. Астана рада.", True),
        ("Продажи воды выросли", "Больше всего в Казахстане и Азербайджане.", False),
        ("Продажи воды выросли", LONG + "Казахстан и Азербайджан. Астана и Баку.", False),
        ("Мука пойдёт морем", "Казахстан, Казахстан, Астана.", False),
        (
            "Алматы примет переговоры",
            "Азербайджан и Армения встретятся в Казахстане. Баку и Ереван благодарят Астану.",
            False,
        ),
    ],
)
def test_both_sides_of_a_pair_must_be_dense(title: str, text: str, expected: bool) -> None:
    assert assigned(PAIR, title, text, lists=(KZ, AZ, ARMENIA)) is expected


def test_a_list_may_be_asked_for_anywhere() -> None:
    rule = topic(terms={"ru": {"strong": ("ООН @kz",)}})
    assert assigned(rule, text="ООН заседает. " + LONG + "Астана довольна.", lists=(KZ,))
    assert not assigned(rule, text="ООН заседает в Нью-Йорке.", lists=(KZ,))


def test_the_dateline_of_an_agency_is_no_mention() -> None:
    rule = topic(terms={"mul": {"strong": ("@az",)}})
    for dateline in ("БАКУ (Агентство) — ", "БАКУ /Агентство/ – ", "БАКУ. АГЕНТСТВО — ", "Баку, 5 ноября, АГЕНТСТВО "):
        assert not assigned(rule, text=dateline + "Снег выпал в горах.", lists=(AZ,)), dateline
    assert assigned(rule, text="Баку — столица.", lists=(AZ,))


# ---------------------------------------------------------------- against


def test_minus_takes_five_points_ten_in_a_title_and_none_for_one_mention_deep_in_a_body() -> None:
    rule = topic(terms={"ru": {"strong": ("Срединный коридор",)}}, minus={"ru": ("Зангезурский коридор",)})
    assert score_of(rule, "Срединный коридор", "Зангезурский коридор спорный.") == 5
    assert score_of(rule, "Зангезурский коридор", "Срединный коридор в стороне.") == -5
    deep = "Зангезурский коридор спорный. "
    assert [score_of(rule, "Срединный коридор", LONG + deep * times) for times in (1, 2, 3, 4)] == [10, 7.5, 5, 5]


def test_none_vetoes_in_title_and_lead_only() -> None:
    rule = topic(terms={"ru": {"strong": ("Казахстан",)}}, none={"ru": ("футбол",)})
    assert not assigned(rule, "Казахстан играет в футбол")
    assert not assigned(rule, "Казахстан", "Министры посмотрели футбол.")
    assert assigned(rule, "Казахстан и Азербайджан", LONG + "Вечером показали футбол.")


# ---------------------------------------------------------------- requirements and scope

REGION = TermList("region", {"ru": ("Казахстан",)}, countries=("KZ", "AZ"))
REGIONAL = topic(terms={"ru": {"strong": ("водород",)}}, require_any=("@region",))


def test_a_region_is_met_by_the_text_or_the_country_of_the_source() -> None:
    lists = (REGION,)
    assert not assigned(REGIONAL, "Водород в Чили", lists=lists)
    assert not assigned(REGIONAL, "Водород в Чили", lists=lists, country="CL")
    assert assigned(REGIONAL, "Водород в Чили", lists=lists, country="AZ")
    assert assigned(REGIONAL, "Водород в Казахстане", lists=lists, country="CL")
    assert assigned(REGIONAL, "Водород", LONG * 3 + "Казахстан тоже.", lists=lists)


def test_a_requirement_may_be_a_word() -> None:
    rule = topic(terms={"ru": {"strong": ("водород",)}}, require_any=("Каспий", "Арал ~3 море"))
    assert assigned(rule, "Водород на Каспии")
    assert assigned(rule, "Водород", "Арал — тоже море.")
    assert not assigned(rule, "Водород на Балтике")


def test_scope_limits_sources_countries_and_languages() -> None:
    rule = topic(terms={"ru": {"strong": ("водород",)}}, scope=Scope(sources=("a",), countries=("KZ",)))
    assert assigned(rule, "Водород", source="a", country="KZ")
    assert not assigned(rule, "Водород", source="b", country="KZ")
    assert not assigned(rule, "Водород", source="a", country="AZ")
    kazakh = compile_rules([topic(terms={"kk": {"strong": ("сутегі",)}}, scope=Scope(languages=("kk",)))], [])
    assert match(kazakh, title="сутегі", text="", language="kk-Latn")
    assert not match(kazakh, title="сутегі", text="", language="ru")


# ---------------------------------------------------------------- hits


@given(st.text(alphabet="Актау Баку.,-'\n«»­е́", max_size=120), st.text(alphabet="Актау Баку.,\n", max_size=40))
def test_offsets_are_those_of_the_text(text: str, title: str) -> None:
    rules = compile_rules([topic(terms={"ru": {"strong": ("Актау ~5 Баку", "Баку Актау", "Актау")}})], [])
    for found in match(rules, title=title, text=text, language="ru"):
        for hit in found.hits:
            source = title if hit.where == "title" else text
            assert source[hit.start : hit.end] == hit.form != ""


def test_hits_are_exact_in_unusual_text() -> None:
    text = "  «Порт\u00a0Актау»\r\n\r\n\tТМТМ-ның\u2028жолы: К\u0438\u0306ев, Срединный  коридор…"
    rules = compile_rules([topic(terms={"ru": {"strong": ("Срединный коридор", "ТМТМ", "порт Актау", "Киев")}})], [])
    ((found),) = match(rules, title="", text=text, language="ru")
    forms = {hit.form for hit in found.hits}
    assert forms == {"Порт\u00a0Актау", "ТМТМ-ның", "Срединный  коридор"}
    assert all(text[hit.start : hit.end] == hit.form for hit in found.hits)


def test_hits_come_weightiest_first_and_name_the_term() -> None:
    rule = topic(terms={"ru": {"weak": ("груз",), "strong": ("Срединный коридор",)}})
    ((found),) = match(compile_rules([rule], []), title="Груз пошёл", text="Срединный коридор.", language="ru")
    assert [(hit.term, hit.points, hit.where) for hit in found.hits] == [
        ("Срединный коридор", 5.0, "text"),
        ("груз", 2.0, "title"),
    ]
    assert found.score == 7.0


# ---------------------------------------------------------------- hostile texts


@pytest.mark.parametrize(
    "text",
    [
        "Актау Баку " * 30_000,
        "а" * 400_000,
        "-" * 400_000,
        "Актау\n" * 60_000,
        "'".join("аб" * 50_000),
        "\ue000 Актау Баку" * 9,
        "Актау. Баку! " * 40_000,
        "Астана Баку, " * 40_000,
        "Актау\u00ad" * 100_000,
        "а́" * 300_000,
        "🚢 Актау " * 100_000,
    ],
    ids=[
        "words",
        "one word",
        "hyphens",
        "lines",
        "apostrophes",
        "private use",
        "sentences",
        "pairs",
        "soft hyphens",
        "stress marks",
        "emoji",
    ],
)
def test_hostile_texts_end_soon(text: str) -> None:
    rules = compile_rules(
        [PAIR, topic(terms={"mul": {"strong": ("@kz ~5 @az ~5 @kz ~5 @az", "Актау ~9 Баку")}})], [KZ, AZ, ARMENIA]
    )
    assert len(match(rules, title=text[:2000], text=text, language="ru")) <= 2


def test_a_term_that_can_be_linked_in_endlessly_many_ways_ends_soon() -> None:
    chain = " ~60 ".join(["Актау", "Баку"] * 12)  # no end is near enough, so all ways to link them would be tried
    rule = topic(terms={"ru": {"strong": (f"{chain} ~1 Поти", "Алят ~3 Поти")}})
    assert assigned(rule, text="Алят и Поти. " + "Актау Баку " * 40 + "и " * 90 + "Поти")


def test_a_private_use_character_reads_as_a_line_end_and_offsets_stay() -> None:
    rules = compile_rules([topic(terms={"ru": {"strong": ("порт Актау", "Баку")}})], [])
    text = "порт\ue000Актау\nи порт Актау\ue000\ue000 \n Баку"
    ((found),) = match(rules, title="", text=text, language="ru")
    assert [(hit.form, hit.start) for hit in found.hits] == [("порт Актау", 13), ("Баку", text.index("Баку"))]


def test_sentences_far_apart_are_not_one() -> None:
    rule = topic(terms={"ru": {"strong": ("Актау ~60 Баку",)}})
    filler = "Слово. " * 1022
    assert not assigned(rule, text=f"Актау. {filler}Баку.")
    assert not assigned(rule, text="Актау. Слово. Баку.")
    assert assigned(rule, text=f"{filler}Актау, потом Баку." * 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Актау — Баку", True),
        ("Актау-Баку", True),
        ("«Актау» и «Баку»", True),
        ("Актау (Казахстан) и Баку", True),
        ("Актау; Баку", True),
        ("в 5 долл. за тонну Актау, Баку", True),
        ("Актау принял ОТГ. Баку ждёт", False),
        ("Актау принял груз? Баку ждёт", False),
        ("Актау… Баку", False),
        ("Актау, млн. тонн из Баку", True),
        ("Актау ждёт груз из пос. Баку", True),
        ("Актау встречает. «Баку ждёт»", False),
        ("Актау\u00a0и\u00a0Баку", True),
    ],
)
def test_nearness_and_the_marks_between(text: str, expected: bool) -> None:
    assert assigned(topic(terms={"ru": {"strong": ("Актау ~6 Баку",)}}), text=text) is expected


@pytest.mark.parametrize(
    "text", ["Türkiye'nin", "Türkiye’nin", "Türkiyeʼnin", "Türkiye`nin", "TÜRKİYE'NİN", "Türkiyenin"]
)
def test_apostrophes_of_all_kinds_part_no_word(text: str) -> None:
    assert assigned(topic(terms={"tr": {"strong": ("Türkiye limanı",)}}), text=f"{text} limanları")


def test_empty_article_and_empty_rules() -> None:
    assert match(compile_rules([], []), title="Актау", text="Баку", language="ru") == ()
    assert match(compile_rules([STRONG], []), title="", text="", language="") == ()
