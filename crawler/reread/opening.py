"""The engine that `--engine` names."""

from __future__ import annotations

from crawler.reread.engines import Engine, RereadError
from crawler.reread.local_engine import LocalEngine
from crawler.reread.share import Job


def open_engine(name: str, job: Job, workers: int) -> Engine:
    """`local`, `dask` (a cluster on this machine) or `dask=tcp://scheduler:8786`. RereadError if there is none such."""
    kind, _, address = name.partition("=")
    if kind == "local" and not address:
        return LocalEngine(job, workers)
    if kind == "dask":
        from crawler.reread.dask_engine import DaskEngine  # noqa: PLC0415 - an optional package

        return DaskEngine(job, workers, address or None)
    raise RereadError(f"--engine {name!r}: local, dask or dask=tcp://scheduler:8786")
