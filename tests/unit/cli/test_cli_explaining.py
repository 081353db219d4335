"""What `stories explain` says to an editor: quotes, agreements, contradictions, limits, in 80 columns."""

import pytest

from aggregator.cli.explaining import WIDTH, told
from aggregator.model import Report
from aggregator.stories import RULE_VERSION, describe, explain

LONG = (
    "Казахстан и Азербайджан договорились увеличить взаимную торговлю до 1 млрд долларов. За прошлый год товарооборот составил "
    "547 млн долларов, из них 60 процентов пришлось на зерно, прокат и сжиженный газ. Стороны подписали план из 31 пункта, "
    "сказал сопредседатель комиссии Ерлан Сагатов. Следующее заседание пройдёт в Актау через год."
)
ENGLISH = (
    "Azerbaijan and Kazakhstan want to raise bilateral trade to $1 billion from $547 million. The commission's co-chair "
    "Yerlan Sagatov signed a 31-point plan; the next session is in Aktau."
)


def report(number: int, title: str, text: str, *, language: str = "ru", source: str = "", when: int = 0) -> Report:
    return Report(number, source or f"s{number}", language, title, text, when, describe(title, text, language))


def said(a: Report, b: Report, *, together: bool = True, **more: object) -> str:
    given = {"edge": None, "ruling": None} | more
    lines = list(told(explain(a, b), (a, b), together=together, **given))  # type: ignore[arg-type]
    assert max(map(len, lines)) <= WIDTH
    return "\n".join(lines)


def test_a_copy_is_shown_by_its_passages_and_its_numbers() -> None:
    text = said(report(1, "Торговля удвоится", LONG), report(2, "Миллиард", LONG.replace("31 пункта", "33 пунктов")))
    assert "The same text" in text
    assert "“Казахстан и Азербайджан договорились" in text
    assert "547 млн" in text
    assert "only 1" in text
    assert "31" in text.partition("What contradicts")[2].partition("only 2")[0]
    assert f"rule {RULE_VERSION}" in text


def test_a_story_across_languages_names_both_forms_and_the_limits() -> None:
    text = said(report(1, "Торговля удвоится", LONG), report(2, "Trade target", ENGLISH, language="en"))
    assert "547 млн = 547 million" in text
    assert "Актау = Aktau" in text
    assert "Сагатов = Sagatov" in text
    assert "the texts are in two languages" in text
    assert "an edge from probability 25% on" in text
    assert "sum of the log odds" in text


def test_bulletins_of_two_cities_are_told_apart_in_words() -> None:
    body = "В {} 20 ноября ожидается переменная облачность, без осадков. Ветер западный, {} метров в секунду. Ночью {} градусов, днём {}. Водителям советуют быть внимательными."
    a = report(1, "Погода в Астане на 20 ноября", body.format("Астане", "8–13", -8, -2))
    b = report(2, "Погода в Шымкенте на 20 ноября", body.format("Шымкенте", "3–8", 4, 13))
    text = said(a, b, together=False)
    assert "TWO STORIES" in text
    assert "issues of a series" in " ".join(text.split())
    assert "only 1 opens with: Астане" in text


def test_a_ruling_is_quoted_and_a_story_through_others_is_called_so() -> None:
    a, b = (
        report(1, "Торговля", LONG),
        report(2, "Дожди", "В Баку третий день идут дожди, улицы залиты водой, автобусы стоят."),
    )
    text = " ".join(said(a, b, ruling=(True, "seen by the desk", 1_790_000_000)).split())
    assert "An operator ruled on 2026-09-21" in text
    assert "seen by the desk" in text
    assert "together through other reports, or by a ruling" in text


@pytest.mark.parametrize("language", ["ru", "kk", "en", "und"])
def test_empty_texts_are_explained_too(language: str) -> None:
    assert "What agrees" in said(report(1, "", "", language=language), report(2, "x" * 300, "", language=language))
