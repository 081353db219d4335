"""What is cut from a text, what is not, and what is remembered."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.normalise import Boilerplate, boilerplate
from aggregator.normalise.adverts import is_advert, is_heading
from aggregator.normalise.boilerplate import MEMORY, MOST_LINES, without_title

EMPTY = Boilerplate.empty()
NEWSROOM = Path(__file__).parents[3] / "aggregator/demo/newsroom"

ABOVE = ["Читайте нас в Telegram — @toboldaily", "Поделиться"]
BELOW = [
    "Самое читаемое",
    "Сборная вышла в финал турнира по мини-футболу",
    "В порту Актау открыли новый терминал",
    "Курс доллара снова вырос",
    "Что посмотреть в кино на выходных",
]


def body(number: int) -> list[str]:
    """Three paragraphs that no other number has."""
    name = "".join("бвгджзклмн"[int(digit)] + "а" for digit in str(number))
    return [
        f"Предприятие {name} увеличило выпуск на {number + 3} процентов, говорится в отчёте за прошлый квартал.",
        f"Об этом рассказал директор {name}ев, отметив рост спроса.",
        f"В следующем году в посёлке {name}ск планируют открыть {number} цех.",
    ]


def page(*parts: list[str]) -> str:
    return "\n".join(line for part in parts for line in part)


def learned(pages: list[str]) -> Boilerplate:
    """Learned page by page, as articles arrive."""
    known = EMPTY
    for one in pages:
        known = known.learn([one])
    return known


# ---------------------------------------------------------------- the page that started it all


@pytest.mark.parametrize("articles", [0, 1, 2, 3, 10, 19, 20, 21, 60, 400])
def test_a_page_comes_out_as_exactly_its_body_however_little_is_known(articles: int) -> None:
    known = learned([page(ABOVE, body(number), BELOW) for number in range(1, articles + 1)])
    assert known.cut(page(ABOVE, body(1000), BELOW)) == page(body(1000))


@pytest.mark.parametrize("articles", [0, 1, 3, 19, 20, 60])
def test_its_footer_alone_is_empty(articles: int) -> None:
    known = learned([page(ABOVE, body(number), BELOW) for number in range(1, articles + 1)])
    assert known.cut(page(BELOW)) == ""
    assert known.cut(page(ABOVE, BELOW)) == ""


@pytest.mark.parametrize("articles", [0, 2, 19, 25])
def test_the_headlines_of_the_list_may_differ_every_time(articles: int) -> None:
    def below(number: int) -> list[str]:
        return [
            "Ən çox oxunanlar",
            *(f"Xəbər başlığı {'abcdefghi'[(number * 7 + i) % 9] * 9} {number}" for i in range(5)),
        ]

    known = learned([page(body(number), below(number)) for number in range(1, articles + 1)])
    assert known.cut(page(body(1000), below(1000))) == page(body(1000))


@pytest.mark.parametrize(
    "heading",
    [
        "Самое читаемое", "САМОЕ ЧИТАЕМОЕ:", "Самое читаемое за неделю", "Популярное", "Ən çox oxunanlar", "İlginizi çekebilir",
        "Bunlar da ilginizi çekebilir", "Çok okunanlar", "Ең көп оқылған", "Most read", "Most read this week", "Related articles",
    ],
)  # fmt: skip
def test_headings_of_lists_are_known_in_five_languages(heading: str) -> None:
    assert EMPTY.cut(page(body(1), [heading, "Another headline here", "One more headline"])) == page(body(1))


def test_a_list_above_an_article_does_not_take_the_article_with_it() -> None:
    long = "Это предложение достаточно длинное, чтобы быть абзацем статьи, а не заголовком из списка самых читаемых новостей."
    assert EMPTY.cut(page(BELOW, [long], body(1))) == page([long], body(1))


def test_read_also_amid_an_article_takes_only_the_headlines() -> None:
    text = page(
        body(1), ["Читайте также", "Курс доллара снова вырос"], ["Затем директор показал новый цех, а потом уехал."]
    )
    assert EMPTY.cut(text) == page(body(1), ["Затем директор показал новый цех, а потом уехал."])


# ---------------------------------------------------------------- the short list of phrases


@pytest.mark.parametrize(
    "advert",
    [
        "Подписывайтесь на наш Telegram-канал",
        "Подписывайтесь на наш канал в Telegram и узнавайте новости первыми",
        "Читайте нас в Telegram — @toboldaily",
        "Наш Telegram",
        "Telegram",
        "Мы в Instagram и Facebook",
        "Поделиться",
        "Читайте также: Курс доллара вырос",
        "Жаңалықтарды Telegram арнамыздан оқыңыз!",
        "Біздің Telegram-арнамызға жазылыңыз",
        "Xəbərlərdən dərhal xəbərdar olmaq üçün Telegram kanalımıza abunə olun",
        "Bizi izləyin",
        "Bizi Telegram'dan takip edin",
        "WhatsApp kanalımıza abone olun",
        "Follow us on Telegram",
        "Subscribe to our newsletter",
        "Read more",
    ],
)
def test_adverts_above_and_below_are_cut_from_the_first_article_on(advert: str) -> None:
    assert EMPTY.cut(page([advert], body(1))) == page(body(1))
    assert EMPTY.cut(page(body(1), [advert])) == page(body(1))
    assert EMPTY.cut(advert) == ""


@pytest.mark.parametrize(
    "line",
    [
        "Telegram заблокирован в стране",
        "Instagram подорожал",
        "Президент призвал поделиться опытом",
        "Kazakhstan citizens can now subscribe to Starlink",
        "Жители смогут подписаться на рассылку о погоде",
        "Канал между озёрами открыли после ремонта",
        "Популярное направление у туристов закрыли",
        "Facebook оштрафован в Турции",
        "WhatsApp вводит рекламу",
        "Telegram kanalı bağlandı",
        "Путин подписал закон о каналах",
        "Рекомендуем не выходить из дома",
        "Министр рассказал о новых правилах, которые вступят в силу, и призвал: подписывайтесь на уведомления ведомства заранее, это бесплатно",
    ],
)
def test_lines_that_only_mention_such_words_stay(line: str) -> None:
    assert EMPTY.cut(page([line], body(1))) == page([line], body(1))
    assert EMPTY.cut(page(body(1), [line])) == page(body(1), [line])


def test_an_advert_amid_the_text_stays_until_it_is_learned() -> None:
    advert = "Подписывайтесь на наш Telegram-канал"
    text = page(body(1), [advert], body(2))
    assert EMPTY.cut(text) == text
    known = learned([page(body(number), [advert], body(number + 500)) for number in range(1, 4)])
    assert known.cut(text) == page(body(1), body(2))


def test_the_list_of_phrases_serves_only_while_a_source_is_little_known() -> None:
    advert = "Поделиться"
    assert learned([page(body(n)) for n in range(1, 20)]).cut(page(body(1000), [advert])) == page(body(1000))
    assert learned([page(body(n)) for n in range(1, 21)]).cut(page(body(1000), [advert])) == page(body(1000), [advert])


# ---------------------------------------------------------------- a template that changes

KNOWN = learned([page(ABOVE, body(number), BELOW) for number in range(1, 61)])


@pytest.mark.parametrize(
    "advert",
    [
        "Подписывайтесь на наш Telegram-канал",
        "Бізге WhatsApp арнамызға жазылыңыз",
        "Xəbərləri Telegram kanalımızda izləyin: bizi izləyin",
        "WhatsApp kanalımıza abone olun",
        "Follow us on Telegram",
    ],
)
def test_a_new_templates_call_to_a_channel_is_cut_from_its_first_article_on(advert: str) -> None:
    assert KNOWN.cut(page([advert], body(1000))) == page(body(1000))
    assert KNOWN.cut(page(body(1000), [advert])) == page(body(1000))
    assert KNOWN.cut(page(body(1000), [advert], body(1001))) == page(body(1000), [advert], body(1001))


@pytest.mark.parametrize(
    "heading", ["Танымал жаңалықтар", "Ən çox oxunanlar", "Çok okunanlar", "Most read", "Похожие новости"]
)
def test_a_new_templates_list_is_cut_from_its_first_article_on(heading: str) -> None:
    below = [heading, "Новый заголовок о погоде", "И ещё один о ценах на хлеб", "Третий заголовок о школе"]
    assert KNOWN.cut(page(body(1000), below)) == page(body(1000))
    assert KNOWN.cut(page(body(1000), [heading])) == page(body(1000))
    assert KNOWN.cut(page(body(1000), [heading, *BELOW[1:]])) == page(body(1000))


def test_a_new_heading_below_which_sentences_stand_heads_no_list() -> None:
    text = page(body(1000), ["Популярное"], body(1001))
    assert KNOWN.cut(text) == text


def test_a_digest_of_headlines_alone_is_no_template() -> None:
    text = page(["Самое читаемое за неделю", "Новый заголовок о погоде", "И ещё один о ценах на хлеб"])
    assert learned([page(body(n)) for n in range(1, 61)]).cut(text) == text


# ---------------------------------------------------------------- a title above its text


@pytest.mark.parametrize("above", [[], ["Поделиться"], ["Поделиться", "Читайте нас в Telegram — @toboldaily"]])
def test_the_title_above_a_text_is_none_of_it(above: list[str]) -> None:
    title = "Порт принял 12 тысяч тонн"
    text = without_title(page(above, [title.upper() + "!"], body(1)), title)
    assert text == page(above, body(1))
    assert EMPTY.cut(text) == page(body(1))


@pytest.mark.parametrize("title", ["", "—", "Порт", "Порт принял 13 тысяч тонн", "Порт принял 12 тысяч тонн сегодня"])
def test_what_is_not_quite_the_title_stays(title: str) -> None:
    text = page(["Порт принял 12 тысяч тонн"], body(1))
    assert without_title(text, title) == text


def test_a_text_that_is_its_title_stays() -> None:
    assert without_title("Порт принял груз", "Порт принял груз") == "Порт принял груз"


# ---------------------------------------------------------------- what an operator keeps


def test_a_kept_line_stays_whatever_is_learned_and_whatever_its_numbers() -> None:
    known = learned([page(body(n), [f"Просмотров: {n}"], ["Фото пресс-службы"]) for n in range(1, 40)])
    text = page(body(1000), ["Просмотров: 7"], ["Фото пресс-службы"])
    assert known.cut(text) == page(body(1000))
    assert known.keeping(["просмотров: 12"]).cut(text) == page(body(1000), ["Просмотров: 7"])
    assert known.keeping(["Фото пресс-службы", "Просмотров: 1"]).cut(text) == text
    assert known.keeping([]).cut(text) == page(body(1000))


def test_every_cut_line_has_its_reason() -> None:
    text = page(["Поделиться"], body(1000), ["Фото пресс-службы", "Просмотров: 7", *BELOW])
    known = learned([page(body(n), ["Фото пресс-службы", f"Просмотров: {n}"]) for n in range(1, 19)])
    why = dict(known.verdicts(text))
    assert why["Поделиться"] == "advert"
    assert why["Фото пресс-службы"] == "template"
    assert why["Просмотров: 7"] == "numbers"
    assert {why[line] for line in BELOW} == {"list"}
    assert {why[line] for line in body(1000)} == {""}
    assert "\n".join(line for line, reason in known.verdicts(text) if not reason) == known.cut(text)


def test_no_paragraph_of_the_sample_newsroom_is_taken_for_an_advert() -> None:
    rows = [
        json.loads(line) for path in NEWSROOM.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()
    ]
    lines = [line for row in rows for line in (row["title"], *row["paragraphs"])]
    assert len(lines) > 1000
    assert [line for line in lines if is_advert(line) or is_heading(line)] == []


# ---------------------------------------------------------------- learning


FOOTER = "Материал подготовлен редакцией портала"


@pytest.mark.parametrize(
    ("times", "articles", "is_cut"), [(2, 2, False), (3, 3, True), (3, 150, True), (3, 151, False), (20, 1000, True)]
)
def test_a_line_of_three_articles_and_two_percent_is_boilerplate(times: int, articles: int, is_cut: bool) -> None:
    pages = [page(body(n), [FOOTER] if n <= times else []) for n in range(1, articles + 1)]
    random.Random(1).shuffle(pages)
    text = page(body(5000), [FOOTER])
    assert learned(pages).cut(text) == (page(body(5000)) if is_cut else text)


@pytest.mark.parametrize("variant", [FOOTER.upper(), f"— {FOOTER}!", FOOTER.replace(" ", "  ").strip(), f"«{FOOTER}»…"])
def test_case_and_punctuation_do_not_matter(variant: str) -> None:
    known = learned([page(body(n), [FOOTER]) for n in range(1, 4)])
    assert known.cut(page(body(9), [variant])) == page(body(9))


@pytest.mark.parametrize("line", ["Просмотров: {}", "{}.05.2025 14:30", "Фото: {}", "Прочитали {} человек", "{}"])
def test_numbers_do_not_matter_above_and_below_a_text(line: str) -> None:
    known = learned([page([line.format(n * 7)], body(n), [line.format(n * 13)]) for n in range(1, 31)])
    assert known.cut(page([line.format(999)], body(1000), [line.format(12345)])) == page(body(1000))


def test_numbers_that_never_change_are_the_templates_wherever_they_stand() -> None:
    line = "© 2025 Портал, лицензия № 17"
    known = learned([page(body(n), [line], body(n + 500)) for n in range(1, 4)])
    assert known.cut(page(body(8), [line], body(9))) == page(body(8), body(9))


def test_the_numbers_of_rates_and_weather_are_no_boilerplate() -> None:
    def rates(number: int) -> list[str]:
        return [
            f"Доллар США — 51{number % 10},{number} тенге",
            f"Евро — 56{number % 10},{number} тенге",
            f"Рубль — 6,{number} тенге",
            f"Юань — 7{number % 10},{number} тенге",
        ]

    known = learned([page([f"Новость о рынке {'абвгд'[n % 5] * n}"], rates(n)) for n in range(10, 60)])
    text = page(["Биржа открылась ростом после праздников"], rates(99))
    assert known.cut(text) == text


def test_a_bulletin_is_not_cut_to_nothing() -> None:
    known = learned([f"Уровень Каспия {n} сантиметров ниже отметки" for n in range(10, 60)])
    assert known.cut("Уровень Каспия 77 сантиметров ниже отметки") != ""


def test_sentences_with_numbers_are_content() -> None:
    def sentence(number: int) -> str:
        return f"Цена нефти марки Brent за сутки изменилась на {number},4 процента, и торги закрылись без потрясений."

    known = learned([page(body(n), [sentence(n)]) for n in range(10, 40)])
    assert known.cut(page(body(1000), [sentence(99)])) == page(body(1000), [sentence(99)])


def test_long_background_needs_a_tenth_of_the_articles() -> None:
    background = "Напомним, " + "предыстория этого события известна читателям " * 6 + "с прошлого года."
    pages = [page(body(n), [background] if n <= 4 else []) for n in range(1, 101)]
    assert background in learned(pages).cut(page(body(1000), [background]))
    pages = [page(body(n), [background]) for n in range(1, 101)]
    assert learned(pages).cut(page(body(1000), [background])) == page(body(1000))


def test_long_lines_are_one_only_to_the_letter() -> None:
    """A report of the day repeats its words and differs in numbers alone, wherever in the line they stand."""

    def report(number: int) -> str:
        words = "По данным на утро в порту обработано {0} тысяч тонн грузов, а уровень моря составил {0} метров. "
        return words.format(number) * 3

    known = learned([page(body(n), [report(n)]) for n in range(10, 40)])
    assert known.cut(page(body(1000), [report(99)])) == page(body(1000), [report(99)])
    kept = known.keeping([report(7)])
    assert [kept.keeps(report(number)) for number in (7, 8)] == [True, False]


@given(st.lists(st.sampled_from([FOOTER, "Просмотров: 12", "a" * 200, "я" * 201, "", "б" * 300, "«»"]), max_size=8))
def test_a_line_has_the_same_mark_wherever_it_stands(lines: list[str]) -> None:
    alone = [boilerplate._marks(line)[0] for line in lines]
    assert boilerplate._marks("\n".join(lines)) == (alone or [(0, None)])


def test_an_article_published_again_does_not_make_its_text_boilerplate() -> None:
    again = page(
        [line + " И ещё немного подробностей об этом событии, чтобы текст был длинным." * 2 for line in body(1)]
    )
    known = learned([again] * 5)
    assert known.cut(again) == again


def test_learning_does_not_depend_on_what_was_cut() -> None:
    pages = [page(ABOVE, body(n), BELOW) for n in range(1, 40)]
    known = EMPTY
    for one in pages:
        before = known
        known = known.learn([one])
        known.cut(one)
        assert before.learn([one]) == known
    assert known == learned(pages)


def test_the_order_within_a_document_does_not_matter() -> None:
    pages = [page(ABOVE, body(n), BELOW) for n in range(1, 40)]
    assert EMPTY.learn(pages) == EMPTY.learn(pages[::-1])


def test_learning_leaves_the_old_knowledge_as_it_was() -> None:
    known = EMPTY.learn([page(body(1))])
    before = known.to_bytes()
    known.learn([page(body(2)), page(body(3))])
    assert known.to_bytes() == before
    assert EMPTY.articles == 0


def test_a_new_template_is_learned_soon_even_at_an_old_source() -> None:
    known = EMPTY.learn([page(body(n), ["Старый подвал сайта"]) for n in range(1, 5001)])
    assert known.articles <= MEMORY
    known = known.learn([page(body(n), ["Новый подвал сайта"]) for n in range(6000, 6030)])
    assert known.cut(page(body(9000), ["Новый подвал сайта"])) == page(body(9000))


def test_memory_is_bounded() -> None:
    pages = [
        page(
            [f"строка {'абвгдежзиклмнопрст'[i]} {n:b}".replace("1", "х").replace("0", "у") for i in range(18)], [FOOTER]
        )
        for n in range(2000)
    ]
    known = EMPTY
    for start in range(0, 2000, 100):
        known = known.learn(pages[start : start + 100])
    assert len(known.counts) <= MOST_LINES
    assert len(known.to_bytes()) <= 64_000
    assert known.cut(page(body(1), [FOOTER])) == page(body(1))


def test_knowledge_survives_packing() -> None:
    known = learned([page(ABOVE, body(n), BELOW) for n in range(1, 30)])
    assert Boilerplate.from_bytes(known.to_bytes()) == known


@pytest.mark.parametrize("packed", [b"", b"x", b"\x00" * 40, b"\xff" * 9])
def test_what_cannot_be_unpacked_is_learned_anew(packed: bytes) -> None:
    assert Boilerplate.from_bytes(packed) == EMPTY


_LINES = st.sampled_from(
    [*ABOVE, *BELOW, *body(1), *body(2), "Просмотров: 5", "Просмотров: 7", "***", "", "\ud800", FOOTER]
)
_TEXTS = st.lists(_LINES, max_size=12).map("\n".join)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(_TEXTS, max_size=12), _TEXTS)
def test_only_whole_lines_are_ever_cut_and_order_stays(texts: list[str], text: str) -> None:
    known = EMPTY.learn(texts)
    rest = iter(text.split("\n"))
    kept = known.cut(text).split("\n") if known.cut(text) else []
    assert all(line in rest for line in kept)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(_TEXTS, max_size=12))
def test_packing_any_knowledge(texts: list[str]) -> None:
    known = EMPTY.learn(texts)
    assert Boilerplate.from_bytes(known.to_bytes()) == known
