"""The guarded child process: whatever reads malformed documents may die there, and only there.

One child per process, started when first needed, kept for many documents, replaced when it dies, hangs or has grown
old. It runs under limits on address space and CPU (see child.py); here stand the limits on time and size.
"""

import atexit
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aggregator.errors import ParseError

MOST_BYTES = 2_000_000
"""What the child is given at most; feedparser took 416 MB for 1.9 MB of hostile input."""
_MOST_REPLY = 64_000_000
_SECONDS = 9.0
_DOCUMENTS = 200
_PACKAGE_ROOT = str(Path(__file__).parents[2])
_lock = threading.Lock()


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    line: socket.socket
    owner: int
    served: int = 0

    def end(self) -> None:
        self.line.close()
        self.process.kill()
        self.process.wait()


_child: _Child | None = None


def ask(task: str, data: bytes, **options: str) -> dict[str, Any]:
    """The child's answer to `task` on `data`; ParseError when it finds nothing, dies, or takes too long."""
    with _lock:
        child = _running()
        try:
            answer = _exchange(child, json.dumps({"task": task, **options}).encode(), data)
        except (OSError, EOFError, ValueError) as error:
            close_unlocked()
            raise ParseError(f"reading it took too much time or memory: {type(error).__name__}") from None
        child.served += 1
        if child.served >= _DOCUMENTS or "error" in answer:
            close_unlocked()
    if "error" in answer:
        raise ParseError(str(answer["error"]))
    return answer


def close() -> None:
    """End the child, if there is one."""
    with _lock:
        close_unlocked()


def close_unlocked() -> None:
    global _child
    if _child is not None and _child.owner == os.getpid():
        _child.end()
    _child = None


def _running() -> _Child:
    """The child of this very process: one inherited through fork belongs to the parent."""
    global _child
    if _child is None or _child.owner != os.getpid() or _child.process.poll() is not None:
        close_unlocked()
        _child = _start()
    return _child


def _start() -> _Child:
    ours, theirs = socket.socketpair()
    path = os.pathsep.join(filter(None, (_PACKAGE_ROOT, os.environ.get("PYTHONPATH"))))
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "aggregator.parse.child", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
    return _Child(process, ours, os.getpid())


def _exchange(child: _Child, options: bytes, data: bytes) -> dict[str, Any]:
    deadline = time.monotonic() + _SECONDS
    child.line.settimeout(_SECONDS)
    child.line.sendall(struct.pack("!II", len(options), len(data)) + options + data)
    (length,) = struct.unpack("!I", _received(child.line, 4, deadline))
    if length > _MOST_REPLY:
        raise ValueError("the answer is too large")
    answer: dict[str, Any] = json.loads(_received(child.line, length, deadline))
    return answer


def _received(line: socket.socket, length: int, deadline: float) -> bytes:
    received = bytearray()
    while len(received) < length:
        line.settimeout(max(0.001, deadline - time.monotonic()))
        piece = line.recv(min(1 << 20, length - len(received)))
        if not piece:
            raise EOFError
        received += piece
    return bytes(received)


atexit.register(close)
