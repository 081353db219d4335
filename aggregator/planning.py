"""What edited rules would change: every article of the archive matched by them, nothing written.

`look` tells which articles and stories enter and leave each topic, for the command line and the operator's page alike.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from aggregator import store, topics
from aggregator.model import Config, Match
from aggregator.store import Store
from aggregator.store.articles import match_rows
from aggregator.store.codec import unpack_hits
from aggregator.store.rules import Archived

PAGE = 1000
REMEMBERED = 500_000
"""Pieces of text, 100 MB at most; the words of an archive are read once and many times again."""


Held = Mapping[str, tuple[float, str]]
"""The matches of an article: topic → (score, why, packed)."""


@dataclass(frozen=True, slots=True)
class Change:
    """An article that enters or leaves a topic: the forms that bring or brought it there, and why it leaves."""

    topic: str
    added: bool
    article: int
    title: str
    url: str | None
    forms: tuple[str, ...]
    why: str = ""


@dataclass(slots=True)
class Plan:
    """`stories` before and after by topic; `matches` of the articles whose matches differ in anything, a score too.

    `renamed` are former names of topics and the new ones, under which everything is told.
    """

    articles: int = 0
    changes: list[Change] = field(default_factory=list)
    before: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    after: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    matches: dict[int, tuple[Match, ...]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def share(self, topic: str) -> float:
        """Stories that enter or leave a topic, in hundredths of those that stand in it."""
        moved = len(self.before[topic] ^ self.after[topic])
        return 100.0 * moved / len(self.before[topic]) if self.before[topic] else 0.0


def look(
    opened: Store,
    config: Config,
    rules: topics.Rules,
    only: Collection[str],
    seen: Callable[[int], None] = lambda _: None,
) -> Plan:
    """Match the archive by `rules` and compare, for the topics `only`; `seen` is told how many articles were read."""
    plan, after = Plan(), 0
    rules.remember(REMEMBERED)
    countries = {source.id: source.country for source in config.sources}
    with opened.snapshot() as db:
        plan.renamed = _renamed(db, config)
        while page := store.rules.archived(db, after, PAGE):
            for article in page:
                _compare(plan, article, rules, countries.get(article.source, ""), only)
            after = page[-1].id
            plan.articles += len(page)
            seen(len(page))
    return plan


def _renamed(db: store.Db, config: Config) -> dict[str, str]:
    pairs = [(old, topic.id) for topic in config.topics for old in topic.formerly]
    return {old: new for old, new in pairs if store.publications.is_renamed(db, old, new)}


def _compare(plan: Plan, article: Archived, rules: topics.Rules, country: str, only: Collection[str]) -> None:
    held = {plan.renamed.get(topic, topic): match for topic, match in article.held.items()}
    before = held.keys() & only
    if article.text is None:  # pruned: it keeps what it has
        now = before
    else:
        matches = topics.match(
            rules, title=article.title, text=article.text, language=article.language, source=article.source,
            country=country,
        )  # fmt: skip
        if before or matches:
            _note(plan, article, matches)
        now = {match.topic for match in matches} & set(only)
        for name in sorted(now ^ before):
            plan.changes.append(_change(article, name, held, matches, rules, country))
    if article.story is not None and not article.withdrawn:
        for name in before:
            plan.before[name].add(article.story)
        for name in now:
            plan.after[name].add(article.story)


def _note(plan: Plan, article: Archived, matches: tuple[Match, ...]) -> None:
    rows = {row["topic"]: (row["score"], row["why"]) for row in match_rows(article.id, matches)}
    if rows != article.held:
        plan.matches[article.id] = matches


def _change(
    article: Archived, topic: str, held: Held, matches: tuple[Match, ...], rules: topics.Rules, country: str
) -> Change:
    found = next((match for match in matches if match.topic == topic), None)
    hits = found.hits if found else unpack_hits(held[topic][1])
    forms = tuple(dict.fromkeys(hit.form for hit in hits))
    why = "" if found else _why_gone(article, topic, rules, country)
    return Change(topic, found is not None, article.id, article.title, article.url, forms, why)


def _why_gone(article: Archived, topic: str, rules: topics.Rules, country: str) -> str:
    verdicts = topics.explain(
        rules, title=article.title, text=article.text or "", language=article.language, source=article.source,
        country=country,
    )  # fmt: skip
    verdict = next((one for one in verdicts if one.topic == topic), None)
    return "lacks " + "; ".join(verdict.missing) if verdict else "the topic is gone"
