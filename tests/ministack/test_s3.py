"""Everything that is asked of an S3 server, on ministack, and that a changed body is refused."""

from __future__ import annotations

import boto3
import pytest

from tests.s3.contract import *  # noqa: F403
from tests.s3.contract import _no_patience  # noqa: F401

pytestmark = pytest.mark.ministack


@pytest.fixture
def place(bucket: str) -> str:
    """The only kind of place there is here."""
    return f"s3://{bucket}/news"


def test_bytes_that_were_changed_on_the_way_are_refused(bucket: str) -> None:
    """The digest that we send with every object is checked there."""
    client = boto3.client("s3")
    with pytest.raises(client.exceptions.ClientError, match="BadDigest"):
        client.put_object(Bucket=bucket, Key="x", Body=b"changed", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
