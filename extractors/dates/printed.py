"""Dates as Arabic news pages print them, and as machines write them. No clock is read and nothing is guessed: unclear is None."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from extractors.dates.hours import offset_of, timed, with_time
from extractors.dates.moment import Moment, PrintedDates
from extractors.dates.months import ENGLISH, MONTH, MONTHS, NAMED_MONTH
from extractors.text import western_digits

_DAY_MONTH_YEAR = re.compile(
    rf"(?<!\w)(?P<day>\d{{1,2}}) ?(?:من )?(?:شهر )?[-/]? ?{NAMED_MONTH} ?(?:من )?(?:عام )?[،,/-]? ?(?P<year>(?:19|20)\d\d)(?!\d)"
)
_MONTH_DAY_YEAR = re.compile(rf"(?<!\w){NAMED_MONTH} ?(?P<day>\d{{1,2}}) ?[،,]? ?(?P<year>(?:19|20)\d\d)(?!\d)")
_ENGLISH_DATE = re.compile(
    r"(?<!\w)(?:(?P<day>\d{1,2}) )?(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,9}\.? "
    r"(?:(?P<day2>\d{1,2})(?:st|nd|rd|th)?,? )?(?P<year>(?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
_YEAR_WEEKDAY = re.compile(
    rf"(?<!\d)(?P<year>(?:19|20)\d\d) (?:ال[^\W\d_]{{3,8}} ?[،,]? )?(?P<day>\d{{1,2}}) {NAMED_MONTH}(?! ?[،,]? ?(?:19|20)\d\d)"
)
_YEAR_FIRST = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)\s?[-/.]\s?(?P<month>\d{1,2})\s?[-/.]\s?(?P<day>\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s?[-/.]\s?(?P<month>\d{1,2})\s?[-/.]\s?(?P<year>(?:19|20)\d\d)(?=\d\d:\d\d|\D|$)"
)
_HIJRI = re.compile(r" ?(?:هـ|ه\b)")
_UPDATED = re.compile(r"آخر تحديث|اخر تحديث|تم التحديث|تحديث ?(?::|(?:بتاريخ|في)(?!\w))|محدّ?ث|Last update|Updated", re.IGNORECASE)
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?\s*(?P<offset>Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?)?"
)
_LABELLED = re.compile(r"(?<!\w)(?:تاريخ )?(?:النشر|نشرت?|Published)(?!\w)", re.IGNORECASE)
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("الاثنين|الإثنين|اثنين", "الثلاثاء|ثلاثاء", "الأربعاء|الاربعاء|أربعاء", "الخميس|خميس", "الجمعة|جمعة", "السبت|سبت",
         "الأحد|الاحد|أحد")
    )
    for name in names.split("|")
}  # fmt: skip
_WEEKDAY = re.compile(rf"(?<!\w)(?P<name>{'|'.join(_WEEKDAYS)}) ?[،,\-–]? ?$")
LINE = 400  # no date line is longer


def parse_machine(text: str) -> Moment | None:
    """A date from JSON-LD, a meta tag, an attribute: ISO 8601 and its relatives, RFC 2822, else any printed form."""
    return _parse_machine(text[:LINE])


@lru_cache(maxsize=64)  # the fields of a page state the same few moments
def _parse_machine(text: str) -> Moment | None:
    raw = western_digits(text).strip()
    found = _ISO.match(raw)
    if found is None:
        return parse_printed(text).published
    parts = found.groupdict()
    moment = _moment(parts["year"], parts["month"], parts["day"], raw)
    if moment is None or parts["hour"] is None:
        return moment
    offset = offset_of(parts["offset"]) if parts["offset"] else None
    return timed(moment, parts["hour"], parts["minute"], parts["second"], None, offset)


def parse_printed(text: str) -> PrintedDates:
    """The publication date and the date of the last update in a line people read."""
    line = " ".join(western_digits(text[:LINE]).split())
    updated = _UPDATED.search(line)
    cut = updated.start() if updated else len(line)
    published = _first_date(line, 0, cut)
    again = _LABELLED.search(line, updated.end()) if updated and published is None else None
    if again:  # «آخر تحديث: … | نُشر: …»
        return PrintedDates(_first_date(line, again.end(), len(line)), _first_date(line, cut, again.start()))
    modified = _first_date(line, cut, len(line)) if updated else None
    if updated and modified is None and published is not None:
        # Old Al Jazeera: «… الموافق 13/3/2008 م (آخر تحديث) الساعة 16:25 (مكة المكرمة)»: the hour belongs to the update of
        # that day.
        return PrintedDates(published, with_time(published, line, cut, len(line)), update_only=True)
    return PrintedDates(published, modified)


def _first_date(line: str, start: int, end: int) -> Moment | None:
    for moment, match in _dates(line, start, end):
        if _HIJRI.match(line, match.end()):
            continue
        return with_time(moment, line, match.start(), end, before=start)
    return None


def _dates(line: str, start: int, end: int) -> list[tuple[Moment, re.Match[str]]]:
    """Every well-formed date of the line, in order; where two patterns overlap the earlier and longer one counts."""
    found: list[tuple[Moment, re.Match[str]]] = []
    for pattern in (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _ENGLISH_DATE, _YEAR_WEEKDAY, _YEAR_FIRST, _DAY_FIRST):
        for match in pattern.finditer(line, start, end):
            moment = _day_first(match, line) if pattern is _DAY_FIRST else _read(match)
            if moment is not None:
                found.append((moment, match))
    return sorted(found, key=lambda pair: pair[1].start())


def _day_first(match: re.Match[str], line: str) -> Moment | None:
    """D/M/Y; M/D/Y where only that is a date, or where only that falls on the weekday printed before it."""
    year, one, two = match["year"], match["day"], match["month"]
    raw = match.group().strip()
    readings = [moment for moment in (_moment(year, two, one, raw), _moment(year, one, two, raw)) if moment]
    named = _WEEKDAY.search(line, max(0, match.start() - 14), match.start())
    if named:
        agreeing = [each for each in readings if each.wall.weekday() == _WEEKDAYS[named["name"]]]
        readings = agreeing or readings
    return readings[0] if readings else None


def _read(match: re.Match[str]) -> Moment | None:
    parts = match.groupdict()
    month = parts["month"]
    if not month.isdigit():
        name = " ".join(month.split())
        number = MONTHS.get(name) or ENGLISH.get(name[:3].lower())
        also = {MONTHS[" ".join(each.split())] for each in re.findall(MONTH, parts.get("also") or "")}
        if number is None or also - {number}:
            return None  # «تموز/ يونيو»: two names that contradict each other
        month = str(number)
    day = parts["day"] or parts.get("day2")
    return _moment(parts["year"], month, day, match.group().strip()) if day else None


def _moment(year: str, month: str, day: str, raw: str) -> Moment | None:
    try:
        return Moment(datetime(int(year), int(month), int(day)), "day", raw)  # noqa: DTZ001  # a wall clock: its zone is told apart
    except ValueError:
        return None
