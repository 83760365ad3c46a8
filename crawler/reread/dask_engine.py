"""Shares on a Dask cluster: one task a share. The scheduler gives the share of a worker that died to another one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from queue import Empty, LifoQueue
from types import TracebackType
from typing import Any, Self

from crawler.reread.dask_cluster import DaskCluster, KilledWorker, as_completed
from crawler.reread.engines import Read, Share
from crawler.reread.share import Job
from crawler.reread.supervisor import WatchedReader
from storage import ArchiveError

AHEAD = 4
"""Shares given to the cluster for each of its threads, so that none waits for us and the scheduler holds few."""


class DaskEngine:
    """A cluster at an address, or one of `workers` processes on this machine. See `crawler.reread.engines.Engine`."""

    def __init__(self, job: Job, workers: int, address: str | None) -> None:
        self._job = job
        self._cluster = DaskCluster(workers, address)
        self._client, self.workers = self._cluster.client, self._cluster.workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._client.run(release, self._job.name, on_error="ignore")
        finally:
            self._cluster.close()

    def read(self, shares: Iterable[Share]) -> Iterator[Read]:
        """Every share, as they are done."""
        waiting = iter(shares)
        done = as_completed(self._submit(islice(waiting, AHEAD * self.workers)), loop=self._client.loop)
        for future in done:
            share = Share(*future.key[1:])
            yield self._result(share, future)
            future.release()
            for more in self._submit(islice(waiting, 1)):
                done.add(more)

    def _submit(self, shares: Iterable[Share]) -> list[Any]:
        return [self._client.submit(on_worker, self._job, share, key=(self._job.name, *share), pure=False) for share in shares]

    def _result(self, share: Share, future: Any) -> Read:
        try:
            return Read(share, future.result())
        except ArchiveError as error:
            return Read(share, None, str(error))
        except KilledWorker as error:
            return Read(share, None, f"share {share.n} of {share.outlet}: {' '.join(str(error).split())}"[:500])


class _Readers:
    """The readers that a worker of the cluster keeps for a job, so that not every share starts one."""

    def __init__(self) -> None:
        self.free: LifoQueue[WatchedReader] = LifoQueue()
        self.all: list[WatchedReader] = []


_kept: dict[str, _Readers] = {}
_lock = threading.Lock()


def on_worker(job: Job, share: Share) -> Any:
    """Reads a share in a worker of the cluster; its share.json. ShareFailed."""
    with _lock:
        readers = _kept.setdefault(job.name, _Readers())
        try:
            reader = readers.free.get_nowait()
        except Empty:
            reader = WatchedReader(job)
            readers.all.append(reader)
    try:
        return reader.read(*share)
    finally:
        readers.free.put(reader)


def release(name: str) -> None:
    """Ends the readers that a worker keeps for a job, also those at work."""
    with _lock:
        readers = _kept.pop(name, None)
    for reader in readers.all if readers else ():
        reader.close()
