"""Why the reports of a story are one story, in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from aggregator import store
from aggregator.model import Edge, Report, StoredArticle, StoredStory
from aggregator.store import Db
from aggregator.stories import Explanation, explain
from aggregator.stories.explanation import Common
from aggregator.web.phrases import Speech
from aggregator.web.public import Public
from aggregator.web.views import figures

MOST_COMPARED = 24
"""Pairs compared anew for one page, at about 2 ms each."""

LIKELY = 0.9


@dataclass(frozen=True, slots=True)
class Reason:
    """What joins a report to the story: its outlet, its title, and sentences."""

    source: str
    title: str
    lang: str
    sentences: tuple[str, ...]


def reasons(db: Db, story: StoredStory, public: Public, speech: Speech) -> tuple[Reason, ...]:
    """One reason for each report, the canonical one first; none for a story with one report."""
    if len(story.reports) < 2:
        return ()
    shown = story.reports[:MOST_COMPARED]
    features = store.reports.whole(db, [one.id for one in shown], {})
    edges = store.reading.edges(db, [one.id for one in story.reports])
    known = {one.id: one for one in story.reports}
    first = _reason(shown[0], public, (speech.say("why_stands"),))
    return (first, *(_joined(one, story.canonical, known, features, edges, public, speech) for one in shown[1:]))


def _reason(article: StoredArticle, public: Public, sentences: tuple[str, ...]) -> Reason:
    language = "" if article.language == "und" else article.language
    return Reason(public.source_name(article.source), article.title, language, sentences)


def _joined(
    article: StoredArticle,
    canonical: StoredArticle,
    known: dict[int, StoredArticle],
    features: dict[int, Report],
    edges: Sequence[Edge],
    public: Public,
    speech: Speech,
) -> Reason:
    """The strongest evidence: against the canonical report when there is any, else against another one."""
    other = known[nearest(article, canonical.id, edges)]
    if article.id not in features or other.id not in features or other.id == article.id:
        return _reason(article, public, (speech.say("why_through"),))
    found = explain(features[article.id], features[other.id])
    own_first = article.id == found.a
    if other.language == speech.language != article.language:
        own_first = not own_first
    return _reason(article, public, sentences(found, public.source_name(other.source), speech, flip=not own_first))


def nearest(article: StoredArticle, canonical: int, edges: Sequence[Edge]) -> int:
    """The report to compare with: the one it is a copy of, else the canonical one when that is likely enough, else the
    likeliest of those that are not copies of it.
    """
    mine = {edge.a + edge.b - article.id: edge for edge in edges if article.id in (edge.a, edge.b)}
    if article.copy_of is not None and article.copy_of in mine:
        return article.copy_of
    others = {id_: edge.score for id_, edge in mine.items() if edge.kind == "story"} or dict.fromkeys(mine, 0.0)
    if not others or others.get(canonical, 0.0) >= LIKELY:
        return canonical
    return max(others, key=lambda id_: (others[id_], -id_))


def sentences(found: Explanation, source: str, speech: Speech, *, flip: bool = False) -> tuple[str, ...]:
    """The verdict, the names and the figures that agree. `flip` puts the other report's way of writing in front."""
    if found.verdict == "nothing":
        return (speech.say("why_through"),)
    said = [speech.say(f"why_{found.verdict}", source=source, percent=speech.percent(found.score))]
    if named := names(found.common, flip=flip):
        said.append(speech.say("both_name", names=", ".join(named)))
    if counted := figures(found.agreeing):
        said.append(speech.say("both_count", numbers="; ".join(map(speech.figure, counted))))
    return tuple(said)


def names(common: Sequence[Common], most: int = 5, *, flip: bool = False) -> tuple[str, ...]:
    """Names, places and people that both reports speak of, as they stand there: "Гянджу / Gəncəyə", "Актау"."""
    found = [(one.b, one.a) if flip else (one.a, one.b) for one in common if one.kind in ("name", "place", "actor")]
    shown = (first if first.casefold() == second.casefold() else f"{first} / {second}" for first, second in found)
    return tuple(dict.fromkeys(shown))[:most]
