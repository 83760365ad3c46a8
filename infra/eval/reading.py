"""What a reader took from a page, in one form for all readers; and ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from extractors import Article
from extractors import reader as warraq
from infra.eval.gold import Gold

ALL_FIELDS = frozenset({"headline", "date", "authors", "editors", "dateline", "sources"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderResult:
    """body: paragraphs; none = the reader takes the page for no article. date: RFC 3339 or a day. reason: why no body."""

    body: tuple[str, ...] = ()
    headline: str | None = None
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    dateline: tuple[str, str | None, str | None] | None = None
    date: str | None = None
    precision: str | None = None
    kind: str | None = None
    images: tuple[str, ...] = ()
    layout: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MeasuredReader:
    """fields: what it reads besides the body; nothing else is held against it."""

    name: str
    fields: frozenset[str]
    read: Callable[[Gold], ReaderResult]

    def reading(self, gold: Gold) -> ReaderResult:
        """The page as this reader takes it; one that crashes has read nothing, and the reason names the error."""
        try:
            return self.read(gold)
        except Exception as error:  # noqa: BLE001 - whatever a reader raises is its result on this page
            return ReaderResult(reason=f"{type(error).__name__}: {error}")


def read_by_us(gold: Gold) -> ReaderResult:
    """Our own reader, the outlet's facts included where the outlet is known."""
    # Asked of the module at each call: a test puts a broken reader in its place.
    result = warraq.read(gold.page, gold.outlet)
    if not isinstance(result, Article):
        return ReaderResult(reason=result.reason)
    line = result.dateline
    return ReaderResult(
        body=tuple(result.body.split("\n\n")),
        headline=result.headline,
        authors=result.authors,
        editors=result.editors,
        sources=result.sources,
        dateline=(line.text, line.agency, line.place) if line else None,
        date=result.date_published,
        precision=result.date_published_precision,
        kind=result.kind,
        images=tuple(each.url for each in result.images),
        layout=result.extractor.layout,
    )


OURS = MeasuredReader("warraq", ALL_FIELDS, read_by_us)
