"""Both places an archive can lie in: a folder, and a bucket of a real S3 endpoint over a socket."""

from __future__ import annotations

import http.client
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

_buckets = itertools.count()


class OneAtATime:
    """moto looks whether a key exists and then puts it, without a lock: two writers could win. A lock mends that."""

    def __init__(self, app: Any) -> None:
        self._app, self._lock = app, threading.Lock()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        with self._lock:
            return self._app(environ, start_response)


class Prompt(WSGIRequestHandler):
    """Answers at once: with Nagle's algorithm an answer in two packets waits 40 ms for an acknowledgement."""

    disable_nagle_algorithm = True


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The URL of an S3 endpoint on loopback."""
    from moto.server import DomainDispatcherApplication, create_backend_app

    app = OneAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Prompt)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def aws(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The usual AWS environment, pointing at the endpoint; returns the endpoint's URL."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    return s3_endpoint


@pytest.fixture
def bucket(aws: str) -> str:
    """A new bucket's name."""
    name = f"archive-{next(_buckets)}"
    connection = http.client.HTTPConnection(aws.removeprefix("http://"))  # a boto3 client takes 0.2 s to make
    connection.request("PUT", f"/{name}", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=test/x/us-east-1/s3/x"})
    assert connection.getresponse().status == 200
    connection.close()
    return name


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A URI at which no archive is yet."""
    if request.param == "folder":
        return str(tmp_path / "archive")
    return f"s3://{request.getfixturevalue('bucket')}/news"
