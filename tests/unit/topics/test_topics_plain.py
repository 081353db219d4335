"""The quick way of matching and a plain one agree in every topic, point, form and offset."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_topics import Plain

from aggregator.model import TermList, Topic
from aggregator.topics import compile_rules, explain, match

CORPUS = Path(__file__).parents[2] / "corpus" / "topics"
LISTS = (
    TermList("kz", {"ru": ("Казахстан", "казахстанский", "Астана")}),
    TermList("az", {"ru": ("Азербайджан", "азербайджанский", "Баку")}),
    TermList("armenia", {"ru": ("Армения", "Ереван")}),
    TermList("port", {"ru": ("Актау", "Алят", "порт Баку", "Поти"), "en": ("Aktau", "Alat", "Poti")}),
    TermList("freight", {"ru": ("контейнер", "груз"), "en": ("container",)}),
)
RULES = compile_rules(
    [
        Topic(
            "corridor",
            {},
            {
                "ru": {
                    "strong": ("Срединный коридор", "ТМТМ", "=порт Актау", "ООН @kz"),
                    "medium": ("Актау ~5 Баку", "паром|судно", "германий:lc", "морской порт", "Транс-Каспий"),
                    "place": ("Актау", "Баку", "порт"),
                    "weak": ("груз", "цифров*"),
                },
                "kk": {"strong": ("Орта дәліз",), "weak": ("жүк", "көлік")},
                "tr": {"medium": ("Orta Koridor", "liman ~3 gemi")},
                "az": {"medium": ("Orta dəhliz",), "weak": ("liman",)},
                "en": {"strong": ("Middle Corridor", "SCO"), "weak": ("port", "Trans-Caspian ~4 cargo")},
                "mul": {"strong": ("@port ~4 @port ~4 @port ~8 @freight",), "medium": ("@port ~6 @freight",)},
            },
            min_score=3,
            minus={"ru": ("Зангезурский коридор", "паром ~4 остров")},
            none={"ru": ("футбол",)},
            require_any=("@kz", "Каспий"),
        ),
        Topic("pair", {}, {"mul": {"strong": ("@kz & @az",)}}, minus={"mul": ("@az ~6 @armenia",)}),
    ],
    LISTS,
)
WRITTEN = (
    "Срединный срединного коридор коридором ТМТМ ТМТМ-ның ТМТМ. порт Порт Актау Актау. Баку, Баку «Актау» (Баку) ООН "
    "Казахстан Казахстане Казахстан. Азербайджан азербайджанский Армения паромы судно. германия Германия морской морского "
    "порты Транскаспий Транс-Каспия груз, грузы контейнер контейнеры Алят Поти Aktau Alat Poti container cargo "
    "цифровой Орта дәліз дәлізбен дәлiз жүк жүкті көлігі Orta Koridor koridorun dəhliz limanı limandan gemi Middle "
    "Corridor SCO SCOs sco port ports Trans-Caspian Transcaspian Зангезурский футбол футболу Каспий каспи́я и в на the "
    "не — – - , . ! … г. U.N. млн. тонн 2024 q ё x́ Türkiye'nin Сре\u00addинный сре\u200bдинный \ue000 KÖRFEZ /А/ 🚢порт 🚢"
)
WORDS = [
    *WRITTEN.split(),
    "\n",
    "  ",
    "\u00a0",
    "\r\n",
    "Читайте также: Актау",
    "\nMost read\n",
    "БАКУ (Агентство) — ",
    "Актау. И",
]


@pytest.fixture(scope="module")
def plain() -> Plain:
    return Plain(RULES)


sentences = st.lists(st.sampled_from(WORDS), max_size=120).map(" ".join)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), sentences, st.sampled_from(["KZ", "CL"]))
def test_texts_made_of_the_words_of_the_rules_match_alike(plain: Plain, title: str, text: str, country: str) -> None:
    told = {"title": title, "text": text, "language": "ru", "country": country}
    found = match(RULES, **told)
    assert found == plain.match(**told)
    verdicts = {verdict.topic: verdict for verdict in explain(RULES, **told) if verdict.assigned}
    assert [(one.topic, one.score, one.hits) for one in verdicts.values()] == [
        (one.topic, one.score, one.hits) for one in found
    ]


@settings(max_examples=150)
@given(st.text(alphabet="АаКктауТтМмсcоoрpеeёiıİəẞßÇḉ̆ʼ'’-ь.,«\u00ad\u200b ѐKǅﬁΣς1²", max_size=40))
def test_odd_letters_match_alike(plain: Plain, text: str) -> None:
    told = {"title": "Казахстан", "text": text, "language": "ru"}
    assert match(RULES, **told) == plain.match(**told)


@pytest.mark.slow
def test_the_shipped_rules_match_labelled_articles_alike(shipped, newsroom, fresh) -> None:  # type: ignore[no-untyped-def]
    plain = Plain(shipped.rules)
    for row in (*fresh, *newsroom["tuned"], *newsroom["held out"]):
        told = {"title": row.title, "text": row.text, "language": row.language, "country": row.country}
        assert match(shipped.rules, **told) == plain.match(**told), row.id


def test_words_of_every_form_are_known_at_first_glance(shipped) -> None:  # type: ignore[no-untyped-def]
    vocabulary = shipped.rules.chunks.vocabulary
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("**/*.*")))
    words = {form for word in set(texts.split()) for form in (word, word.upper(), word.title()) if form.isalnum()}
    assert len(words) > 10_000
    assert [word for word in words if vocabulary.slots(word) and not vocabulary.may_know(word)] == []
