"""An operator's word takes effect at once: written, placed and published before the command ends."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from aggregator.bootstrap import Tools, open_live, open_store
from aggregator.cli import loop
from aggregator.cli.output import warn, working
from aggregator.store import Db

T = TypeVar("T")


def settle(word: Callable[[Db], None], config: Path, database: str, told: Callable[[Db], T]) -> T:
    """Run `word` in a transaction, bring stories and feeds up to date, and read what came of it."""

    async def work(tools: Tools) -> None:
        await tools.write(word)

    return act(work, config, database, told)


def act(work: Callable[[Tools], Awaitable[None]], config: Path, database: str, told: Callable[[Db], T]) -> T:
    """Work with tools, bring stories and feeds up to date, and read what came of it."""
    from aggregator.worker.local import finish_publishing, workshop

    opened = open_store(database)
    live, broken = open_live(opened, config, int(time.time()))
    if broken is not None:
        warn(f"{broken}\nthe configuration is broken; working with the last one that was valid")

    async def acting() -> None:
        async with workshop(opened, live) as (tools, pool):
            await work(tools)
            await finish_publishing(tools, pool)

    try:
        with working("placing and publishing"):
            loop.run(acting())
        with opened.reading() as db:
            return told(db)
    finally:
        opened.close()
