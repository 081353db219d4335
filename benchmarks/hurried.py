"""`python -m benchmarks.hurried FILE fetch …`: the aggregator with short leases and a wall clock that a file sets.

FILE holds the seconds that the clock is ahead; it is read anew four times a second. Leases of LEASE seconds and
heartbeats to match make minutes of chaos hold what months of service do. With BYTES_AT_MOST in the environment no file
grows beyond it: a full disk of one process's own.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

LEASE = 6


def shifted(file: Path, real: Callable[[], float] = time.time) -> Callable[[], float]:
    """A wall clock that is ahead by what `file` says."""
    ahead, looked = 0.0, float("-inf")

    def now() -> float:
        nonlocal ahead, looked
        if time.monotonic() - looked > 0.25:
            ahead, looked = float(file.read_text() or 0), time.monotonic()
        return real() + ahead

    return now


def main() -> None:
    file, *words = sys.argv[1:]
    if most := os.environ.get("BYTES_AT_MOST"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    time.time = shifted(Path(file))
    from aggregator.store import feeds

    feeds.LEASE = LEASE
    from aggregator.worker import local

    local.RENEW_EVERY = LEASE / 4
    local.BORROW_WITHIN = LEASE * 2
    if "worker" in words:
        from aggregator.worker import queue

        queue.STALLED, queue.HEARTBEAT, queue.LOOK_EVERY, queue.GRACE = LEASE, LEASE / 4, 0.5, 10.0
    sys.argv = ["aggregator", *words]
    from aggregator.__main__ import main as command

    command()


if __name__ == "__main__":
    main()
