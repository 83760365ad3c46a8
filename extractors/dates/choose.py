"""Which date counts. Order: JSON-LD, meta tags, the printed line, the URL, a relative line («منذ 3 ساعات»). A stated offset wins
over printed local time unless the page contradicts itself: a UTC time that equals the printed local wall clock is local time
with a false Z (seen in the wild). What cannot be true is dropped first, see `plausible.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo

from extractors.article import DateSource, Disagreement, Precision
from extractors.dates.moment import Moment, PrintedDates, as_instant, is_utc
from extractors.dates.plausible import DateCandidate, Period, contradict, possible, sound
from extractors.dates.printed import parse_machine, parse_printed
from extractors.dates.relative import parse_relative
from extractors.explanation import FieldSource
from extractors.page.metadata import Metadata
from extractors.text import display, western_digits
from extractors.trace import Trace

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
_ASLEEP = Trace(awake=False)


@dataclass(frozen=True, slots=True)
class Dated:
    """The dates of an article as the record has them."""

    published: str | None = None
    modified: str | None = None
    raw: str | None = None
    precision: Precision | None = None
    source: DateSource | None = None
    relative: bool = False


@dataclass(frozen=True, slots=True)
class DateContext:
    """What is known from outside the page. zone: of printed hours; seen_at: when it was captured, nothing is later than that
    by more than a day; period: in which the outlet gave out the article's number; url_date: YYYY-MM-DD.
    """

    zone: tzinfo | None
    seen_at: datetime
    url_date: str | None = None
    period: Period = (None, None)


def date_article(metadata: Metadata, printed: Iterable[str], frame: DateContext, witness: Trace = _ASLEEP) -> Dated:
    """Choose among what the page says. printed: the article's own date lines, hours joined to their days."""
    lines = list(printed)
    parsed = [dates for dates in map(_parse, lines) if dates.published or dates.modified]
    zone, seen_at = frame.zone, frame.seen_at
    stated = [each for each in _candidates(metadata, parsed, frame.url_date) if possible(each.moment, zone, seen_at)]
    candidates, refused = sound(stated, frame.period, seen_at, zone)
    relative = [] if stated else list(_relative(lines, frame))
    candidates = candidates or relative
    _tell_refused(refused, candidates, witness)
    if not candidates:
        return Dated(modified=_modified(metadata, parsed, frame, None))
    zone = zone or _stated_zone(candidates, parsed)
    chosen = candidates[0]
    moment = chosen.moment
    if chosen.source in {"json-ld", "meta"}:
        moment = _without_false_utc(moment, parsed)
        if moment != chosen.moment:
            witness.disagree(
                Disagreement(
                    "date_published", "page", chosen.named, chosen.raw, "the same hour is printed as local time: a false Z"
                )
            )
    moment, published = _placed(moment, zone)
    _tell(moment, candidates, published, zone, witness)
    modified = _modified(metadata, parsed, replace(frame, zone=zone), moment)
    return Dated(published, modified, chosen.raw, moment.precision, chosen.source, bool(relative))


def _tell(moment: Moment, candidates: list[DateCandidate], published: str, zone: tzinfo | None, witness: Trace) -> None:
    chosen, *lost = candidates
    witness.field(FieldSource("date_published", published, chosen.named, tuple((each.named, each.raw) for each in lost)))
    for other in lost:
        note = contradict(moment, other.moment, zone)
        if note is not None:
            witness.disagree(Disagreement("date_published", chosen.named, other.named, other.raw, note))


def _tell_refused(refused: list[tuple[DateCandidate, str]], candidates: list[DateCandidate], witness: Trace) -> None:
    believed = candidates[0].named if candidates else None
    for each, reason in refused:
        witness.disagree(Disagreement("date_published", believed, each.named, each.raw, reason))


def _relative(lines: list[str], frame: DateContext) -> Iterator[DateCandidate]:
    """«منذ 3 ساعات», if the lines do not name two different days."""
    found = {m.wall: m for line in lines if (m := parse_relative(line, frame.seen_at, frame.zone))}
    if len({wall.date() for wall in found}) == 1:
        moment = min(found.values(), key=lambda each: each.precision != "minute")
        yield DateCandidate(moment, "page", moment.raw, "page (relative)")


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


def _candidates(metadata: Metadata, lines: list[PrintedDates], url_date: str | None) -> Iterable[DateCandidate]:
    linked = metadata.linked.text("datePublished") or metadata.linked.text("uploadDate")
    if linked and (moment := parse_machine(linked)):
        yield DateCandidate(moment, "json-ld", display(linked), "json-ld")
    for name in PUBLISHED:
        for content in metadata.every(name):
            if moment := parse_machine(content):
                yield DateCandidate(moment, "meta", content, name)
    printed = _finest_first([(line, line.published) for line in lines if line.published])
    for line, moment in printed:
        if not line.update_only:
            yield DateCandidate(moment, "page", moment.raw, "page")
    if url_date and (stated := parse_machine(url_date)):
        yield DateCandidate(stated, "url", url_date, "url")
    for line, moment in printed:
        if line.update_only:
            yield DateCandidate(moment.day_only(), "page", moment.raw, "page")


def _finest_first(printed: list[tuple[PrintedDates, Moment]]) -> list[tuple[PrintedDates, Moment]]:
    """A day whose hour stands elsewhere on the page, as in <time datetime="…T09:30">3 تشرين الثاني</time>, has that hour."""
    if not printed or printed[0][1].precision != "day":
        return printed
    day = printed[0][1].wall.date()
    finer = [each for each in printed if each[1].precision == "minute" and each[1].wall.date() == day and not each[0].update_only]
    return finer[:1] + printed


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


def _modified(metadata: Metadata, lines: list[PrintedDates], frame: DateContext, published: Moment | None) -> str | None:
    """The last change, unless it would lie before the publication (a template's date)."""
    zone, seen_at = frame.zone, frame.seen_at
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
        if possible(moment, zone, seen_at) and (earliest is None or as_instant(moment, zone) >= earliest):
            return _placed(moment, zone)[1]
    return None


def _stated_zone(candidates: list[DateCandidate], lines: list[PrintedDates]) -> tzinfo | None:
    """The offset that another date of the same page states, for the one that states none."""
    moments = [each.moment for each in candidates] + [line.modified for line in lines if line.modified]
    offset = next((moment.offset for moment in moments if moment.offset), None)
    return timezone(offset) if offset is not None else None
