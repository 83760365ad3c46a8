"""Dates that feeds, sitemaps and APIs state: read in the formats of their standards, judged as the dates of pages are.

Formats: W3C date-time (sitemaps.org, RFC 3339 in Atom and JSON Feed), RFC 822 and 2822 (RSS, found in sitemaps too), the same
with Arabic names of months, the month first where it is named (`Nov 15, 2026`, asctime), and year first or day first in numbers
where only one reading is a date. Anything else is no date: 03/04/2026 is the third of April to some and the fourth of March to
others.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from extractors.dates.moment import Moment
from extractors.dates.months import MONTH, MONTHS
from extractors.dates.plausible import DateCandidate, Period, possible, sound
from extractors.text import western_digits

LONGEST: Final = 100
"""Characters of a stated date."""
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
_TIME = rf"{_CLOCK}(?:\s?(?P<half>[AaPp]\.?[Mm]\.?|[صم]))?"
_ZONE = r"(?P<zone>[A-Za-z]{1,5}|(?:GMT|UTC)?[+-]\d\d:?\d\d|[+-]\d\d)?"
_WEEKDAY = r"[^\W\d_]{3,9}\.?[,،]?\s*"
_YEAR_FIRST: Final = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?:(?:T|\s+(?:-\s)?){_TIME}\s*{_ZONE})?",
    re.IGNORECASE,
)
_DAY_FIRST: Final = re.compile(
    rf"(?P<day>\d{{1,2}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<year>\d{{4}})(?:(?:T|,?\s+){_TIME}\s*{_ZONE})?",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?P<zone>Z|[+-]\d{4})?)?"
)
_RFC_822: Final = re.compile(
    rf"(?:{_WEEKDAY})?(?P<day>\d{{1,2}})[\s-]+(?P<name>[A-Za-z]{{3,9}}|{MONTH})\.?[,،]?[\s-]+(?P<year>\d{{4}}|\d\d)"
    rf"(?:[,،]?\s+(?:-\s)?{_TIME}\s*{_ZONE}(?:\s*\([^()]*\))?)?",
    re.IGNORECASE,
)
_MONTH_FIRST: Final = re.compile(
    rf"(?:{_WEEKDAY})?(?P<name>[A-Za-z]{{3,9}}|{MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[,،]?\s+(?P<year>\d{{4}})"
    rf"(?:[,،]?\s+(?:at\s+)?{_TIME}\s*{_ZONE})?",
    re.IGNORECASE,
)
_ASCTIME: Final = re.compile(
    rf"[A-Za-z]{{3}}\s+(?P<name>[A-Za-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s+{_ZONE}\s*(?P<year>\d{{4}})", re.IGNORECASE
)
"""RFC 9110 §5.6.7, and as Unix prints it, with the zone before the year."""
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"
)  # fmt: skip
_HOURS: Final = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3, "trt": 3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Zones by name: those of RFC 822 and of Europe and the Levant. Others (AST, IST, BST) name several zones."""


_DASHES: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-")


class _NoDateError(ValueError):
    """It is none, or not surely."""


def instant(stated: object) -> Moment | None:
    """The date that stands there; None for whatever is none, is none for certain, or states a zone that is not known."""
    if not isinstance(stated, str) or len(stated) > LONGEST:
        return None
    raw = western_digits(stated).strip().translate(_DASHES)
    try:
        for pattern in (_YEAR_FIRST, _COMPACT, _RFC_822, _MONTH_FIRST, _ASCTIME, _DAY_FIRST):
            found = pattern.fullmatch(raw)
            if found is not None:
                return _moment(found, raw, day_first=pattern is _DAY_FIRST)
    except (ValueError, OverflowError):
        return None
    return None


def published(stated: object, zone: tzinfo, now: datetime, period: Period = (None, None)) -> str | None:
    """ISO 8601, with the offset that is stated or that of the outlet's zone, or a day alone; None where it cannot be true.

    period: the days between which the outlet gave out the article's number.
    """
    moment = instant(stated)
    if moment is None or not possible(moment, zone, now):
        return None
    kept, _ = sound([DateCandidate(moment, "feed", moment.raw, "feed")], period, now, zone)
    if not kept:
        return None
    return moment.wall.date().isoformat() if moment.precision == "day" else moment.at(zone)


def modified(stated: object, now: datetime) -> datetime | None:
    """When it was last modified, in UTC; what states no zone is taken as UTC."""
    moment = instant(stated)
    if moment is None or not possible(moment, UTC, now):
        return None
    return datetime.fromisoformat(moment.at(UTC) or "").astimezone(UTC)


def _moment(found: re.Match[str], raw: str, *, day_first: bool) -> Moment:
    parts = found.groupdict()
    day = _day(parts, day_first=day_first)
    if parts["hour"] is None:
        return Moment(datetime(day.year, day.month, day.day), "day", raw)  # noqa: DTZ001  # a wall clock
    fraction = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    second = min(int(parts["second"] or 0), 59)  # a leap second
    hour, later = _hour(int(parts["hour"]), parts.get("half"))
    wall = datetime(day.year, day.month, day.day, hour, int(parts["minute"]), second, fraction) + later  # noqa: DTZ001
    return Moment(wall, "minute", raw, _offset(parts["zone"]) if parts["zone"] else None)


def _hour(hour: int, half: str | None) -> tuple[int, timedelta]:
    """The hour of 24, and a day for the end of the day, which ISO 8601 may write as 24:00."""
    if half is None:
        return hour % 24 if hour == 24 else hour, timedelta(days=hour == 24)
    if not 1 <= hour <= 12:
        raise _NoDateError(f"{hour} is no hour of half a day")
    return hour % 12 + (12 if half[0].lower() in "pم" else 0), timedelta(0)


def _day(parts: dict[str, str | None], *, day_first: bool) -> date:
    year, day = int(parts["year"] or 0), int(parts["day"] or 0)
    if parts.get("name"):
        short = len(parts["year"] or "") == 2  # RFC 822 has two digits, RFC 2822 four
        return date(year + (2000 if year < 70 else 1900) * short, _named_month(parts["name"] or ""), day)
    month = int(parts["month"] or 0)
    if day_first and max(day, month) <= 12 and day != month:
        raise _NoDateError("day or month first: unclear")
    return date(year, month, day)


def _named_month(name: str) -> int:
    if name in MONTHS:
        return MONTHS[name]
    for number, month in enumerate(_MONTHS, start=1):
        if month.startswith(name.lower()) or (name.lower() == "sept" and number == 9):
            return number
    raise _NoDateError(f"{name} is no month")


def _offset(zone: str) -> timedelta:
    zone = zone.lower()
    if zone in _HOURS:
        return timedelta(hours=_HOURS[zone])
    found = re.fullmatch(r"(?:gmt|utc)?([+-])(\d\d):?(\d\d)?", zone)
    if found is None or int(found[2]) > 14 or int(found[3] or 0) > 59:
        raise _NoDateError(f"{zone} is no zone")
    size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return -size if found[1] == "-" else size
