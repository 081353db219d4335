"""lemon24/reader, the nearest relative in Python, as its documentation uses it: add the feeds once, update them all.

python -m benchmarks.peers.lemon DATABASE URLS      URLS: a file with one address a line
"""

import sys
from pathlib import Path

import feedparser_sgmllib  # what feedparser 6.1 uses; reader's copy of 6.0 asks for it under the old name

sys.modules["sgmllib"] = feedparser_sgmllib

from reader import make_reader  # noqa: E402

WORKERS = 16


def main(database: str, urls: list[str]) -> None:
    """Refresh every feed once."""
    reader = make_reader(database, feed_root=None)
    for url in urls:
        reader.add_feed(url, exist_ok=True)
    failed = [
        str(one.value)
        for one in reader.update_feeds_iter(workers=WORKERS, scheduled=False)
        if isinstance(one.value, Exception)
    ]
    print(f"{len(failed)} feeds failed", *failed, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").split())
