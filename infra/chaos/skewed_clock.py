"""A clock that is wrong: what this process takes for the time, moved by hours, once or again while it runs.

`time.time` and `datetime.now` are moved for all modules; the monotonic clock goes on, as it does when a machine's clock is set.
"""

from __future__ import annotations

from datetime import timedelta

import time_machine

_traveller: time_machine.Traveller | None = None
_hours = 0.0


def move(hours: float) -> None:
    """From now on the clock differs from the true time by so many hours. Never true in between: other threads look at it."""
    global _traveller, _hours  # noqa: PLW0603 - a process has one clock
    if _traveller is None:
        _traveller = time_machine.travel(timedelta(hours=hours), tick=True).start()
    else:
        _traveller.shift(timedelta(hours=hours - _hours))
    _hours = hours
