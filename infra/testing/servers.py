"""Servers on loopback that tests, chaos and benches run against: moto in AWS's place, and Debian's redis-server."""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import HTTPServer
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from infra.testing.waiting import end, until_started

STARTS_WITHIN = 120.0
"""Seconds that a server may take until it answers."""


class OneAtATime:
    """One request at a time: moto checks whether a key exists and then writes without a lock, so that two writers could win."""

    def __init__(self, app: Any) -> None:
        self._app, self._lock = app, threading.Lock()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        with self._lock:
            return self._app(environ, start_response)


class ShortPolls:
    """Shortens long polls of SQS, during which the lock must not be held: answers within 50 ms, whatever wait was asked."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if b"WaitTimeSeconds" in body:
            asked = json.loads(body)
            if asked["WaitTimeSeconds"]:
                time.sleep(0.05)  # a poll that waits not at all would keep both, client and server, busy
            body = json.dumps(asked | {"WaitTimeSeconds": 0}).encode()
            environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        return self._app(environ, start_response)


class _Prompt(WSGIRequestHandler):
    """Answers at once: with Nagle's algorithm an answer in two packets waits 40 ms for an acknowledgement."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Logs nothing: a line for each request is too much."""


def moto_app() -> Any:
    """Moto's application, which answers one request at a time."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - half a second
        DomainDispatcherApplication,
        create_backend_app,
    )

    return OneAtATime(DomainDispatcherApplication(create_backend_app))


def serving_app(app: Any) -> AbstractContextManager[str]:
    """The URL of a WSGI application that threads of this process serve meanwhile."""
    return serving(make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Prompt))


@contextmanager
def moto(around: Callable[[Any], Any] = lambda app: app) -> Iterator[str]:
    """The URL of moto's server, in this process. around: wraps its application."""
    with serving_app(around(moto_app())) as url:
        yield url


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """The URL of a server that a thread of this process serves meanwhile."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def moto_apart(log: Path | None = None) -> Iterator[str]:
    """The URL of moto's server as it comes, in a process of its own: what it does takes no time from this one. log: gets a line
    for each request.
    """
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (log or Path(os.devnull)).open("wb") as lines:
        server = subprocess.Popen(command, stdout=lines, stderr=lines)  # noqa: S603 - ours
    try:
        until_started(server, lambda: listens(port), "moto's server", STARTS_WITHIN)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(server, "moto's server")


def environment(endpoint: str, service: str | None = None) -> dict[str, str]:
    """The usual AWS environment, pointing at an endpoint. service: only this one (`SQS`) does."""
    return {
        "AWS_ENDPOINT_URL" + (f"_{service}" if service else ""): endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }


@contextmanager
def settings(values: dict[str, str]) -> Iterator[None]:
    """These in the environment of this process, and so of its children, for a while."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def make_bucket(endpoint: str, name: str) -> None:
    """An empty bucket. Without a client of boto3, which takes 0.2 s to make."""
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=STARTS_WITHIN)
    connection.request("PUT", f"/{name}", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=test/x/us-east-1/s3/x"})
    if (answer := connection.getresponse()).status != 200:
        raise RuntimeError(f"the bucket {name} could not be made: {answer.status} {answer.reason}")
    connection.close()


def make_queue(name: str, max_attempts: int, **attributes: str) -> str:
    """A FIFO queue with its dead-letter queue, at the endpoint that the environment names; its URI."""
    import boto3  # noqa: PLC0415 - a third of a second

    sqs = boto3.client("sqs")
    dead = sqs.create_queue(QueueName=f"{name}-dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": max_attempts})
    sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "RedrivePolicy": policy, **attributes})
    return f"sqs://{name}"


class RedisServer:
    """A redis-server of our own on loopback, with an append-only file; can be killed and started again.

    FileNotFoundError where there is no redis-server, RuntimeError if it does not start. options: instead of our own.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self._folder, self._options = folder, options or ("--appendonly", "yes", "--appendfsync", "everysec")
        self.start()

    def uri(self, name: str) -> str:
        """Of the queue with this name."""
        return f"redis://127.0.0.1:{self.port}/0?queue={name}"

    def start(self) -> None:
        """When it returns, the server answers."""
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder), "--save", ""]
        self._process = subprocess.Popen([*command, *self._options], stdout=subprocess.DEVNULL)  # noqa: S603 - ours
        try:
            until_started(self._process, self._answers, "redis-server", STARTS_WITHIN)
        except RuntimeError:
            self.kill()
            raise

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(100).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        self._process.kill()
        self._process.wait()


def listens(port: int) -> bool:
    """Whether a server accepts connections at this port of loopback."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def free_port() -> int:
    """A free port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
