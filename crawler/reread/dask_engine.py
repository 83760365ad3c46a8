"""Shares on a Dask cluster: one task a share. The scheduler gives the share of a worker that died to another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from crawler.reread.dask_cluster import DaskCluster, KilledWorker, as_completed, lent
from crawler.reread.engines import Read, Share
from crawler.reread.share import Job
from crawler.reread.supervisor import WatchedReader
from storage import ArchiveError

AHEAD = 4
"""Shares given to the cluster for each of its threads, so that none waits for us and the scheduler holds few."""


class DaskEngine(DaskCluster):
    """A cluster at an address, or one of `workers` processes on this machine. See `crawler.reread.engines.Engine`."""

    def __init__(self, job: Job, workers: int, address: str | None) -> None:
        super().__init__(job.name, workers, address)
        self._job = job

    def read(self, shares: Iterable[Share]) -> Iterator[Read]:
        """Every share, as they are done."""
        waiting = iter(shares)
        done = as_completed(self._submit(islice(waiting, AHEAD * self.workers)), loop=self.client.loop)
        for future in done:
            share = Share(*future.key[1:])
            yield self._result(share, future)
            future.release()
            for more in self._submit(islice(waiting, 1)):
                done.add(more)

    def _submit(self, shares: Iterable[Share]) -> list[Any]:
        return [self.client.submit(on_worker, self._job, share, key=(self.token, *share), pure=False) for share in shares]

    def _result(self, share: Share, future: Any) -> Read:
        try:
            return Read(share, future.result())
        except ArchiveError as error:
            return Read(share, None, str(error))
        except KilledWorker as error:
            return Read(share, None, f"share {share.n} of {share.outlet}: {' '.join(str(error).split())}"[:500])


def on_worker(job: Job, share: Share) -> Any:
    """Reads a share in a worker of the cluster; its share.json. ShareFailed."""
    with lent(job.name, lambda: WatchedReader(job)) as reader:
        return reader.read(*share)
