"""Ctrl-C while the demo collects ends the demo, not only its collecting."""

import asyncio

import pytest

from aggregator.worker import local


def test_ctrl_c_while_it_collects_ends_the_demo(aggregator, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*_: object, stopping: asyncio.Event, **__: object) -> local.Report:
        stopping.set()
        return local.Report()

    monkeypatch.setattr(local, "fetch_round", interrupted)
    assert aggregator("demo", "--once") == (130, "", "interrupted\n")
