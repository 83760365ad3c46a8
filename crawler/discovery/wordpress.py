"""The WordPress REST API (`wp-json/wp/v2/posts`): every post with its dates, newest first."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from crawler.discovery.asking import Ask
from crawler.discovery.found import Document, Found, SourceError, modification

PER_PAGE = 100
"""The most the API gives at once."""

OVERLAP = timedelta(minutes=10)
"""Asked for again before the last modification seen: posts are not always visible in the order of their stamps."""


@dataclass(frozen=True, slots=True)
class WordPress:
    """`endpoint`: the address of the posts collection.

    A first crawl walks the pages (within the window, or `bound` of them); once such a walk is done with, later crawls
    ask only for what was modified since, which is one request when there is nothing.
    """

    endpoint: str

    @property
    def name(self) -> str:
        return f"wordpress {self.endpoint}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        query = self._query(ask)
        documents: list[Document] = []
        latest = str(ask.memory.marks.get(self.name, ""))
        page = pages = 1
        while page <= pages:
            answer = await ask.get(
                f"{self.endpoint}?{urlencode({**query, 'page': page})}", accept="application/json", conditional=False
            )
            if answer is None:
                break
            document, response = answer
            documents.append(document)
            posts = self._posts(response.url, response.body)
            pages = int(response.headers.get("X-WP-TotalPages", b"0") or 0) or (page + 1 if len(posts) == PER_PAGE else page)
            for post in posts:
                modified = str(post.get("modified_gmt") or "")
                latest = max(latest, modified)
                yield Found(
                    url=post["link"],
                    document=document,
                    published=_utc(post.get("date_gmt")),
                    modified=modification("wordpress", modified),
                )
            document.exhausted = True
            page += 1
            if page > ask.bound and ask.window.since is None and page <= pages:
                ask.fact("source.bounded", source=self.name, bound=ask.bound)
                break
        if ask.window.open:
            ask.on_close(lambda: self._mark(ask, documents, latest))

    def _query(self, ask: Ask) -> dict[str, Any]:
        query: dict[str, Any] = {
            "per_page": PER_PAGE,
            "orderby": "date",
            "order": "desc",
            "_fields": "id,link,date_gmt,modified_gmt",
        }
        if ask.window.since:
            query["after"] = f"{ask.window.since - timedelta(days=1)}T23:59:59"
        if ask.window.until:
            query["before"] = f"{ask.window.until + timedelta(days=1)}T00:00:00"
        latest = ask.memory.marks.get(self.name)
        if ask.window.open and latest and not ask.refetch:
            query |= {"orderby": "modified", "modified_after": (datetime.fromisoformat(latest) - OVERLAP).isoformat()}
        return query

    def _posts(self, url: str, body: bytes) -> list[dict[str, Any]]:
        try:
            posts = json.loads(body)
        except ValueError as error:
            raise SourceError(url, f"is not JSON: {error}") from error
        if not isinstance(posts, list):
            raise SourceError(url, "is not a list of posts")
        return [post for post in posts if isinstance(post, dict) and isinstance(post.get("link"), str)]

    def _mark(self, ask: Ask, documents: list[Document], latest: str) -> None:
        """Only a walk whose every post came to a lasting fate lets the next crawl ask for less."""
        if latest and documents and all(document.complete for document in documents):
            ask.memory.marks[self.name] = latest


def _utc(stamp: object) -> str | None:
    """`date_gmt` is UTC without saying so."""
    try:
        return datetime.fromisoformat(str(stamp)).replace(tzinfo=UTC).isoformat() if stamp else None
    except ValueError:
        return None
