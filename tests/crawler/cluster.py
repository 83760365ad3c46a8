"""A real Dask cluster for the tests: a scheduler and two workers, each a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.testing.waiting import bounded
from tests.crawler.conftest import environment

ENGINE = [
    pytest.mark.engine,
    pytest.mark.skipif(
        subprocess.run([sys.executable, "-c", "import distributed"], check=False, capture_output=True).returncode != 0,
        reason="the extra `dask` is not installed; `make test-engine` installs it",
    ),
]
"""Marks of tests that need the engine."""

CLUSTER = """
import json, os, sys
from distributed import Client, LocalCluster

if __name__ == "__main__":
    kind = dict(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None)
    with LocalCluster(**kind) as cluster, Client(cluster) as client:
        print(json.dumps([cluster.scheduler_address, list(client.run(os.getpid).values())]), flush=True)
        sys.stdin.read()
"""


@contextmanager
def running_cluster(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """The scheduler's address, and the process ids of two workers. folder: for its script."""
    script = folder / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        with bounded(process, "the address of the cluster"):
            address, workers = json.loads(process.stdout.readline())
        yield address, workers
        process.stdin.close()
        with bounded(process, "the end of the cluster"):
            process.wait()
