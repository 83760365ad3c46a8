"""Looks at queue, archive and sinks from time to time, for metrics and for what is to be announced."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from crawler.facts import Facts
from crawler.watch.metrics import Metrics
from crawler.watch.notices import Notices
from crawler.watch.sinks import Sinks
from storage import Archive, ArchiveError
from storage.queues import Queue, QueueError

MEASURE_SECONDS: Final = 10.0
ARCHIVE_SECONDS: Final = 300.0


class HealthChecks:
    """What cannot be looked at is a fact, and looked at again the next time."""

    def __init__(self, archive: Archive, queue: Queue, sinks: Sinks, facts: Facts, metrics: Metrics, notices: Notices) -> None:
        self._archive, self._queue, self._sinks = archive, queue, sinks
        self._facts, self._metrics, self._notices = facts, metrics, notices

    async def run(self) -> None:
        """Until cancelled."""
        look = 0.0
        while True:
            self._sinks.measure()
            await self._look_at_queue()
            if time.monotonic() >= look:
                await self._look_at_archive()
                look = time.monotonic() + ARCHIVE_SECONDS
            await asyncio.sleep(MEASURE_SECONDS)

    async def _look_at_queue(self) -> None:
        try:
            depth = await asyncio.to_thread(self._queue.depth)
            self._metrics.queue(depth)
            await asyncio.to_thread(self._notices.dead_letters, depth.dead)
        except QueueError as error:
            self._facts("queue.unavailable", reason=str(error))
        except ArchiveError as error:
            self._facts("archive.unavailable", reason=str(error))

    async def _look_at_archive(self) -> None:
        try:
            passes = await asyncio.to_thread(self._archive.last_passes)
            self._metrics.archive(up=True, passes=passes)
            await asyncio.to_thread(self._notices.passes, passes)
        except ArchiveError as error:
            self._metrics.archive(up=False)
            self._facts("archive.unavailable", reason=str(error))
