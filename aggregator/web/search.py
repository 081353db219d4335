"""`q` of query feeds: one term of the topics' language, run by the matcher over the texts of the last 30 days.

A search remembers how far it has read, so that polling a query feed costs only the articles that came since.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from aggregator import store, topics
from aggregator.model import Seconds, Topic
from aggregator.store import Db
from aggregator.topics import Rules
from aggregator.web.problems import Problem
from aggregator.web.public import Public
from aggregator.web.service import Service

WINDOW = 30 * 24 * 3600
BUDGET = 2.0
"""Seconds that one answer may spend on reading; the next one goes on where it stopped, newest texts first."""

KEPT = 64
REMEMBERED = 3600
"""Seconds after which a search begins anew: an article that was revised meanwhile may match now."""

MOST_FOUND = 2000
PAGE = 200


@dataclass(slots=True)
class Search:
    """How far a term was looked for: every article with `low` ≤ id ≤ `high` was read; `found` are ids, newest last."""

    rules: Rules
    began: Seconds
    high: int = 0
    low: int | None = None
    exhausted: bool = False
    found: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read_on(self, db: Db, since: Seconds) -> None:
        """Read what is new, then older texts, as long as the budget lasts."""
        deadline = time.monotonic() + BUDGET
        if self.low is not None:
            self._read_new(db, since, deadline)
        while not self.exhausted and time.monotonic() < deadline:
            page = store.reading.texts(db, since=since, below=self.low, limit=PAGE)
            self.exhausted = len(page) < PAGE
            for article in page:
                self._take(article)
            self.low = min([*(article.id for article in page), *(() if self.low is None else (self.low,))], default=0)
        self.found.sort()
        del self.found[:-MOST_FOUND]

    def _read_new(self, db: Db, since: Seconds, deadline: float) -> None:
        while time.monotonic() < deadline:
            page = store.reading.texts(db, since=since, above=self.high, limit=PAGE)
            for article in page:
                self._take(article)
            if len(page) < PAGE:
                return

    def _take(self, article: "store.reading.Text") -> None:
        self.high = max(self.high, article.id)
        if topics.match(self.rules, title=article.title, text=article.text, language=article.language):
            self.found.append(article.id)


class Searches:
    """The searches under way, the least used ones forgotten first. Used by several threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, str], Search] = OrderedDict()

    def stories(self, db: Db, term: str, now: Seconds) -> tuple[int, ...]:
        """Ids of the stories with a report that holds the term. Errors: Problem 400 when it is no term."""
        search = self._search(term, now)
        with search.lock:
            search.read_on(db, now - WINDOW)
            found = tuple(search.found)
        return store.reading.stories_of(db, found)

    def _search(self, term: str, now: Seconds) -> Search:
        key = (self._service.generation, term)
        with self._lock:
            found = self._kept.pop(key, None)
            if found is not None and now - found.began < REMEMBERED:
                self._kept[key] = found
                return found
        fresh = Search(compiled(term, self._service.public), now)
        with self._lock:
            while len(self._kept) >= KEPT:
                self._kept.popitem(last=False)
            return self._kept.setdefault(key, fresh)


def compiled(term: str, public: Public) -> Rules:
    """Rules of the one term, in every language of the site. Errors: Problem 400."""
    terms = {language: {"strong": (term,)} for language in public.site.languages}
    topic = Topic("q", {"en": term}, terms, min_score=0.01)
    lists = public.live.config.lists if "@" in term else ()
    for problem in topics.problems([topic], lists):
        if problem.severity == "error":
            raise Problem(400, f"q: {problem.message} ({problem.mend})", parameter="q")
    return topics.compile_rules([topic], lists)
