"""A token-bucket rate limiter per caller."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final

MOST_CALLERS: Final = 10_000


class Buckets:
    """Token buckets, one a caller. rate: calls a second in the long run; burst: calls at once, the size of a bucket.

    MOST_CALLERS are remembered: the one whose last call is longest ago is forgotten first, and has a full bucket again.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def may(self, caller: str, *, takes: bool = True) -> bool:
        """Whether this call is within the rate. It takes a token either way, unless it is only asked about."""
        now = time.monotonic()
        left, since = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        self._buckets[caller] = (max(left - takes, 0), now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return left >= 1
