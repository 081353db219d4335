"""What an archive says of rules: which terms stand in too many articles to tell them apart, and which in none."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from aggregator.model import Topic
from aggregator.topics.finding import find
from aggregator.topics.forms import ANY
from aggregator.topics.letters import split
from aggregator.topics.linting import Problem
from aggregator.topics.rules import Rules
from aggregator.topics.scoring import candidates

_TELLING = {"strong": 0.05, "medium": 0.10}
"""The share of all articles above which a term of this weight tells little."""
_FEW = 20
"""Articles below which no term is too common."""
_ENOUGH = 500
"""Articles of a language below which a term may well be unseen by chance."""
_NAMED = 8
_FREQUENT = 3000
"""Frequent words that are compared with the forms of terms."""


@dataclass(slots=True)
class Usage:
    """Articles by language and in all, those that hold each (topic, weight, term), and how often each word occurs."""

    articles: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    terms: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)

    def frequent(self) -> list[str]:
        """The most frequent words, as written."""
        return [word for word, _ in self.words.most_common(_FREQUENT)]


def usage(rules: Rules, articles: Iterable[tuple[str, str, str]]) -> Usage:
    """Read (title, text, language) of stored articles."""
    found = Usage()
    ids = [topic.id for topic in rules.tables.topics]
    for title, text, language in articles:
        found.articles += 1
        found.languages[language.partition("-")[0]] += 1
        found.words.update(token for token in (*split(title), *split(text)) if len(token) > 2)
        held = candidates(find(rules, title, text))
        found.terms.update({(ids[topic], term.weight, term.text) for topic, rows in held.items() for term, _ in rows})
    return found


def habits(seen: Usage, topics: Sequence[Topic]) -> tuple[Problem, ...]:
    """Terms too common to tell anything, and how many of a topic's were never seen; warnings, in the order of the rules."""
    return tuple(problem for topic in topics for problem in (*_common(seen, topic), *_unseen(seen, topic)))


def _common(seen: Usage, topic: Topic) -> Iterator[Problem]:
    for language, weight, term in _terms(topic):
        count = seen.terms[topic.id, weight, term]
        if weight in _TELLING and count > max(_FEW, _TELLING[weight] * seen.articles):
            message = (
                f"stands in {count} of {seen.articles} articles ({100 * count / seen.articles:.0f} %), it tells little"
            )
            mend = "give it less weight, or add the word it goes with"
            yield Problem(topic.id, f"terms.{language}.{weight}", term, message, mend)


def _unseen(seen: Usage, topic: Topic) -> Iterator[Problem]:
    read = {language for language, count in seen.languages.items() if count >= _ENOUGH}
    terms = [row for row in _terms(topic) if row[0] in read | {ANY}] if read else []
    missing = [term for _, weight, term in terms if not seen.terms[topic.id, weight, term]]
    if missing:
        named = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
        message = f"{len(missing)} of {len(terms)} terms stand in none of {seen.articles} articles: {named}"
        yield Problem(topic.id, "terms", "", message, "look at their spelling; those of what is still to come may stay")


def _terms(topic: Topic) -> Collection[tuple[str, str, str]]:
    return [
        (language, weight, term)
        for language, weights in topic.terms.items()
        for weight, terms in weights.items()
        for term in dict.fromkeys(terms)
    ]
