"""Our rounds at given virtual times: python -m benchmarks.peers.behaviour_ours HOME TICKS CONTROL

TICKS is a JSON file of epoch seconds, CONTROL an address that takes them; HOME holds config/ and gets the database.
"""

import json
import sys
import time
import urllib.request
from pathlib import Path

_began = time.monotonic()
_base = time.time()


def _virtual() -> float:
    return _base + time.monotonic() - _began


time.time = _virtual  # before anything keeps the real one

import asyncio  # noqa: E402

from aggregator.bootstrap import open_live, open_store  # noqa: E402
from aggregator.worker.local import fetch_round  # noqa: E402


def main(home: Path, ticks: list[float], control: str) -> None:
    """One round of what is due at each tick, as cron would start it."""
    global _base, _began
    opened = open_store(f"sqlite:///{home / 'ours.db'}")
    for tick in ticks:
        _base, _began = tick, time.monotonic()
        urllib.request.urlopen(f"{control}?{tick}").read()
        live, broken = open_live(opened, home / "config", int(tick))
        assert broken is None
        asyncio.run(fetch_round(opened, live))
    opened.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), sys.argv[3])
