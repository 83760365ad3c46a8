"""An archive in a bucket of S3 or of a server that speaks its language.

Create-only is `If-None-Match: *`: 412 = somebody was first, 409 = somebody is at it, try again. A put whose answer was
lost is sent again by botocore and then gets 412 for its own object: so a 412 is settled by comparing the bytes.

Look-alikes differ (measured, see infra/decisions): some ignore the condition, some refuse it with 501, so it is tried
before the first write; boto3's default checksum trailer gets 411 from Ceph, which does check Content-MD5, as AWS does.
"""

from __future__ import annotations

import base64
import hashlib
import random
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Final

from botocore import exceptions as boto

from storage import aws
from storage.errors import ArchiveError, ArchiveUnavailable, BadKey, ConditionsIgnored, NotWritable
from storage.keys import can_be_key, checked_key
from storage.stores.store import NewObject, Store, Stored

PROBE: Final = "state/probe/create-only"
_ATTEMPTS: Final = 6
_AT_ONCE: Final = 16
"""Puts under way at the same time for one `create_all`."""
_URI: Final = re.compile(r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._:-]{1,254})(?:/(?P<prefix>[A-Za-z0-9._/=-]*))?")
_WHY: Final = {
    "NoSuchBucket": "the bucket does not exist",
    "AccessDenied": "access denied: may these credentials read, list and write here?",
    "403": "access denied: may these credentials read, list and write here?",
    "PermanentRedirect": "the bucket is in another region (AWS_REGION)",
    "301": "the bucket is in another region (AWS_REGION)",
    "AuthorizationHeaderMalformed": "the bucket is in another region (AWS_REGION)",
    "IllegalLocationConstraintException": "the bucket is in another region (AWS_REGION)",
}
_FULL: Final = {"QuotaExceeded", "StorageFull", "XMinioStorageFull", "507"}


class S3Store(Store):
    """Objects in `s3://bucket/prefix`. Settings come from the usual AWS environment and profiles."""

    def __init__(self, uri: str, *, single_writer: bool = False) -> None:
        found = _URI.fullmatch(uri)
        if not found:
            raise ArchiveUnavailable(f"{uri!r} is not of the form s3://bucket/prefix")
        self.uri = uri
        self._bucket: Final[str] = found["bucket"]
        prefix = "/".join(part for part in (found["prefix"] or "").split("/") if part)
        self._prefix: Final = f"{checked_key(prefix)}/" if prefix else ""
        self._single_writer = single_writer
        self._probing = threading.Lock()
        self._proven = single_writer
        with self._explained(""):
            self._client: Any = aws.client("s3")

    def ready(self) -> None:
        """See `Store.ready`: proves that create-only writes are honoured."""
        self._prove_conditions()

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        self._prove_conditions()
        if self._single_writer:
            standing = self.get(key)
            if standing is None:
                self._put(key, data, content_type)
            return data if standing is None else standing
        for attempt in range(_ATTEMPTS):
            if self._put_new(key, data, content_type):
                return data
            standing = self.get(key)
            if standing is not None:
                return standing
            _pause(attempt)
        raise ArchiveUnavailable(f"{self.uri}: {key} is being written by others and never appears")

    def create_all(self, phases: Sequence[Sequence[NewObject]]) -> bool:
        """See `Store.create_all`. Those of a phase at the same time: what a put costs is the wait for its answer."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for phase in phases:
                puts = [threads.submit(self.create, *each) for each in phase]
                wait(puts)
                if any(put.result() != each.data for put, each in zip(puts, phase, strict=True)):
                    return False
        return True

    def get(self, key: str) -> bytes | None:
        return self._read(key)

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        if length <= 0:
            return b"" if self.stat(key) else None
        return self._read(key, Range=f"bytes={offset}-{offset + length - 1}")

    def _read(self, key: str, **asked: str) -> bytes | None:
        name = self._name(key)
        with self._explained(key):
            for _ in range(_ATTEMPTS):
                try:
                    return bytes(self._client.get_object(Bucket=self._bucket, Key=name, **asked)["Body"].read())
                except (boto.IncompleteReadError, boto.ResponseStreamingError, boto.ReadTimeoutError):
                    continue  # the connection broke inside the body, which botocore does not retry
                except boto.ClientError as error:
                    if aws.code(error) in {"NoSuchKey", "404"}:
                        return None
                    if aws.code(error) in {"InvalidRange", "416"}:  # begins behind the end
                        return b""
                    raise
        raise ArchiveUnavailable(f"{self.uri}: the connection breaks whenever {key} is read")

    def stat(self, key: str) -> Stored | None:
        name = self._name(key)
        with self._explained(key):
            try:
                head = self._client.head_object(Bucket=self._bucket, Key=name)
            except boto.ClientError as error:
                if aws.code(error) in {"NoSuchKey", "404"}:
                    return None
                raise
        return Stored(key, head["ContentLength"], head["LastModified"].timestamp())

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """See `Store.listing`. A request per 1,000 keys."""
        return (found for found in self.everything(prefix, start_after) if can_be_key(found.key))

    def everything(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """See `Store.everything`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket,
            Prefix=self._prefix + prefix,
            StartAfter=self._prefix + start_after if start_after else "",
        )
        with self._explained(f"listing {prefix}*"):
            for page in pages:
                for found in page.get("Contents", ()):
                    yield Stored(found["Key"].removeprefix(self._prefix), found["Size"], found["LastModified"].timestamp())

    def replace(self, key: str, data: bytes) -> None:
        if not key.startswith("state/"):
            raise BadKey(f"{key} may not be replaced: everything but state/ is written once")
        self._put(key, data, "application/octet-stream")

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _send(self, key: str, data: bytes, content_type: str, **conditions: str) -> None:
        """One put with its checksum; errors as botocore raises them."""
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        self._client.put_object(
            Bucket=self._bucket,
            Key=self._name(key),
            Body=data,
            ContentType=content_type,
            ContentMD5=md5,
            **conditions,
        )

    def _put(self, key: str, data: bytes, content_type: str) -> None:
        """Whatever stood there. 409: another write of this key is under way."""
        with self._explained(key):
            for attempt in range(_ATTEMPTS):
                try:
                    self._send(key, data, content_type)
                except boto.ClientError as error:
                    if _status(error) != 409 or attempt == _ATTEMPTS - 1:
                        raise
                    _pause(attempt)
                else:
                    return

    def _put_new(self, key: str, data: bytes, content_type: str) -> bool:
        """False: something stands there (412), or is about to (409)."""
        with self._explained(key):
            try:
                self._send(key, data, content_type, IfNoneMatch="*")
            except boto.ClientError as error:
                if _status(error) in {409, 412}:
                    return False
                raise
        return True

    def _prove_conditions(self) -> None:
        """Once, before the first write: the same key created twice must be refused the second time."""
        with self._probing:
            if self._proven:
                return
            try:
                # An append-only bucket has the probe of an earlier run: then the first put is refused, which is proof.
                refused = not all(self._put_new(PROBE, b"create-only\n", "text/plain") for _ in range(2))
            except ArchiveError as error:
                if not (isinstance(error.__cause__, boto.ClientError) and _status(error.__cause__) in {400, 405, 501}):
                    raise
                raise ConditionsIgnored(_refusal(self.uri, "refuses")) from error
            if not refused:
                raise ConditionsIgnored(_refusal(self.uri, "ignores"))
            self._proven = True

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        where = f"{self.uri}: {key}: " if key else f"{self.uri}: "
        try:
            yield
        except aws.ERRORS as error:
            if aws.code(error) in _FULL:
                raise NotWritable(f"{where}the store is full ({aws.code(error)})") from error
            raise ArchiveUnavailable(where + aws.reason(error, _WHY)) from error


def _refusal(uri: str, does: str) -> str:
    return (
        f"{uri}: the endpoint {does} create-only writes (If-None-Match: *), so two writers could overwrite each other;"
        " use another server, or run a single crawl at a time and set WARRAQ_SINGLE_WRITER=1"
    )


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - spreads writers, keeps no secret


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


class ForeignBucket(S3Store):
    """All of somebody's bucket, to be read: its keys are whatever their owner called them (any UTF-8, S3 `Key`)."""

    def __init__(self, name: str) -> None:
        """ArchiveError for what is no name of a bucket."""
        super().__init__(f"s3://{name}")

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        return self.everything(prefix, start_after)

    def _name(self, key: str) -> str:
        return key
