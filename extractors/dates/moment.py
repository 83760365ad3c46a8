"""A date as read, before anybody decides whether it counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from extractors.article import Precision


@dataclass(frozen=True, slots=True)
class Moment:
    """A date read from a page. moment: naive wall clock; offset: as stated, None when the text states none; raw: the text it
    came from.
    """

    wall: datetime
    precision: Precision
    raw: str
    offset: timedelta | None = None

    def at(self, zone: tzinfo | None) -> str | None:
        """RFC 3339; without any offset stated, the wall clock is that of `zone`. None when neither is known and a time of day
        stands there.
        """
        if self.offset is not None:
            return self.wall.replace(tzinfo=timezone(self.offset)).isoformat()
        if zone is not None:
            return self.wall.replace(tzinfo=zone).isoformat()
        return None

    def day_only(self) -> Moment:
        """The same day without its hour."""
        return replace(self, wall=self.wall.replace(hour=0, minute=0, second=0), precision="day", offset=None)


@dataclass(frozen=True, slots=True)
class PrintedDates:
    """What one printed line says: when it was published and when it was last changed.

    update_only: the one date of the line belongs to the update («الأحد، 04 آب 2013، آخر تحديث 02:21»), it may not be the
    publication's.
    """

    published: Moment | None = None
    modified: Moment | None = None
    update_only: bool = False


def is_utc(moment: Moment) -> bool:
    """Whether the text states an offset of zero."""
    return moment.offset == timedelta(0)


def as_instant(moment: Moment, zone: tzinfo | None) -> datetime:
    """The instant for comparing with the capture time; an unknown offset counts as UTC."""
    if moment.offset is not None:
        return moment.wall.replace(tzinfo=timezone(moment.offset))
    return moment.wall.replace(tzinfo=zone or UTC)
