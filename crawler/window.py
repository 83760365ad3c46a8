"""The dates a crawl asks for: `--since` and `--until`, both inclusive days."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

FRESH: Final = timedelta(days=2)
"""What was published longer ago is history that was found late, and tells nothing of how much an outlet publishes."""

DATES = "YYYY-MM-DD, YYYY-MM, YYYY, today, yesterday, or 7d for seven days ago"


class WindowError(ValueError):
    """A date that cannot be read, or a window that ends before it starts."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days inclusive at both ends; None = open."""

    since: date | None = None
    until: date | None = None

    @classmethod
    def parse(cls, since: str | None, until: str | None, today: date | None = None) -> Window:
        """From dates as the command line takes them (`DATES`). A month or year begins `since` and ends `until`.

        today: what `today`, `yesterday`, `7d` and `2w` count from; None: the day it is in UTC.
        Raises WindowError naming the option.
        """
        today = today or datetime.now(UTC).date()
        window = cls(_days("since", since, today)[0], _days("until", until, today)[1])
        if window.since and window.until and window.since > window.until:
            raise WindowError(f"--since {window.since} is after --until {window.until}")
        return window

    @property
    def open(self) -> bool:
        return self.since is None and self.until is None

    def excludes(self, moment: str | None, tolerance_days: int = 0) -> bool:
        """True when the ISO date or date-time is known and lies outside; unknown or impossible ones are never excluded.

        The day is the one the outlet printed (local to the offset given): that is what a reader means by a date. The day
        in an address is not always that one (Al Jazeera: one off, both ways), hence a tolerance.
        """
        day, slack = day_of(moment), timedelta(days=tolerance_days)
        if day is None:
            return False
        too_early = self.since is not None and day < self.since - slack
        return too_early or (self.until is not None and day > self.until + slack)


def _days(option: str, text: str | None, today: date) -> tuple[date | None, date | None]:
    """The first and the last day that a text means."""
    if not text:
        return None, None
    try:
        return _meant(text.strip().lower(), today)
    except (ValueError, OverflowError):
        raise WindowError(f"--{option} {text!r} is not a date; write {DATES}") from None


def _meant(text: str, today: date) -> tuple[date, date]:
    """ValueError: no date; OverflowError: none that a calendar has."""
    if back := re.fullmatch(r"(\d+)\s*([dw])", text):
        day = today - timedelta(days=int(back[1]) * (7 if back[2] == "w" else 1))
    elif text in ("today", "yesterday"):
        day = today - timedelta(days=text == "yesterday")
    else:
        parts = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", text)
        if parts is None:
            raise ValueError
        year, month, number = (int(part) if part else None for part in parts.groups())
        assert year is not None
        if number is None or month is None:
            last = month or 12
            return date(year, month or 1, 1), date(year, last, monthrange(year, last)[1])
        day = date(year, month, number)
    return day, day


def day_of(moment: str | None) -> date | None:
    """The day of an ISO date or date-time, in the offset given; None for what is none."""
    try:
        return date.fromisoformat(moment[:10]) if moment else None
    except ValueError:
        return None


def is_fresh(published: str | None, now: datetime) -> bool:
    """Whether it was published within two days. published: as records have it; one that is no ISO date is not fresh."""
    day = day_of(published)
    if published is None or day is None:
        return False
    if len(published) == len("2026-01-01"):
        return day >= (now - FRESH).date()
    try:
        moment = datetime.fromisoformat(published)
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) >= now - FRESH
