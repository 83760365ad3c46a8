"""Shares on this machine: a reader process for each worker, each watched by a thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from queue import LifoQueue
from types import TracebackType
from typing import Self

from crawler.reread.engines import Read, Share
from crawler.reread.share import Job
from crawler.reread.supervisor import WatchedReader
from storage import ArchiveError


class LocalEngine:
    """See `crawler.reread.engines.Engine`."""

    def __init__(self, job: Job, workers: int) -> None:
        self.workers = workers
        self._readers = [WatchedReader(job) for _ in range(workers)]
        self._free: LifoQueue[WatchedReader] = LifoQueue()
        for reader in self._readers:
            self._free.put(reader)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="watch")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for reader in self._readers:
            reader.close()
        self._threads.shutdown(cancel_futures=True)

    def read(self, shares: Iterable[Share]) -> Iterator[Read]:
        """See `Engine.read`."""
        waiting = iter(shares)
        under_way: set[Future[Read]] = set()
        while True:
            room = 2 * self.workers - len(under_way)
            under_way |= {self._threads.submit(self._one, share) for share in islice(waiting, room)}
            if not under_way:
                return
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for each in done:
                yield each.result()

    def _one(self, share: Share) -> Read:
        reader = self._free.get()
        try:
            return Read(share, reader.read(share.outlet, share.n))
        except ArchiveError as error:
            return Read(share, None, str(error))
        finally:
            self._free.put(reader)
