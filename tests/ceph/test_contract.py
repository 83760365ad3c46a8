"""Everything that is asked of an S3 server, on Ceph, and what only Ceph checks: signatures, checksums, locks."""

from __future__ import annotations

import boto3
import pytest

from storage import open_archive
from storage.errors import ArchiveUnavailable, ConditionsIgnored
from tests.s3.contract import *  # noqa: F403
from tests.s3.contract import _no_patience  # noqa: F401
from tests.storage.newsroom import article, keep_all

pytestmark = pytest.mark.ceph


def test_a_wrong_secret_is_refused_and_named(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a real signature check."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(ArchiveUnavailable, match="AWS_SECRET_ACCESS_KEY is wrong"):
        open_archive(f"s3://{bucket}/news")


def test_bytes_that_were_changed_on_the_way_are_refused(bucket: str) -> None:
    """The digest that we send with every object is checked there."""
    client = boto3.client("s3")
    with pytest.raises(client.exceptions.ClientError, match="BadDigest"):
        client.put_object(Bucket=bucket, Key="x", Body=b"changed", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")


def test_a_bucket_with_versions_is_refused_where_ceph_ignores_the_condition(bucket: str) -> None:
    """Ceph 16 overwrites under `If-None-Match: *` in a bucket with versions, which Object Lock needs: the probe finds out.
    A single writer keeps its articles there, each in one version, which nobody can delete.
    """
    client, locked = boto3.client("s3"), f"{bucket}-locked"
    client.create_bucket(Bucket=locked, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    client.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})
    with pytest.raises(ConditionsIgnored, match="ignores create-only writes"):
        open_archive(f"s3://{locked}/news")
    archive = open_archive(f"s3://{locked}/news", single_writer=True)
    assert keep_all(archive, article(1))["fates"] == {"kept": 1}
    assert keep_all(archive, article(1))["fates"] == {"unchanged": 1}
    assert archive.verify().findings == []
    (version,) = client.list_object_versions(Bucket=locked, Prefix="news/articles/")["Versions"]
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_object(Bucket=locked, Key=version["Key"], VersionId=version["VersionId"])
