"""RSS, Atom and JSON feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from pydantic import TypeAdapter

from crawler.discovery.asking import Ask
from crawler.discovery.documents.entries import Listed
from crawler.discovery.documents.feed import read_feed
from crawler.discovery.found import Found
from crawler.discovery.hub import topic_of

ACCEPT: Final = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
MOST_REMEMBERED: Final = 200
_SHOWN: Final = TypeAdapter(list[str])


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of the newest articles. Its full text, if any, is not used: the page is what is archived.

    Mark: hashes of the entries that it showed last, to notice when all are new, so that some between may have come and gone.
    """

    url: str

    @property
    def name(self) -> str:
        return f"feed {self.url}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        answer = await ask.get(self.url, accept=ACCEPT)
        if answer is None:
            return
        document, response = answer
        feed = await ask.parsed(read_feed, response)
        headers = [value.decode("utf-8", "replace") for value in response.headers.getlist("Link")]
        ask.topics[self.url] = topic_of(response.url, headers, feed.links)
        self._note_gap(ask, feed)
        for found in ask.found(feed.entries, document, self.name, "feed"):
            yield found
        if not feed.whole:
            ask.fact("source.truncated", url=self.url, entries=len(feed.entries))
        if feed.dropped:
            ask.fact("source.dropped", url=self.url, entries=feed.dropped)
        document.exhausted = feed.whole

    def _note_gap(self, ask: Ask, feed: Listed) -> None:
        if not feed.entries:
            return
        shown = [sha256(entry.url.encode()).hexdigest()[:12] for entry in feed.entries[:MOST_REMEMBERED]]
        before = ask.mark(self.name, _SHOWN)
        if before and not set(before) & set(shown):
            ask.fact("source.gap", source=self.name, url=self.url, entries=len(feed.entries))
        ask.memory.marks[self.name] = shown
