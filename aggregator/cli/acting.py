"""An operator's word takes effect at once: written, placed and published before the command ends."""

import time
from collections.abc import Callable
from pathlib import Path

from aggregator.bootstrap import open_live, open_store
from aggregator.cli import loop
from aggregator.cli.output import warn
from aggregator.store import Db


def settle(word: Callable[[Db], None], config: Path, database: str) -> None:
    """Run `word` in a transaction, then bring stories and feeds up to date."""
    from aggregator.worker.local import finish_publishing, workshop

    opened = open_store(database)
    live, broken = open_live(opened, config, int(time.time()))
    if broken is not None:
        warn(f"{broken}\nthe configuration is broken; working with the last one that was valid")

    async def act() -> None:
        async with workshop(opened, live) as (tools, pool):
            await tools.write(word)
            await finish_publishing(tools, pool)

    loop.run(act())
    opened.close()
