"""Lines that speak of other articles count for nothing; sentences that merely begin alike count."""

import pytest

from aggregator.model import Topic
from aggregator.topics import compile_rules, match
from aggregator.topics.asides import asides

RULES = compile_rules(
    [Topic("mc", {}, {"ru": {"strong": ("Срединный коридор",)}, "en": {"strong": ("Middle Corridor",)}})], []
)


@pytest.mark.parametrize(
    "text",
    [
        "Читайте также: Срединный коридор подорожал",
        "Снег пойдёт в пятницу.\nЧитайте также: Срединный коридор подорожал\nВетер усилится.",
        "Снег пойдёт в пятницу.\nСамое читаемое\nКурс доллара вырос\nСрединный коридор подорожал\nЧто посмотреть в кино",
        "Rain on Friday.\nRelated: Middle Corridor gets dearer",
        "Rain on Friday.\nMost read\nWhat to watch\nMiddle Corridor gets dearer",
        "Rain on Friday.\n► Read also — Middle Corridor gets dearer",
    ],
)
def test_headlines_of_other_articles_assign_nothing(text: str) -> None:
    assert match(RULES, title="Погода на выходные", text=text, language="ru") == ()


@pytest.mark.parametrize(
    "text",
    [
        "Recommended by the ministry in May, the Middle Corridor tariff takes effect today.",
        "Популярное направление, Срединный коридор, подорожало.",
        "Самое читаемое\nКурс доллара вырос\nСрединный коридор подорожал на треть, сообщили в министерстве.",
    ],
)
def test_sentences_count_even_when_they_begin_alike_or_follow_a_list(text: str) -> None:
    assert [found.topic for found in match(RULES, title="Новость", text=text, language="ru")] == ["mc"]


def test_a_list_ends_at_the_first_sentence() -> None:
    lines = ["Лид.", "Самое читаемое", "Заголовок один", "", "Заголовок два", "Снова текст статьи.", "Заголовок три"]
    assert asides(lines) == [False, True, True, True, True, False, False]


def test_offsets_after_an_aside_are_those_of_the_whole_text() -> None:
    text = "Read also: Middle Corridor gets dearer\nThe Middle Corridor is busy."
    (found,) = match(RULES, title="", text=text, language="en")
    (hit,) = found.hits
    assert (hit.start, text[hit.start : hit.end]) == (text.rindex("Middle"), "Middle Corridor")
