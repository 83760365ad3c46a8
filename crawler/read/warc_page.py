"""A capture out of a WARC file as the page that a reader gets."""

from __future__ import annotations

from extractors import Page
from extractors.article import Via
from storage.warc.content_coding import decoded
from storage.warc.reader import Record


def page_of(record: Record, via: Via, max_bytes: int = 8_000_000) -> Page:
    """The page of a capture, its codings removed, at its own address and time.

    max_bytes: most bytes of the decoded body. Raises storage.warc.content_coding.CodingError when it has no readable form.
    """
    return Page(
        url=record.url,
        fetched_url=record.url,
        body=decoded(record.body, record.headers, max_bytes),
        status=record.status,
        content_type=record.content_type,
        fetched_at=record.at,
        via=via,
        memento_at=None if via == "live" else record.at,
    )
