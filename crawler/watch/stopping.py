"""How a watch stops: what it may still wait for, and its end, whatever that comes to.

From the signal to the end of the process:

    WARRAQ_STOP_SECONDS    crawls under way may end by themselves
    5 s                    they are broken off: answers of servers and readers are still waited for (`waits.GRACE_SECONDS`)
    as long as it needs    the archive takes what was read, the queue what was not
    5 s                    sinks and door, both at once (`service.SINK_STOP_SECONDS`, `http.connections.STOP_SECONDS`)
    2 s                    threads that wait for somebody, such as an authority that stamps the time (LEAVE_SECONDS)

All but the first takes END_SECONDS at most: then the process ends wherever it is. A second signal leaves the first two out, a
third everything.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from crawler.facts import Facts
from crawler.watch.worker import Worker

INTERRUPTED: Final = 130
CUT_OFF: Final = 1
END_SECONDS: Final = 20.0
"""Between the end of WARRAQ_STOP_SECONDS and that of the process."""
LEAVE_SECONDS: Final = 2.0
TELL_SECONDS: Final = 2.0
"""For the last fact: whoever reads our facts may have stopped reading."""
_ROOMS: Final = Path(__file__).parents[2]


class Stopping:
    """Of one watch. seconds: asks how long work under way may go on. event: set by the first signal."""

    def __init__(self, worker: Worker, facts: Facts, seconds: Callable[[], float]) -> None:
        self._worker, self._facts, self._seconds = worker, facts, seconds
        self.event = asyncio.Event()
        self._limit = StopLimit(facts, self._waiting_for)
        self._signals = 0
        self._code = 0
        self._done = False

    def signalled(self, sign: signal.Signals) -> None:
        """A signal. The first: finish what is under way; the second: break it off, keep what was read; the third: end."""
        self._signals += 1
        if sign is signal.SIGINT:  # a person pressed ^C
            self._code = INTERRUPTED
        if self._signals == 1:
            self._facts("watch.stopping", seconds=self._seconds(), active=sorted(self._worker.active))
            self.begin()
            self.event.set()
        elif self._signals == 2:
            self._facts("watch.stopping", seconds=0, active=sorted(self._worker.active))
            self._limit.within(END_SECONDS, self._code or CUT_OFF)
            self._worker.hurry()
        else:
            self._limit.leave(self._code or CUT_OFF)

    def begin(self) -> None:
        """The time runs from now on, if it does not yet."""
        self._limit.within(self._seconds() + END_SECONDS, self._code or CUT_OFF)

    def done(self) -> int:
        """Nothing is left to do: the exit code, with which the process ends soon even if a thread still waits."""
        self._done = True
        self._limit.within(LEAVE_SECONDS, self._code)
        return self._code

    def _waiting_for(self) -> str | None:
        crawls = sorted(self._worker.active)
        return f"the crawls of {', '.join(crawls)}" if crawls else None if self._done else "sinks, door or queue"


class StopLimit:
    """Ends this process at a moment, as SIGKILL would, but says so: fact `watch.cut_off`. What is half done is taken up by the
    next start.

    waiting: what the process waits for, in words; None where nothing but threads can be left. Thread-safe.
    """

    def __init__(self, facts: Facts, waiting: Callable[[], str | None]) -> None:
        self._facts, self._waiting = facts, waiting
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._at = float("inf")

    def within(self, seconds: float, code: int) -> None:
        """Ends it in so many seconds with this exit code; sooner, where it was to end sooner."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._at = min(self._at, time.monotonic() + seconds)
            self._timer = threading.Timer(max(0.0, self._at - time.monotonic()), self.leave, [code])
            self._timer.daemon = True
            self._timer.start()

    def leave(self, code: int) -> None:
        """Ends it now."""
        reporting = threading.Thread(target=self._report, daemon=True)
        reporting.start()
        reporting.join(TELL_SECONDS)
        os._exit(code)

    def _report(self) -> None:
        waiting, threads = self._waiting(), _busy_threads()
        if waiting or threads:
            self._facts("watch.cut_off", reason=f"it waited for {waiting or 'its threads'}", threads=threads)


def _busy_threads() -> dict[str, str]:
    """Where each thread stands in our code, by its name; those that are not in it are left out."""
    frames = sys._current_frames()  # noqa: SLF001 - the way to ask it
    found = {}
    for thread in threading.enumerate():
        place = _place(frames.get(thread.ident or 0))
        if place and thread is not threading.current_thread():
            found[thread.name] = place
    return found


def _place(frame: FrameType | None) -> str | None:
    """The innermost line that is ours."""
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(_ROOMS) and file.relative_to(_ROOMS).parts[0] in ("crawler", "extractors", "storage"):
            return f"{file.relative_to(_ROOMS)}:{frame.f_lineno}"
        frame = frame.f_back
    return None
