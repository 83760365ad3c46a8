"""A capture out of a WARC file as the page that a reader gets."""

from __future__ import annotations

from extractors import Page
from extractors.article import Via
from storage.warc.content_coding import decoded
from storage.warc.reader import Record
from storage.warc.replay import memento, unrewritten


def page_of(record: Record, via: Via, max_bytes: int = 8_000_000) -> Page:
    """The page of a capture, its codings removed, at its own address and time; of a web archive's replay, what it replays.

    max_bytes: most bytes of the decoded body. Raises storage.warc.content_coding.CodingError when it has no readable form.
    """
    subject = memento(record) or record
    return Page(
        url=subject.url,
        fetched_url=record.url,
        body=unrewritten(decoded(record.body, record.headers, max_bytes), record.url),
        status=record.status,
        content_type=record.content_type,
        fetched_at=subject.at,
        via=via,
        memento_at=None if via == "live" else subject.at,
    )
