"""Kept articles that are due for a revisit by their age; sources rarely announce edits and removals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from crawler.discovery.asking import Ask
from crawler.discovery.found import Document, Found


class Revisits:
    """A source whose addresses come from the archive.

    due: gives the due articles as (canonical URL, address to ask for).
    """

    name = "revisits"

    def __init__(self, due: Callable[[], Awaitable[list[tuple[str, str]]]]) -> None:
        self._due = due

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        """The due articles; none while the outlet answers nothing, since each would end as `failed`."""
        if not ask.answered:
            return
        document = Document(self.name)
        for url, address in await self._due():
            place = ask.locate(address)
            if place is not None and place.url == url:
                yield Found(url=address, document=document, again=True)
