"""What a command costs: wall, CPU of all its processes, peak memory. `python -m benchmarks.measure -- COMMAND …`

Prints one JSON object: status, wall_s, cpu_s (user and system, every descendant, also those whose parent died first),
server_cpu_s (of the processes named with --server and their children, while the command ran), peak_mb (proportional set
size of all of these, sampled). The command's own output goes to stderr.
"""

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

ORPHANS = 10.0
"""Seconds that processes get to end by themselves when the command has ended."""

EVERY = 0.15
"""Seconds between two samples of the memory."""
TICKS = os.sysconf("SC_CLK_TCK")
SET_CHILD_SUBREAPER = 36
"""prctl(2): orphans among our descendants become our children, so that their CPU is waited for."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one command; seconds and MB (10^6 bytes)."""

    status: int
    wall_s: float
    cpu_s: float
    server_cpu_s: float
    peak_mb: float


def adopt_orphans() -> None:
    """Become the reaper of all descendants. Errors: OSError."""
    if ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def measure(command: Sequence[str], servers: Iterable[int] = (), timeout: float = 900.0) -> Cost:
    """Run a command to its end; what it leaves running is killed. Errors: TimeoutError.

    Counts every child of this process that ends meanwhile: call it from a process that has no others.
    """
    roots = list(servers)
    adopt_orphans()
    before, server_before, began = _children_cpu(), cpu(roots), time.monotonic()
    process, peak = subprocess.Popen(command, stdout=sys.stderr), 0
    while process.poll() is None:
        peak = max(peak, memory([os.getpid(), *roots], but=os.getpid()))
        if time.monotonic() - began > timeout:
            _end_children()
            raise TimeoutError(f"{command[0]} took longer than {timeout:.0f} s")
        time.sleep(EVERY)
    wall = time.monotonic() - began
    _end_children()
    spent = _children_cpu() - before
    return Cost(process.returncode, wall, spent, cpu(roots) - server_before, peak / 1e6)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _end_children() -> None:
    """Reap orphans; one that does not end by itself in time is killed."""
    deadline = time.monotonic() + ORPHANS
    while family := tree([os.getpid()]) - {os.getpid()}:
        with suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
        if time.monotonic() > deadline:
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, 9)
        time.sleep(0.01)


# ---------------------------------------------------------------- /proc


def _stat(pid: int) -> tuple[int, float] | None:
    """Parent and CPU seconds of a process, its dead and waited-for children included; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(map(int, fields[11:15])) / TICKS


def tree(roots: Iterable[int]) -> set[int]:
    """The processes and all their living descendants."""
    children = defaultdict(list)
    for name in os.listdir("/proc"):  # noqa: PTH208 - names are all that is wanted, thousands of times
        if name.isdigit() and (found := _stat(int(name))) is not None:
            children[found[0]].append(int(name))
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in seen:
            seen.add(pid)
            waiting += children[pid]
    return seen


def cpu(roots: Iterable[int]) -> float:
    """CPU seconds of living process trees so far."""
    return sum(found[1] for pid in tree(roots) if (found := _stat(pid)) is not None)


def memory(roots: Iterable[int], but: int | None = None) -> int:
    """Proportional set size of process trees in bytes: shared pages count once among those who share them."""
    return sum(size for pid in tree(roots) - {but} for size in _pss(pid))


def _pss(pid: int) -> Iterator[int]:
    with suppress(OSError), Path(f"/proc/{pid}/smaps_rollup").open(encoding="ascii") as lines:
        yield from (int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=int, action="append", default=[], metavar="PID")
    parser.add_argument("--timeout", type=float, default=900.0, metavar="SECONDS")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    print(json.dumps(asdict(measure(given.command, given.server, given.timeout))))


if __name__ == "__main__":
    main()
