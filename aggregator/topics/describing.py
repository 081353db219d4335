"""Says in a reader's language what a topic collects, for its page."""

from collections.abc import Mapping

from aggregator.model import Topic

_PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "strong": "One of these in the title or the opening is enough: {terms}.",
        "medium": "These count for much: {terms}.",
        "place": "These places and names strengthen a find, but do not make one: {terms}.",
        "weak": "These count for little: {terms}.",
        "minus": "These count against it: {terms}.",
        "none": "Never with one of these in the title or the opening: {terms}.",
        "require": "The article or its publisher must have to do with: {terms}.",
        "rest": "{shown} and {more} more",
    },
    "ru": {
        "strong": "Достаточно одного из этих выражений в заголовке или начале: {terms}.",
        "medium": "Весомые слова: {terms}.",
        "place": "Места и имена, которые лишь подкрепляют находку: {terms}.",
        "weak": "Слова с малым весом: {terms}.",
        "minus": "Говорит против темы: {terms}.",
        "none": "Исключает тему в заголовке или начале: {terms}.",
        "require": "Статья или её издание должны касаться: {terms}.",
        "rest": "{shown} и ещё {more}",
    },
    "kk": {
        "strong": "Тақырыпта немесе кіріспеде осының біреуі жеткілікті: {terms}.",
        "medium": "Салмағы жоғары сөздер: {terms}.",
        "place": "Тек күшейтетін жерлер мен атаулар: {terms}.",
        "weak": "Салмағы аз сөздер: {terms}.",
        "minus": "Тақырыпқа қарсы сөздер: {terms}.",
        "none": "Тақырыпта немесе кіріспеде болса, шығарылады: {terms}.",
        "require": "Мақала немесе басылым мыналарға қатысты болуы керек: {terms}.",
        "rest": "{shown} және тағы {more}",
    },
    "az": {
        "strong": "Başlıqda və ya girişdə bunlardan biri kifayətdir: {terms}.",
        "medium": "Çəkisi böyük olan sözlər: {terms}.",
        "place": "Yalnız gücləndirən yerlər və adlar: {terms}.",
        "weak": "Çəkisi az olan sözlər: {terms}.",
        "minus": "Mövzunun əleyhinə olan sözlər: {terms}.",
        "none": "Başlıqda və ya girişdə olarsa, çıxarılır: {terms}.",
        "require": "Məqalə və ya nəşr bunlara aid olmalıdır: {terms}.",
        "rest": "{shown} və daha {more}",
    },
    "tr": {
        "strong": "Başlıkta veya girişte bunlardan biri yeterlidir: {terms}.",
        "medium": "Ağırlığı yüksek sözler: {terms}.",
        "place": "Yalnızca güçlendiren yerler ve adlar: {terms}.",
        "weak": "Ağırlığı az olan sözler: {terms}.",
        "minus": "Konunun aleyhine olan sözler: {terms}.",
        "none": "Başlıkta veya girişte geçerse dışlanır: {terms}.",
        "require": "Haber ya da yayın şunlarla ilgili olmalıdır: {terms}.",
        "rest": "{shown} ve {more} tane daha",
    },
}

_SHOWN = 12


def describe(topic: Topic, language: str) -> list[str]:
    """The rules in sentences of `language`, with that language's terms; English where we have no words for it."""
    base = language.partition("-")[0]
    words = _PHRASES.get(base, _PHRASES["en"])
    terms = topic.terms.get(base) or topic.terms.get("en") or next(iter(topic.terms.values()), {})
    groups = {weight: terms.get(weight, ()) for weight in ("strong", "medium", "place", "weak")}
    groups |= {"minus": topic.minus.get(base, ()), "none": topic.none.get(base, ()), "require": topic.require_any}
    return [words[kind].format(terms=_joined(group, words)) for kind, group in groups.items() if group]


def _joined(terms: tuple[str, ...], words: Mapping[str, str]) -> str:
    shown = ", ".join(map(_readable, terms[:_SHOWN]))
    return words["rest"].format(shown=shown, more=len(terms) - _SHOWN) if len(terms) > _SHOWN else shown


def _readable(term: str) -> str:
    """A term without its operators: a reader sees "ferry … Caspian", not "ferry ~5 Caspian"."""
    pieces = [piece for piece in term.split() if piece != "&"]
    shown = ["…" if piece[:1] == "~" else piece for piece in pieces]
    return " ".join(shown).replace("|", "/").replace(":lc", "").replace("=", "").replace("*", "…").replace("@", "")
