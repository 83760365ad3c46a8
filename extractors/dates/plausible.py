"""Which dates cannot be true: later than the capture, outside the years in which the outlet gave out the article's number,
printed anew by a template at every visit. What contradicts better evidence is dropped and reported as a disagreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from extractors.article import DateSource
from extractors.dates.moment import Moment, as_instant

EARLIEST = datetime(1990, 1, 1)  # noqa: DTZ001  # compared with wall clocks
NOW = timedelta(minutes=10)  # a date this near to the capture may be the template's clock
ADDRESS_DRIFT = timedelta(days=45)  # addresses are given when a piece is planned and kept when it is printed again
Period = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """A date that may be the article's. named: where it stands, such as `json-ld` or `article:published_time`."""

    moment: Moment
    source: DateSource
    raw: str
    named: str


def possible(moment: Moment, zone: tzinfo | None, seen_at: datetime) -> bool:
    """Not before the web and not after the capture."""
    return moment.wall >= EARLIEST and as_instant(moment, zone) <= seen_at + timedelta(days=1)


def contradict(one: Moment, other: Moment, zone: tzinfo | None) -> str | None:
    """Why two dates cannot both be right; None when they can."""
    if far_apart(one, other, zone):
        return "more than a day apart"
    exact = one.precision == other.precision == "minute"
    return "hours that differ" if exact and abs(as_instant(one, zone) - as_instant(other, zone)) > NOW else None


def far_apart(one: Moment, other: Moment, zone: tzinfo | None) -> bool:
    """Whether two dates are more than a day apart."""
    return abs(as_instant(one, zone) - as_instant(other, zone)) > timedelta(days=1, hours=12 * (one.precision != other.precision))


def sound(
    candidates: list[DateCandidate], period: Period, seen_at: datetime, zone: tzinfo | None
) -> tuple[list[DateCandidate], list[tuple[DateCandidate, str]]]:
    """The candidates that nothing better contradicts, in their order; the others, each with the reason."""
    kept: list[DateCandidate] = []
    refused: list[tuple[DateCandidate, str]] = []
    for each in candidates:
        contradiction = _contradiction(each, candidates, period, seen_at, zone)
        if contradiction is None:
            kept.append(each)
        else:
            refused.append((each, contradiction))
    return kept, refused


def _contradiction(
    candidate: DateCandidate, others: list[DateCandidate], period: Period, seen_at: datetime, zone: tzinfo | None
) -> str | None:
    first, last = period
    day = candidate.moment.wall.date()
    if (first and day < first) or (last and day > last):
        return f"the article's number was given out between {first or 'the beginning'} and {last or 'today'}"
    return _better(candidate, others, seen_at, zone) if candidate.source in {"json-ld", "meta"} else None


def _better(candidate: DateCandidate, others: list[DateCandidate], seen_at: datetime, zone: tzinfo | None) -> str | None:
    """What the page prints against a date that a machine wrote."""
    printed = next((each for each in others if each.source == "page"), None)
    stated = next((each for each in others if each.source == "url"), None)
    if printed is None or not far_apart(candidate.moment, printed.moment, zone):
        return None
    if abs(as_instant(candidate.moment, zone) - seen_at) <= NOW and candidate.moment.precision == "minute":
        return f"it is the moment of the capture and the page says {printed.raw}"
    if stated is None or far_apart(printed.moment, stated.moment, zone):
        return None
    if abs(candidate.moment.wall - stated.moment.wall) > ADDRESS_DRIFT:
        return f"page and address say {printed.raw}"
    return None
