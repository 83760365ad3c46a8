"""Captures read on a Dask cluster: a task reads some, in a reader process of the worker's own, which may die of a page.

Reading depends on the job alone and writes nothing, so the tasks of a worker that was killed are done again by another one. Only
the main process keeps articles, the captures of an address in the order of their moments.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import CancelledError
from itertools import count
from typing import Any, Final, NamedTuple
from uuid import uuid4

from crawler.config import Config
from crawler.from_warc.capture_reading import CaptureJob, CaptureRead
from crawler.from_warc.local_readers import local_readers
from crawler.read.reader_pool import BrokenReaderError, ReaderPool, unread
from crawler.reread.dask_cluster import DaskCluster, KilledWorker, lent
from crawler.reread.engines import RereadError
from crawler.reread.versions import differing, reading_versions
from extractors.outlet import Outlet
from extractors.outlets import provide, provided
from storage.one_line import one_line

TOGETHER: Final = 16
"""Captures of a task: the scheduler takes a millisecond for each task."""
GATHER_SECONDS: Final = 0.02
"""So long a task that is not full waits for more captures."""
AHEAD: Final = 3
"""Tasks under way for each thread of the cluster, so that none waits for the main process."""


class Limits(NamedTuple):
    """What a worker needs to start readers. token: of this crawl; outlets: those that are not built in."""

    token: str
    page_seconds: float
    memory_mb: int
    max_page_bytes: int
    outlets: dict[str, Outlet]


class DaskReaders(DaskCluster):
    """Use as a context, `read` in one event loop. in_flight: how many captures keep the cluster busy."""

    def __init__(self, config: Config, address: str | None) -> None:
        super().__init__(uuid4().hex, config.readers, address)
        self._limits = Limits(self.token, config.read_timeout, config.read_memory_mb, config.max_page_bytes, provided())
        self.in_flight = AHEAD * TOGETHER * self.workers
        self._numbers = count()
        self._waiting: list[tuple[CaptureJob, asyncio.Future[CaptureRead]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def read(self, job: CaptureJob) -> CaptureRead:
        """See `crawler.from_warc.capture_reading.ReadCapture`. RereadError: the cluster is gone."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[CaptureRead] = loop.create_future()
        self._waiting.append((job, result))
        if len(self._waiting) >= TOGETHER:
            self._submit()
        elif self._timer is None:
            self._timer = loop.call_later(GATHER_SECONDS, self._submit)
        return await result

    def _submit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        jobs, results = [job for job, _ in waiting], [result for _, result in waiting]
        loop = asyncio.get_running_loop()
        task = self.client.submit(
            on_worker, self._limits, jobs, key=("captures", self._limits.token, next(self._numbers)), pure=False
        )

        def done(task: Any) -> None:  # in a thread of the client's
            reads = _result(task, jobs)
            task.release()
            loop.call_soon_threadsafe(_settle, results, reads)

        task.add_done_callback(done)

    def check_versions(self) -> None:
        """RereadError: its workers read with other versions than this process."""
        for worker, theirs in self.client.run(versions_with, self._limits.outlets).items():
            if differ := differing(theirs, reading_versions()):
                raise RereadError(f"--engine dask: the worker {worker} reads with other versions: {differ}")


def _result(task: Any, jobs: Sequence[CaptureJob]) -> Sequence[CaptureRead] | RereadError:
    try:
        reads: list[CaptureRead] = task.result()
    except KilledWorker as error:  # one worker after the other died of it
        broken = BrokenReaderError(one_line(error), "crash")
        return [CaptureRead(unread(job.url, broken)) for job in jobs]
    except CancelledError:
        return RereadError("--engine dask: the scheduler is gone")
    except Exception as error:  # noqa: BLE001 - whatever a worker or the way to it may raise ends the crawl in one line
        return RereadError(f"--engine dask: {type(error).__name__}: {' '.join(str(error).split())}"[:500])
    return reads


def _settle(results: Sequence[asyncio.Future[CaptureRead]], reads: Sequence[CaptureRead] | RereadError) -> None:
    for number, result in enumerate(results):
        if result.done():
            continue
        if isinstance(reads, RereadError):
            result.set_exception(reads)
        else:
            result.set_result(reads[number])


def versions_with(given: dict[str, Outlet]) -> dict[str, str]:
    """The versions that a worker reads with, once it has the outlets that are not built in."""
    provide(lambda: given)
    return reading_versions()


def on_worker(limits: Limits, jobs: list[CaptureJob]) -> list[CaptureRead]:
    """Reads the captures in a worker of the cluster, in the order given."""
    with lent(limits.token, lambda: _pool(limits)) as pool:
        return asyncio.run(_read(pool, jobs))


def _pool(limits: Limits) -> ReaderPool:
    provide(lambda: limits.outlets)  # also in a worker that joined later
    return ReaderPool(1, limits.page_seconds, limits.memory_mb, max_page_bytes=limits.max_page_bytes)


async def _read(pool: ReaderPool, jobs: list[CaptureJob]) -> list[CaptureRead]:
    return await asyncio.gather(*map(local_readers(pool), jobs))
