"""How a process of ours uses memory: cycles are looked for seldom, and what is freed goes back to the system."""

import gc
from contextlib import suppress

YOUNG = 10_000
"""New objects between two searches for cycles. Python's 700 cost a round a twentieth; 100,000 keep 17 MB a process."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Parameters of mallopt(3)."""


def spare() -> None:
    """Leave what is loaded out of searches for cycles, and have the C library give documents back at once.

    It would raise its threshold with the first large document that is freed, keep all later ones in its heap, and hold
    a heap for each thread: 50 MB in a process that stores what 200 feeds sent.
    """
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    import ctypes

    with suppress(OSError, AttributeError):  # another C library: it works without
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in ((_MMAP_THRESHOLD, 65_536), (_TRIM_THRESHOLD, 500_000), (_ARENA_MAX, 1)):
            mallopt(parameter, value)
