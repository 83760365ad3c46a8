"""The memory of a process that lives for years.

glibc gives each thread a heap of its own, up to eight for each core. What a poll's threads free stays scattered over those heaps:
a watch grew by 6.5 MB in a thousand polls, without an object more in Python.

Python looks for cycles when a quarter of all objects is new: what crawls left lay about until it was a hundred thousand of them,
and each high tide left some more of Python's own memory in pieces, 1 MB in a thousand polls. So we look after every few polls.
What is code stays for ever and is left out, so that it takes some 10 ms.

With both, memory stays level (bench `week`).
"""

from __future__ import annotations

import ctypes
import gc
from typing import Final

M_ARENA_MAX: Final = -8
"""Of malloc.h."""
POLLS: Final = 10
"""After so many everything that polls need is loaded."""
EVERY: Final = 5
"""Polls from one look to the next."""


def few_heaps() -> None:
    """At most two from now on; call it before there are threads. Does nothing where the C library is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 2)


class GarbageCollection:
    """Collects what polls leave."""

    def __init__(self) -> None:
        self._polls = 0

    def polled(self) -> None:
        """A poll has ended."""
        self._polls += 1
        if self._polls == POLLS:
            gc.collect()
            gc.freeze()
        elif self._polls > POLLS and self._polls % EVERY == 0:
            gc.collect()
