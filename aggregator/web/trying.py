"""Tries edited rules in a process of its own: nothing that an operator types can hold the server for longer than it gives.

`try_apart` starts the process, hands it a pickled Task, reads the pickled Trial, and ends it when its time is over. The
pickles come from this program only.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aggregator import publish, topics
from aggregator.checking import examine
from aggregator.model import Config
from aggregator.planning import Change, Plan, look
from aggregator.store import Store

MOST_TITLES = 20
"""Articles shown of those that enter a topic, and of those that leave it."""
MOST_MEMORY = 2 * 2**30
"""Bytes of address space of the process."""
_LOOK = 0.2
"""Seconds between two looks at whether the server is closing."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A topic whose rules or stories differ: its former names, stories that enter and leave, and some of the articles."""

    title: str
    formerly: tuple[str, ...]
    entering: int
    leaving: int
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    more_added: int
    more_removed: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: faults as `check` words them; then whether the rules are the `same` as the live ones, or what
    moves in how many articles; `late` when time or memory ran out, `busy` when another plan is being made.
    """

    faults: tuple[str, ...] = ()
    same: bool = False
    late: bool = False
    busy: bool = False
    articles: int | None = None
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """The directory of the edited files, the archive, the live configuration, the language of who asks."""

    directory: Path
    database: str
    live: Config
    language: str


def try_apart(task: Task, seconds: float, closing: Callable[[], bool]) -> Trial:
    """The trial of a task, or one that is `late` when it took too long, needed too much, or the server is closing."""
    until = time.monotonic() + seconds
    command = [sys.executable, "-c", f"from aggregator.web.trying import main; main({max(1, int(seconds))})"]
    with _as_file(task) as given, subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE) as child:  # noqa: S603  # ourselves
        while time.monotonic() < until and not closing():
            try:
                answer, _ = child.communicate(timeout=_LOOK)
            except subprocess.TimeoutExpired:
                continue
            return pickle.loads(answer) if child.returncode == 0 else Trial(late=True)  # noqa: S301  # by main
        child.kill()
    return Trial(late=True)


@contextmanager
def _as_file(task: Task) -> Iterator[IO[bytes]]:
    """The task pickled, to be read from its beginning. Through a pipe, what a child has not read yet would be waited for."""
    with tempfile.TemporaryFile() as file:
        pickle.dump(task, file)
        file.seek(0)
        yield file


def try_rules(task: Task) -> Trial:
    """Check the edited files, and match the archive by them."""
    loaded, found, _ = examine(task.directory)
    faults = tuple(str(fault).replace(f"{task.directory}/", "") for fault in found)
    if loaded is None:
        return Trial(faults)
    if _digest(loaded) == _digest(task.live):
        return Trial(faults, same=True)
    ids = {topic.id for config in (loaded, task.live) for topic in config.topics}
    rules, opened = topics.compile_rules(loaded.topics, loaded.lists), Store(task.database)
    try:
        plan = look(opened, loaded, rules, ids)
    finally:
        opened.close()
    return Trial(faults, articles=plan.articles, moved=_moves(plan, task, loaded))


def _digest(config: Config) -> str:
    return topics.digest(config.topics, config.lists)


def _moves(plan: Plan, task: Task, edited: Config) -> tuple[Moved, ...]:
    """Topics in the order of their ids. One may move without an edit of its own: words of all topics are compiled as one."""
    before, after = ({topic.id: topic for topic in config.topics} for config in (task.live, edited))
    names = plan.renamed
    languages = (task.language, *edited.site.languages)
    found = []
    for id_ in sorted((before.keys() | after.keys()) - names.keys()):
        title = publish.localised((after.get(id_) or before[id_]).title, languages) or id_
        formerly = tuple(old for old, new in names.items() if new == id_ and old in before)
        one = _moved(plan, id_, title, formerly)
        rules = [topics.digest([side[id_]] if id_ in side else [], ()) for side in (before, after)]
        if one.added or one.removed or one.entering or one.leaving or rules[0] != rules[1]:
            found.append(one)
    return tuple(found)


def _moved(plan: Plan, id_: str, title: str, formerly: tuple[str, ...]) -> Moved:
    added = tuple(one for one in plan.changes if one.topic == id_ and one.added)
    removed = tuple(one for one in plan.changes if one.topic == id_ and not one.added)
    before, after = plan.before[id_], plan.after[id_]
    return Moved(
        title, formerly, len(after - before), len(before - after), added[:MOST_TITLES], removed[:MOST_TITLES],
        max(0, len(added) - MOST_TITLES), max(0, len(removed) - MOST_TITLES),
    )  # fmt: skip


def _limit(seconds: int) -> None:
    """A child whose server was killed ends all the same."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        os.nice(5)  # readers come first


def main(seconds: int) -> None:
    """The part of the child: one Task in, one Trial out."""
    _limit(seconds)
    task = pickle.load(sys.stdin.buffer)  # noqa: S301  # written by try_apart
    sys.stdout.buffer.write(pickle.dumps(try_rules(task)))
