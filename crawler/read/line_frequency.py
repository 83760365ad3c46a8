"""Which lines stand on page after page of an outlet: learned while crawling, given to the reader as hashes.

Stored as the notes `chrome.json` (LINE_FREQUENCY), which is large and read where a page teaches, and `furniture.json`
(FURNITURE), what follows from it for reading pages. Losing them costs nothing but learning anew.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from crawler.state_file import StateFile

LINES = 20_000
"""So many lines are remembered; the rarest are forgotten first (1 MB of JSON)."""
PAGES = 200
"""After so many pages that taught, all counts are halved: the furniture of a redesign is known a few thousand articles later, and
what the outlet no longer prints fades.
"""
THOROUGH, THEN_ONE_IN = 40, 50
"""So many pages are all learned from, then one in so many: it is a second parse, three times as dear as reading."""
RECENT = 4_000
"""So many pages are recognised when they come again; an article fetched every hour must not teach its own text."""


Count = Annotated[int, Field(ge=0)]


class LineDocument(BaseModel):
    """lines: on how many of the `pages` each line (by its hash) stood; recent: hashes of the pages that came last."""

    format: Literal[1] = 1
    pages: Count = 0
    lines: dict[str, Count] = {}
    recent: list[str] = []


LINE_FREQUENCY = StateFile[LineDocument]("chrome.json", LineDocument, default=LineDocument, is_note=True)


class FurnitureLines(BaseModel):
    """lines: those that so many pages taught to be furniture."""

    pages: Count = 0
    lines: list[str] = []


FURNITURE = StateFile[FurnitureLines | None]("furniture.json", FurnitureLines | None, default=lambda: None, is_note=True)


class LineFrequency:
    """Counts lines over distinct pages of one outlet."""

    def __init__(
        self,
        document: LineDocument | None = None,
        furniture: FurnitureLines | None = None,
        load: Callable[[], LineDocument] | None = None,
    ) -> None:
        """document: what an earlier crawl stored. Or furniture, and load, which gives the document once a page is to be learned
        from; it may block and raise ArchiveError.
        """
        self._load, self._loading = load, Lock()
        self._recent: deque[str] = deque(maxlen=RECENT)
        self._seen: set[str] = set()
        self._fresh = 0
        self.changed = False
        if furniture is None:
            self._take(document or LineDocument())
        else:
            self._pages, self._learned = furniture.pages, frozenset(furniture.lines)
            self._counts: dict[str, int] = {}

    def load(self) -> None:
        """Has the counts at hand, once."""
        with self._loading:
            if self._load is not None:
                self._take(self._load())
                self._load = None

    def _take(self, document: LineDocument) -> None:
        self._pages, self._counts = document.pages, dict(document.lines)
        for key in document.recent:
            self._remember(key)
        self._learned = self.learned()

    @property
    def pages(self) -> int:
        """How many pages count at present (halved every so often)."""
        return self._pages

    def learn(self, page_id: str, hashes: Iterable[str]) -> bool:
        """Count the lines of a page (`extractors.reader.block_hashes`). False for a page seen of late: it teaches nothing.

        page_id: the article's id or canonical URL, so that another address of the same page is not another page.
        """
        self.load()
        key = _key(page_id)
        if key in self._seen:
            return False
        self._remember(key)
        self._fresh += 1
        self.changed = True
        for line in set(hashes):
            self._counts[line] = self._counts.get(line, 0) + 1
        self._pages += 1
        if self._pages >= PAGES:
            self._pages //= 2
            self._counts = {line: count // 2 for line, count in self._counts.items() if count > 1}
        if len(self._counts) > 2 * LINES:
            self._forget()
        return True

    def wants(self, url: str) -> bool:
        """Whether this page should be learned from: each of the first, then a few, since furniture changes slowly. Which ones
        follows from the address alone: a crawl that keeps ten articles a day learns as one that keeps all of them.
        """
        return self._pages < THOROUGH or int(_key(url), 16) % THEN_ONE_IN == 0

    @property
    def known(self) -> frozenset[str]:
        """`learned()`, made anew every ten pages."""
        if self._fresh >= 10:
            self._learned, self._fresh = self.learned(), 0
        return self._learned

    def learned(self, *, min_pages: int = 20, share: float = 0.3) -> frozenset[str]:
        """The lines on at least `min_pages` pages and at least that share of all of them.

        A sentence that reporters repeat stands on a few pages in a hundred, a menu or a box of the template on nearly all;
        layouts of several eras side by side are why the share is not higher.
        """
        least = max(min_pages, share * self._pages)
        return frozenset(line for line, count in self._counts.items() if count >= least)

    def document(self) -> LineDocument:
        """What is to be stored: equal counts give equal documents."""
        self._forget()
        return LineDocument(pages=self._pages, lines=dict(sorted(self._counts.items())), recent=list(self._recent))

    def furniture(self) -> FurnitureLines | None:
        """What is to be stored of it for pages that are read; None where nothing was learned and it stands."""
        return None if self._load is not None else FurnitureLines(pages=self._pages, lines=sorted(self.learned()))

    def _remember(self, key: str) -> None:
        if len(self._recent) == RECENT:
            self._seen.discard(self._recent[0])
        self._recent.append(key)
        self._seen.add(key)

    def _forget(self) -> None:
        if len(self._counts) > LINES:
            kept = sorted(self._counts.items(), key=lambda each: -each[1])[:LINES]
            self._counts = dict(kept)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
