"""Attention over time: counts by month as bars, drawn by the server as SVG, and the same as rows of a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from storage.search.counts import MonthCount

WIDTH: Final = 1_000
HEIGHT: Final = 100
_MOST_MONTHS: Final = 240
"""More are too narrow to see: then a bar is a year."""


@dataclass(frozen=True, slots=True)
class Bar:
    """span: YYYY-MM or YYYY; x, y, width, height: in a box of WIDTH and HEIGHT."""

    span: str
    articles: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Row:
    """A month with articles, and how many of each outlet."""

    month: str
    articles: int
    outlets: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """bars: one for each month from the first to the last, in time's order; peak: the highest; rows: the months that have any,
    the newest first; undated: articles whose date is not known; total: of all.
    """

    bars: tuple[Bar, ...]
    peak: Bar | None
    rows: tuple[Row, ...]
    undated: int
    total: int


def chart(counts: list[MonthCount], *, mirrored: bool) -> Chart:
    """mirrored: time runs from right to left."""
    by_month: dict[str, Counter[str]] = {}
    for each in counts:
        if each.month is not None:
            by_month.setdefault(each.month, Counter())[each.outlet] += each.articles
    rows = [Row(month, found.total(), tuple(sorted(found.items()))) for month, found in sorted(by_month.items(), reverse=True)]
    bars = _bars({row.month: row.articles for row in rows}, mirrored=mirrored)
    undated = sum(each.articles for each in counts if each.month is None)
    total = sum(each.articles for each in counts)
    return Chart(tuple(bars), max(bars, key=lambda bar: bar.articles, default=None), tuple(rows), undated, total)


def _bars(articles: dict[str, int], *, mirrored: bool) -> list[Bar]:
    spans = _months(min(articles), max(articles)) if articles else []
    if len(spans) > _MOST_MONTHS:
        years: Counter[str] = Counter()
        for month, number in articles.items():
            years[month[:4]] += number
        articles = dict(years)
        spans = [f"{year:04}" for year in range(int(min(years)), int(max(years)) + 1)]
    step = WIDTH / max(len(spans), 12)
    highest = max(articles.values(), default=1)
    bars = []
    for number, span in enumerate(spans):
        height = HEIGHT * articles.get(span, 0) / highest
        height = max(height, 1.5) if articles.get(span) else 0
        x = WIDTH - (number + 1) * step if mirrored else number * step
        bars.append(
            Bar(
                span,
                articles.get(span, 0),
                round(x + step * 0.1, 2),
                round(HEIGHT - height, 2),
                round(step * 0.8, 2),
                round(height, 2),
            )
        )
    return bars


def _months(first: str, last: str) -> list[str]:
    """All months from one to another (YYYY-MM). Years that a calendar has not are bounded by the two texts themselves."""
    start, end = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (first, last))
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(start, end + 1)]
