"""Watching a reader: a page that hangs, crashes or bloats it costs that page only.

The reader (`crawler.reread.worker`) is a process of its own (`storage.child_process`): that works from threads, from daemons and
from the workers of a distributed engine alike. It says of every page when it begins and when it is done with it; the
limit counts between the two, not while it waits for the archive.

    → RereadJob, then (outlet, n, {article: how it broke a reader}) for each share
    ← ("page", article) · ("page", None) · … · ("done", share.json) or ("failed", one line)
"""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from typing import Final

from crawler.reread.share import RereadJob
from crawler.reread.worker import serve
from storage import ArchiveError
from storage.child_process import ChildProcess, start
from storage.record import Json

BROKEN_OF_A_SHARE: Final = 10
"""So many pages of one share that kill their reader mean that something else is wrong."""
DEATHS: Final = 3
"""So often again a reader may die while it reads no page (the machine is short of memory, say) before its share is given up."""
LATE: Final = "not read within"


class ShareFailed(ArchiveError):  # noqa: N818 - it says what happened
    """A share was not read to its end; nothing of it is acknowledged, and it may be tried again."""


class WatchedReader:
    """One reader process, started when first needed and again when it dies. For one thread; `close` from any."""

    def __init__(self, job: RereadJob) -> None:
        self._job = job
        self._child: ChildProcess | None = None
        self._pipe: Connection | None = None
        self._lock = threading.Lock()
        self._closed = False

    def read(self, outlet: str, n: int) -> Json:
        """The share.json of share n of an outlet, written. ShareFailed says why there is none."""
        skip: dict[str, str] = {}
        suspects: set[str | None] = set()
        deaths = 0
        while True:
            page, how = self._attempt(outlet, n, skip)
            if isinstance(page, dict):
                return page
            if page is not None and (page in suspects or how.startswith(LATE)):
                skip[page] = how
            elif page in suspects:
                deaths += 1
            suspects.add(page)  # a reader may be killed by others, too: the page is blamed when it happens there again
            if deaths >= DEATHS or len(skip) >= BROKEN_OF_A_SHARE:
                broken = f"{len(skip)} pages broke their reader, the last one: " if skip else ""
                raise ShareFailed(f"share {n} of {outlet}: {broken}{how}")

    def close(self) -> None:
        """Ends the reader at once; a share being read is not acknowledged."""
        with self._lock:
            self._closed = True
        self._end()

    def _attempt(self, outlet: str, n: int, skip: dict[str, str]) -> tuple[Json | str | None, str]:
        """(share.json, "") · (the article at which the reader broke, how) · (None, how it died without a page)."""
        page: str | None = None
        try:
            pipe = self._started()
            pipe.send((outlet, n, skip))
            while True:
                if page is not None and not pipe.poll(self._job.page_seconds):
                    self._end()
                    return page, f"{LATE} {self._job.page_seconds:g} s"
                kind, what = pipe.recv()
                if kind == "done":
                    return dict(what), ""
                if kind == "failed":
                    raise ShareFailed(f"share {n} of {outlet}: {what}")
                page = what
        except (EOFError, OSError):
            return page, f"the reader died ({self._end(kill=False)})"

    def _started(self) -> Connection:
        with self._lock:
            if self._closed:
                raise ShareFailed("interrupted")
            if self._pipe is None:
                self._child = start(serve)
                self._pipe = Connection(self._child.channel.detach())
                self._pipe.send(self._job)
            return self._pipe

    def _end(self, *, kill: bool = True) -> str:
        """Ends the process, or waits until it has ended by itself; how it did, for a person."""
        child, pipe = self._child, self._pipe
        self._child = self._pipe = None
        if child is None or pipe is None:
            return "interrupted"
        if kill:
            child.kill()
        code = child.ended()
        pipe.close()
        return f"signal {-code}" if code < 0 else f"exit code {code}"
