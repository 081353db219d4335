"""`aggregator check`: is the configuration valid, and do the topics do what their own tests say?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import CONFIG, ConfigDir, Json
from aggregator.cli.output import counted as number_of
from aggregator.cli.output import dump, say, warn
from aggregator.errors import ConfigError, Fault, counted
from aggregator.model import Config, TermList, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.topics import Problem


def check(
    *,
    as_json: Json = False,
    schema: Annotated[
        Path | None, typer.Option("--schema", metavar="DIR", help="Write JSON Schemas for editors to DIR and end.")
    ] = None,
    config: ConfigDir = CONFIG,
) -> None:
    """Validate config/: every fault with file, line, key and mend; run the topics' own tests."""
    if schema is not None:
        written = _write_schemas(schema)
        dump({"written": written}) if as_json else say("\n".join(written))
        return
    loaded, faults, warnings = examine(config)
    if as_json:
        dump({"ok": not faults, "errors": [asdict(f) for f in faults], "warnings": [asdict(w) for w in warnings]})
    else:
        _tell(loaded, faults, warnings)
    if faults:
        raise typer.Exit(2)


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


def _tell(loaded: Config | None, faults: tuple[Fault, ...], warnings: tuple[Fault, ...]) -> None:
    for warning in warnings:
        say(f"warning: {warning}")
    for fault in faults:
        warn(str(fault))
    if loaded is None or faults:
        warn(counted(faults))
        return
    feeds = [feed for source in loaded.sources for feed in source.feeds]
    tests = sum(len(topic.match) + len(topic.reject) for topic in loaded.topics)
    enabled = sum(feed.enabled for feed in feeds)
    say(
        f"ok: {number_of(len(loaded.sources), 'source')} with {number_of(len(feeds), 'feed')} ({enabled} enabled), "
        f"{number_of(len(loaded.topics), 'topic')}, {number_of(tests, 'test')} passed, {number_of(len(warnings), 'warning')}"
    )


def _write_schemas(directory: Path) -> list[str]:
    from aggregator import config as configuration

    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in configuration.schemas().items():
        path = directory / f"{name}.schema.json"
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        written.append(str(path))
    return written
