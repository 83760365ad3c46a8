"""Small pages that go wrong: what each must give, checked as its file states it. One figure a page: everything holds, or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from extractors.measures import folded
from infra.eval.reading import ReaderResult


def complaints(expected: Mapping[str, Any], reading: ReaderResult) -> tuple[str, ...]:
    """One line for each expectation that does not hold; an expectation of an unknown name never holds."""
    return tuple(line for name, value in expected.items() for line in _CHECKS.get(name, _unknown)(value, reading))


def _unknown(value: Any, _reading: ReaderResult) -> Iterator[str]:
    yield f"nobody knows how to check {value!r}"


def _body(value: list[str], reading: ReaderResult) -> Iterator[str]:
    wanted, found = [folded(text) for text in value], [folded(text) for text in reading.body]
    if wanted != found:
        yield from (f"lost «{text[:60]}»" for text in wanted if text not in found)
        yield from (f"too much «{text[:60]}»" for text in found if text not in wanted)
        if sorted(wanted) == sorted(found):
            yield "another order"
        yield f"{len(found)} paragraphs for {len(wanted)}" + (f" ({reading.reason})" if reading.reason else "")


def _moment(value: str, reading: ReaderResult) -> Iterator[str]:
    found = datetime.fromisoformat(reading.date).astimezone(UTC).strftime("%Y-%m-%dT%H:%M") if reading.date else None
    if found != value or reading.precision != "minute":
        yield f"date {reading.date} ({reading.precision}) for {value}"


def _names(value: list[str], reading: ReaderResult) -> Iterator[str]:
    if list(reading.authors) != value:
        yield f"authors {reading.authors} for {value}"


def _text(reading: ReaderResult) -> str:
    return "\n\n".join(reading.body)


_CHECKS: dict[str, Callable[[Any, ReaderResult], Iterator[str]]] = {
    "body": _body,
    "minute": _moment,
    "authors": _names,
    "headline": lambda value, reading: iter([f"headline «{reading.headline}»"] if reading.headline != value else []),
    "day": lambda value, reading: iter([f"date {reading.date}"] if (reading.date or "")[:10] != value else []),
    "contains": lambda value, reading: iter([f"lost «{text[:60]}»" for text in value if text not in _text(reading)]),
    "nojoin": lambda value, reading: iter([f"joined «{text}»" for text in value if text in _text(reading)]),
    "count": lambda value, reading: iter(
        [f"{reading.body.count(text)} times «{text[:60]}»" for text, times in value.items() if reading.body.count(text) != times]
    ),
    "refused": lambda value, reading: iter([f"{reading.reason or 'kept'} for {value}"] if reading.reason != value else []),
    "kind": lambda value, reading: iter([f"kind {reading.kind}"] if reading.kind != value else []),
    "image": lambda value, reading: iter([] if value in reading.images else [f"images {reading.images}"]),
}
