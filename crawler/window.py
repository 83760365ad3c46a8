"""The dates a crawl asks for: `--since` and `--until`, both inclusive days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

FRESH: Final = timedelta(days=2)
"""What was published longer ago is history that was found late, and tells nothing of how much an outlet publishes."""


class WindowError(ValueError):
    """A date that cannot be read, or a window that ends before it starts."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days inclusive at both ends; None = open."""

    since: date | None = None
    until: date | None = None

    @classmethod
    def parse(cls, since: str | None, until: str | None) -> Window:
        """From `YYYY-MM-DD` strings. Raises WindowError naming the option."""
        window = cls(_day("since", since), _day("until", until))
        if window.since and window.until and window.since > window.until:
            raise WindowError(f"--since {window.since} is after --until {window.until}")
        return window

    @property
    def open(self) -> bool:
        return self.since is None and self.until is None

    def excludes(self, moment: str | None, tolerance_days: int = 0) -> bool:
        """True when the ISO date or date-time is known and lies outside; unknown dates are never excluded.

        The day is the one the outlet printed (local to the offset given): that is what a reader means by a date. The day
        in an address is not always that one (Al Jazeera: one off, both ways), hence a tolerance.
        """
        if moment is None:
            return False
        day, slack = date.fromisoformat(moment[:10]), timedelta(days=tolerance_days)
        too_early = self.since is not None and day < self.since - slack
        return too_early or (self.until is not None and day > self.until + slack)


def _day(option: str, text: str | None) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # a calendar day has no zone
    except ValueError:
        raise WindowError(f"--{option} {text!r} is not a date; write YYYY-MM-DD") from None


def is_fresh(published: str | None, now: datetime) -> bool:
    """Whether it was published within two days; published: as records have it."""
    if not published:
        return False
    if len(published) == len("2026-01-01"):
        return date.fromisoformat(published) >= (now - FRESH).date()
    moment = datetime.fromisoformat(published)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) >= now - FRESH
