"""The command line inside this process: quicker than a process a command, and with all its effects."""

import sys

import pytest

from aggregator.__main__ import main

Ran = tuple[int, str, str]


class Inside:
    """`inside(*words)` → (exit status, stdout, stderr)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.delenv("AGGREGATOR_CONFIG", raising=False)
        monkeypatch.delenv("AGGREGATOR_DATABASE_URL", raising=False)
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: str) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["aggregator", *words])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        out, err = self._capsys.readouterr()
        return status, out, err
