"""The three kinds of queue, each on real parts: an SQLite file, SQS over a socket (moto), Debian's redis-server."""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from werkzeug.serving import make_server

from storage.queues import Queue, open_queue
from tests.storage.conftest import OneAtATime, Prompt

_names = itertools.count()


@dataclass
class Place:
    """A new queue's address, and what opens it once more, as another worker would."""

    kind: str
    uri: str
    max_attempts: int

    def open(self, lease_seconds: float = 60) -> Queue:
        return open_queue(self.uri, lease_seconds=lease_seconds, max_attempts=self.max_attempts)


class ShortPolls:
    """moto holds no lock of its own, and ours must not be held during a long poll: answers soon, whatever wait was asked."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if b"WaitTimeSeconds" in body:
            asked = json.loads(body)
            if asked["WaitTimeSeconds"]:
                time.sleep(0.05)
            body = json.dumps(asked | {"WaitTimeSeconds": 0}).encode()
            environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        return self._app(environ, start_response)


@pytest.fixture(scope="session")
def sqs_endpoint() -> Iterator[str]:
    """moto, or the server at TEST_SQS_ENDPOINT (by hand: ministack)."""
    if given := os.environ.get("TEST_SQS_ENDPOINT"):
        yield given
        return
    from moto.server import DomainDispatcherApplication, create_backend_app

    app = ShortPolls(OneAtATime(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Prompt)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sqs_aws(sqs_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The usual AWS environment, pointing at the endpoint."""
    for name, value in {
        "AWS_ENDPOINT_URL_SQS": sqs_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    return sqs_endpoint


def make_sqs_queue(max_attempts: int, **attributes: str) -> str:
    """A FIFO queue with its dead-letter queue; its URI."""
    sqs, name = boto3.client("sqs"), f"events-{os.getpid()}-{next(_names)}"
    dead = sqs.create_queue(QueueName=f"{name}-dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": max_attempts})
    sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "RedrivePolicy": policy, **attributes})
    return f"sqs://{name}"


class RedisServer:
    """A redis-server of our own on loopback, with an append-only file; can be killed and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder, self._options = folder, options
        self.start()

    def uri(self, name: str) -> str:
        return f"redis://127.0.0.1:{self.port}/0?queue={name}"

    def start(self) -> None:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder), "--save", ""]
        options = self._options or ("--appendonly", "yes", "--appendfsync", "everysec")
        self._process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail("redis-server does not start")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(100).startswith((b"+PONG", b"-NOAUTH")):
                        return
            except OSError:
                time.sleep(0.02)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RedisServer]]:
    """Starts servers of a test's own."""
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not on PATH (Debian: apt-get install redis-server)")
    servers: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        servers.append(RedisServer(tmp_path_factory.mktemp("redis"), *options))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not on PATH (Debian: apt-get install redis-server)")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
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
