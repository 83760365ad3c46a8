"""Which captures of an article are asked for, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from crawler.discovery.found import CaptureCandidate
from crawler.discovery.web_archives.captures import Captured

FALLBACKS = 5
"""Most captures tried in place of one that is no use."""

RESORT = 0
"""The slot of captures that are fetched only when no other one was an article."""

SHORT = 2
"""A capture that many times smaller than the largest is likely a challenge or a page cut in the middle."""

ZONE_SLACK = timedelta(days=1)
"""A day in an address is the outlet's, a capture's is UTC."""

REPLAY = "https://web.archive.org/web/{timestamp}id_/{original}"
DATA = "https://data.commoncrawl.org/"


def choose(captures: Iterable[Captured], published: date | None, wanted: int | None) -> tuple[CaptureCandidate, ...]:
    """The captures to ask for, in order.

    Captures with one `slot` number stand for each other: the first that is an article serves. Slots rise with the time of
    capture, so that what they show becomes revisions in order. The first is the capture nearest to publication, the last
    the latest; with more `wanted` the others lie between, with None every complete capture is a slot. Cut and short
    captures come last (`RESORT`).

    published: the first day on which the article can have appeared, if known. An older capture of the address shows
    something else (an earlier site, a draft) and is tried after the others.
    """
    oldest_first = sorted(captures, key=lambda each: each.timestamp)
    largest = max((each.length for each in oldest_first if not each.cut), default=0)
    whole = [each for each in oldest_first if not each.cut and (each.length == 0 or each.length * SHORT >= largest)]
    rest = sorted((each for each in oldest_first if each not in whole), key=lambda each: (each.cut, -each.length))
    first_day = (published - ZONE_SLACK).strftime("%Y%m%d") if published else ""
    early = [each for each in whole if each.timestamp < first_day]
    timely = [each for each in whole if each.timestamp >= first_day] or early
    slots = [[each] for each in whole] if wanted is None else _slots(timely, wanted)
    if wanted is not None and timely is not early and slots:
        slots[0] += early[: FALLBACKS - len(slots[0])]
    chosen = [_candidate(each, number) for number, slot in enumerate(slots, RESORT + 1) for each in slot]
    return (*chosen, *(_candidate(each, RESORT) for each in rest[:FALLBACKS]))


def _slots(timely: list[Captured], wanted: int) -> list[list[Captured]]:
    """The captures (oldest first) parted into `wanted` runs; the first is tried from its start, the others from their end."""
    if not timely:
        return []
    count = min(wanted, len(timely))
    bounds = [round(number * len(timely) / count) for number in range(count + 1)]
    parts = [timely[low:high] for low, high in pairwise(bounds)]
    return [parts[0][:FALLBACKS], *(part[::-1][:FALLBACKS] for part in parts[1:])]


def remaining(candidates: tuple[CaptureCandidate, ...], verdicts: dict[CaptureCandidate, bool]) -> tuple[CaptureCandidate, ...]:
    """The candidates that are still to be fetched. verdicts: of those that were read before, whether they were an article."""
    served = {candidate.slot for candidate, article in verdicts.items() if article}
    if served:
        served.add(RESORT)
    return tuple(each for each in candidates if each.slot not in served and each not in verdicts)


def _candidate(capture: Captured, slot: int) -> CaptureCandidate:
    if capture.file is not None:
        span = (capture.first, capture.first + capture.length - 1)
        return CaptureCandidate(DATA + capture.file, capture.original, capture.at, via=capture.via, slot=slot, span=span)
    replay = REPLAY.format(timestamp=capture.timestamp, original=capture.original)
    return replace(CaptureCandidate(replay, capture.original, capture.at), slot=slot)
