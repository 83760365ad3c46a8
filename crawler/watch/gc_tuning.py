"""Garbage collection of a process that lives for years.

Python looks for cycles when a quarter of all objects is new: what crawls leave adds up to a hundred thousand objects before that,
and the process keeps the memory (1 MB in a thousand polls). So cycles are collected after every few polls. What is code is frozen
once and left out, so that a collection takes some 10 ms.

The other half is set where the process is started: `MALLOC_ARENA_MAX=2` in `infra/deploy` keeps glibc from giving each thread
a heap of its own, over which freed memory stays scattered (6.5 MB in a thousand polls). With both, memory stays level (`week`).
"""

from __future__ import annotations

import gc
from typing import Final

POLLS: Final = 10
"""After so many everything that polls need is loaded."""
EVERY: Final = 5
"""Polls from one look to the next."""


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
