"""lemon24's reader at given virtual times: python -m benchmarks.peers.behaviour_reader HOME TICKS CONTROL

Its scheduled updates, with its default interval of an hour, as its documentation recommends for cron.
"""

import json
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import feedparser_sgmllib

sys.modules.setdefault("sgmllib", feedparser_sgmllib)  # the module left the standard library; its heir has another name

from reader import make_reader  # noqa: E402


def main(home: Path, ticks: list[float], control: str) -> None:
    """One scheduled update at each tick."""
    now = [ticks[0]]
    reader = make_reader(str(home / "reader.db"))
    reader._now = lambda: datetime.fromtimestamp(now[0], UTC)  # noqa: SLF001 - its tests set the clock so, too
    for url in (home / "urls.txt").read_text().split():
        reader.add_feed(url, exist_ok=True)
    for tick in ticks:
        now[0] = tick
        urllib.request.urlopen(f"{control}?{tick}").read()
        for _ in reader.update_feeds_iter(scheduled=True, workers=16):
            pass
    reader.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), sys.argv[3])
