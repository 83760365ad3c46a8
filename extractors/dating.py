"""Which date counts. Order: JSON-LD, meta tags, the printed line, the URL. A stated offset wins over printed local time unless
the page contradicts itself: a UTC time that equals the printed local wall clock is local time with a false Z (seen in the wild).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from extractors.article import DateSource, Precision
from extractors.dates import Moment, PrintedDates, as_instant, is_utc, parse_machine, parse_printed
from extractors.metadata import Metadata
from extractors.text import display, western_digits

PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "publishdate",
    "publish-date",
    "publish_date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "cxenseparse:recs:publishtime",
    "date",
    "pubdate",
)
MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified")
TIME_ALONE = re.compile(r"[•·\s]*\d{1,2}:\d\d(?::\d\d)?\s*(?:ص|م|صباحًا|مساءً)?\s*")
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
EARLIEST = datetime(1990, 1, 1)  # noqa: DTZ001  # compared with wall clocks
# Country domains whose pages print local time without an offset.
ZONES = {
    "sy": "Asia/Damascus",
    "lb": "Asia/Beirut",
    "jo": "Asia/Amman",
    "ps": "Asia/Hebron",
    "iq": "Asia/Baghdad",
    "eg": "Africa/Cairo",
    "sa": "Asia/Riyadh",
    "ae": "Asia/Dubai",
    "qa": "Asia/Qatar",
    "kw": "Asia/Kuwait",
    "bh": "Asia/Bahrain",
    "om": "Asia/Muscat",
    "ye": "Asia/Aden",
    "ly": "Africa/Tripoli",
    "tn": "Africa/Tunis",
    "dz": "Africa/Algiers",
    "ma": "Africa/Casablanca",
    "mr": "Africa/Nouakchott",
    "sd": "Africa/Khartoum",
}


@dataclass(frozen=True, slots=True)
class Dated:
    """The dates of an article as the record has them."""

    published: str | None = None
    modified: str | None = None
    raw: str | None = None
    precision: Precision | None = None
    source: DateSource | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    moment: Moment
    source: DateSource
    raw: str


def date_article(
    metadata: Metadata, printed: Iterable[str], url_date: str | None, zone: tzinfo | None, seen_at: datetime
) -> Dated:
    """Choose among what the page says. seen_at: when it was captured, nothing is later than that by more than a day."""
    lines = [parsed for parsed in map(_parse, printed) if parsed.published or parsed.modified]
    candidates = [each for each in _candidates(metadata, lines, url_date) if _possible(each.moment, zone, seen_at)]
    if not candidates:
        return Dated(modified=_modified(metadata, lines, zone, seen_at, None))
    zone = zone or _stated_zone(candidates, lines)
    chosen = candidates[0]
    moment = _without_false_utc(chosen.moment, lines) if chosen.source in {"json-ld", "meta"} else chosen.moment
    moment, published = _placed(moment, zone)
    return Dated(published, _modified(metadata, lines, zone, seen_at, moment), chosen.raw, moment.precision, chosen.source)


def _parse(line: str) -> PrintedDates:
    """A line for readers, or the machine-readable attribute of the same element."""
    return PrintedDates(parse_machine(line)) if _ISO_TIME.match(line) else parse_printed(line)


def join_times(lines: list[str]) -> list[str]:
    """Put an hour that stands on a line of its own after the date before it: «2019/02/04», «1:09 م»."""
    joined: list[str] = []
    for line in lines:
        if joined and TIME_ALONE.fullmatch(western_digits(line)):
            joined[-1] = f"{joined[-1]} {line.strip('•· ')}"
        else:
            joined.append(line)
    return joined


def zone_of(name: str | None, host: str = "") -> ZoneInfo | None:
    """A time zone by name, else by the country domain of a host; None when neither tells."""
    key = name or ZONES.get(host.rpartition(".")[2])
    if key is None:
        return None
    try:
        return ZoneInfo(key)
    except ZoneInfoNotFoundError:
        return None


def _candidates(metadata: Metadata, lines: list[PrintedDates], url_date: str | None) -> Iterable[_Candidate]:
    linked = metadata.linked.text("datePublished") or metadata.linked.text("uploadDate")
    if linked and (moment := parse_machine(linked)):
        yield _Candidate(moment, "json-ld", display(linked))
    for content in metadata.every(*PUBLISHED):
        if moment := parse_machine(content):
            yield _Candidate(moment, "meta", content)
    printed = _finest_first([(line, line.published) for line in lines if line.published])
    for line, moment in printed:
        if not line.update_only:
            yield _Candidate(moment, "page", moment.raw)
    if url_date and (stated := parse_machine(url_date)):
        yield _Candidate(stated, "url", url_date)
    for line, moment in printed:
        if line.update_only:
            yield _Candidate(moment.day_only(), "page", moment.raw)


def _finest_first(printed: list[tuple[PrintedDates, Moment]]) -> list[tuple[PrintedDates, Moment]]:
    """A day whose hour stands elsewhere on the page, as in <time datetime="…T09:30">3 تشرين الثاني</time>, has that hour."""
    if not printed or printed[0][1].precision != "day":
        return printed
    day = printed[0][1].wall.date()
    finer = [each for each in printed if each[1].precision == "minute" and each[1].wall.date() == day and not each[0].update_only]
    return finer[:1] + printed


def _possible(moment: Moment, zone: tzinfo | None, seen_at: datetime) -> bool:
    return moment.wall >= EARLIEST and as_instant(moment, zone) <= seen_at + timedelta(days=1)


def _without_false_utc(moment: Moment, lines: list[PrintedDates]) -> Moment:
    """Drop an offset of zero that the printed time shows to be false."""
    if not is_utc(moment) or moment.precision != "minute":
        return moment
    for line in lines:
        shown = line.published
        if (
            shown
            and shown.offset is None
            and shown.precision == "minute"
            and abs(shown.wall - moment.wall) < timedelta(minutes=2)
        ):
            return replace(moment, offset=None)
    return moment


def _placed(moment: Moment, zone: tzinfo | None) -> tuple[Moment, str]:
    """The moment as RFC 3339. Without any known zone only the day is told, as midnight of UTC."""
    told = moment.at(zone)
    if told is None:
        moment = replace(moment.day_only(), offset=timedelta(0))
        told = moment.at(None)
    assert told is not None
    return moment, told


def _modified(
    metadata: Metadata, lines: list[PrintedDates], zone: tzinfo | None, seen_at: datetime, published: Moment | None
) -> str | None:
    """The last change, unless it would lie before the publication (a template's date)."""
    linked = metadata.linked.text("dateModified")
    earliest = as_instant(published, zone) - timedelta(days=1) if published else None
    stated = [
        _without_false_utc(m, lines) for text in (linked, *metadata.every(*MODIFIED)) if text and (m := parse_machine(text))
    ]
    stated = [moment for moment in stated if earliest is None or as_instant(moment, zone) >= earliest]
    if any(abs(as_instant(one, zone) - as_instant(other, zone)) > timedelta(minutes=10) for one in stated for other in stated):
        stated = []  # they contradict each other
    for moment in (*stated, *(line.modified for line in lines if line.modified)):
        if moment.offset is None and zone is None:
            continue
        if _possible(moment, zone, seen_at) and (earliest is None or as_instant(moment, zone) >= earliest):
            return _placed(moment, zone)[1]
    return None


def _stated_zone(candidates: list[_Candidate], lines: list[PrintedDates]) -> tzinfo | None:
    """The offset that another date of the same page states, for the one that states none."""
    moments = [each.moment for each in candidates] + [line.modified for line in lines if line.modified]
    offset = next((moment.offset for moment in moments if moment.offset), None)
    return timezone(offset) if offset is not None else None
