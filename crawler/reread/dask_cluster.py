"""A connection to a Dask cluster: one at an address, or one of so many processes on this machine.

Workers need this package, the archive at the same URI and its credentials; folders must lie on a shared file system.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from crawler.reread.engines import RereadError

try:
    from distributed import Client, LocalCluster, as_completed
    from distributed.scheduler import KilledWorker
except ImportError as error:
    raise RereadError("--engine dask needs the package distributed: pip install 'warraq[dask]'") from error

__all__ = ["DaskCluster", "KilledWorker", "as_completed", "lent"]

CONNECT_SECONDS = 15


class Reader(Protocol):
    """What a worker starts to read with."""

    def close(self) -> None:
        """Ends it, also when it is at work."""
        ...


AnyReader = TypeVar("AnyReader", bound=Reader)


class DaskCluster:
    """Use as a context. client: `distributed.Client`; workers: threads of all its workers, at least 1; token: of the job whose
    readers workers keep.
    """

    def __init__(self, token: str, workers: int, address: str | None) -> None:
        """workers: of a cluster of its own, where no address is given. RereadError: no scheduler answers there."""
        self.token = token
        self._own: Any = None
        try:
            if address is None:
                self._own = LocalCluster(
                    n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
                )
            self.client = Client(self._own or address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise RereadError(f"--engine dask: no scheduler at {address} ({' '.join(str(error).split())})") from error
        self.workers = max(1, sum(self.client.nthreads().values()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Ends the readers of the job and leaves the cluster; one of its own ends."""
        try:
            self.client.run(_release, self.token, on_error="ignore")
        finally:
            self.client.close()
            if self._own is not None:
                self._own.close()


_kept: defaultdict[str, tuple[LifoQueue[Any], list[Any]]] = defaultdict(lambda: (LifoQueue(), []))
"""In a worker: the readers of each job that are free, and all of them."""
_lock = threading.Lock()


@contextmanager
def lent(token: str, start: Callable[[], AnyReader]) -> Iterator[AnyReader]:
    """In a worker: one of the readers that it keeps under a token, so that not every task starts one."""
    with _lock:
        free, readers = _kept[token]
        try:
            reader = free.get_nowait()
        except Empty:
            reader = start()
            readers.append(reader)
    try:
        yield reader
    finally:
        free.put(reader)


def _release(token: str) -> None:
    """In a worker: ends the readers that it keeps for a job, also those at work."""
    with _lock:
        _, readers = _kept.pop(token, (None, ()))
    for reader in readers:
        reader.close()
