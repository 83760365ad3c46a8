"""The tests of a bucket on Ceph's RADOS Gateway, which `make test-ceph` installs and asks for by TEST_CEPH=1."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator

import boto3
import pytest

from infra.testing.ceph import Ceph, missing
from tests.crawler.conftest import miniature, served
from tests.storage.conftest import aws

pytest.register_assert_rewrite("tests.s3.contract")

__all__ = ["aws", "miniature", "served"]

_buckets = itertools.count()


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    """The running server."""
    if not os.environ.get("TEST_CEPH"):
        pytest.skip("Ceph is started by `make test-ceph` only")
    if missing():
        pytest.skip(f"{', '.join(missing())} not on PATH: `make test-ceph` as root on Debian installs them")
    with Ceph(tmp_path_factory.mktemp("ceph")) as running:
        yield running


@pytest.fixture(scope="session")
def s3_endpoint(ceph: Ceph) -> str:
    """In the place of moto's."""
    return ceph.endpoint


@pytest.fixture(autouse=True, scope="session")
def _first(s3_endpoint: str) -> None:
    """Where there is no server, nothing else is begun for these tests either."""


@pytest.fixture
def bucket(aws: str) -> str:
    """A new bucket's name; Ceph checks who makes it."""
    name = f"archive-{next(_buckets)}"
    boto3.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def place(bucket: str) -> str:
    """The only kind of place there is here."""
    return f"s3://{bucket}/news"


@pytest.fixture
def aws_env(ceph: Ceph) -> dict[str, str]:
    """For commands in processes of their own."""
    return ceph.env


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a figure measured in passing."""

    def tell(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n  ceph: {text}\n")

    return tell
