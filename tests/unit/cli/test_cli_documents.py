"""What the documents say of the commands is true: every command is listed, and every line that shows one can be typed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from aggregator.cli import app

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        yield (*words, name), command
        yield from commands(command, (*words, name)) if hasattr(command, "commands") else ()


KNOWN = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize(
    "words", [words for words, command in KNOWN.items() if not hasattr(command, "commands")], ids=" ".join
)
def test_every_command_stands_in_the_list_of_commands(words: tuple[str, ...]) -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    group = [*words[:-1]]
    rows = (
        [line for line in text.splitlines() if line.startswith(f"| `{' '.join(group)}")] if group else text.splitlines()
    )
    assert any(re.search(rf"[` \[]{re.escape(words[-1])}[` \]]", line) for line in rows)
    flags = {flag for param in KNOWN[words].params for flag in param.opts if flag.startswith("--")}
    assert [flag for flag in sorted(flags) if flag not in text] == []


def typed() -> Iterator[tuple[str, str]]:
    """Every `aggregator …` of a code block, and every one in the running text, with the page it stands on."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in re.findall(r"(?:^|`|uv run |&& )aggregator ([a-z][^`\n]*)", text, re.MULTILINE):
            yield page.name, re.split(r"\s{2,}|\s#|\s>>|\s\|\s|;", line)[0]


@pytest.mark.parametrize(("page", "line"), sorted(set(typed())))
def test_what_a_document_shows_can_be_typed(page: str, line: str) -> None:
    words = shlex.split(line.replace("…", "").replace("[", "").replace("]", ""))
    depth = 2 if tuple(words[:2]) in KNOWN else 1
    command = KNOWN.get(tuple(words[:depth]))
    assert command is not None, f"{page}: there is no command {line!r}"
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    flags = {flag for param in command.params for flag in param.opts} | {"--config", "--database", "--help"}
    if hasattr(command, "commands"):
        flags |= {flag for param in command.commands.get("list", command).params for flag in param.opts}
    assert options <= flags, f"{page}: {line}"
