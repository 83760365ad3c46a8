"""Which lines stand on page after page of an outlet: learned while crawling, given to the reader as hashes.

Pure: no file, no clock. The crawl keeps `dump()` as `state/<outlet>/chrome.json`; losing it costs nothing but learning anew.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable

FORMAT = 1
LINES = 20_000
"""So many lines are remembered; the rarest are forgotten first (1 MB of JSON)."""
PAGES = 2_000
"""After so many pages all counts are halved: what the outlet no longer prints fades within a few thousand pages."""
THOROUGH, THEN_ONE_IN = 40, 50
"""So many pages are all learned from, then one in so many: it is a second parse, three times as dear as reading."""
RECENT = 4_000
"""So many pages are recognised when they come again; an article fetched every hour must not teach its own text."""


class LineFrequency:
    """Counts lines over distinct pages of one outlet."""

    def __init__(self) -> None:
        self._pages = 0
        self._counts: dict[str, int] = {}
        self._recent: deque[str] = deque(maxlen=RECENT)
        self._seen: set[str] = set()
        self._learned: frozenset[str] = frozenset()
        self._fresh = 0
        self._offered = 0
        self.changed = False

    @property
    def pages(self) -> int:
        """How many pages count at present (halved every so often)."""
        return self._pages

    def learn(self, page_id: str, hashes: Iterable[str]) -> bool:
        """Count the lines of a page (`extractors.reader.block_hashes`). False for a page seen of late: it teaches nothing.

        page_id: the article's id or canonical URL, so that another address of the same page is not another page.
        """
        key = hashlib.sha256(page_id.encode()).hexdigest()[:16]
        if key in self._seen:
            return False
        self._remember(key)
        self._fresh += 1
        self.changed = True
        for line in set(hashes):
            self._counts[line] = self._counts.get(line, 0) + 1
        self._pages += 1
        if self._pages >= PAGES:
            self._decay()
        if len(self._counts) > 2 * LINES:
            self._forget()
        return True

    @property
    def teaches(self) -> bool:
        """Whether the next page should be learned from: each of the first, then a few, since furniture changes slowly."""
        self._offered += 1
        return self._pages < THOROUGH or self._offered % THEN_ONE_IN == 0

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

    def dump(self) -> bytes:
        """Everything remembered, as JSON in a stable order."""
        self._forget()
        lines = dict(sorted(self._counts.items()))
        data = {"format": FORMAT, "pages": self._pages, "lines": lines, "recent": list(self._recent)}
        return json.dumps(data, separators=(",", ":")).encode()

    @classmethod
    def load(cls, data: bytes | None) -> LineFrequency:
        """What `dump` wrote; anything else (None, damaged, another format) is an empty memory: learning begins anew."""
        chrome = cls()
        try:
            known = json.loads(data or b"{}")
            if known["format"] != FORMAT:
                return chrome
            lines = {str(line): int(count) for line, count in known["lines"].items()}
            pages, recent = int(known["pages"]), [str(key) for key in known["recent"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            return chrome
        chrome._counts, chrome._pages = lines, pages
        for key in recent:
            chrome._remember(key)
        chrome._learned = chrome.learned()
        return chrome

    def _remember(self, key: str) -> None:
        if len(self._recent) == RECENT:
            self._seen.discard(self._recent[0])
        self._recent.append(key)
        self._seen.add(key)

    def _decay(self) -> None:
        self._pages //= 2
        self._counts = {line: count // 2 for line, count in self._counts.items() if count > 1}

    def _forget(self) -> None:
        if len(self._counts) > LINES:
            kept = sorted(self._counts.items(), key=lambda each: -each[1])[:LINES]
            self._counts = dict(kept)
