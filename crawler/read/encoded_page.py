"""A page whose body is as it came over the wire: whoever reads it undoes the codings first, where there is time for it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from extractors import Page
from storage.warc.content_coding import decoded
from storage.warc.headers import Headers


@dataclass(frozen=True, slots=True)
class EncodedPage(Page):
    """A `Page` except that the body still has the codings that these header fields name."""

    codings: Headers = ()

    def decoded(self, max_bytes: int) -> Page:
        """The page as readers know it. Raises storage.warc.content_coding.CodingError: longer than max_bytes, or unreadable."""
        return self.with_body(decoded(self.body, self.codings, max_bytes))

    def with_body(self, body: bytes) -> Page:
        """The page with this body, which has no coding."""
        return Page(**{each.name: getattr(self, each.name) for each in fields(Page)} | {"body": body})
