"""Attention over time: counts by month as bars, drawn by the server as SVG, and the same as rows of a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from storage.search.counts import MonthCount

WIDTH: Final = 1_000
HEIGHT: Final = 100
_MOST_BARS: Final = 240
"""More months are too narrow to see: then a bar is a year."""
_MOST_ROWS: Final = 48
"""More months are too many to read: then a row is a year, which leads to its months."""
_LEAST_WIDTH: Final = WIDTH / 12
"""Of a bar, where there are few."""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """span: YYYY-MM or YYYY; articles: in it; outlets: how many of each."""

    span: str
    articles: int
    outlets: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """bars, highest: outlines of all bars and of the highest one, for `d` of an SVG path in a box of WIDTH and HEIGHT; first,
    last: the spans at the ends, "" without a known date; peak: the highest; rows: the spans that have any articles, the newest
    first; undated: articles whose date is not known; total: of all.
    """

    bars: str
    highest: str
    first: str
    last: str
    peak: ChartRow | None
    rows: tuple[ChartRow, ...]
    undated: int
    total: int


def chart(counts: list[MonthCount], *, mirrored: bool) -> Chart:
    """mirrored: time runs from right to left."""
    months = [each.month for each in counts if each.month is not None]
    spans = _months(min(months), max(months)) if months else []
    yearly = len(spans) > _MOST_BARS
    if yearly:
        spans = [f"{year:04}" for year in range(int(spans[0][:4]), int(spans[-1][:4]) + 1)]
    drawn = {row.span: row for row in _rows(counts, 4 if yearly else 7)}
    peak = max(drawn.values(), key=lambda row: row.articles, default=None)
    bars = {span: _bar(n, len(spans), drawn[span], peak, mirrored) for n, span in enumerate(spans) if span in drawn and peak}
    return Chart(
        bars="".join(bars.values()),
        highest=bars[peak.span] if peak else "",
        first=spans[0] if spans else "",
        last=spans[-1] if spans else "",
        peak=peak,
        rows=tuple(reversed(_rows(counts, 4 if len(set(months)) > _MOST_ROWS else 7))),
        undated=sum(each.articles for each in counts if each.month is None),
        total=sum(each.articles for each in counts),
    )


def _rows(counts: list[MonthCount], characters: int) -> list[ChartRow]:
    """By the first characters of a month, in time's order."""
    spans: dict[str, Counter[str]] = {}
    for each in counts:
        if each.month is not None:
            spans.setdefault(each.month[:characters], Counter())[each.outlet] += each.articles
    return [ChartRow(span, found.total(), tuple(sorted(found.items()))) for span, found in sorted(spans.items())]


def _bar(number: int, of: int, row: ChartRow, peak: ChartRow, mirrored: bool) -> str:
    """The outline of a bar, from its foot: at least a line high, for a month with one article must be seen."""
    step = min(WIDTH / of, _LEAST_WIDTH)
    height = max(HEIGHT * row.articles / peak.articles, 1.5)
    left = WIDTH - (number + 1) * step if mirrored else number * step
    return f"M{left + step * 0.1:.1f} {HEIGHT}v-{height:.1f}h{step * 0.8:.1f}v{height:.1f}z"


def _months(first: str, last: str) -> list[str]:
    """All months from one to another (YYYY-MM)."""
    start, end = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (first, last))
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(start, end + 1)]
