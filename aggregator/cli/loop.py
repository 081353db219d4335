"""The event loop of our commands: uvloop where there is one."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from aggregator.worker.memory import spare

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on the faster loop."""
    spare()
    try:
        import uvloop
    except ImportError:  # not on Windows
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
