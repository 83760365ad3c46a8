"""Where the shares are read: on this machine, or on a distributed engine. An engine knows shares by outlet and number alone.

Shares come back in any order; what is in them does not depend on the engine. An engine that loses a worker has its share done
again; the archive, where everything is created once, keeps it from standing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from itertools import islice
from queue import LifoQueue
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from crawler.reread import RereadError
from crawler.reread.share import Job
from crawler.reread.supervisor import WatchedReader
from storage import ArchiveError
from storage.record import Json


class Share(NamedTuple):
    outlet: str
    n: int


class Read(NamedTuple):
    """A share that was read: its share.json; or why there is none."""

    share: Share
    result: Json | None
    problem: str | None = None


class Engine(AbstractContextManager["Engine"], Protocol):
    """Use as a context. workers: pages read at the same time."""

    workers: int

    def read(self, shares: Iterable[Share]) -> Iterator[Read]:
        """Every share, as they are done."""
        ...


class Local:
    """The machine we are on: a reader process for each worker, each watched by a thread."""

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


def engine(name: str, job: Job, workers: int) -> Engine:
    """`local`, `dask` (a cluster on this machine) or `dask=tcp://scheduler:8786`. RereadError if there is none such."""
    kind, _, address = name.partition("=")
    if kind == "local" and not address:
        return Local(job, workers)
    if kind == "dask":
        from crawler.reread.dask_engine import DaskEngine  # noqa: PLC0415 - an optional package

        return DaskEngine(job, workers, address or None)
    raise RereadError(f"--engine {name!r}: local, dask or dask=tcp://scheduler:8786")
