"""What is wrong, or looks wrong, with an operator's rules; and the rules' own tests."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from aggregator.model import TermList, Topic, TopicTest
from aggregator.topics.forms import INFLECTED, endings, patterns
from aggregator.topics.grammar import Term, TermError, Word, lists_of, parse_term
from aggregator.topics.letters import fold
from aggregator.topics.matching import Verdict, explain, match
from aggregator.topics.rules import Rules
from aggregator.topics.russian import dictionary_form

_SHORT_SUBJECT = 9
"""Letters under which a lower-case word is likely to mean several things."""
WEIGHTS = ("strong", "medium", "place", "weak")


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: `topic` is the id of a topic, or "@name" of a list; `key` where it stands (terms.ru.strong)."""

    topic: str
    key: str
    term: str
    message: str
    mend: str
    severity: Literal["error", "warning"] = "warning"


Row = tuple[str, str, str]
"""Owner, key, term."""


def problems(topics: Sequence[Topic], lists: Sequence[TermList], words: Collection[str] = ()) -> tuple[Problem, ...]:
    """Faults (terms that cannot be read, unknown lists, unknown weights) and lint, in the order of the rules.

    `words` are frequent words of the archive, as written: a term one of whose forms is such a word, but read as
    another word, would hit where it should not.
    """
    names = {entry.name for entry in lists}
    found: list[Problem] = []
    for entry in lists:
        for row in _list_rows(entry):
            found += _faults(row, names) or _list_lint(row)
    for topic in topics:
        for row in _topic_rows(topic):
            found += _faults(row, names) or _lint(row, words)
        found += _duplicates(topic)
        found += _languages(topic)
    return tuple(found)


def _list_rows(entry: TermList) -> Iterable[Row]:
    for language, terms in entry.terms.items():
        for term in terms:
            yield f"@{entry.name}", language, term


def _topic_rows(topic: Topic) -> Iterable[Row]:
    for language, weights in topic.terms.items():
        for weight, terms in weights.items():
            for term in terms:
                yield topic.id, f"terms.{language}.{weight}", term
    for kind, by_language in (("minus", topic.minus), ("none", topic.none)):
        for language, terms in by_language.items():
            for term in terms:
                yield topic.id, f"{kind}.{language}", term
    for term in topic.require_any:
        yield topic.id, "require_any", term


def _faults(row: Row, names: Collection[str]) -> list[Problem]:
    owner, key, text = row
    if key.startswith("terms.") and key.rsplit(".", 1)[1] not in WEIGHTS:
        weight = key.rsplit(".", 1)[1]
        return [Problem(owner, key, text, f"unknown weight {weight}", "write " + ", ".join(WEIGHTS), "error")]
    try:
        term = parse_term(text)
    except TermError as error:
        return [Problem(owner, key, text, str(error), error.mend, "error")]
    return [
        Problem(owner, key, text, f"there is no list @{name}", "define it in _lists.toml or mend the name", "error")
        for name in lists_of(term)
        if name not in names
    ]


def _list_lint(row: Row) -> list[Problem]:
    owner, key, text = row
    if _is_phrase(parse_term(text)):
        return []
    return [Problem(owner, key, text, "only words and phrases can be members of a list", "remove ~, & and @", "error")]


def _is_phrase(term: Term) -> bool:
    return not term.needs and len(term.sides) == 1 and len(term.sides[0].parts) == 1 and not term.sides[0].parts[0].list


def _lint(row: Row, words: Collection[str]) -> list[Problem]:
    owner, key, text = row
    term = parse_term(text)
    if not _is_phrase(term):
        return []
    found = [] if _folded(term) else [Problem(owner, key, text, "no form of it can stand in a text", "write a word")]
    plain = _plain_words(term)
    if key.endswith(".strong") and any(word.islower() and len(word) < _SHORT_SUBJECT for word in plain):
        message = "a short single word is strong: one mention in the lead assigns the topic"
        found.append(Problem(owner, key, text, message, "make it medium, or add the word it goes with"))
    if key.startswith("terms.") and plain:
        found += _collisions(row, plain, words)
    return found


def _folded(term: Term) -> str:
    phrases = term.sides[0].parts[0].phrases
    return "".join(fold(word.text) for phrase in phrases for choice in phrase for word in choice)


def _plain_words(term: Term) -> tuple[str, ...]:
    """The words of a term that is a single word; none for acronyms and words meant exactly."""
    phrases = term.sides[0].parts[0].phrases
    words = [word for phrase in phrases if len(phrase) == 1 for word in phrase[0]]
    return tuple(word.text for word in words if word.kind == "inflected")


def _collisions(row: Row, plain: tuple[str, ...], words: Collection[str]) -> Iterator[Problem]:
    owner, key, text = row
    language = key.split(".")[1]
    if language != "ru":  # only of Russian words can be told what they are forms of
        return
    forms = {(stem, ending) for word in plain for stem, ending in patterns(Word(word), language)}
    for word in words:
        other = _other_reading(word, plain) if _fits(fold(word), forms) else ""
        if other:
            message = f"its form {word!r} is a frequent word of the archive, and there it is {other!r}"
            yield Problem(owner, key, text, message, "write =exact forms, or add the word it goes with")


def _fits(folded: str, forms: Collection[tuple[str, str]]) -> bool:
    return any(folded.startswith(stem) and folded[len(stem) :] in endings(ending) for stem, ending in forms)


def _other_reading(word: str, plain: tuple[str, ...]) -> str:
    """What a form is read as first when that is another word."""
    first = dictionary_form(word)
    return "" if first in {dictionary_form(own) for own in plain} | set(map(fold, plain)) else first


def _duplicates(topic: Topic) -> list[Problem]:
    found = []
    for language, weights in topic.terms.items():
        seen: dict[str, str] = {}
        for weight, terms in weights.items():
            for term in terms:
                spelling = " ".join(term.split()).casefold()
                if spelling in seen:
                    message = f"stands in {seen[spelling]} already"
                    found.append(Problem(topic.id, f"terms.{language}.{weight}", term, message, "remove one of them"))
                seen.setdefault(spelling, f"terms.{language}.{weight}")
    return found


def _languages(topic: Topic) -> list[Problem]:
    return [
        Problem(topic.id, f"terms.{language}", "", f"words of {language} match as written only", "list every form")
        for language in topic.terms
        if language not in INFLECTED
    ]


def run_tests(rules: Rules, topics: Sequence[Topic]) -> tuple[Problem, ...]:
    """The topics' own tests that fail: texts that must match and do not, or must not and do. They are errors."""
    found = []
    for topic in topics:
        for kind, tests in (("match", topic.match), ("reject", topic.reject)):
            for test in tests:
                found += _failure(rules, topic, kind, test)
    return tuple(found)


def _failure(rules: Rules, topic: Topic, kind: str, test: TopicTest) -> list[Problem]:
    country = _home(rules, topic)
    language = test.language or next(iter(topic.scope.languages or topic.terms), "")
    matches = match(rules, title=test.title, text=test.text, language=language, country=country)
    if any(found.topic == topic.id for found in matches) == (kind == "match"):
        return []
    verdicts = explain(rules, title=test.title, text=test.text, language=language, country=country)
    verdict = next((verdict for verdict in verdicts if verdict.topic == topic.id), None)
    if verdict is None:
        return []
    reckoned = f"{verdict.score:g} of {verdict.needed:g} points" + _reckoning(verdict)
    if kind == "match":
        message = f"must match and does not: {reckoned}; it lacks " + "; ".join(verdict.missing)
        near = f" (nearly: {verdict.near[0]})" if verdict.near else ""
        return [
            Problem(topic.id, "tests.match", test.title, message, f"add a term{near}, or correct the test", "error")
        ]
    message = f"must not match and does: {reckoned}"
    return [Problem(topic.id, "tests.reject", test.title, message, "add to minus or none, or weaken a term", "error")]


def _reckoning(verdict: Verdict) -> str:
    """What counted, for a line of text: "(+3 паром, -5 Лачинский коридор)"."""
    rows = [f"{hit.points:+g} {hit.form}" for hit in (*verdict.hits, *verdict.minus)]
    return f" ({', '.join(rows)})" if rows else " (no term was found)"


def _home(rules: Rules, topic: Topic) -> str:
    """A country that meets the topic's requirement and scope: a test is about words, not about its outlet."""
    rule = next((rule for rule in rules.tables.topics if rule.id == topic.id), None)
    countries = (*topic.scope.countries, *(rule.require_countries if rule else ()))
    return countries[0] if countries else ""
