"""How commands speak: JSON for scripts on stdout, words and tables for people, progress on stderr."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aggregator.model import Seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def iso(when: Seconds | None) -> str | None:
    """YYYY-MM-DDTHH:MM:SSZ."""
    return None if when is None else datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dump(value: Any) -> None:
    """One JSON value on one line of stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def say(text: str = "") -> None:
    """A line for people, on stdout; control characters of what publishers wrote cannot reach the terminal."""
    sys.stdout.write(visible(text) + "\n")


def warn(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(visible(text) + "\n")


def visible(text: str) -> str:
    return _CONTROLS.sub("�", text)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people; cells are shown as they are, never as markup."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*titles, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*(Text(visible("" if cell is None else str(cell))) for cell in row))
    console().print(drawn)


def console(*, stderr: bool = False) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def progress() -> "Progress":
    """A bar on stderr; silent when stderr is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = console(stderr=True)
    return Progress(*columns, console=shown, disable=not shown.is_terminal, transient=True)


def seconds(text: str) -> float:
    """ "90", "90s", "4m", "1h", "2d" → seconds. Errors: ValueError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is no duration: write 90s, 4m or 1h")
    return float(match[1]) * _UNITS[match[2] or "s"]
