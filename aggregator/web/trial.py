"""The operator's plan: what the feeds would become under edited rules, those on disk or a text that is tried unsaved."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from starlette.requests import Request

from aggregator import publish, topics
from aggregator.bootstrap import Live, files_in_force, laid_out
from aggregator.checking import examine
from aggregator.model import Config
from aggregator.planning import Change, Plan, look
from aggregator.web.forms import Receive, form_body, form_fields, refuse_other_sites
from aggregator.web.headers import PRIVATE
from aggregator.web.held import Held, Scope, Send
from aggregator.web.pages import reader_of
from aggregator.web.problems import Problem
from aggregator.web.public import Public
from aggregator.web.rendering import Reader, blake_etag, render
from aggregator.web.service import Service

MOST_BYTES = 512 * 1024
"""Of the posted form; a Cyrillic letter takes six bytes in it."""

MOST_SECONDS = 90.0
MOST_TITLES = 20
"""Articles shown of those that enter a topic, and of those that leave it."""

_HEADERS = (*(field for field in PRIVATE if field[0] != b"cache-control"), (b"cache-control", b"no-store"))


@dataclass(frozen=True, slots=True)
class Moved:
    """A topic whose rules or stories differ: stories that enter and leave, and some of the articles."""

    title: str
    entering: int
    leaving: int
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    more_added: int
    more_removed: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: faults as `check` words them; then whether the rules are the `same` as the live ones, or what
    moves in how many articles; `late` when time ran out, `busy` when another plan is being made.
    """

    faults: tuple[str, ...] = ()
    same: bool = False
    late: bool = False
    busy: bool = False
    articles: int | None = None
    moved: tuple[Moved, ...] = ()


class _TooLong(Exception):
    """The time for a plan is over, or the server is."""


class Plans:
    """Answers /private/<token>/operations/plan. One plan is made at a time, in a thread."""

    def __init__(self, service: Service, seconds: float = MOST_SECONDS) -> None:
        self.service = service
        self.seconds = seconds
        self.alone = threading.Lock()

    async def respond(self, token: str, scope: Scope, receive: Receive, send: Send) -> int:
        """Errors: Problem 400 for a topic that has no file, 403, 405, 413, 415."""
        service, request = self.service, Request(scope)
        files, public = await service.read(files_in_force), service.public
        reader = reader_of(request, public, service.now())
        name, text = request.query_params.get("topic"), None
        if scope["method"] == "POST":
            refuse_other_sites(scope)
            form = dict(form_fields(await form_body(scope, receive, MOST_BYTES)))
            name, text = form.get("topic", ""), form.get("text", "").replace("\r\n", "\n")
        elif scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, "only GET, HEAD and POST", allow="GET, HEAD, POST")
        if name is not None and _path(name) not in files:
            raise Problem(400, "there is no file of that topic", parameter="topic")
        tried = await service.work(self._tried, public, reader, files, name, text)
        body = _page(public, reader, token, files, name, text, tried)
        headers = (*_HEADERS, (b"retry-after", b"10")) if tried and tried.busy else _HEADERS
        held = Held(
            blake_etag("text/html; charset=utf-8", body, service.now()), headers,
            status=429 if tried and tried.busy else 200,
        )  # fmt: skip
        return await held.respond(scope, send)

    def _tried(
        self, public: Public, reader: Reader, files: dict[str, str], name: str | None, text: str | None
    ) -> Trial | None:
        """None when a file was only chosen, or there are no files on disk to look at."""
        directory = self.service.directory
        if text is None and (name is not None or directory is None):
            return None
        if not self.alone.acquire(blocking=False):
            return Trial(busy=True)
        try:
            if text is None or name is None:
                assert directory is not None
                return self._try(directory, public, reader)
            with laid_out({**files, _path(name): text}) as tried:
                return self._try(tried, public, reader)
        finally:
            self.alone.release()

    def _try(self, directory: Path, public: Public, reader: Reader) -> Trial:
        loaded, found, _ = examine(directory)
        faults = tuple(str(fault).replace(f"{directory}/", "") for fault in found)
        if loaded is None:
            return Trial(faults)
        if _digest(loaded) == _digest(public.live.config):
            return Trial(faults, same=True)
        ids = {topic.id for config in (loaded, public.live.config) for topic in config.topics}
        rules = topics.compile_rules(loaded.topics, loaded.lists)
        try:
            plan = look(self.service.opened, loaded, rules, ids, self._watch(time.monotonic() + self.seconds))
        except _TooLong:
            return Trial(faults, late=True)
        return Trial(faults, articles=plan.articles, moved=_moves(plan, public.live, loaded, reader))

    def _watch(self, until: float) -> Callable[[int], None]:
        def seen(_: int) -> None:
            if time.monotonic() > until or self.service.closing.is_set():
                raise _TooLong

        return seen


def _path(name: str) -> str:
    return f"topics/{name}.toml"


def _digest(config: Config) -> str:
    return topics.digest(config.topics, config.lists)


def _moves(plan: Plan, live: Live, edited: Config, reader: Reader) -> tuple[Moved, ...]:
    """Topics in the order of their ids. One may move without an edit of its own: words of all topics are compiled as one."""
    before, after = ({topic.id: topic for topic in config.topics} for config in (live.config, edited))
    languages = (reader.speech.language, *edited.site.languages)
    found = []
    for id_ in sorted(before.keys() | after.keys()):
        one = _moved(plan, id_, publish.localised((after.get(id_) or before[id_]).title, languages) or id_)
        rules = [topics.digest([side[id_]] if id_ in side else [], ()) for side in (before, after)]
        if one.added or one.removed or one.entering or one.leaving or rules[0] != rules[1]:
            found.append(one)
    return tuple(found)


def _moved(plan: Plan, id_: str, title: str) -> Moved:
    added = tuple(one for one in plan.changes if one.topic == id_ and one.added)
    removed = tuple(one for one in plan.changes if one.topic == id_ and not one.added)
    before, after = plan.before[id_], plan.after[id_]
    return Moved(
        title, len(after - before), len(before - after), added[:MOST_TITLES], removed[:MOST_TITLES],
        max(0, len(added) - MOST_TITLES), max(0, len(removed) - MOST_TITLES),
    )  # fmt: skip


def _page(
    public: Public, reader: Reader, token: str, files: dict[str, str], name: str | None, text: str | None,
    tried: Trial | None,
) -> bytes:  # fmt: skip
    desk = f"/private/{token}/operations"
    paths = (PurePosixPath(path) for path in files)
    names = sorted(path.stem for path in paths if path.parent.as_posix() == "topics")
    shown = text if text is not None or name is None else files[_path(name)]
    return render(
        "plan.html", public, reader, f"{desk}/plan", desk=desk, names=names, chosen=name, text=shown, tried=tried,
        saved=text is None,
    )  # fmt: skip
