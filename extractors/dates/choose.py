"""Chooses the publication date.

Order: JSON-LD, meta tags, the printed line, the URL, a relative line («منذ 3 ساعات»); but where the first
states a day only, the first that states a minute of that day. A stated offset wins over printed local time unless the page
contradicts itself, see `offsets.py`. What cannot be true is dropped first, see `plausible.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from extractors.article import DateSource, Disagreement, Precision
from extractors.dates.candidates import date_candidates, finest_first, midnight_as_day, stated_texts
from extractors.dates.moment import Moment, PrintedDates, as_instant
from extractors.dates.offsets import stated_zone, without_false_utc
from extractors.dates.plausible import DateCandidate, Period, contradict, possible, sound
from extractors.dates.printed import parse_machine, parse_printed
from extractors.dates.relative import parse_relative
from extractors.explanation import FieldSource
from extractors.page.metadata import Metadata
from extractors.text import western_digits
from extractors.trace import Trace

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


def date_article(metadata: Metadata, printed: Iterable[str], context: DateContext, trace: Trace = _ASLEEP) -> Dated:
    """Choose among what the page says. printed: the article's own date lines, hours joined to their days."""
    lines = list(printed)
    parsed = [dates for line in lines if (dates := _parse(line, context.zone)).published or dates.modified]
    seen_at = context.seen_at
    stated = [
        each
        for each in date_candidates(metadata, parsed, context.url_date, context.zone)
        if possible(each.moment, context.zone, seen_at)
    ]
    candidates, refused = sound(stated, context.period, seen_at, context.zone)
    candidates = finest_first(candidates, context.zone)
    relative = [] if stated else list(_relative(lines, context))
    candidates = candidates or relative
    _record_refused(refused, candidates, trace)
    machine = [moment for text in _machine_texts(metadata) if (moment := parse_machine(text))]
    if not candidates:
        return Dated(modified=_modified(metadata, parsed, machine, context, None))
    printed_updates = [line.modified for line in parsed if line.modified]
    zone = context.zone or stated_zone([*(each.moment for each in candidates), *printed_updates])
    chosen = candidates[0]
    moment = without_false_utc(chosen.moment, parsed, machine, zone) if chosen.source in {"json-ld", "meta"} else chosen.moment
    if moment != chosen.moment:
        note = "the same hour is printed as local time: a false Z"
        trace.disagree(Disagreement("date_published", "page", chosen.named, chosen.raw, note))
    moment, published = _placed(moment, zone)
    _record_choice(moment, candidates, published, zone, trace)
    modified = _modified(metadata, parsed, machine, replace(context, zone=zone), moment)
    return Dated(published, modified, chosen.raw, moment.precision, chosen.source, bool(relative))


def _record_choice(moment: Moment, candidates: list[DateCandidate], published: str, zone: tzinfo | None, trace: Trace) -> None:
    chosen, *lost = candidates
    trace.field(FieldSource("date_published", published, chosen.named, tuple((each.named, each.raw) for each in lost)))
    for other in lost:
        note = contradict(moment, other.moment, zone)
        if note is not None:
            trace.disagree(Disagreement("date_published", chosen.named, other.named, other.raw, note))


def _record_refused(refused: list[tuple[DateCandidate, str]], candidates: list[DateCandidate], trace: Trace) -> None:
    believed = candidates[0].named if candidates else None
    for each, reason in refused:
        trace.disagree(Disagreement("date_published", believed, each.named, each.raw, reason))


def _relative(lines: list[str], context: DateContext) -> Iterator[DateCandidate]:
    """«منذ 3 ساعات», if the lines do not name two different days."""
    found = {m.wall: m for line in lines if (m := parse_relative(line, context.seen_at, context.zone))}
    if len({wall.date() for wall in found}) == 1:
        moment = min(found.values(), key=lambda each: each.precision != "minute")
        yield DateCandidate(moment, "page", moment.raw, "page (relative)")


def _parse(line: str, zone: tzinfo | None) -> PrintedDates:
    """A line for readers, or the machine-readable attribute of the same element."""
    if _ISO_TIME.match(line) is None:
        return parse_printed(line)
    moment = parse_machine(line)
    return PrintedDates(midnight_as_day(moment, zone) if moment else None)


def join_times(lines: list[str]) -> list[str]:
    """Put an hour that stands on a line of its own after the date before it: «2019/02/04», «1:09 م»."""
    joined: list[str] = []
    for line in lines:
        if joined and TIME_ALONE.fullmatch(western_digits(line)):
            joined[-1] = f"{joined[-1]} {line.strip('•· ')}"
        else:
            joined.append(line)
    return joined


def _placed(moment: Moment, zone: tzinfo | None) -> tuple[Moment, str]:
    """The moment as RFC 3339. Without any known zone only the day is told, as midnight of UTC."""
    instant = moment.at(zone)
    if instant is None:
        moment = replace(moment.day_only(), offset=timedelta(0))
        instant = moment.at(None)
    assert instant is not None
    return moment, instant


def _machine_texts(metadata: Metadata) -> Iterator[str]:
    """Every date of the page's data as written: published and modified."""
    yield from stated_texts(metadata)
    yield from _modified_texts(metadata)


def _modified_texts(metadata: Metadata) -> Iterator[str]:
    linked = metadata.linked.text("dateModified")
    yield from [linked] if linked else []
    yield from metadata.every(*MODIFIED)


def _modified(
    metadata: Metadata, lines: list[PrintedDates], machine: list[Moment], context: DateContext, published: Moment | None
) -> str | None:
    """The last change, unless it would lie before the publication (a template's date)."""
    zone, seen_at = context.zone, context.seen_at
    earliest = as_instant(published, zone) - timedelta(days=1) if published else None
    parsed = [moment for text in _modified_texts(metadata) if (moment := parse_machine(text))]
    stated = [without_false_utc(moment, lines, machine, zone) for moment in parsed]
    stated = [moment for moment in stated if earliest is None or as_instant(moment, zone) >= earliest]
    if any(abs(as_instant(one, zone) - as_instant(other, zone)) > timedelta(minutes=10) for one in stated for other in stated):
        stated = []  # they contradict each other
    for moment in (*stated, *(line.modified for line in lines if line.modified)):
        if moment.offset is None and zone is None:
            continue
        if possible(moment, zone, seen_at) and (earliest is None or as_instant(moment, zone) >= earliest):
            return _placed(moment, zone)[1]
    return None
