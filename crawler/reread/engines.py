"""Where pages are read: `local` or a Dask cluster, by the name that `--engine` gives. What a re-reading has of them are shares.

Shares come back in any order; what is in them does not depend on the engine. An engine that loses a worker has its share done
again; the archive, where everything is created once, keeps it from standing twice.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from crawler.suggestion import did_you_mean
from storage.record import Json

KINDS = ("local", "dask")


class RereadError(Exception):
    """The re-reading cannot be as asked: no such engine, or a generation of that name that is another. One line."""


class Share(NamedTuple):
    """Number `n` (from 1) of the parts into which a re-reading divides an outlet's articles."""

    outlet: str
    n: int


class Read(NamedTuple):
    """A share that was read: its share.json; or why there is none."""

    share: Share
    result: Json | None
    problem: str | None = None


def engine_named(name: str) -> tuple[str, str | None]:
    """(kind, address) of `local`, `dask` (a cluster on this machine) or `dask=tcp://scheduler:8786`. RereadError: none such."""
    kind, _, address = name.partition("=")
    if kind not in KINDS or (kind == "local" and address):
        raise RereadError(f"--engine {name!r}: local, dask or dask=tcp://scheduler:8786.{did_you_mean(kind, KINDS)}")
    return kind, address or None


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
