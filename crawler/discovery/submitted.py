"""Addresses that somebody asked for: an editor, a webhook, a canary."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from crawler.discovery.asking import Ask, Document
from crawler.discovery.found import Found


@dataclass(frozen=True, slots=True)
class Submitted:
    """Each is fetched, known or not: whoever names it has a reason to look."""

    urls: tuple[str, ...]

    @property
    def name(self) -> str:
        return "submitted"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:  # noqa: ARG002 - one signature for all sources
        """All of them, in the order given."""
        document = Document(self.name)
        for url in self.urls:
            yield Found(url=url, document=document, wanted=True)
