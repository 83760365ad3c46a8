"""The engine that `--engine` names."""

from __future__ import annotations

from crawler.reread.engines import Engine, RereadError
from crawler.reread.local_engine import LocalEngine
from crawler.reread.share import Job
from crawler.suggestion import did_you_mean

KINDS = ("local", "dask")


def engine_named(name: str) -> tuple[str, str | None]:
    """(kind, address) of `local`, `dask` (a cluster on this machine) or `dask=tcp://scheduler:8786`. RereadError: none such."""
    kind, _, address = name.partition("=")
    if kind not in KINDS or (kind == "local" and address):
        raise RereadError(f"--engine {name!r}: local, dask or dask=tcp://scheduler:8786.{did_you_mean(kind, KINDS)}")
    return kind, address or None


def open_engine(name: str, job: Job, workers: int) -> Engine:
    """The engine of a name that `engine_named` knows. RereadError, also if its package is missing or nobody answers there."""
    kind, address = engine_named(name)
    if kind == "local":
        return LocalEngine(job, workers)
    from crawler.reread.dask_engine import DaskEngine  # noqa: PLC0415 - an optional package

    return DaskEngine(job, workers, address)
