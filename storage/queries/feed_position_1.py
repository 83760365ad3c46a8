"""Cursors of format 1, which named the runs that wrote lately and which of their segments were read. Read, written no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from storage.record import Json

_CLOCK_SLACK = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class RunRead:
    """What is read of one run: ranges of segment numbers, the earliest day among their keys (YYYY-MM-DD)."""

    numbers: tuple[tuple[int, int], ...]
    day: str


@dataclass(frozen=True, slots=True)
class Position1:
    """watermark: seconds since 1970 by the clock of the place; begin: the first day the reader wants."""

    watermark: float
    runs: dict[str, RunRead]
    begin: date | None

    @classmethod
    def parse(cls, fields: Json) -> Position1:
        """Raises what reading fields of any shape raises."""
        runs = {
            run: RunRead(tuple((int(first), int(last)) for first, last in numbers), str(date.fromisoformat(day)))
            for run, (numbers, day, _) in fields["runs"].items()
        }
        return cls(float(fields["watermark"]), runs, date.fromisoformat(fields["begin"]) if fields["begin"] else None)

    def first_day(self, margin: float) -> date | None:
        """The first day whose keys may hold something unread; None: any day may."""
        if not self.runs:
            return self.begin
        days = [datetime.fromtimestamp(self.watermark - margin, UTC).date()]
        days += [date.fromisoformat(read.day) for read in self.runs.values()]
        return max(min(days) - _CLOCK_SLACK, self.begin or date.min)

    def has(self, run: str, n: int) -> bool:
        """Whether segment n of a run, dated within the margin before the watermark or later, was read."""
        read = self.runs.get(run)
        return read is not None and any(first <= n <= last for first, last in read.numbers)
