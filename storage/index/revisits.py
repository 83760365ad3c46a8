"""When an article is looked at again: often while it is young, then ever less, then no more.

The ages count from publication, so that an old article that is found today is not looked at six times for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from storage.index.known import RevisitCandidate
from storage.record import rfc3339, to_bytes
from storage.state import State

NOTE: Final = "next-visit.json"
"""Of an outlet: when the first article is due. Until then nobody needs to read the snapshot for that."""
_SLACK: Final = timedelta(days=3)
"""An article may be dated a day ahead, and clocks differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterVisits:
    """When articles are looked at again.

    confirm_gone_after: a removal that is still there so long after it was first seen is announced; revisits: ages of an
    article, counted from its publication, at which it is looked at again (none: never).
    """

    confirm_gone_after: timedelta = timedelta(hours=24)
    revisits: Sequence[timedelta] = field(default=())

    @property
    def remember_for(self) -> timedelta:
        """The age beyond which an article is not visited again."""
        return max(self.revisits, default=timedelta())

    @property
    def longest_wait(self) -> timedelta:
        """No visit is due later than this from now: a note that says so was damaged, or written by a wrong clock."""
        return max(self.remember_for, self.confirm_gone_after) + _SLACK

    def is_due(self, published: datetime, looked: datetime, gone_since: datetime | None, now: datetime) -> bool:
        """Whether it has come to an age since it was last looked at, or its removal is to be confirmed."""
        return any(moment <= now for moment in self._moments(published, looked, gone_since))

    def first(self, articles: Iterable[RevisitCandidate]) -> datetime | None:
        """When the first of these is due, None if none will be."""
        moments = (
            each for article in articles for each in self._moments(article.published, article.checked_at, article.gone_since)
        )
        return min(moments, default=None)

    def _moments(self, published: datetime, looked: datetime, gone_since: datetime | None) -> Iterator[datetime]:
        if gone_since is not None and self.revisits:
            yield gone_since + self.confirm_gone_after
        yield from (published + age for age in self.revisits if looked < published + age)

    @property
    def numbers(self) -> list[float]:
        """The settings as numbers: a note that was made under others says nothing."""
        return [self.confirm_gone_after.total_seconds(), *(age.total_seconds() for age in self.revisits)]


def note(state: State, later: LaterVisits, first: datetime | None) -> None:
    """Stage a note of when the first article is due. It is saved before the index: one that is too early does no harm."""
    fields = {"settings": later.numbers, "first": rfc3339(first) if first else None}
    state.stage(NOTE, to_bytes(fields))


def nothing_before(state: State, later: LaterVisits, now: datetime) -> bool:
    """Whether a note says that nothing is due yet. False if there is none, or none that can be read."""
    try:
        fields = json.loads(state.note(NOTE) or b"")
        first = datetime.fromisoformat(fields["first"]) if fields["first"] is not None else None
        same = bool(fields["settings"] == later.numbers)
        return same and (first is None or now < first <= now + later.longest_wait)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return False
