"""The shares of a re-reading, each given to a watched reader of this machine or to a task of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from queue import SimpleQueue
from typing import Any, Final, NamedTuple

from crawler.reread.engines import Read, Share, engine_named
from crawler.reread.share import RereadJob
from crawler.reread.supervisor import WatchedReader
from storage import ArchiveError
from storage.record import Json

AHEAD_HERE: Final = 2
AHEAD_ON_CLUSTER: Final = 4
"""Shares given to an engine for each of its readers, so that none waits for us and the scheduler holds few."""


class _Engine(NamedTuple):
    """most: shares under way; submit: gives the future of a share.json; killed: what that raises for a share without a worker."""

    most: int
    submit: Callable[[Share], Any]
    killed: tuple[type[Exception], ...] = ()


def read_shares(engine: str, job: RereadJob, workers: int, shares: Iterable[Share]) -> Generator[Read]:
    """Every share, as they are done; closing it ends the readers. workers: of this machine.

    RereadError: no such engine, its package is missing or nobody answers there.
    """
    waiting = iter(shares)
    under_way: dict[Any, Share] = {}
    done: SimpleQueue[Any] = SimpleQueue()
    with _opened(engine, job, workers) as to:
        while True:
            for share in islice(waiting, to.most - len(under_way)):
                future = to.submit(share)
                under_way[future] = share
                future.add_done_callback(done.put)
            if not under_way:
                return
            future = done.get()
            share = under_way.pop(future)
            try:
                read = Read(share, future.result())
            except ArchiveError as error:
                read = Read(share, None, str(error))
            except to.killed as error:
                read = Read(share, None, f"share {share.n} of {share.outlet}: {' '.join(str(error).split())}"[:500])
            yield read


@contextmanager
def _opened(name: str, job: RereadJob, workers: int) -> Iterator[_Engine]:
    kind, address = engine_named(name)
    if kind == "dask":
        from crawler.reread.dask_cluster import DaskCluster, KilledWorker  # noqa: PLC0415 - an optional package

        with DaskCluster(job.name, workers, address) as cluster:
            yield _Engine(
                AHEAD_ON_CLUSTER * cluster.workers,
                lambda share: cluster.client.submit(on_worker, job, share, key=(job.name, *share), pure=False),
                (KilledWorker,),
            )
        return
    readers = [WatchedReader(job) for _ in range(workers)]
    threads = ThreadPoolExecutor(workers, thread_name_prefix="watch")
    free: SimpleQueue[WatchedReader] = SimpleQueue()

    def read(share: Share) -> Json:
        reader = free.get()
        try:
            return reader.read(*share)
        finally:
            free.put(reader)

    for each in readers:
        free.put(each)
    try:
        yield _Engine(AHEAD_HERE * workers, lambda share: threads.submit(read, share))
    finally:
        for each in readers:
            each.close()
        threads.shutdown(cancel_futures=True)


def on_worker(job: RereadJob, share: Share) -> Json:
    """Reads a share in a worker of the cluster; its share.json. ShareFailed."""
    from crawler.reread.dask_cluster import lent  # noqa: PLC0415 - an optional package

    with lent(job.name, lambda: WatchedReader(job)) as reader:
        return reader.read(*share)
