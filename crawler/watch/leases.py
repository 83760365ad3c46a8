"""The leases of a task: extended while its crawl runs, acknowledged or released when it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from crawler.config import Config
from crawler.facts import Facts
from crawler.watch.http.events_in import DUE
from crawler.watch.task import CrawlResult, Task
from extractors import outlets
from storage.queues import Lease, LeaseLost, Queue, QueueError

LONGEST_PAUSE: Final = 300.0


class Leases:
    """seconds: how long a lease lasts; it is extended four times as often. config: asked each time."""

    def __init__(self, queue: Queue, facts: Facts, seconds: float, config: Callable[[], Config]) -> None:
        self._queue, self._facts, self._seconds, self._config = queue, facts, seconds, config

    async def extend(self, task: Task, lost: Callable[[Task], None]) -> None:
        """Extends the leases of the task until cancelled. lost: called when one is lost: another worker has the outlet then."""
        while True:
            await asyncio.sleep(self._seconds / 4)
            for number, lease in enumerate(task.leases):
                try:
                    task.leases[number] = await asyncio.to_thread(self._queue.extend, lease, self._seconds)
                except LeaseLost as error:
                    self._facts("lease.lost", outlet=task.outlet, reason=str(error))
                    lost(task)
                except QueueError as error:
                    self._facts("queue.unavailable", reason=str(error))

    async def settle(self, task: Task, ended: CrawlResult, *, rest: float, stopping: bool) -> None:
        """Acknowledges the events that are done and releases the others, to be given again after a delay that doubles with each
        attempt (none where we stop). rest: seconds left of the pause towards the outlet's hosts; where all events are done, one
        is released with this delay all the same, so that no other worker crawls the outlet within the pause.
        """
        reasons = [self._undone(lease, task, ended) for lease in task.leases]
        if rest > 0 and not any(reasons):
            reasons[-1] = "stopped within a pause of its host"
        for lease, reason in zip(task.leases, reasons, strict=True):
            again = 0.0 if stopping else min(self._config().work_retry * 2 ** min(lease.attempt - 1, 20), LONGEST_PAUSE)
            # A stop, a lost lease, an archive that takes nothing: the work has not failed.
            failed = not (stopping or task.broken_off or ended.archive_down)
            await self._end(lease, reason, max(again, rest), failed=failed)

    async def give_back(self, lease: Lease, reason: str) -> None:
        """Releases the lease for any worker, without delay."""
        await self._end(lease, reason, 0.0, failed=False)

    def _undone(self, lease: Lease, task: Task, ended: CrawlResult) -> str | None:
        """Why the event must be given again; None if it is done."""
        if lease.event["type"] == DUE:
            return ended.failure
        outlet = outlets().get(task.outlet)
        place = outlet.locate(lease.event["data"]["url"]) if outlet is not None else None
        fate, why = ended.statistics.wanted.get(place.url if place else "", (None, None))
        if fate is None or fate == "failed":
            return ended.failure or why or "the crawl ended without it"
        return ended.failure if ended.archive_down else None  # broken off or not, this one is done

    async def _end(self, lease: Lease, reason: str | None, delay: float, *, failed: bool) -> None:
        try:
            if reason is None:
                await asyncio.to_thread(self._queue.ack, lease)
            else:
                await asyncio.to_thread(self._queue.release, lease, reason, delay, failed=failed)
        except QueueError as error:  # the event is given again: the work bears repetition
            self._facts("lease.not_settled", outlet=lease.group, reason=str(error))
