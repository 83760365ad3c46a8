"""RSS, Atom and JSON feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from pydantic import TypeAdapter

from crawler.discovery.asking import Ask
from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.entries import Listed
from crawler.discovery.documents.feed import read_feed
from crawler.discovery.found import Document, Found, SourceError
from crawler.discovery.hub import topic_of
from crawler.discovery.sitemap import report_losses

ACCEPT: Final = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
FOLLOWING: Final = frozenset({"next", "prev-archive"})
"""Relations of the link to older entries: paged and archived feeds (RFC 5005 §3 and §4); `next_url` of a JSON feed."""
MOST_REMEMBERED: Final = 200
_SHOWN: Final = TypeAdapter(list[str])


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of the newest articles. Its full text, if any, is not used: the page is what is archived.

    Mark: hashes of the entries that it showed last, to notice when all are new (`_fill_gap`).
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
        before = set(ask.mark(self.name, _SHOWN) or ())
        if feed.entries:
            ask.memory.marks[self.name] = _hashes(feed)[:MOST_REMEMBERED]
        for found in self._findings(ask, feed, document):
            yield found
        if feed.entries and before and before.isdisjoint(_hashes(feed)):
            async for found in self._fill_gap(ask, before, feed, response.url):
                yield found

    def _findings(self, ask: Ask, feed: Listed, document: Document) -> Iterator[Found]:
        yield from ask.found(feed.entries, document, self.name, "feed")
        report_losses(ask, feed, document)

    async def _fill_gap(self, ask: Ask, before: set[str], feed: Listed, base: str) -> AsyncIterator[Found]:
        """All entries are new, so that some between may have come and gone: the pages that the feed states to follow (RFC 5005)
        are read until one shows an entry of last time. The fact `source.gap` where none does.
        """
        entries, met = len(feed.entries), {self.url, base}
        for _ in range(ask.bound):
            stated = (absolute(base, href) for rel, href in feed.links if rel.lower() in FOLLOWING)
            url = next(filter(None, stated), None)
            if url is None or url in met or ask.locate(url) is None:
                break
            met.add(url)
            try:
                answer = await ask.get(url, accept=ACCEPT, conditional=False)
                if answer is None:
                    break
                document, response = answer
                feed, base = await ask.parsed(read_feed, response), response.url
            except SourceError as error:
                ask.failed(error, self.name)
                break
            entries += len(feed.entries)
            for found in self._findings(ask, feed, document):
                yield found
            if not before.isdisjoint(_hashes(feed)):
                return
        ask.fact("source.gap", source=self.name, url=self.url, entries=entries)


def _hashes(feed: Listed) -> list[str]:
    return [sha256(entry.url.encode()).hexdigest()[:12] for entry in feed.entries]
