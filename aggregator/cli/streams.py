"""stdin's counterparts: stdout and stderr as cron, pipes, full disks and old locales leave them to us."""

import errno
import io
import os
import select
import sys
from pathlib import Path
from typing import TextIO

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})


def prepare() -> None:
    """Make both streams ones that every text can be written to: closed ones swallow it, others speak UTF-8.

    A terminal keeps its own encoding and shows ? for letters that it has not.
    """
    sys.stdout, sys.stderr = _usable(sys.stdout), _usable(sys.stderr)


def _usable(stream: TextIO | None) -> TextIO:
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def reader_left() -> bool:
    """Whether whoever read our output (`| head`) has left; if so, what is still to be written goes nowhere."""
    watch = select.poll()
    watch.register(sys.stdout, select.POLLERR)
    if not watch.poll(0):  # it was another pipe that broke
        return False
    abandon()
    return True


def abandon() -> None:
    """Write nothing more to stdout."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def is_full(error: OSError) -> bool:
    """Whether a disk is full or broken that no file's name tells of; our output is abandoned when it was that."""
    if error.filename is not None or error.errno not in FULL:
        return False
    try:
        sys.stdout.flush()
    except OSError:
        abandon()
    return True
