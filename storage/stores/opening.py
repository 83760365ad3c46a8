"""Which store a URI names."""

from __future__ import annotations

from pathlib import Path

from storage.errors import ArchiveError
from storage.stores.folder import FolderStore
from storage.stores.store import Store
from storage.stores.written_folder import WrittenFolder


def open_store(uri: str, *, single_writer: bool = False) -> Store:
    """The store at a path, `file:PATH` or `s3://bucket/prefix`; asks nothing of it. ArchiveError for any other URI.

    single_writer: accept an S3 endpoint that ignores create-only writes; safe only while one process writes.
    """
    if uri.startswith("s3://"):
        from storage.stores.s3 import S3Store  # noqa: PLC0415 - boto3 takes 0.3 s to import, and a folder does without

        return S3Store(uri, single_writer=single_writer)
    if (path := folder_path(uri)) is None:
        raise ArchiveError(f"{uri!r}: an archive is a path, file:PATH or s3://bucket/prefix")
    return WrittenFolder(FolderStore(path))


def folder_path(uri: str) -> Path | None:
    """The folder that a path or `file:PATH` names; None for a URI of another scheme, and for none."""
    scheme, colon, rest = uri.partition(":")
    if colon and scheme != "file" and "/" not in scheme and len(scheme) > 1:
        return None
    path = rest.removeprefix("//") if scheme == "file" and colon else uri
    return Path(path).expanduser() if path else None


def open_foreign_bucket(name: str) -> Store:
    """A bucket that is no archive, to be read under whatever keys it has; asks nothing of it. ArchiveError for no name of one."""
    from storage.stores.s3 import ForeignBucket  # noqa: PLC0415 - as above

    return ForeignBucket(name)
