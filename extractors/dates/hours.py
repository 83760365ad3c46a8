"""The hour beside a date: «10:58 ص», «الساعة 16:25 (مكة المكرمة)، 13:25 (غرينتش)», «11:42 (GMT+0200)»."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from extractors.dates.moment import Moment
from extractors.dates.zones import CITIES, zone_of

TIME = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?!\d)"
    r"(?: ?(?P<half>ص|م|صباحا|صباحاً|صباحًا|مساء|مساءً|مساءا|am|pm|AM|PM)(?!\w))?"
)
_GMT_BEFORE = re.compile(r"(?:\bGMT|\bUTC|[غج]رينتش) ?$")
_CITY = re.compile(rf"توقيت (?:مدينة )?(?P<city>{'|'.join(CITIES)})(?!\w)")
_OFFSET_WORDS = (
    (re.compile(r"مكة"), timedelta(hours=3)),
    (re.compile(r"[غج]رينتش ?(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?(?!\d)"), None),
    (re.compile(r"(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?P<minutes>) ?(?:بتوقيت |توقيت )?[غج]رينتش"), None),
    (re.compile(r"[غج]رينتش(?! ?[+-] ?\d)|توقيت عالمي"), timedelta(0)),
    (re.compile(r"(?:GMT|UTC) ?(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?(?!\d)"), None),
    (re.compile(r"\bGMT\b(?! ?[+-])|\bUTC\b(?! ?[+-])"), timedelta(0)),
    (re.compile(r"^ ?(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)(?!\d)"), None),  # RFC 2822
)


def with_time(moment: Moment, line: str, start: int, end: int, before: int | None = None) -> Moment:
    """Add the time of day that stands after the date (or, when nothing does, before it) and its stated offset."""
    # «3/12/202406:48 ص»: the year runs into the hour.
    body = re.sub(r"((?:19|20)\d\d)(\d\d:\d\d)", r"\1 \2", line[start:end])
    found = TIME.search(body)
    if found is None and before is not None:
        body = line[before:start]
        found = TIME.search(body)
    if found is None:
        return moment
    after = body[found.end() : found.end() + 40]
    offset = _offset_words(after)
    if offset is None and _GMT_BEFORE.search(body, 0, found.start()):
        offset = timedelta(0)
    exact = timed(moment, found["hour"], found["minute"], found["second"], found["half"], offset)
    if exact is None:
        return moment
    if offset is None and (named := _CITY.search(after)):
        zone = zone_of(CITIES[named["city"]])
        exact = replace(exact, offset=exact.wall.replace(tzinfo=zone).utcoffset() if zone else None)
    return exact if moment.raw in found.group() else replace(exact, raw=f"{moment.raw} {found.group().strip()}")


def timed(
    moment: Moment, hour: str, minute: str, second: str | None, half: str | None, offset: timedelta | None
) -> Moment | None:
    """The moment at an hour of its day; None for an hour that no clock shows. half: ص, م or am, pm."""
    hours = int(hour)
    if half and hours <= 12:
        afternoon = half[0] in "مpP"
        hours = hours % 12 + 12 * afternoon
    try:
        wall = moment.wall.replace(hour=hours, minute=int(minute), second=int(second or 0))
    except ValueError:
        return None
    return Moment(wall, "minute", moment.raw, offset)


def offset_of(text: str) -> timedelta | None:
    """«Z», «+03:00», «+0300», «+03»; None for what no zone has."""
    if text in {"Z", "UTC", "GMT"}:
        return timedelta(0)
    digits = text[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return (-size if text[0] == "-" else size) if size < timedelta(hours=15) else None


def _offset_words(text: str) -> timedelta | None:
    first: tuple[int, timedelta] | None = None
    for pattern, fixed in _OFFSET_WORDS:
        found = pattern.search(text)
        if found is None:
            continue
        value = fixed if fixed is not None else offset_of(f"{found['sign']}{found['hours']:0>2}:{found['minutes'] or '00'}")
        if value is not None and (first is None or found.start() < first[0]):
            first = (found.start(), value)
    return first[1] if first else None
