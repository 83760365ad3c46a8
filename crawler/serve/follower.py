"""Keeps the search index of an archive up to date, in a thread of its own, while the reader answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage import Archive, ArchiveError
from storage.search.index import SearchIndex

FOLLOW_SECONDS: Final = 30.0
"""Between two looks at the change log."""


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How far the index is. texts: in it; total: in the archive, as far as its manifests say (0: not known yet); complete: all
    that was announced when it was last looked is in it; problem: why the archive could not be read then.
    """

    texts: int
    total: int
    complete: bool
    problem: str | None


class IndexFollower:
    """fact: `index.complete` for the first time, `index.left_out` of a record, `index.behind` while the archive cannot be read,
    `index.failed`: a fault of ours.
    """

    def __init__(self, archive: Archive, file: Path, identity: str, fact: Callable[..., None]) -> None:
        """Makes the index where there is none. ArchiveError: there is no place for it."""
        self._archive, self._file, self._identity, self._fact = archive, file, identity, fact
        self._stop = threading.Event()
        self._looked = threading.Event()
        self._total = 0
        self._problem: str | None = None
        self._local = threading.local()
        self._opened: list[SearchIndex] = []
        self.index()
        self._thread = threading.Thread(target=self._run, name="serve-index", daemon=True)

    def start(self) -> None:
        """Follows until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Ends after the transaction that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for each in self._opened:
            each.database.close()

    def index(self) -> SearchIndex:
        """The index, for the thread that asks: a connection each."""
        found: SearchIndex | None = getattr(self._local, "index", None)
        if found is None:
            found = self._local.index = SearchIndex(self._file, self._identity)
            self._opened.append(found)
        return found

    def progress(self) -> IndexProgress:
        """See `IndexProgress`. Cheap once the index is complete."""
        complete = self._looked.is_set()
        texts = 0 if complete else len(self.index())
        return IndexProgress(texts, max(self._total, texts), complete, self._problem)

    def wait(self, seconds: float) -> bool:
        """Whether the index is complete, after so many seconds at most."""
        return self._looked.wait(seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if not self._looked.is_set():
                    self._total = sum(each["articles"] for each in self._archive.status().values())
                self.index().update(self._archive, self._left_out, stopped=self._stop.is_set)
                if not self._stop.is_set() and not self._looked.is_set():
                    self._fact("index.complete", texts=len(self.index()))
                    self._looked.set()
                self._problem = None
            except ArchiveError as error:
                self._fail("index.behind", error)
            except Exception as error:  # noqa: BLE001 - named, and told; the next look may find it mended
                self._fail("index.failed", error)
            self._stop.wait(FOLLOW_SECONDS)

    def _fail(self, fact: str, error: Exception) -> None:
        """Told once, until a look succeeds."""
        if self._problem is None:
            self._fact(fact, reason=f"{type(error).__name__}: {error}"[:300])
        self._problem = type(error).__name__

    def _left_out(self, problem: str) -> None:
        self._fact("index.left_out", reason=problem[:300])
