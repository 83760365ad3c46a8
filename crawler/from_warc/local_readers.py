"""Captures read in the reader processes of this machine."""

from __future__ import annotations

from crawler.from_warc.capture_reading import CaptureJob, CaptureRead, ReadCapture, read_capture
from crawler.read.reader_pool import BrokenReaderError, ReaderPool, unread


def local_readers(pool: ReaderPool) -> ReadCapture:
    """Reads by the pool. A capture that breaks its reader is a `NotAnArticle("reader-…", transient)`.

    One whose reader died is read once more before it is blamed: others kill processes too.
    """

    async def read(job: CaptureJob) -> CaptureRead:
        try:
            try:
                return await pool.run(read_capture, job)
            except BrokenReaderError as broken:
                if broken.kind != "crash":
                    raise
                return await pool.run(read_capture, job)
        except Exception as error:  # noqa: BLE001  # any page may trip any parser; the page is named and tried again
            return CaptureRead(unread(job.url, error))

    return read
