"""Whether an offset of zero is true. Many sites write local time with a «Z» behind it; some print UTC and say so.

All dates of the page are judged together: one that names the same instant with an offset proves the Z, one that shows the same
wall clock as local time refutes it. Proof counts before refutation: «17:27» beside «GMT 17:27» is printed UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo

from extractors.dates.moment import Moment, PrintedDates, as_instant, is_utc

_SAME = timedelta(minutes=2)  # printed hours leave out seconds, or round them


def without_false_utc(moment: Moment, printed: Sequence[PrintedDates], machine: Iterable[Moment], zone: tzinfo | None) -> Moment:
    """The moment without its offset of zero where the page shows that offset to be false, else as it is.

    printed: the lines that the page prints; machine: the dates of its data; zone: of the page's printed hours, if known.
    """
    if not is_utc(moment) or moment.precision != "minute":
        return moment
    published, updated = [line.published for line in printed], [line.modified for line in printed]
    shown, later = ([each for each in found if each and each.precision == "minute"] for found in (published, updated))
    others = [each for each in machine if each.precision == "minute" and each.offset]
    if any(_proves(each, moment, zone) for each in (*shown, *later, *others)):
        return moment
    local = [each for each in shown if each.offset is None]
    return replace(moment, offset=None) if any(_same_clock(each, moment) for each in (*local, *others)) else moment


def _proves(other: Moment, moment: Moment, zone: tzinfo | None) -> bool:
    """Whether another date names the same instant: by its own offset, or as local time of a zone that is not UTC."""
    if other.offset is None and (zone is None or not _offset_in(zone, other.wall)):
        return False
    return abs(as_instant(other, zone) - as_instant(moment, zone)) < _SAME


def _same_clock(other: Moment, moment: Moment) -> bool:
    return abs(other.wall - moment.wall) < _SAME


def _offset_in(zone: tzinfo, wall: datetime) -> timedelta:
    return wall.replace(tzinfo=zone).utcoffset() or timedelta(0)


def stated_zone(moments: Iterable[Moment]) -> tzinfo | None:
    """The offset that a date of the page states, for those that state none; None when each states none or zero."""
    offset = next((moment.offset for moment in moments if moment.offset), None)
    return timezone(offset) if offset is not None else None
