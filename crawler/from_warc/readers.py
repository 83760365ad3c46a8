"""The processes in which captures are read: on this machine, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from crawler.crawl.session import Session
from crawler.from_warc.capture_reading import ReadCapture
from crawler.from_warc.local_readers import local_readers
from crawler.reread.engines import engine_named

AHEAD: Final = 4
"""Addresses for each reader: two captures are with it (`reader_pool.DEPTH`), as many are being kept."""


class Readers(NamedTuple):
    """in_flight: how many addresses at once keep them busy."""

    read: ReadCapture
    in_flight: int


@contextmanager
def opened_readers(session: Session, engine: str) -> Iterator[Readers]:
    """The readers, and the archive opened. RereadError for an engine that is not there."""
    kind, address = engine_named(engine)
    config = session.config
    if kind == "local":
        session.open()
        yield Readers(local_readers(session.readers), max(config.in_flight, AHEAD * config.readers))
        return
    from crawler.from_warc.dask_readers import DaskReaders  # noqa: PLC0415 - an optional package

    with DaskReaders(config, address) as cluster:
        cluster.check_versions()
        _ = session.run  # what is wrong with the archive is said before anything is read
        yield Readers(cluster.read, max(config.in_flight, cluster.in_flight))
