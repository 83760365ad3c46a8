"""Both places an archive can lie in: a folder, and a bucket of a real S3 endpoint over a socket."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.testing.servers import environment, make_bucket, moto

_buckets = itertools.count()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The URL of an S3 endpoint on loopback."""
    with moto() as url:
        yield url


@pytest.fixture
def aws(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The usual AWS environment, pointing at the endpoint; returns the endpoint's URL."""
    for name, value in environment(s3_endpoint).items():
        monkeypatch.setenv(name, value)
    return s3_endpoint


@pytest.fixture
def bucket(aws: str) -> str:
    """A new bucket's name."""
    name = f"archive-{next(_buckets)}"
    make_bucket(aws, name)
    return name


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A URI at which no archive is yet."""
    if request.param == "folder":
        return str(tmp_path / "archive")
    return f"s3://{request.getfixturevalue('bucket')}/news"
