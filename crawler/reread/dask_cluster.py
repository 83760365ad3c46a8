"""A connection to a Dask cluster: one at an address, or one of so many processes on this machine.

Workers need this package, the archive at the same URI and its credentials; folders must lie on a shared file system.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from crawler.reread.engines import RereadError

if TYPE_CHECKING:
    from crawler.read.reader_pool import ReaderPool
    from crawler.reread.supervisor import WatchedReader

try:
    from distributed import Client, LocalCluster
    from distributed.scheduler import KilledWorker
except ImportError as error:
    raise RereadError("--engine dask needs the package distributed: pip install 'warraq[dask]'") from error

__all__ = ["DaskCluster", "KilledWorker", "lent"]

CONNECT_SECONDS = 15


AnyReader = TypeVar("AnyReader", bound="ReaderPool | WatchedReader")


class DaskCluster(ExitStack):
    """Use as a context, whose end ends the readers of the job and leaves the cluster; one of its own ends.

    client: `distributed.Client`; workers: threads of all its workers, at least 1; token: of the job whose readers workers keep.
    """

    def __init__(self, token: str, workers: int, address: str | None) -> None:
        """workers: of a cluster of its own, where no address is given. RereadError: no scheduler answers there."""
        super().__init__()
        self.token = token
        cluster: Any = address
        try:
            if address is None:
                cluster = LocalCluster(
                    n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
                )
                self.callback(cluster.close)
            self.client: Any = Client(cluster, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise RereadError(f"--engine dask: no scheduler at {address} ({' '.join(str(error).split())})") from error
        self.callback(self.client.close)
        self.callback(self.client.run, _release, token, on_error="ignore")
        self.workers = max(1, sum(self.client.nthreads().values()))


_kept: defaultdict[str, tuple[list[Any], set[Any]]] = defaultdict(lambda: ([], set()))
"""In a worker: the readers of each job that are free, and all of them."""
_lock = threading.Lock()


@contextmanager
def lent(token: str, start: Callable[[], AnyReader]) -> Iterator[AnyReader]:
    """In a worker: one of the readers that it keeps under a token, so that not every task starts one."""
    with _lock:
        free, readers = _kept[token]
        reader = free.pop() if free else start()
        readers.add(reader)
    try:
        yield reader
    finally:
        free.append(reader)


def _release(token: str) -> None:
    """In a worker: ends the readers that it keeps for a job, also those at work."""
    with _lock:
        _, readers = _kept.pop(token, (None, ()))
    for reader in readers:
        reader.close()
