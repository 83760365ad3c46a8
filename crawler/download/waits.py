"""What the tasks of one crawl wait for that is not ours, and how it is ended when the crawl is broken off.

Waits for a turn (a pace, a pause that a host asked for) end at once, with `interrupt`; waits for an answer (of a server, of a
reader that may be stuck at a page) a little later, with `drop`. Waits for the archive are in neither: what was begun there is
finished.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from crawler.download.errors import INTERRUPTED, InterruptedCrawlError

GRACE_SECONDS: Final = 5.0
"""How long answers of servers and readers are still waited for once a crawl is broken off."""


class Waits:
    """Of one crawl. For one event loop."""

    def __init__(self) -> None:
        self._turns, self._answers = _Waiting(), _Waiting()

    def turn(self) -> AbstractContextManager[None]:
        """Around a wait for a turn. InterruptedCrawlError: the crawl is broken off."""
        return self._turns.waiting()

    def answer(self) -> AbstractContextManager[None]:
        """Around a wait for an answer. InterruptedCrawlError: the crawl is broken off, and it did not come in time."""
        return self._answers.waiting()

    def interrupt(self) -> None:
        """Nobody has a turn any more."""
        self._turns.end()

    def drop(self) -> None:
        """No answer is waited for any more."""
        self._turns.end()
        self._answers.end()


class _Waiting:
    """The tasks that wait for one kind of thing, until that is over."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._ended = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        if self._ended:
            raise InterruptedCrawlError(INTERRUPTED)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            yield
        except asyncio.CancelledError:
            # Cancelled by `end`, and by nobody else too: the task goes on, with this error.
            if task in self._tasks or task.uncancel():
                raise
            raise InterruptedCrawlError(INTERRUPTED) from None
        finally:
            self._tasks.discard(task)

    def end(self) -> None:
        self._ended = True
        for task in list(self._tasks):
            self._tasks.discard(task)
            task.cancel()
