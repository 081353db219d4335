"""What all commands share: where options stand, what help says, how Ctrl-C ends them."""

import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer

from aggregator import config as aggregator_config
from aggregator.cli import app
from aggregator.cli.output import coloured


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with the words that lead to it."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


ALL = dict(commands())


def test_the_version_is_that_of_the_package(aggregator) -> None:
    assert aggregator("--version") == (0, f"aggregator {version('aggregator')}\n", "")


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_is_one_short_sentence_first_and_shows_an_example_that_is_a_command(aggregator, words) -> None:
    status, out, _ = aggregator(*words, "--help")
    assert status == 0
    assert "..." not in ALL[words].get_short_help_str(60), "the list of commands cuts its first sentence"
    examples = [line.split() for line in out.partition("Example:")[2].splitlines() if line.strip()]
    assert examples, "no example"
    for one in examples:
        assert one[0] == "aggregator"
        assert tuple(one[1 : 1 + len(words)]) == words
        flags = {word.partition("=")[0] for word in one if word.startswith("--")}
        assert flags <= {flag for param in ALL[words].params for flag in param.opts}


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_the_common_options_are_accepted_behind_every_command(aggregator, words) -> None:
    if words == ("demo",):
        assert aggregator("demo", "--config", "x")[0] == 2, "it would work on its own files all the same"
        return
    status, out, err = aggregator(*words, "--config", "x", "--database=sqlite:///y", "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: aggregator {' '.join(words)}")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--database sqlite:///x fetch --all", "aggregator fetch --all --database sqlite:///x"),
        ("sources --config x list --json", "aggregator sources list --json --config x"),
        ("articles --limit 5 list", "aggregator articles list --limit 5"),
        ("articles --database x withdraw 3", "aggregator articles withdraw 3 --database x"),
        ("--json articles list", "aggregator articles list --json"),
    ],
)
def test_an_option_before_the_command_is_refused_with_the_line_that_was_meant(aggregator, typed, meant) -> None:
    status, out, err = aggregator(*typed.split())
    assert (status, out) == (2, "")
    assert err.endswith(f"options stand behind the command: {meant}\n")


def test_help_is_asked_for_in_two_ways_at_every_depth(aggregator) -> None:
    for words in ((), ("articles",), ("articles", "list")):
        asked = aggregator(*words, "-h")
        assert asked == aggregator(*words, "--help")
        assert asked[0] == 0
        assert asked[1].startswith(" ".join(["Usage: aggregator", *words]))
    assert "aggregator articles list --help" in aggregator("articles", "-h")[1]


def test_an_unknown_option_or_word_is_a_usage_error_with_a_hint(aggregator) -> None:
    assert aggregator("--bogus")[0] == 2
    assert "name a command first" in aggregator("--bogus")[2]
    status, _, err = aggregator("artcles")
    assert status == 2
    assert "Did you mean 'articles'?" in err
    assert aggregator("topics", "list", "--nonsense")[0] == 2
    status, _, err = aggregator("sources", "list", "--database")
    assert (status, "--database" in err) == (2, True)


def test_ctrl_c_is_one_line_and_status_130(aggregator, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(aggregator_config, "load", interrupted)
    assert aggregator("sources", "list") == (130, "", "interrupted\n")


def test_one_fault_is_a_fault_and_two_are_faults(aggregator, tmp_path: Path) -> None:
    assert aggregator("sources", "list", "--config", str(tmp_path / "none"))[2].endswith(
        "1 fault in the configuration\n"
    )
    (tmp_path / "aggregator.toml").write_text("[site]\ntitle = 3\n")
    status, out, err = aggregator("sources", "list", "--config", str(tmp_path))
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].endswith(" faults in the configuration")


class Terminal:
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_whose_owner_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream: Any = Terminal()
    assert coloured(stream)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured(stream)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not coloured(stream)
    with Path(os.devnull).open("w") as nowhere:
        assert not coloured(nowhere)
