"""A site that is gone, as the Wayback Machine has it: its index of captures, and the pages in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from crawler.discovery.documents.text import RawDocument
from crawler.discovery.web_archives.selection import REPLAY
from crawler.discovery.web_archives.wayback import CDX, FIELDS, index_page, read_index
from extractors.article import Page

MOST_CAPTURES = 5_000


@dataclass(frozen=True, slots=True)
class PastPage:
    """A capture. url: of the page; replay: where the capture is asked for; at: when it was made."""

    url: str
    replay: str
    at: datetime

    def page(self, answer: Page) -> Page:
        """What a replay answered, as the page that it was."""
        return replace(answer, url=self.url, fetched_url=self.replay, via="wayback", memento_at=self.at)


def index_of(host: str) -> str:
    """The address of the index of a host's pages, with and without www; the same bytes once."""
    query = [("url", f"{host.removeprefix('www.')}/"), ("matchType", "prefix"), ("output", "json"), ("fl", ",".join(FIELDS))]
    query += [("filter", "statuscode:200"), ("filter", "mimetype:text/html|application/xhtml.xml")]
    return f"{CDX}?{urlencode([*query, ('collapse', 'digest'), ('limit', str(MOST_CAPTURES))])}"


def read_captures(document: RawDocument) -> list[PastPage]:
    """Runs in a reader process. Raises SourceError for what is no index."""
    captures = index_page(read_index(document.url, document.body)).captures
    return [
        PastPage(each.original, REPLAY.format(timestamp=each.timestamp, original=each.original), each.at)
        for each in captures
        if not each.cut
    ]
