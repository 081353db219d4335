"""Edges: copies, stories, and the look-alikes that are neither."""

import json
import random
from dataclasses import replace
from itertools import combinations

import pytest

from aggregator.model import Report
from aggregator.stories import (
    COPY_WINDOW,
    MIN_SHARED,
    RULE_VERSION,
    STORY_WINDOW,
    compare,
    describe,
    explain,
    needed_shared,
)

HOUR = 3600
LONG = (
    "Казахстан и Азербайджан договорились увеличить взаимную торговлю до 1 млрд долларов. За прошлый год товарооборот составил "
    "547 млн долларов, из них 60 процентов пришлось на зерно, прокат и сжиженный газ. Стороны подписали план из 31 пункта, "
    "сказал сопредседатель комиссии Ерлан Сагатов. Следующее заседание пройдёт в Актау через год, его подготовят министерства "
    "торговли двух стран вместе с железными дорогами и портами."
)


def report(number: int, title: str, text: str, *, source: str = "", language: str = "ru", when: int = 0) -> Report:
    return Report(number, source or f"s{number}", language, title, text, when, describe(title, text, language))


def kind(a: Report, b: Report) -> str | None:
    edge = compare(a, b)
    assert edge == compare(b, a)
    return edge.kind if edge else None


def test_needed_hashes_depend_on_the_length_of_the_shorter_text() -> None:
    assert (needed_shared(39), needed_shared(40)) == (1, MIN_SHARED)


def test_the_same_text_under_another_headline_is_a_copy() -> None:
    a = report(1, "Торговля удвоится", LONG)
    b = report(2, "Миллиард за три года", "Как сообщает «Берег». " + LONG.replace("«", '"'), when=20 * 24 * HOUR)
    edge = compare(a, b)
    assert edge
    assert (edge.a, edge.b, edge.kind) == (1, 2, "copy")
    assert edge.score > 0.9
    evidence = json.loads(edge.evidence)
    assert evidence["rule"] == RULE_VERSION
    assert evidence["passages"] >= MIN_SHARED
    assert {"5.47e+08", "31"} <= set(evidence["agree"])


def test_copies_are_of_one_language_and_within_thirty_days() -> None:
    a = report(1, "Т", LONG)
    assert kind(a, report(2, "Т", LONG, language="kk")) != "copy"
    assert kind(a, report(2, "Т", LONG, when=COPY_WINDOW)) == "copy"
    assert kind(a, report(2, "Т", LONG, when=COPY_WINDOW + 1)) is None


def test_a_cut_text_is_a_copy_of_the_whole() -> None:
    assert kind(report(1, "Т", LONG), report(2, "Другой", LONG[: len(LONG) // 2])) == "copy"


def rates(number: int, dollar: str, euro: str, yuan: str, when: int = 0, source: str = "bank") -> Report:
    text = f"Нацбанк установил официальный курс. Доллар стоит {dollar} тенге, евро — {euro} тенге, юань — {yuan} тенге. Объём торгов на бирже не раскрывается."
    return report(number, f"Курс валют на {number} мая", text, source=source, when=when)


@pytest.mark.parametrize("source", ["bank", "mirror"])
def test_daily_rates_from_one_template_are_nothing(source: str) -> None:
    a, b = rates(14, "511,20", "548,73", "70,91"), rates(15, "513,08", "550,11", "71,20", 24 * HOUR, source)
    assert kind(a, b) is None
    assert explain(a, b).containment > 0.2


def weather(number: int, city: str, day: int, wind: int, source: str = "bureau") -> Report:
    text = (
        f"Синоптики «Казгидромета» прогнозируют в {city} на {day} ноября переменную облачность, ветер {wind} м/с, ночью "
        f"минус {wind + day}, днём до {day - 9} градусов. Ночью возможен туман, на дорогах гололёд. Водителей просят "
        "соблюдать дистанцию."
    )
    return report(number, f"Погода в {city} на {day} ноября", text, source=source)


@pytest.mark.parametrize("source", ["bureau", "mirror"])
def test_the_weather_of_two_cities_is_neither_copy_nor_story_though_both_open_with_its_source(source: str) -> None:
    assert kind(weather(1, "Астане", 12, 5), weather(2, "Актау", 12, 13, source)) is None


def test_a_copy_under_a_headline_with_names_of_its_own_stays_a_copy() -> None:
    a = report(1, "Грузия и Турция смотрят на новую торговлю", LONG)
    assert kind(a, report(2, "Как Каспий разбогатеет на зерне", LONG, source="mirror")) == "copy"


def test_the_weather_of_two_days_at_two_outlets_is_no_story() -> None:
    assert kind(weather(1, "Астане", 12, 5), weather(2, "Астане", 19, 11, "mirror")) is None


CALL = "Касым-Жомарт Токаев провёл телефонный разговор с президентом {}, сообщила Акорда. Стороны обсудили {}."
CALL_EN = "Kazakhstan's president Kassym-Jomart Tokayev spoke by telephone with president {}. They discussed {}."


def test_calls_to_two_presidents_are_two_events_and_one_call_in_two_languages_is_one() -> None:
    erdogan = report(1, "Токаев поговорил по телефону с Эрдоганом", CALL.format("Турции Эрдоганом", "визит и торговлю"))
    aliyev = report(
        2, "Tokayev speaks to Aliyev by phone", CALL_EN.format("Aliyev", "a visit and trade"), language="en"
    )
    same = report(
        3,
        "Tokayev speaks to Erdogan by phone",
        CALL_EN.format("Erdogan of Türkiye", "a visit and trade"),
        language="en",
    )
    assert kind(erdogan, aliyev) is None
    assert explain(erdogan, aliyev).bar == "deeds"
    assert kind(erdogan, same) == "story"


def test_a_rate_raised_and_a_rate_cut_by_as_much_are_two_events() -> None:
    text = "{} на 150 базисных пунктов, сообщил центральный банк. Решение объяснили инфляцией, следующее объявят 28 ноября."
    up = report(1, "Центральный банк повысил ставку на 150 пунктов", text.format("Базовая ставка повышена"))
    down = report(2, "Центральный банк снизил ставку на 150 пунктов", text.format("Ключевая ставка снижена"))
    again = report(3, "Ставка центрального банка повышена", text.format("Повышена базовая ставка"))
    assert kind(up, down) is None
    assert kind(up, again) is not None


def test_the_same_rates_at_another_outlet_are_a_copy() -> None:
    a = rates(14, "511,20", "548,73", "70,91")
    assert kind(a, replace(rates(14, "511,20", "548,73", "70,91", HOUR, "mirror"), id=15)) == "copy"


def test_issues_of_a_series_are_nothing_even_when_many_numbers_stay() -> None:
    text = "АИ-92 в Астане продают по {} тенге за литр, АИ-95 — по {} тенге, дизель — по 324 тенге, газ — по 97 тенге за литр."
    a = report(1, "Цены на топливо 1 июня", text.format(236, 318), source="x")
    b = report(2, "Цены на топливо 8 июня", text.format(236, 321), source="x", when=20 * HOUR)
    assert explain(a, b).series
    assert kind(a, b) is None


def test_bulletins_whose_titles_differ_in_a_word_are_nothing() -> None:
    text = "За смену порт перевалил {} тыс. тонн грузов и {} TEU контейнеров. На рейде ожидают {} судов, в очереди стоят {} вагонов. Ветер умеренный."
    a = report(1, "Грузооборот порта: ночная смена", text.format("16,2", 84, 7, 312), source="x")
    b = report(2, "Грузооборот порта: дневная смена", text.format("21,7", 131, 9, 288), source="x", when=8 * HOUR)
    assert kind(a, b) is None


def test_one_headline_over_two_texts_of_an_outlet_is_no_story() -> None:
    a = report(1, "Главное к этому часу", LONG, source="x")
    b = report(
        2,
        "Главное к этому часу",
        "Казахстан и Азербайджан увеличат торговлю до 1 млрд долларов. Ерлан Сагатов: план из 31 пункта, 547 млн.",
        source="x",
    )
    assert kind(a, b) is None


def test_a_line_of_boilerplate_makes_no_copies() -> None:
    text = "Следите за нашими новостями на сайте и в мессенджере."
    a, b = report(1, "Порт Актау закрыт из-за шторма", text), report(2, "В Баку открыли выставку ковров", text)
    assert kind(a, b) is None


RETOLD = (
    (
        "en",
        "Baku and Astana set $1bn trade target",
        "Azerbaijan and Kazakhstan want to raise bilateral trade to $1 billion from $547 million. The commission's co-chair Yerlan Sagatov signed a 31-point plan; the next session is in Aktau.",
    ),
    (
        "kk",
        "Әзербайжанмен сауда миллиардқа жетпек",
        "Қазақстан мен Әзербайжан тауар айналымын 1 миллиард долларға жеткізбек. Былтыр ол 547 миллион доллар болды. Ерлан Сағатов 31 тармақтан тұратын жоспарға қол қойды, келесі отырыс Ақтауда.",
    ),
    (
        "az",
        "Azərbaycan–Qazaxıstan ticarəti artacaq",
        "Azərbaycan və Qazaxıstan ticarət dövriyyəsini 547 milyon dollardan 1 milyard dollara çatdırmaq istəyir. Həmsədr Yerlan Saqatov 31 bəndlik plan imzalayıb, növbəti iclas Aktauda olacaq.",
    ),
)


@pytest.mark.parametrize(("language", "title", "text"), RETOLD)
def test_a_retelling_in_another_language_is_a_story(language: str, title: str, text: str) -> None:
    a = report(1, "Казахстан и Азербайджан удвоят торговлю", LONG)
    assert kind(a, report(2, title, text, language=language, when=5 * HOUR)) == "story"


def test_stories_are_told_within_72_hours() -> None:
    a = report(1, "Казахстан и Азербайджан удвоят торговлю", LONG)
    language, title, text = RETOLD[0]
    assert kind(a, report(2, title, text, language=language, when=STORY_WINDOW + 1)) is None


@pytest.mark.parametrize(
    "text", ["", "Токаев и Алиев подписали в Астане соглашение о новом пароме из Актау в Алят", "Подробности позже."]
)
def test_titles_alone_never_merge(text: str) -> None:
    title = "Токаев и Алиев подписали в Астане соглашение о новом пароме из Актау в Алят"
    assert kind(report(1, title, text), report(2, title, text, when=HOUR)) is None


def test_two_events_of_one_kind_are_nothing() -> None:
    a = report(
        1,
        "Tajikistan fires up third Rogun turbine",
        "President Emomali Rahmon switched on the third unit of the Rogun plant, adding 600 megawatts. The dam stands 148 metres tall.",
        language="en",
    )
    b = report(
        2,
        "Kambarata tunnel begins",
        "Kyrgyzstan and Uzbekistan started a 5.4-kilometre tunnel to the Kambarata plant of 1,860 megawatts, a $4.2 billion project on the Naryn.",
        language="en",
    )
    assert kind(a, b) is None


def test_an_explanation_shows_what_was_compared() -> None:
    a = report(2, "Торговля удвоится", LONG)
    b = report(1, "Миллиард", LONG.replace("31 пункта", "33 пунктов"))
    told = explain(a, b)
    assert (told.a, told.b, told.verdict, told.rule) == (1, 2, "copy", RULE_VERSION)
    assert {"31", "33"} <= set(told.conflicting)
    assert "5.47e+08" in told.agreeing
    assert {"kazakhstan", "azerbaijan", "aktau"} <= set(told.ids)
    assert [p.text for p in told.passages] == [b.text[p.start_a : p.end_a] for p in told.passages]
    assert told == explain(b, a)


def test_an_explanation_names_the_signals_of_a_story() -> None:
    language, title, text = RETOLD[0]
    told = explain(
        report(1, "Казахстан и Азербайджан удвоят торговлю", LONG), report(2, title, text, language=language)
    )
    assert dict(told.signals)["numbers"] > 1
    assert "sktv" in told.names


def invented(number: int, seed: int) -> Report:
    """Thirty words of no language, and four that stand in every such report."""
    chance = random.Random(seed)
    letters = ("bdfgklmnprstv", "aeiou", "bdgklmnrst", "aeiou", "klmnrst")
    text = " ".join("".join(map(chance.choice, letters)) for _ in range(30))
    return report(number, text[:40], f"{text} cargo number 6", language="und")


def test_a_short_coincidence_in_a_language_we_cannot_read_is_nothing() -> None:
    reports = [invented(n, n) for n in range(60)]
    assert not [edge for a, b in combinations(reports, 2) if (edge := compare(a, b))]


@pytest.mark.parametrize("source", ["meteo", "mirror"])
def test_one_template_over_two_cities_is_nothing(source: str) -> None:
    text = "В {} 20 ноября ожидается переменная облачность, без осадков. Ветер западный, {} метров в секунду. Температура ночью {} градусов, днём {}. Водителям советуют быть внимательными."
    a = report(1, "Погода в Астане на 20 ноября", text.format("Астане", "8–13", -8, -2), source="meteo")
    b = report(2, "Погода в Шымкенте на 20 ноября", text.format("Шымкенте", "3–8", 4, 13), source=source)
    assert kind(a, b) is None
    assert explain(a, b).series


def test_names_and_a_date_alone_make_no_story() -> None:
    a = report(
        1,
        "Токаев принял Бектенова",
        "Касым-Жомарт Токаев принял премьер-министра Олжаса Бектенова. Обсуждён ход отопительного сезона в 20 городах.",
    )
    b = report(
        2,
        "Токаев поздравил Бектенова",
        "Касым-Жомарт Токаев поздравил Олжаса Бектенова с рождением дочери, передаёт пресс-служба. Подарок вручили 20 ноября.",
    )
    assert kind(a, b) is None


def test_a_copy_under_a_headline_with_a_number_is_no_issue_of_a_series() -> None:
    text = "Порт Актау закрыли из-за шторма. Суда ждут на рейде, паромы стоят у причалов, фуры собираются на площадке у ворот терминала."
    assert kind(report(1, "Порт закрыт из-за шторма", text), report(2, "5 фактов о шторме", text)) == "copy"
