"""A clock that is wrong: what this process takes for the time, moved by hours, once or again while it runs.

`time.time` and `datetime.now` are moved for all modules; the monotonic clock goes on, as it does when a machine's clock is set.
"""

from __future__ import annotations

from datetime import timedelta

import time_machine

_moved: time_machine.travel | None = None


def move(hours: float) -> None:
    """From now on the clock differs from the true time by so many hours."""
    global _moved  # noqa: PLW0603 - a process has one clock
    if _moved is not None:
        _moved.stop()
    _moved = time_machine.travel(timedelta(hours=hours), tick=True)
    _moved.start()
