"""A watch lets nothing lie about that polls left."""

from __future__ import annotations

import subprocess
import sys

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
