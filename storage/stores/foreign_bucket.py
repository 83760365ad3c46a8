"""Somebody's bucket, from which files are read: its keys are whatever their owner called them (any UTF-8, S3 `Key`)."""

from __future__ import annotations

from storage.stores.s3 import S3Store


class ForeignBucket(S3Store):
    """All of a bucket. An archive's keys are plain ASCII and checked (`storage.keys.checked_key`); these are not."""

    def __init__(self, name: str) -> None:
        """ArchiveError for what is no name of a bucket."""
        super().__init__(f"s3://{name}")

    def _name(self, key: str) -> str:
        return key
