"""Hands articles to the archive in groups: while one is being written the next gathers, so a group is as large as the load."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from storage import KeepRequest, Outcome, Run

MOST: Final = 16
"""Articles in a group: so many are in flight together when a process is killed."""

InThread = Callable[[Callable[[], list[Outcome | None]]], Awaitable[list[Outcome | None]]]


class ArticleKeeper:
    """For one run, in one event loop. in_thread: runs what waits for a disk or a bucket."""

    def __init__(self, run: Run, in_thread: InThread) -> None:
        self._run, self._in_thread = run, in_thread
        self._waiting: deque[tuple[KeepRequest, asyncio.Future[Outcome | None]]] = deque()
        self._work: asyncio.Task[None] | None = None

    async def keep(self, request: KeepRequest) -> Outcome | None:
        """The outcome of an article that was new and is kept; None for every other, which `Run.keep` has to keep by itself."""
        outcome: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, outcome))
        if self._work is None:
            self._work = asyncio.ensure_future(self._keep_groups())
        return await outcome

    async def _keep_groups(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # a WARC file that is durable hands over its articles together, one callback each
                await self._keep_group([self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))])
        finally:
            self._work = None

    async def _keep_group(self, group: list[tuple[KeepRequest, asyncio.Future[Outcome | None]]]) -> None:
        requests = [request for request, _ in group]
        outcomes: list[Outcome | None] = [None] * len(group)
        failure = None
        if len(group) > 1:
            try:
                outcomes = await self._in_thread(lambda: self._run.keep_new(requests))
            except Exception as error:  # noqa: BLE001 - a fault of ours: whoever waits raises it, and later groups go on
                failure = error
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if future.done():
                continue
            if failure is not None:
                future.set_exception(failure)
            else:
                future.set_result(outcome)
