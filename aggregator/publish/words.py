"""The few words that we add to an entry, in the language of its reader."""

from collections.abc import Mapping, Sequence

READ_ON = {
    "en": "Read on: {}",
    "ru": "Читать полностью: {}",
    "kk": "Толық оқу: {}",
    "az": "Davamını oxu: {}",
    "tr": "Devamını oku: {}",
}
SOURCE = {"en": "Source: {}", "ru": "Источник: {}", "kk": "Дереккөз: {}", "az": "Mənbə: {}", "tr": "Kaynak: {}"}
ALSO = {
    "en": "Also reported by",
    "ru": "Об этом сообщают также",
    "kk": "Бұл туралы басқалар да жазды",
    "az": "Bu barədə həmçinin yazıblar",
    "tr": "Bunu yazan diğer kaynaklar",
}
MERGED = {
    "en": "This story was merged into another",
    "ru": "Этот сюжет объединён с другим",
    "kk": "Бұл оқиға басқасымен біріктірілді",
    "az": "Bu mövzu başqası ilə birləşdirilib",
    "tr": "Bu haber bir başkasıyla birleştirildi",
}
MERGED_TEXT = {
    "en": "Its reports now stand here",
    "ru": "Его публикации теперь здесь",
    "kk": "Оның хабарлары енді осында",
    "az": "Onun xəbərləri indi buradadır",
    "tr": "Haberleri artık burada",
}


def say(phrase: Mapping[str, str], language: str) -> str:
    """The phrase in a language ("kk-Latn" is "kk"), in English when we do not speak it."""
    return phrase.get(language.partition("-")[0].lower()) or phrase["en"]


def localised(titles: Mapping[str, str], languages: Sequence[str]) -> str:
    """The title in the first of `languages` that has one, else in the alphabetically first; "" when there is none."""
    for language in (*languages, *sorted(titles)):
        if titles.get(language):
            return titles[language]
    return ""
