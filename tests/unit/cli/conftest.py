"""The command line inside this process."""

import pytest
from cli_inside import Inside


@pytest.fixture
def aggregator(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside(monkeypatch, capsys)
