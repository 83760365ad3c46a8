"""Dates as Arabic news pages print them, and as machines write them. No clock is read and nothing is guessed: unclear is None.

Own code because no library reads these lines: dateparser knows the Levantine months only in one locale and neither dual names
(«24 من تموز/ يوليو») nor Maghrebi ones, htmldate puts every Levantine month on 1 January (measured in 2026; see the decision
record).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from extractors.article import Precision
from extractors.text import western_digits

# Levantine, Egyptian and Gulf, Tunisian and Algerian, Moroccan; spellings with and without hamza.
MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "كانون الثاني|كانون ثاني|يناير|ينايرو|جانفي",
            "شباط|فبراير|فيفري|فبرائر",
            "آذار|اذار|أذار|مارس|مارت",
            "نيسان|أبريل|ابريل|إبريل|أفريل|افريل",
            "أيار|ايار|مايو|ماي|ماى",
            "حزيران|يونيو|يونيه|جوان|يونية",
            "تموز|يوليو|يوليه|جويلية|يوليوز|يولية",
            "آب|اب|أغسطس|اغسطس|أوت|اوت|غشت",
            "أيلول|ايلول|سبتمبر|شتنبر",
            "تشرين الأول|تشرين الاول|تشرين أول|أكتوبر|اكتوبر|أوكتوبر|تشرين اول",
            "تشرين الثاني|تشرين ثاني|نوفمبر|نونبر|نوفمبير",
            "كانون الأول|كانون الاول|كانون أول|ديسمبر|دجنبر|كانون اول",
        ),
        start=1,
    )
    for name in names.split("|")
}
_ENGLISH = {
    name: n
    for n, name in enumerate(
        [
            "jan",
            "feb",
            "mar",
            "apr",
            "may",
            "jun",
            "jul",
            "aug",
            "sep",
            "oct",
            "nov",
            "dec",
        ],
        start=1,
    )
}
_MONTH = "(?:" + "|".join(name.replace(" ", r"\s+") for name in sorted(MONTHS, key=len, reverse=True)) + ")"
# One month, or the same month in two or three calendars: «تموز/ يوليو», «أيلول (سبتمبر - شتنبر)», «نوفمبر-تشرين الثاني».
_NAMED_MONTH = rf"(?P<month>{_MONTH})(?P<also>(?:\s*[/\\(،-]\s*{_MONTH}){{0,2}})\s*\)?"
_DAY_MONTH_YEAR = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})\s*(?:من\s+)?(?:شهر\s+)?[-/]?\s*{_NAMED_MONTH}\s*(?:من\s+)?(?:عام\s+)?[،,/-]?\s*(?P<year>(?:19|20)\d\d)(?!\d)"
)
_MONTH_DAY_YEAR = re.compile(rf"(?<!\w){_NAMED_MONTH}\s*(?P<day>\d{{1,2}})\s*[،,]?\s*(?P<year>(?:19|20)\d\d)(?!\d)")
_ENGLISH_DATE = re.compile(
    r"(?<!\w)(?:(?P<day>\d{1,2})\s+)?(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?:(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?\s+)?(?P<year>(?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)\s?[-/.]\s?(?P<month>\d{1,2})\s?[-/.]\s?(?P<day>\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s?[-/.]\s?(?P<month>\d{1,2})\s?[-/.]\s?(?P<year>(?:19|20)\d\d)(?=\d\d:\d\d|\D|$)"
)
_TIME = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?!\d)\s*(?P<half>ص|م|صباحا|صباحاً|صباحًا|مساء|مساءً|مساءا|am|pm|AM|PM)?(?!\w)"
)
_HIJRI = re.compile(r"\s*(?:هـ|ه\b)")
_UPDATED = re.compile(r"آخر\s+تحديث|اخر\s+تحديث|تم\s+التحديث|تحديث\s*:|محدّ?ث|Last\s+update|Updated", re.IGNORECASE)
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?\s*(?P<offset>Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?)?"
)
_OFFSET_WORDS = (
    (re.compile(r"مكة"), timedelta(hours=3)),
    (re.compile(r"غرينتش|جرينتش|توقيت عالمي"), timedelta(0)),
    (re.compile(r"GMT\s*(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)"), None),
    (re.compile(r"\bGMT\b|\bUTC\b"), timedelta(0)),
)


LINE = 400  # no date line is longer


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


def parse_machine(text: str) -> Moment | None:
    """A date from JSON-LD, a meta tag, an attribute: ISO 8601 and its relatives, RFC 2822, else any printed form."""
    raw = western_digits(text[:LINE]).strip()
    found = _ISO.match(raw)
    if found is None:
        return parse_printed(text).published
    parts = found.groupdict()
    moment = _moment(parts["year"], parts["month"], parts["day"], raw)
    if moment is None or parts["hour"] is None:
        return moment
    offset = _offset(parts["offset"]) if parts["offset"] else None
    return _timed(moment, parts["hour"], parts["minute"], parts["second"], None, offset)


def parse_printed(text: str) -> PrintedDates:
    """The publication date and the date of the last update in a line people read."""
    line = " ".join(western_digits(text[:LINE]).split())
    updated = _UPDATED.search(line)
    cut = updated.start() if updated else len(line)
    published = _first_date(line, 0, cut)
    modified = _first_date(line, cut, len(line)) if updated else None
    if updated and modified is None and published is not None:
        # Old Al Jazeera: «… الموافق 13/3/2008 م (آخر تحديث) الساعة 16:25 (مكة المكرمة)»: the hour belongs to the update of
        # that day.
        return PrintedDates(published, _with_time(published, line, cut, len(line)), update_only=True)
    return PrintedDates(published, modified)


def _first_date(line: str, start: int, end: int) -> Moment | None:
    for moment, match in _dates(line, start, end):
        if _HIJRI.match(line, match.end()):
            continue
        return _with_time(moment, line, match.start(), end, before=start)
    return None


def _dates(line: str, start: int, end: int) -> list[tuple[Moment, re.Match[str]]]:
    """Every well-formed date of the line, in order; where two patterns overlap the earlier and longer one counts."""
    found: list[tuple[Moment, re.Match[str]]] = []
    for pattern in (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _ENGLISH_DATE, _YEAR_FIRST, _DAY_FIRST):
        for match in pattern.finditer(line, start, end):
            moment = _read(match)
            if moment is not None:
                found.append((moment, match))
    return sorted(found, key=lambda pair: pair[1].start())


def _read(match: re.Match[str]) -> Moment | None:
    parts = match.groupdict()
    month = parts["month"]
    if not month.isdigit():
        name = " ".join(month.split())
        number = MONTHS.get(name) or _ENGLISH.get(name[:3].lower())
        also = {MONTHS[" ".join(each.split())] for each in re.findall(_MONTH, parts.get("also") or "")}
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


def _with_time(moment: Moment, line: str, start: int, end: int, before: int | None = None) -> Moment:
    """Add the time of day that stands after the date (or, when nothing does, before it) and its stated offset."""
    # «3/12/202406:48 ص»: the year runs into the hour.
    body = re.sub(r"((?:19|20)\d\d)(\d\d:\d\d)", r"\1 \2", line[start:end])
    found = _TIME.search(body)
    if found is None and before is not None:
        body = line[before:start]
        found = _TIME.search(body)
    if found is None:
        return moment
    after = body[found.end() : found.end() + 40]
    timed = _timed(moment, found["hour"], found["minute"], found["second"], found["half"], _offset_words(after))
    return (
        moment
        if timed is None
        else replace(timed, raw=(f"{moment.raw} {found.group().strip()}" if moment.raw not in found.group() else moment.raw))
    )


def _timed(
    moment: Moment, hour: str, minute: str, second: str | None, half: str | None, offset: timedelta | None
) -> Moment | None:
    hours = int(hour)
    if half and hours <= 12:
        afternoon = half[0] in "مpP"
        hours = hours % 12 + 12 * afternoon
    try:
        wall = moment.wall.replace(hour=hours, minute=int(minute), second=int(second or 0))
    except ValueError:
        return None
    return Moment(wall, "minute", moment.raw, offset)


def _offset(text: str) -> timedelta | None:
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
        value = fixed
        if value is None:
            value = _offset(f"{found['sign']}{found['hours']}:{found['minutes']}") or timedelta(0)
        if first is None or found.start() < first[0]:
            first = (found.start(), value)
    return first[1] if first else None


def is_utc(moment: Moment) -> bool:
    """Whether the text states an offset of zero."""
    return moment.offset == timedelta(0)


def as_instant(moment: Moment, zone: tzinfo | None) -> datetime:
    """The instant for comparing with the capture time; an unknown offset counts as UTC."""
    if moment.offset is not None:
        return moment.wall.replace(tzinfo=timezone(moment.offset))
    return moment.wall.replace(tzinfo=zone or UTC)
