"""How commands speak: JSON for scripts on stdout, words and tables for people, progress on stderr."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from aggregator.cli.layout import lay_out
from aggregator.model import Seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPANS = (("d", 86400), ("h", 3600), ("m", 60))
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def iso(when: Seconds | None) -> str | None:
    """YYYY-MM-DDTHH:MM:SSZ."""
    return None if when is None else datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(when: Seconds | None) -> str:
    """YYYY-MM-DD HH:MM in UTC, for tables."""
    return "" if when is None else datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M")


def distance(when: Seconds | None, now: Seconds) -> str:
    """How far away a time is, for tables: "12m ago", "in 3h", "now", "never"."""
    if when is None:
        return "never"
    size = abs(when - now)
    amount = next((f"{size // unit}{name}" for name, unit in _SPANS if size >= unit), "")
    if not amount:
        return "now"
    return f"in {amount}" if when > now else f"{amount} ago"


def dump(value: Any) -> None:
    """One JSON value on one line of stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def say(text: str = "") -> None:
    """A line for people, on stdout; control characters of what publishers wrote cannot reach the terminal."""
    sys.stdout.write(visible(text) + "\n")


def done(as_json: bool, facts: Mapping[str, Any], sentence: str) -> None:
    """What a command did: `facts` for a script, or the sentence for people."""
    dump(facts) if as_json else say(sentence)


def warn(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(visible(text) + "\n")


def visible(text: str) -> str:
    return _CONTROLS.sub("�", text)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]], where: str = "") -> None:
    """A table for people: whole rows where stdout is a file or pipe, laid out for its width where it is a terminal.

    An empty one says so on stderr, and `where` was looked.
    """
    shown = ([visible("" if cell is None else str(cell)) for cell in row] for row in rows)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    number = 0
    for number, line in enumerate(lay_out(titles, shown, width)):
        sys.stdout.write(f"{line if number else _bold(line)}\n")
    if number == 0:
        warn(f"none in {where}" if where else "none")


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if coloured(sys.stdout) else text


def coloured(stream: TextIO) -> bool:
    """Whether `stream` is a terminal whose owner wants colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 feed", "2 feeds"."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def console(*, stderr: bool = False) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def progress() -> "Progress":
    """A bar on stderr; silent when stderr is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = console(stderr=True)
    return Progress(*columns, console=shown, disable=not shown.is_terminal, transient=True)


@contextmanager
def working(text: str) -> Iterator[None]:
    """Say on a terminal's stderr that something takes a while whose end nobody knows."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    shown = console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=shown, disable=not shown.is_terminal, transient=True) as bar:
        bar.add_task(text, total=None)
        yield


def seconds(text: str) -> float:
    """ "90", "90s", "4m", "1h", "2d" → seconds. Errors: ValueError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is no duration: write 90s, 4m or 1h")
    return float(match[1]) * _UNITS[match[2] or "s"]
