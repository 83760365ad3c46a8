"""«منذ 3 ساعات», «قبل يومين», «أمس 14:05»: dates that mean something only against the moment at which the page was captured.

A whole line only; the text as printed becomes `date_published_raw`, which marks such a date. Months and weeks are too rough
to name a day and give nothing, and so do hours that leave open which day it was.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from extractors.dates.hours import TIME, timed
from extractors.dates.moment import Moment
from extractors.text import western_digits

_NUMBERS = {
    word: n
    for n, words in enumerate(("ثلاث", "أربع", "خمس", "ست", "سبع", "ثمان|ثماني", "تسع", "عشر"), start=3)
    for each in words.split("|")
    for word in (each, each + "ة")
}
_MINUTES, _HOURS, _DAYS = "دقيقة|دقائق|دقيقه|د", "ساعة|ساعات|ساعه|س", "يوم|أيام|ايام|يوما"
_SINCE = re.compile(
    r"(?:(?:تم )?(?:النشر|نشر) ?:? ?)?(?:منذ|قبل) (?:"
    rf"(?:(?P<number>\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}) ?)?"
    rf"(?:(?P<minutes>{_MINUTES})|(?P<hours>{_HOURS})|(?P<days>{_DAYS}))"
    r"|(?P<two_minutes>دقيقت[يا]ن)|(?P<two_hours>ساعت[يا]ن)|(?P<two_days>يوم[يا]ن))(?: (?:مضت|تقريبا))?"
)
_DAY = re.compile(
    rf"(?:(?:تم )?(?:النشر|نشر) ?:? ?)?(?P<day>أمس|امس|البارحة|اليوم)(?: ?[،,]? ?(?:الساعة|عند|في)? ?(?P<time>{TIME.pattern}))?"
)
_PARTS = re.compile(r" ?[|•·] ?")
_LIMITS = {"minutes": 180, "hours": 47, "days": 60}
_MECCA = timezone(timedelta(hours=3))


def is_relative(line: str) -> bool:
    """Whether a line is nothing but such a date (beside others parted by a bar)."""
    return len(line) <= 80 and any(_match(part) for part in _PARTS.split(_plain(line)))


def parse_relative(line: str, seen_at: datetime, zone: tzinfo | None) -> Moment | None:
    """The day (with stated minutes: the minute) that a line means, seen at an aware moment; None when it is not one."""
    if len(line) > 80:
        return None
    found = next((match for part in _PARTS.split(_plain(line)) if (match := _match(part))), None)
    if found is None:
        return None
    parts = found.groupdict()
    return _named_day(found, seen_at, zone) if parts.get("day") else _since(found, seen_at, zone)


def _plain(line: str) -> str:
    return " ".join(western_digits(line).split())


def _match(part: str) -> re.Match[str] | None:
    return _SINCE.fullmatch(part) or _DAY.fullmatch(part)


def _named_day(found: re.Match[str], seen_at: datetime, zone: tzinfo | None) -> Moment | None:
    back = 0 if found["day"] == "اليوم" else 1
    if back == 0 and found["time"] is None:
        return None  # «اليوم» alone is the date of the reader's clock, set by the template
    day = _one_day(seen_at - timedelta(days=back), seen_at - timedelta(days=back), zone)
    if day is None:
        return None
    moment = Moment(day, "day", found.group())
    if found["time"] is None:
        return moment
    exact = timed(moment, found["hour"], found["minute"], found["second"], found["half"], None)
    return exact if zone is not None else moment


def _since(found: re.Match[str], seen_at: datetime, zone: tzinfo | None) -> Moment | None:
    unit = next(name for name in ("minutes", "hours", "days") if found[name] or found[f"two_{name}"])
    number = found["number"]
    count = 2 if found[f"two_{unit}"] else 1 if number is None else int(number) if number.isdecimal() else _NUMBERS[number]
    if count > _LIMITS[unit]:
        return None
    instant = seen_at - timedelta(**{unit: count})
    if unit == "minutes":
        local = instant.astimezone(zone or UTC).replace(second=0, microsecond=0)
        return Moment(local.replace(tzinfo=None), "minute", found.group(), None if zone else timedelta(0))
    # «منذ 3 ساعات» is said until the fourth hour is full: near midnight the day stays open.
    earliest = instant - timedelta(hours=1) if unit == "hours" else instant
    day = _one_day(earliest, instant, zone)
    return Moment(day, "day", found.group()) if day else None


def _one_day(earliest: datetime, latest: datetime, zone: tzinfo | None) -> datetime | None:
    """The local day that both instants fall on. Of a site without known zone: in Greenwich and in Mecca alike."""
    zones = (zone,) if zone is not None else (UTC, _MECCA)
    days = {moment.astimezone(each).date() for moment in (earliest, latest) for each in zones}
    if len(days) != 1:
        return None
    day = days.pop()
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  # a wall clock
