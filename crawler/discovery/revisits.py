"""Kept articles whose time for another look has come, and that no source names any more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from crawler.discovery.asking import Ask, Document
from crawler.discovery.found import Found


class Revisits:
    """A source of what is known already: an edit or a removal is seldom told by those who made it.

    due: the articles that are due, as (canonical URL, address to ask for); from state/, which costs the outlet nothing.
    """

    name = "revisits"

    def __init__(self, due: Callable[[], Awaitable[list[tuple[str, str]]]]) -> None:
        self._due = due

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        """Nothing as long as the outlet answers nothing: it would take every article for failed."""
        if not ask.answered:
            return
        document = Document(self.name)
        for url, address in await self._due():
            place = ask.locate(address)
            if place is not None and place.url == url:
                yield Found(url=address, document=document, again=True)
