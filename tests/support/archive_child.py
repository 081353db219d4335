"""A process that matches the archive again and stands still in the middle, saying so, until it is killed.

`python archive_child.py DATABASE CONFIG NOW WHERE`: WHERE is "matching" (the second page is with the pool), "writing"
(the second page is written and not committed) or "following" (the feeds follow and that is not committed).
"""

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aggregator import config as configuration
from aggregator import store, topics
from aggregator.bootstrap import Tools, activate, files_of
from aggregator.worker import archive
from aggregator.worker.pool import Matchable


def stand_still() -> None:
    print("here", flush=True)
    sys.stdin.read()  # nobody writes: it ends with the process that started this one


class Pool:
    """Matches at once, in this process."""

    def __init__(self, rules: topics.Rules, where: str) -> None:
        self.rules, self.where, self.pages = rules, where, 0

    async def match(self, texts: list[Matchable]) -> list[Any]:
        self.pages += 1
        if self.where == "matching" and self.pages == 2:
            stand_still()
        return [
            topics.match(
                self.rules, title=t.title, text=t.text, language=t.language, source=t.source, country=t.country
            )
            for t in texts
        ]


def main(database: str, directory: str, now: str, where: str) -> None:
    opened, config, files = store.Store(database), configuration.load(Path(directory)), files_of(Path(directory))
    live = activate(opened, config, files, int(now))
    pool = Pool(topics.Rules.from_bytes(live.rules), where)

    async def write(work: Any, *args: Any) -> Any:
        with opened.writing() as db:
            result = work(db, *args)
            stage = "following" if work is archive._settle else "writing" if pool.pages == 2 else ""
            if stage == where:
                stand_still()
            return result

    tools = Tools(live, opened, SimpleNamespace(), None, write, lambda: int(now))  # type: ignore[arg-type]
    asyncio.run(archive.rematch(tools, pool))  # type: ignore[arg-type]
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
