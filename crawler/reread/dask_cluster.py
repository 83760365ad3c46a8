"""A connection to a Dask cluster: one at an address, or one of so many processes on this machine.

Workers need this package, the archive at the same URI and its credentials; folders must lie on a shared file system.
"""

from __future__ import annotations

from typing import Any

from crawler.reread.engines import RereadError

try:
    from distributed import Client, LocalCluster, as_completed
    from distributed.scheduler import KilledWorker
except ImportError as error:
    raise RereadError("--engine dask needs the package distributed: pip install 'warraq[dask]'") from error

__all__ = ["DaskCluster", "KilledWorker", "as_completed"]

CONNECT_SECONDS = 15


class DaskCluster:
    """client: `distributed.Client`; workers: threads of all its workers, at least 1. `close` when done."""

    def __init__(self, workers: int, address: str | None) -> None:
        """workers: of a cluster of its own, where no address is given. RereadError: no scheduler answers there."""
        self._cluster: Any = None
        try:
            if address is None:
                self._cluster = LocalCluster(
                    n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
                )
            self.client = Client(self._cluster or address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise RereadError(f"--engine dask: no scheduler at {address} ({' '.join(str(error).split())})") from error
        self.workers = max(1, sum(self.client.nthreads().values()))

    def close(self) -> None:
        """Leaves the cluster; one of its own ends."""
        self.client.close()
        if self._cluster is not None:
            self._cluster.close()
