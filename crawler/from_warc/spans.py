"""Bytes of files and objects, by a name that any process understands."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Final, NamedTuple

from storage import Store, open_foreign_bucket

S3: Final = "s3://"


class Span(NamedTuple):
    """Bytes that any process can read: of a file by its absolute path, or of an object by `s3://bucket/key`, key as it is."""

    place: str
    offset: int
    length: int


def bytes_at(span: Span) -> bytes:
    """The bytes, fewer at the end of the file. OSError, ArchiveError."""
    if span.place.startswith(S3):
        bucket, _, key = span.place.removeprefix(S3).partition("/")
        return bucket_named(bucket).part(key, span.offset, span.length) or b""
    return os.pread(_opened(span.place).descriptor, span.length, span.offset)


@lru_cache(maxsize=4)
def bucket_named(name: str) -> Store:
    """The bucket; one client for all that read from it in this process. ArchiveError for no name of a bucket."""
    return open_foreign_bucket(name)


class _OpenFile:
    """Closed when it is no longer among those used last, and nobody reads from it."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        os.close(self.descriptor)


@lru_cache(maxsize=16)
def _opened(path: str) -> _OpenFile:
    return _OpenFile(path)
