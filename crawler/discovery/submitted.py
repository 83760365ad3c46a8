"""Addresses that somebody asked for: an editor, a webhook, a watch that reads known articles again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from crawler.discovery.asking import Ask
from crawler.discovery.found import Document, Found


@dataclass(frozen=True, slots=True)
class Submitted:
    """Each is fetched, known or not.

    canaries: they are kept articles, fetched unconditionally: a 304 would not show whether the reader still reads them.
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
