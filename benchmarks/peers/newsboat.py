"""newsboat, the reader for terminals that distributions carry, as its manual says for unattended use.

python -m benchmarks.peers.newsboat DATABASE URLS      URLS: a file with one address a line
"""

import os
import shutil
import sys
from pathlib import Path

CONFIG = "reload-threads 8\nmax-items 0\ncleanup-on-quit no\nprepopulate-query-feeds no\n"


def main(database: str, urls: str) -> None:
    """Become newsboat, which reloads all feeds and ends."""
    program = shutil.which("newsboat")
    if program is None:
        sys.exit("newsboat is not installed")
    config = Path(f"{database}.conf")
    config.write_text(CONFIG, encoding="utf-8")
    os.environ["HOME"] = str(config.parent.resolve())
    os.execv(program, [program, "-C", str(config), "-c", database, "-u", urls, "-x", "reload"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
