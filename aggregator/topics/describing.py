"""Says in a reader's language what a topic collects, for its page."""

from collections.abc import Mapping, Sequence

from aggregator.model import TermList, Topic
from aggregator.topics.forms import ANY

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
_MEMBERS = 4
"""Members by which a shared list is told."""


def describe(topic: Topic, language: str, lists: Sequence[TermList] = ()) -> list[str]:
    """The rules in sentences of `language`, with that language's terms; English where we have no words for it.

    A shared list is told by its first members. Figures of lists are left out: they say nothing to a reader who does
    not see the lists.
    """
    base = language.partition("-")[0]
    words = _PHRASES.get(base, _PHRASES["en"])
    groups = {weight: _terms(topic.terms, weight, base) for weight in ("strong", "medium", "place", "weak")}
    groups |= {"minus": _of(topic.minus, base), "none": _of(topic.none, base), "require": topic.require_any}
    members = {entry.name: _of(entry.terms, base) for entry in lists}
    shown = {
        kind: tuple(dict.fromkeys(filter(None, (_readable(term, members) for term in group))))
        for kind, group in groups.items()
    }
    return [words[kind].format(terms=_joined(group, words)) for kind, group in shown.items() if group]


def _terms(terms: Mapping[str, Mapping[str, tuple[str, ...]]], weight: str, language: str) -> tuple[str, ...]:
    by_language = {code: weights.get(weight, ()) for code, weights in terms.items()}
    return _of(by_language, language)


def _of(terms: Mapping[str, tuple[str, ...]], language: str) -> tuple[str, ...]:
    """The terms of a language (else English, else any), then those of all languages."""
    own = terms.get(language) or terms.get("en") or next((found for code, found in terms.items() if code != ANY), ())
    return (*own, *terms.get(ANY, ()))


def _joined(terms: tuple[str, ...], words: Mapping[str, str]) -> str:
    shown = ", ".join(terms[:_SHOWN])
    return words["rest"].format(shown=shown, more=len(terms) - _SHOWN) if len(terms) > _SHOWN else shown


def _readable(term: str, members: Mapping[str, tuple[str, ...]]) -> str:
    """A term without its operators ("ferry … Caspian" for "ferry ~5 Caspian"), a list by members; "" for a figure of lists."""
    pieces = term.split()
    if len(pieces) == 1 and term.startswith("@"):
        return _listed(term[1:], members)
    if pieces[0].startswith("@") or "&" in pieces:
        return ""
    shown = ["…" if piece[:1] == "~" else piece for piece in pieces if piece[:1] != "@"]
    bare = " ".join(shown).rstrip(" …").replace(":lc", "").replace("=", "").replace("*", "…")
    return bare.replace("|", "/").replace("_", " ")


def _listed(name: str, members: Mapping[str, tuple[str, ...]]) -> str:
    known = [_readable(term, {}) for term in members.get(name, ())]
    if not known:
        return name.replace("_", " ")
    return ", ".join(known[:_MEMBERS]) + (" …" if len(known) > _MEMBERS else "")
