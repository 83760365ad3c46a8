"""The three kinds of queue, each on real parts: an SQLite file, SQS over a socket (moto), Debian's redis-server."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.testing.servers import RedisServer, ShortPolls, environment, make_queue, moto
from storage.queues import Queue, open_queue

_names = itertools.count()


@dataclass
class Place:
    """A new queue's address, and what opens it once more, as another worker would."""

    kind: str
    uri: str
    max_attempts: int

    def open(self, lease_seconds: float = 60) -> Queue:
        return open_queue(self.uri, lease_seconds=lease_seconds, max_attempts=self.max_attempts)


@pytest.fixture(scope="session")
def sqs_endpoint() -> Iterator[str]:
    """moto, or the server at TEST_SQS_ENDPOINT (by hand: ministack)."""
    if given := os.environ.get("TEST_SQS_ENDPOINT"):
        yield given
        return
    with moto(ShortPolls) as url:
        yield url


@pytest.fixture
def sqs_aws(sqs_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The usual AWS environment, pointing at the endpoint."""
    for name, value in environment(sqs_endpoint, "SQS").items():
        monkeypatch.setenv(name, value)
    return sqs_endpoint


def make_sqs_queue(max_attempts: int, **attributes: str) -> str:
    """A queue with a name of its own; its URI."""
    return make_queue(f"events-{os.getpid()}-{next(_names)}", max_attempts, **attributes)


def start_redis(folder: Path, *options: str) -> RedisServer:
    """A server, or the test is skipped where there is none."""
    try:
        return RedisServer(folder, *options)
    except FileNotFoundError:
        pytest.skip("redis-server is not on PATH (Debian: apt-get install redis-server)")


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RedisServer]]:
    """Starts servers of a test's own."""
    servers: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        servers.append(start_redis(tmp_path_factory.mktemp("redis"), *options))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A new queue of the kind, whose events die after three attempts."""
    if kind == "sqs":
        request.getfixturevalue("sqs_aws")
        return Place(kind, make_sqs_queue(3), 3)
    if kind == "redis":
        return Place(kind, request.getfixturevalue("shared_redis").uri(f"q{next(_names)}"), 3)
    return Place(kind, f"sqlite:{tmp_path / 'queue.db'}", 3)


@pytest.fixture(params=["local", "sqs", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def queue(place: Place) -> Iterator[Queue]:
    """Opened, with leases of a minute."""
    opened = place.open()
    yield opened
    opened.close()
