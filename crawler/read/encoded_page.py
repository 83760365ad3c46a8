"""A page whose body is as it came over the wire: whoever reads it undoes the codings first, where there is time for it."""

from __future__ import annotations

from dataclasses import dataclass

from extractors import Page
from storage.warc.content_coding import decoded
from storage.warc.headers import Headers


@dataclass(frozen=True, slots=True)
class EncodedPage(Page):
    """A `Page` except that the body still has the codings that these header fields name."""

    codings: Headers = ()

    def decoded(self, max_bytes: int) -> Page:
        """The page as readers know it. Raises storage.warc.content_coding.CodingError: longer than max_bytes, or unreadable."""
        return Page(
            url=self.url,
            body=decoded(self.body, self.codings, max_bytes),
            fetched_at=self.fetched_at,
            status=self.status,
            content_type=self.content_type,
            fetched_url=self.fetched_url,
            via=self.via,
            memento_at=self.memento_at,
        )
