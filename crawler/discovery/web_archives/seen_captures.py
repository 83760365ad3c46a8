"""The captures of an outlet that were looked at, so that nobody asks for them again: also those that were no article.

Kept in `state/<outlet>/history/looked-<n>.bin`, eight bytes a capture: a convenience. Losing it costs requests; what was
kept is in the ledger. Written while a crawl goes on, so that a killed one is not begun anew.
"""

from __future__ import annotations

import hashlib
from array import array
from time import monotonic
from typing import TYPE_CHECKING

from crawler.discovery.found import CaptureCandidate
from storage.temporary import temporary_database

if TYPE_CHECKING:
    from storage import State

SEGMENT = 5_000
"""Captures a file holds; only the newest is ever written again."""

SAVE_CAPTURES = 200
SAVE_SECONDS = 60.0
"""Saved after so many captures or so long, whichever is first."""

_NAME = "history/looked-{:05}.bin"


class SeenCaptures:
    """Not thread-safe. Whoever marks asks `due` after it, and puts what `unsaved` gives."""

    def __init__(self, state: State) -> None:
        """Reads what earlier crawls left; a file that is damaged ends the reading."""
        self._state = state
        self._database = temporary_database("CREATE TABLE looked (capture INTEGER PRIMARY KEY)")
        self._segment = 0
        self._newest: array[int] = array("q")
        self._unsaved = 0
        self._saved_at = monotonic()
        while (data := state.get(_NAME.format(self._segment))) and len(data) % 8 == 0:
            self._newest = array("q", data)
            self._database.executemany("INSERT OR IGNORE INTO looked VALUES (?)", ((each,) for each in self._newest))
            if len(self._newest) < SEGMENT:
                break
            self._segment, self._newest = self._segment + 1, array("q")

    def verdict(self, candidate: CaptureCandidate) -> bool | None:
        """True: it was an article; False: it was not; None: nobody has looked."""
        even = _even(candidate)
        rows = self._database.execute("SELECT capture FROM looked WHERE capture IN (?, ?)", (even, even | 1)).fetchall()
        return max(bool(row[0] & 1) for row in rows) if rows else None

    def mark(self, candidate: CaptureCandidate, *, article: bool) -> None:
        """The capture was looked at."""
        number = _even(candidate) | article
        if self._database.execute("INSERT OR IGNORE INTO looked VALUES (?)", (number,)).rowcount:
            if len(self._newest) >= SEGMENT:
                self._segment, self._newest = self._segment + 1, array("q")
            self._newest.append(number)
            self._unsaved += 1

    @property
    def due(self) -> bool:
        """Whether it is time to save."""
        full = len(self._newest) >= SEGMENT
        late = monotonic() - self._saved_at >= SAVE_SECONDS
        return self._unsaved > 0 and (full or late or self._unsaved >= SAVE_CAPTURES)

    def unsaved(self) -> tuple[str, bytes]:
        """The newest file's name and content, for `State.put`; what was marked so far counts as saved."""
        self._saved_at, self._unsaved = monotonic(), 0
        return _NAME.format(self._segment), self._newest.tobytes()

    @property
    def changed(self) -> bool:
        return self._unsaved > 0


def _even(candidate: CaptureCandidate) -> int:
    """63 bits that name the capture, the lowest left free for the verdict."""
    name = f"{candidate.via} {candidate.memento_at:%Y%m%d%H%M%S} {candidate.original_url}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True) & ~1
