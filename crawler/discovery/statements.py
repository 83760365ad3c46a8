"""What a source's statements of modification (`lastmod`, `updated`) are worth.

Some sites give all their entries the time at which the document was made. Each poll would then have every known page asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter

from crawler.discovery.documents.entries import Entry
from crawler.discovery.memory import Memory
from crawler.state_file import PastMoment, Report

FEWEST: Final = 4
"""Entries from which on it is no chance that all were modified together."""
TOGETHER: Final = timedelta(minutes=10)
_SHAPE: Final = TypeAdapter(dict[str, PastMoment])
MOST_DOCUMENTS: Final = 100


class Statements:
    """Of one source. Its mark: by document, the one moment at which all its entries were said to be modified."""

    def __init__(self, memory: Memory, report: Report, source: str) -> None:
        self._memory, self._report, self._source, self._mark = memory, report, source, f"statements {source}"

    def believed(self, url: str, entries: Sequence[Entry], modified: Sequence[datetime | None]) -> bool:
        """False where all entries were modified at one moment, now at another than when the document was last read.

        Whoever edits many articles at once (a moved site) does so once; the moment of a document that is made anew moves each
        time. Days without an hour say nothing of it.
        """
        moments = [moment for entry, moment in zip(entries, modified, strict=True) if moment and ":" in entry.modified]
        seen = self._memory.mark(self._mark, _SHAPE, self._report) or {}
        if len(moments) < FEWEST or max(moments) - min(moments) > TOGETHER:
            if seen.pop(url, None) is not None:
                self._keep(seen)
            return True
        before = seen.get(url)
        self._keep({**seen, url: max(moments)})
        if before is None or abs(max(moments) - before) < timedelta(seconds=1):
            return True
        reason = f"says of all {len(moments)} entries that they were just modified"
        self._report("source.distrusted", source=self._source, url=url, reason=reason)
        return False

    def _keep(self, seen: dict[str, datetime]) -> None:
        newest = dict(list(seen.items())[-MOST_DOCUMENTS:])
        if newest:
            self._memory.marks[self._mark] = {url: moment.isoformat() for url, moment in newest.items()}
        else:
            self._memory.marks.pop(self._mark, None)
