"""RSS and Atom feeds."""

from __future__ import annotations

import asyncio
from calendar import timegm
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser

from crawler.discovery.asking import Ask
from crawler.discovery.entities import declares_entities
from crawler.discovery.found import Found, SourceError, modification
from crawler.discovery.hub import topic_of


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of the newest articles. Its full text, if any, is a hint at most: the page is what is archived."""

    url: str

    @property
    def name(self) -> str:
        return f"feed {self.url}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        answer = await ask.get(self.url, accept="application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5")
        if answer is None:
            return
        document, response = answer
        if declares_entities(response.body):
            raise SourceError(self.url, "declares XML entities, which a feed never needs")
        parsed = await asyncio.to_thread(feedparser.parse, response.body, response_headers=_headers(response.url))
        # `bozo` is set by a single raw «&»: what entries there are count, only none at all is a failure.
        if not parsed.entries and not parsed.get("version"):
            raise SourceError(self.url, "is not a feed")
        links = [value.decode("utf-8", "replace") for value in response.headers.getlist("Link")]
        ask.topics[self.url] = topic_of(response.url, links, parsed.feed.get("links", ()))
        for entry in parsed.entries:
            url = entry.get("link")
            if url:
                yield Found(
                    url=url.strip(),
                    document=document,
                    published=_moment(entry, "published_parsed"),
                    modified=modification("feed", _moment(entry, "updated_parsed")),
                )
        document.exhausted = True


def _headers(url: str) -> dict[str, str]:
    """Feedparser resolves relative links against this; the charset is read from the document itself."""
    return {"content-location": url}


def _moment(entry: Any, field: str) -> str | None:
    """A time of the entry as ISO in UTC; feedparser reads the RFC 822 and RFC 3339 forms."""
    # Not .get: feedparser answers a missing `updated` with `published`, and warns.
    parsed = entry[field] if field in entry.keys() else None  # noqa: SIM118
    return datetime.fromtimestamp(timegm(parsed), UTC).isoformat() if parsed else None
