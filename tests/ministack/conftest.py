"""The same tests on ministack, which `make test-ministack` installs and names by TEST_MINISTACK (its command)."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator

import boto3
import pytest

from infra.testing.ministack import ministack
from infra.testing.servers import environment
from tests.crawler.conftest import miniature, served
from tests.storage.conftest import aws
from tests.storage.queues.conftest import place, queue, sqs_aws

pytest.register_assert_rewrite("tests.s3.contract")

__all__ = ["aws", "miniature", "place", "queue", "served", "sqs_aws"]

_buckets = itertools.count()


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """In the place of moto's."""
    command = os.environ.get("TEST_MINISTACK")
    if not command:
        pytest.skip("ministack is installed and started by `make test-ministack` only")
    with ministack(command, tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture(scope="session")
def sqs_endpoint(s3_endpoint: str) -> str:
    """The same server."""
    return s3_endpoint


@pytest.fixture
def kind() -> str:
    """Of the three kinds of queue, the one that is here."""
    return "sqs"


@pytest.fixture(autouse=True, scope="session")
def _first(s3_endpoint: str) -> None:
    """Where there is no server, nothing else is begun for these tests either."""


@pytest.fixture
def bucket(aws: str) -> str:
    """A new bucket's name."""
    name = f"archive-{next(_buckets)}"
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return name


@pytest.fixture
def aws_env(s3_endpoint: str) -> dict[str, str]:
    """For commands in processes of their own."""
    return environment(s3_endpoint)


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a figure measured in passing."""

    def tell(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n  ministack: {text}\n")

    return tell
