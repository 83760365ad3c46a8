"""Addresses that somebody asked for: an editor, a webhook, a watch that reads known articles again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from crawler.discovery.asking import Ask, Document
from crawler.discovery.found import Found


@dataclass(frozen=True, slots=True)
class Submitted:
    """Each is fetched, known or not: whoever names it has a reason to look.

    canaries: they are kept articles, to be read whether they changed or not: a server's word that they have not says nothing
    of whether we can read them.
    """

    urls: tuple[str, ...]
    canaries: bool = False

    @property
    def name(self) -> str:
        return "canaries" if self.canaries else "submitted"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:  # noqa: ARG002 - one signature for all sources
        """All of them, in the order given."""
        document = Document(self.name)
        for url in self.urls:
            yield Found(url=url, document=document, wanted=True, again=self.canaries, canary=self.canaries)
