"""When to ask a source again: so that what it shows overlaps with the last time by about half.

A feed that shows 25 entries of an outlet with 15 articles an hour must be asked every 50 minutes: then half of the entries
are known, none was missed, and few requests say nothing. The rate is learned for each hour of the day, since newsrooms sleep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple

from pydantic import Field, PlainSerializer

from crawler.state_file import Moment, PastMoment, StateFile

HOURS: Final = 24
SHORTEST: Final = timedelta(minutes=2)
LONGEST: Final = timedelta(hours=6)
WANTED_NEW: Final = 0.5
"""The part of a document's entries that should be new: the middle between a third and two thirds; of a short one less."""
LEAST_NEW: Final = 1 / 3
DEVIATIONS: Final = 3.0
"""How far beyond the expected number chance may go without an entry being missed (standard deviations of a Poisson count)."""
MEMORY_DAYS: Final = 7.0
"""How many days an hour's rate remembers: a weekend is felt, a year-old newsroom is not."""
PRIOR_DAYS: Final = 0.5
"""How much an hour believes the day's average before it has been seen itself."""
USUAL_SIZE: Final = 25
MOST_BURST: Final = 8.0
"""How much more than usual the last polls may count: breaking news is followed at once, and forgotten in some polls."""
CROSSING: Final = timedelta(minutes=5)
"""So long after a hub told of news a poll may find them. More than one poll may: a hub tells while another is under way."""
_STEP: Final = timedelta(minutes=5)
_Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
_Hours = Annotated[
    list[_Amount],
    Field(min_length=HOURS, max_length=HOURS),
    PlainSerializer(lambda values: [round(value, 3) for value in values]),
]


class Push(NamedTuple):
    """Hubs are to tell of the source's news. last: when one did; until: when the subscription is to be renewed, in a poll."""

    last: datetime | None
    until: datetime


@dataclass(slots=True)
class PollInterval:
    """What is learned of one source. Times are aware; hours are of UTC.

    weight, fresh: for each hour of the day, how many such hours were watched and how many new entries they brought, both
    fading; size: entries of the document; burst: how many times the usual rate the last polls met; asked: the last answer.
    told: when hubs told of news last, as of that answer; believed: they tell of all news; pushed_until: and will until then, so
    that it is asked as seldom as may be.
    INTERVAL keeps it between runs.
    """

    weight: _Hours = field(default_factory=lambda: [0.0] * HOURS)
    fresh: _Hours = field(default_factory=lambda: [0.0] * HOURS)
    size: Annotated[float, Field(gt=0, le=1e9)] = USUAL_SIZE
    burst: Annotated[float, Field(ge=1, le=MOST_BURST)] = 1.0
    asked: PastMoment | None = None
    told: PastMoment | None = None
    believed: bool = False
    pushed_until: Moment | None = None

    def heard(self, at: datetime, *, new: int, size: int | None = None, push: Push | None = None) -> None:
        """The source answered: `new` entries that were not known, of `size` (None: it said that nothing has changed).

        A document that is all new says only that it came too late: twice as many are assumed.
        """
        self._believe(at, push, new)
        if size:
            self.size = float(size)
        if self.asked is not None and at > self.asked:
            missed = size is not None and size > 0 and new >= size
            self._learn(self.asked, at, 2.0 * new if missed else float(new))
        self.asked = at

    def unanswered(self) -> bool:
        """The source gave no answer: what a hub told of is still to be found, so polls go by the learned interval again.

        Whether that changes anything.
        """
        changes, self.pushed_until = self.pushed_until is not None, None
        return changes

    def rate(self, hour: int) -> float:
        """New entries expected in this hour of the day (0 to 23, UTC)."""
        seen = sum(self.weight)
        average = sum(self.fresh) / seen if seen else self.size * WANTED_NEW
        return (self.fresh[hour] + PRIOR_DAYS * average) / (self.weight[hour] + PRIOR_DAYS)

    def next(self, at: datetime, shortest: timedelta = SHORTEST, longest: timedelta = LONGEST) -> datetime:
        """When to ask again after `at`: when so many entries are expected to be new that half of the document is."""
        if self.pushed_until is not None and self.pushed_until > at:
            return min(max(self.pushed_until, at + shortest), at + longest)
        wanted, expected, then = self._wanted(), 0.0, at
        while then - at < longest:
            expected += self.burst * self.rate(then.hour) * (_STEP / timedelta(hours=1))
            then += _STEP
            if expected >= wanted:
                then -= _STEP * ((expected - wanted) / (expected or 1.0) if then - at > _STEP else 1.0 - wanted / expected)
                break
        return min(max(then, at + shortest), at + longest)

    def _believe(self, at: datetime, push: Push | None, new: int) -> None:
        """A hub is believed from the first time it tells of news until news come of which it did not tell. When it tells and
        there are none, the source shows them later than the hub: it is asked by its rhythm once.
        """
        last = push.last if push is not None else None
        tells = last is not None and (last != self.told or at - last <= CROSSING)
        self.told = last
        self.believed = push is not None and (tells or (self.believed and not new))
        self.pushed_until = push.until if push is not None and self.believed and (new or not tells) else None

    def _wanted(self) -> float:
        """How many new entries to wait for."""
        safe = (math.sqrt(self.size + DEVIATIONS**2 / 4) - DEVIATIONS / 2) ** 2  # safe + DEVIATIONS * sqrt(safe) = size
        return max(min(self.size * WANTED_NEW, safe), self.size * LEAST_NEW)

    def _learn(self, since: datetime, at: datetime, new: float) -> None:
        """Spreads what is new over the hours it came in, as their rates have it so far; older days fade."""
        parts = _hours(since, at)
        expected = [self.rate(hour) * share for hour, share in parts]
        whole = sum(expected)
        met = min(math.sqrt(self.burst * (new + 1) / (whole + 1)), MOST_BURST)
        self.burst = met if met > 1.2 else 1.0  # chance is no burst
        for (hour, share), part in zip(parts, expected, strict=True):
            came = new * (part / whole if whole else share / sum(share for _, share in parts))
            keep = math.exp(-share / MEMORY_DAYS)
            self.weight[hour] = self.weight[hour] * keep + share
            self.fresh[hour] = self.fresh[hour] * keep + came


INTERVAL: Final = StateFile[PollInterval]("rhythm.json", PollInterval, default=PollInterval)


def _hours(since: datetime, at: datetime) -> list[tuple[int, float]]:
    """(hour of the day, hours of it) between two moments; of more than a week the last one."""
    since = max(since, at - timedelta(days=7))
    parts = []
    while since < at:
        end = min(since.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), at)
        parts.append((since.hour, (end - since) / timedelta(hours=1)))
        since = end
    return parts
