"""Is a configuration valid, and do its topics do what their own tests say? Every fault with the place it stands at."""

from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import ConfigError, Fault
from aggregator.model import Config, TermList, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.topics import Problem


def examine(directory: Path) -> tuple[Config | None, tuple[Fault, ...], tuple[Fault, ...]]:
    """(configuration or None, faults, warnings) of a directory; faults in terms and failing topic tests are faults."""
    from aggregator import config as configuration
    from aggregator import topics

    loaded: Config | None = None
    wrong: tuple[Fault, ...] = ()
    try:
        loaded = configuration.load(directory)
        rules, lists = loaded.topics, loaded.lists
    except ConfigError as error:
        wrong, rules, lists = error.faults, error.topics, error.lists
    errors, lint = _findings(directory, topics.problems(rules, lists))
    faults = {*wrong, *errors}
    faults |= _failing(directory, rules, lists, {fault.file for fault in faults})
    return loaded, tuple(sorted(faults)), (*loaded.warnings, *lint) if loaded else ()


def _failing(directory: Path, rules: "Sequence[Topic]", lists: "Sequence[TermList]", faulty: set[str]) -> set[Fault]:
    """What the tests of those topics say whose files, and the shared lists, have no fault."""
    from aggregator import config as configuration
    from aggregator import topics

    def sound(stem: str) -> bool:
        return configuration.locate(directory, stem, "title")[0] not in faulty

    tested = [topic for topic in rules if sound(topic.id)] if sound("_lists") else []
    return {placed(directory, problem) for problem in topics.run_tests(topics.compile_rules(tested, lists), tested)}


def _findings(directory: Path, found: "Sequence[Problem]") -> tuple[list[Fault], list[Fault]]:
    """(faults, lint) with the places they stand at."""
    errors = [placed(directory, problem) for problem in found if problem.severity == "error"]
    return sorted(errors), sorted(placed(directory, problem) for problem in found if problem.severity == "warning")


def placed(directory: Path, problem: "Problem") -> Fault:
    """A finding of the topics stage, with the place it stands at."""
    from aggregator import config as configuration

    if problem.topic.startswith("@"):
        stem, key = "_lists", f"{problem.topic[1:]}.{problem.key}"
    else:
        stem, key = problem.topic, problem.key
    file, line = configuration.locate(directory, stem, key, problem.term)
    return Fault(
        file, line, key, f"{problem.term}: {problem.message}" if problem.term else problem.message, problem.mend
    )
