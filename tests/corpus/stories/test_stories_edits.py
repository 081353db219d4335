"""What newsrooms do to each other's texts, done to the sample's: every edit is found as a copy, no template series is."""

import random
import re
from collections.abc import Callable, Sequence
from itertools import combinations

import pytest

from aggregator.model import Report
from aggregator.stories import compare, describe
from benchmarks.stories_newsroom import Item, candidates, newsroom

HOUR = 3600
Edit = Callable[[str, random.Random], str]


def headline_only(text: str, _: random.Random) -> str:
    return text


def cut_tail(text: str, dice: random.Random) -> str:
    paragraphs = text.split("\n")
    return "\n".join(paragraphs[: max(2, round(len(paragraphs) * dice.uniform(0.5, 0.8)))])


def added_lead(text: str, _: random.Random) -> str:
    return "Об этом стало известно сегодня утром, передаёт наш корреспондент со ссылкой на агентство.\n" + text


def boilerplate(text: str, _: random.Random) -> str:
    below = (
        "Подписывайтесь на наш канал и узнавайте новости первыми. Материалы по теме: курс валют, погода, афиша недели."
    )
    return f"Читайте нас в мессенджере\n{text}\n{below}"


def typos(text: str, dice: random.Random) -> str:
    words = text.split(" ")
    for _ in range(len(words) // 50 + 1):
        i = dice.randrange(len(words))
        words[i] = words[i][:2] + words[i][3:]
    return " ".join(words)


def quotes(text: str, _: random.Random) -> str:
    return re.sub("[«»“”]", '"', text).replace("—", "-").replace("ё", "е").replace("’", "'").replace(" ", "\u00a0", 5)


def names(text: str, _: random.Random) -> str:
    """Names as other newsrooms spell them."""
    for mine, theirs in (
        ("Азербайджан", "Азербайжан"),
        ("Актау", "Ақтау"),
        ("Мамедзаде", "Маммадзаде"),
        ("Aktau", "Aqtau"),
        ("Baku", "Bakı"),
        ("Хусейн", "Гусейн"),
    ):
        text = text.replace(mine, theirs)
    return text


def combined(text: str, dice: random.Random) -> str:
    return quotes(typos(cut_tail(added_lead(text, dice), dice), dice), dice)


EDITS: tuple[Edit, ...] = (headline_only, cut_tail, added_lead, boilerplate, typos, quotes, names, combined)


def originals() -> list[Item]:
    """One article of each story that has texts of more than fifty words and is no bulletin."""
    seen: set[str] = set()
    chosen = []
    for item in newsroom():
        if item.story not in seen and item.kind != "bulletin" and len(item.text.split()) > 50:
            seen.add(item.story)
            chosen.append(item)
    return chosen


def report(number: int, source: str, language: str, title: str, text: str, when: int) -> Report:
    return Report(number, source, language, title, text, when, describe(title, text, language))


def edited(items: Sequence[Item], edit: Edit, dice: random.Random) -> list[Report]:
    found = []
    for number, item in enumerate(items, 1):
        when = number * 2 * HOUR
        found.append(report(number, item.outlet, item.language, item.title, item.text, when))
        title, text = " ".join(reversed(item.title.split())), edit(item.text, dice)
        found.append(report(number + 10_000, "elsewhere", item.language, title, text, when + dice.randrange(72 * HOUR)))
    return found


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_edited_texts_are_copies_and_others_are_not(edit: Edit) -> None:
    items = originals()
    found = edited(items, edit, random.Random(7))
    right = wrong = 0
    for i, j in candidates(found):
        edge = compare(found[i], found[j])
        if edge and edge.kind == "copy":
            right += edge.b - edge.a == 10_000
            wrong += edge.b - edge.a != 10_000
    precision, recall = right / (right + wrong), right / len(items)
    assert precision >= 0.99
    assert 2 * precision * recall / (precision + recall) >= 0.97


SERIES = {
    "rates": (
        "Курс валют на {d} мая",
        "Нацбанк установил официальный курс на {d} мая. Доллар стоит {a},{b} тенге, евро — {c},{e} тенге, рубль — {f},{g} тенге. Торги прошли спокойно, аналитики не ждут резких движений до конца недели.",
    ),
    "weather": (
        "Погода в Актау на {d} мая",
        "В Актау ожидается переменная облачность без осадков. Ветер северо-западный {g}–{f} метров в секунду, температура ночью {e} градусов, днём {b} градусов тепла. Влажность {a} процентов, давление {c} миллиметров ртутного столба.",
    ),
    "port": (
        "Грузооборот порта Баку за {d} мая",
        "За сутки порт обработал {a} тонн грузов и {c} контейнеров. У причалов стоят {f} судов, на рейде ожидают ещё {g}. Из Туркменбаши прибыли {e} вагонов, в Актау отправлено {b} вагонов. Средний простой не изменился.",
    ),
    "fuel": (
        "Yanacaq qiymətləri: {d} may",
        "Bu gün paytaxtda Aİ-92 benzininin litri {a} qəpik, Aİ-95 benzininin litri {c} qəpik, dizel yanacağının litri {f} qəpikdir. Regionlarda qiymətlər orta hesabla {b} faiz yüksəkdir. Növbəti məlumat sabah veriləcək.",
    ),
    "quakes": (
        "Землетрясение зарегистрировали сейсмологи {d} мая",
        "Сейсмологи зарегистрировали землетрясение магнитудой {f},{g}. Эпицентр находился в {a} километрах к югу от города, на глубине {b} километров. Сведений о пострадавших и разрушениях не поступало, ощутимость {e} балла.",
    ),
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("sources", [("one",), ("one", "two", "three")], ids=["an outlet", "three outlets"])
def test_a_template_series_makes_no_edges(name: str, sources: tuple[str, ...]) -> None:
    title, text = SERIES[name]
    dice = random.Random(3)
    issues = []
    for day in range(1, 31):
        values = {
            "d": day,
            **{
                key: dice.randrange(*bounds)
                for key, bounds in zip(
                    "abcefg", ((300, 900), (10, 99), (400, 999), (10, 60), (4, 30), (1, 20)), strict=True
                )
            },
        }
        language = "az" if name == "fuel" else "ru"
        issues.append(
            report(
                day,
                sources[day % len(sources)],
                language,
                title.format(**values),
                text.format(**values),
                day * 20 * HOUR,
            )
        )
    edges = [edge for a, b in combinations(issues, 2) if (edge := compare(a, b))]
    assert not [edge for edge in edges if edge.kind == "copy"]
    assert not [edge for edge in edges if edge.kind == "story"]
