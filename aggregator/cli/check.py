"""`aggregator check`: is the configuration valid, and do the topics do what their own tests say?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from aggregator.checking import examine
from aggregator.cli.options import CONFIG, ConfigDir, Json
from aggregator.cli.output import counted, dump, say, warn
from aggregator.errors import Fault
from aggregator.model import Config


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


def _tell(loaded: Config | None, faults: tuple[Fault, ...], warnings: tuple[Fault, ...]) -> None:
    for warning in warnings:
        say(f"warning: {warning}")
    for fault in faults:
        warn(str(fault))
    if loaded is None or faults:
        warn(counted(len(faults), "fault"))
        return
    feeds = [feed for source in loaded.sources for feed in source.feeds]
    tests = sum(len(topic.match) + len(topic.reject) for topic in loaded.topics)
    enabled = sum(feed.enabled for feed in feeds)
    say(
        f"ok: {counted(len(loaded.sources), 'source')} with {counted(len(feeds), 'feed')} ({enabled} enabled), "
        f"{counted(len(loaded.topics), 'topic')}, {counted(tests, 'test')} passed, {counted(len(warnings), 'warning')}"
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
