"""The dates that a page states, in the order in which they are believed: JSON-LD, meta tags, the printed line, the URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timezone, tzinfo

from extractors.dates.moment import Moment, PrintedDates
from extractors.dates.plausible import DateCandidate
from extractors.dates.printed import parse_machine
from extractors.page.metadata import Metadata
from extractors.text import display

PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "publishdate",
    "publisheddate",
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


def stated_texts(metadata: Metadata) -> Iterator[str]:
    """The publication dates of a page's data as written, JSON-LD first."""
    linked = metadata.linked.text("datePublished") or metadata.linked.text("uploadDate")
    yield from [linked] if linked else []
    yield from metadata.every(*PUBLISHED)


def date_candidates(
    metadata: Metadata, lines: list[PrintedDates], url_date: str | None, zone: tzinfo | None
) -> Iterable[DateCandidate]:
    """Every publication date of the page, best source first. A midnight that a machine wrote states the day only."""
    linked = metadata.linked.text("datePublished") or metadata.linked.text("uploadDate")
    if linked and (moment := parse_machine(linked)):
        yield DateCandidate(midnight_as_day(moment, zone), "json-ld", display(linked), "json-ld")
    for name in PUBLISHED:
        for content in metadata.every(name):
            if moment := parse_machine(content):
                yield DateCandidate(midnight_as_day(moment, zone), "meta", content, name)
    printed = [(line, line.published) for line in lines if line.published]
    for line, moment in printed:
        if not line.update_only:
            yield DateCandidate(moment, "page", moment.raw, "page")
    if url_date and (stated := parse_machine(url_date)):
        yield DateCandidate(stated, "url", url_date, "url")
    for line, moment in printed:
        if line.update_only:
            yield DateCandidate(moment.day_only(), "page", moment.raw, "page")


def midnight_as_day(moment: Moment, zone: tzinfo | None) -> Moment:
    """A date whose hour is only how a machine writes a day: 00:00:00, or that in the page's zone («21:00:00Z» in Damascus)."""
    if moment.precision != "minute":
        return moment
    local = _local(moment, zone)
    for wall in (moment.wall, local.wall):
        if (wall.hour, wall.minute, wall.second) == (0, 0, 0):
            # Without any zone known the offset is all there is to place the day; one of zero says nothing beside a known zone.
            offset = moment.offset if zone is None or moment.offset else None
            return replace(moment, wall=wall, precision="day", offset=offset if wall is moment.wall else None)
    return moment


def finest_first(candidates: list[DateCandidate], zone: tzinfo | None) -> list[DateCandidate]:
    """The same candidates; where the best one states a day only, the first that states a minute of that day stands before it."""
    if not candidates or candidates[0].moment.precision == "minute":
        return candidates
    day = candidates[0].moment.wall.date()
    finer = next((each for each in candidates if each.moment.precision == "minute" and day in _days(each.moment, zone)), None)
    return candidates if finer is None else [finer, *(each for each in candidates if each is not finer)]


def _days(moment: Moment, zone: tzinfo | None) -> set[date]:
    """The days on which a minute falls: as written, in the zone of the page, in UTC."""
    days = {moment.wall.date(), _local(moment, zone).wall.date()}
    return days | {(moment.wall - moment.offset).date()} if moment.offset is not None else days


def _local(moment: Moment, zone: tzinfo | None) -> Moment:
    """The wall clock of the page's zone at an instant whose offset is stated."""
    if moment.offset is None or zone is None:
        return moment
    try:
        local = moment.wall.replace(tzinfo=timezone(moment.offset)).astimezone(zone)
    except OverflowError:
        return moment
    return replace(moment, wall=local.replace(tzinfo=None), offset=local.utcoffset())
