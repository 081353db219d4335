"""Every case and possessive form of fifty nouns in each of the agglutinating languages is found."""

import pytest
from noun_paradigms import kazakh, oghuz

from aggregator.model import Topic
from aggregator.topics import compile_rules, match

TURKISH = """
koridor liman maden:maden güneş enerji rüzgâr:rüzgâr kablo gemi feribot:feribot vagon konteyner gümrük:gümrüğ
sınır kapı ihracat ithalat anlaşma zirve teşkilat devlet örgüt bakan fon alfabe mineral metal element rezerv
cevher tesis santral türbin panel hidrojen elektrik:elektriğ yatırım proje ülke bölge terminal belge koridor
tren yük lojistik:lojistiğ kaynak:kaynağ toprak:toprağ ortaklık:ortaklığ
"""
AZERBAIJANI = """
dəhliz liman gömrük:gömrüy torpaq:torpağ dəniz gəmi bərə qatar vaqon konteyner tranzit marşrut yol xətt yük
sərhəd bəyannamə pəncərə sənəd enerji külək:küləy günəş stansiya kabel turbin hidrogen panel metal mineral
element yataq:yatağ filiz ehtiyat kombinat nazir dövlət təşkilat sammit fond əlifba müqavilə saziş ticarət
səfir layihə region terminal anbar
"""
KAZAKH = """
дәліз порт кеден теңіз кеме вагон контейнер транзит бағыт:бағыт жол жүк:жүг көлік:көліг пойыз шекара құжат
декларация терезе жүйе энергия жел күн станция кабель турбина сутегі панель металл минерал элемент кен қор
комбинат өндіріс зауыт:зауыт министр мемлекет:мемлекет ұйым саммит келісім сауда елші жоба аймақ:аймағ
терминал қойма әліпби кеңес одақ:одағ академия
"""


def paradigm(word: str, language: str) -> list[str]:
    """All forms of "word" or "word:form before a vowel"."""
    stem, _, soft = word.partition(":")
    forms = kazakh(stem, soft or stem) if language == "kk" else oghuz(stem, soft or stem, language)
    return list(dict.fromkeys(forms))


@pytest.mark.slow
@pytest.mark.parametrize(("language", "nouns"), [("tr", TURKISH), ("az", AZERBAIJANI), ("kk", KAZAKH)])
def test_every_form_of_every_noun_is_found(language: str, nouns: str) -> None:
    words = nouns.split()
    missed, count = [], 0
    for word in words:
        rules = compile_rules([Topic("t", {}, {language: {"strong": (word.partition(":")[0],)}})], [])
        forms = paradigm(word, language)
        missed += [form for form in forms if not match(rules, title="", text=form, language=language)]
        count += len(forms)
    assert missed == []
    assert len(words) >= 40
    assert count >= 75 * len(words)


LATIN_2021 = dict(
    zip("аәбвгғдежзийкқлмнңоөпрстуұүфхһшыіэ", "aäbvgğdejziikqlmnñoöprstuūüfhhşyıe", strict=True),
    ц="ts", ч="ch", ь="", я="ia", ю="iu",
)  # fmt: skip
LATIN_COMMON = {**LATIN_2021, **dict(zip("ұыійуә", "uıiywə", strict=True))}


@pytest.mark.slow
@pytest.mark.parametrize("letters", [LATIN_2021, LATIN_COMMON], ids=["of 2021", "common Turkic"])
def test_every_form_of_every_kazakh_noun_is_found_in_latin_letters(letters: dict[str, str]) -> None:
    missed, count = [], 0
    words = [word for word in KAZAKH.split() if len(word.partition(":")[0]) > 3]  # shorter ones mean too much in Latin
    for word in words:
        rules = compile_rules([Topic("t", {}, {"kk": {"strong": (word.partition(":")[0],)}})], [])
        forms = ["".join(letters.get(letter, letter) for letter in form) for form in paradigm(word, "kk")]
        missed += [form for form in forms if not match(rules, title="", text=form, language="kk-Latn")]
        count += len(forms)
    assert missed == []
    assert len(words) >= 40
    assert count >= 75 * len(words)


def test_paradigms_are_what_a_grammar_says() -> None:
    assert {"limanlarımızdan", "limanında", "limanın", "limanlarındaki"} <= set(paradigm("liman", "tr"))
    assert {"toprağımıza", "topraktan", "toprağıyla"} <= set(paradigm("toprak:toprağ", "tr"))
    assert {"gömrüyümüzü", "gömrükdən", "gömrüyünün"} <= set(paradigm("gömrük:gömrüy", "az"))
    assert {"көлігімізде", "көліктеріне", "көлікпен", "көлігіндегі"} <= set(paradigm("көлік:көліг", "kk"))
