"""How many articles an outlet publishes at which hour of the week, and when their absence means something.

Articles are counted as they appear. Time is measured in expected articles: a gap in which three were expected is three long,
by night and by day, on a Friday and on a Monday. For an outlet whose articles fall by chance such gaps are exponentially
distributed, so the chance of a gap of length k is e^-k. Newsrooms work in bursts and keep holidays, so what this outlet's own
longest gaps were counts too. An *expected interval* is half of the longest gap that is to be expected in years: an outlet is
silent when two of them have passed without an article.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field, PlainSerializer

from crawler.state_file import PastMoment

WEEK_HOURS: Final = 168
MEMORY_WEEKS: Final = 6.0
"""Weeks after which a count has faded to a third."""
PRIOR_WEEKS: Final = 0.7
"""How much an hour of the week believes the same hour of all days before it was seen itself."""
LEARNING: Final = timedelta(days=7)
"""No alarm before so much was watched."""
SLOW_DAYS: Final = 2.0
"""The last days that tell whether the outlet is on holiday."""
SLOWEST: Final = 0.1
"""The least part of its usual rate that an outlet may fall to and still not be silent."""
FALSE_A_YEAR: Final = 0.1
"""How many gaps a year may be taken for silence where articles fall by chance."""
BEYOND: Final = 1.25
"""How much longer than its longest gap of the last months an outlet's silence must be."""
OUTAGE: Final = 3.0
"""A gap that is so many times the longest one was no slow hour, and does not teach patience."""
WORST_WEEKS: Final = 26.0
_HOUR: Final = timedelta(hours=1)
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False), PlainSerializer(lambda value: round(value, 4))]
"""A number as state stores it."""
_Hours = Annotated[
    list[Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]],
    Field(min_length=WEEK_HOURS, max_length=WEEK_HOURS),
    PlainSerializer(lambda values: [round(value, 3) for value in values]),
]


@dataclass(slots=True)
class Expectation:
    """What is learned of one outlet. Times are aware; hours of the week are of UTC, Monday 0 o'clock first.

    watched, counted: for each hour of the week, how often it was watched and how many articles appeared, both fading.
    last: the last article; until: how far time is accounted for; since: when watching began.
    gap: articles expected since the last one; worst: the longest gap of the last months, fading; recent, usual: articles of
    the last days, and how many were expected.
    """

    watched: _Hours = field(default_factory=lambda: [0.0] * WEEK_HOURS)
    counted: _Hours = field(default_factory=lambda: [0.0] * WEEK_HOURS)
    since: PastMoment | None = None
    until: PastMoment | None = None
    last: PastMoment | None = None
    gap: Amount = 0.0
    worst: Amount = 0.0
    recent: Amount = 0.0
    usual: Amount = 0.0

    def rate(self, at: datetime) -> float:
        """Articles expected in the hour that `at` is in."""
        hour = _hour(at)
        seen, count = sum(self.watched), sum(self.counted)
        average = count / seen if seen else 0.0
        days = [self.counted[other] for other in range(hour % 24, WEEK_HOURS, 24)]
        weights = [self.watched[other] for other in range(hour % 24, WEEK_HOURS, 24)]
        daily = (sum(days) + average) / (sum(weights) + 1.0)
        return (self.counted[hour] + PRIOR_WEEKS * daily) / (self.watched[hour] + PRIOR_WEEKS)

    def watch(self, at: datetime, articles: int = 0) -> None:
        """Time went on to `at`, and in it `articles` new ones appeared."""
        if self.until is None:
            self.since = self.until = at
        if at > self.until:
            self._pass(self.until, at, articles)
            self.until = at
        if articles:
            self._appeared(at, articles)

    def blind(self, at: datetime) -> None:
        """Nobody watched until `at`: that time says nothing."""
        self.until = max(at, self.until or at)

    @property
    def silence(self) -> float:
        """How long the present silence is, in expected intervals; 2 and more: the outlet is silent."""
        return 2.0 * self._felt() / self.longest

    @property
    def silent(self) -> bool:
        """Whether the silence is worth an alarm."""
        learnt = self.since is not None and self.until is not None and self.until - self.since >= LEARNING
        return learnt and self.last is not None and self.silence >= 2.0

    @property
    def longest(self) -> float:
        """The longest gap, in expected articles, that is to be expected: by chance, or by what this outlet does."""
        seen = sum(self.watched)
        yearly = 8766 * sum(self.counted) / seen if seen else 0.0
        return max(3.0, math.log(max(yearly, 1.0) / FALSE_A_YEAR), BEYOND * self.worst)

    def _pass(self, since: datetime, at: datetime, articles: int) -> None:
        """Fades what is old, adds the watched time and what was expected in it."""
        moment = since
        whole = (at - since) / _HOUR
        while moment < at:
            end = min(moment.replace(minute=0, second=0, microsecond=0) + _HOUR, at)
            share = (end - moment) / _HOUR
            expected = self.rate(moment) * share
            keep = math.exp(-share / MEMORY_WEEKS)
            hour = _hour(moment)
            self.watched[hour] = self.watched[hour] * keep + share
            self.counted[hour] = self.counted[hour] * keep + articles * share / whole
            fading = math.exp(-share / 24 / SLOW_DAYS)
            self.usual = self.usual * fading + expected
            self.recent *= fading
            self.worst *= math.exp(-share / WEEK_HOURS / WORST_WEEKS)
            self.gap += expected
            moment = end

    def _appeared(self, at: datetime, articles: int) -> None:
        """Ends a gap, which teaches how long gaps of this outlet are, unless it was an outage."""
        felt = self._felt()
        if felt < OUTAGE * self.longest:
            self.worst = max(self.worst, felt)
        self.recent += articles
        self.gap, self.last = 0.0, at

    def _felt(self) -> float:
        """The present gap, shorter while the outlet is slow anyhow."""
        return self.gap * self._slowness()

    def _slowness(self) -> float:
        """The part of its usual rate that the outlet kept to before it fell silent: a holiday is no outage."""
        before = self.usual - self.gap
        if before <= 0:
            return 1.0
        return min(1.0, max(SLOWEST, (self.recent + 1.0) / (before + 1.0)))


def _hour(at: datetime) -> int:
    return at.weekday() * 24 + at.hour
