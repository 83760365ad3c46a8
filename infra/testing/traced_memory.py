"""How much memory a piece of work takes: for tests of bounds."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple


class TracedMemory(NamedTuple):
    """Bytes that Python's allocator gave. held: by what the work returned; peak: at most at one time."""

    held: int
    peak: int


def traced_memory(work: Callable[[], object]) -> TracedMemory:
    """What the work takes, the less of two times: other threads of a process of tests, and garbage that they leave, only add."""
    return TracedMemory(*map(min, zip(_once(work), _once(work), strict=True)))


def _once(work: Callable[[], object]) -> tuple[int, int]:
    gc.collect()
    tracemalloc.start()
    try:
        made = work()
        traced = tracemalloc.get_traced_memory()
        del made
    finally:
        tracemalloc.stop()
    return traced
