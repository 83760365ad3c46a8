"""A watch keeps to two heaps, however many threads it has, and lets nothing lie about that polls left."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys

import pytest

THREADS = """
import ctypes, sys, threading
from crawler.watch.gc_tuning import few_heaps
if "few" in sys.argv:
    few_heaps()
libc, together = ctypes.CDLL(None), threading.Barrier(16)
libc.malloc.restype = ctypes.c_void_p
def work():
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="this C library is not glibc")
def test_sixteen_threads_share_two_heaps() -> None:
    """By glibc's own account; without our word it makes more."""

    def heaps(*arguments: str) -> int:
        told = subprocess.run(
            [sys.executable, "-c", THREADS, *arguments], check=True, capture_output=True, encoding="utf-8"
        ).stdout
        return len(re.findall(r"<heap nr=", told))

    assert heaps("few") <= 2 < heaps()


TIDIED = """
import gc
from crawler.watch.gc_tuning import EVERY, POLLS, GarbageCollection

def leave():
    for _ in range(100):
        cycle = []
        cycle.append(cycle)

gc.disable()
tidying = GarbageCollection()
for _ in range(POLLS - 1):
    tidying.polled()
assert gc.get_freeze_count() == 0
before = len(gc.get_objects())
tidying.polled()
assert gc.get_freeze_count() > before * 0.8 > 1000
assert len(gc.get_objects()) < 500
found = gc.get_stats()[2]["collected"]
for _ in range(EVERY):
    leave()
    tidying.polled()
assert gc.get_stats()[2]["collected"] - found >= 100 * EVERY
assert gc.get_freeze_count() > before * 0.8
"""


def test_what_polls_leave_is_collected_and_what_stays_is_not_looked_at() -> None:
    """By Python's own account."""
    subprocess.run([sys.executable, "-c", TIDIED], check=True)
