"""Waiting for a fact, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

LONG = 30.0
"""Seconds after which a test gives up waiting."""


def until(fact: Callable[[], object], told: Callable[[], object] | None = None, seconds: float = LONG) -> None:
    """Returns as soon as it is so. Fails after so many seconds, with what `told` tells then."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, told() if told else f"not within {seconds:g} s"
        time.sleep(0.01)
