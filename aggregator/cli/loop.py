"""The event loop of our commands: uvloop where there is one."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

YOUNG = 50_000
"""New objects between two searches for cycles in what runs for long; the program itself is left out of them."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on the faster loop."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    try:
        import uvloop
    except ImportError:  # not on Windows
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
