"""A bucket: look-alikes that would lose data are refused, lost answers do no harm, errors name what to set."""

# ruff: noqa: N815 - test doubles do what the class they stand for does
from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import boto3
import pytest

from infra.testing import servers
from infra.testing.waiting import LONG
from storage import ArchiveError, open_archive
from storage.errors import ArchiveUnavailable, ConditionsIgnored
from storage.stores.s3 import PROBE
from tests.storage.newsroom import CAPTURE, article, begin, keep_all, tree

Meddle = Callable[[str, str, int], "int | None"]


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on loopback with this handler; its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    with servers.serving(server) as url:
        yield url


class Quiet(BaseHTTPRequestHandler):
    """Keeps connections open and says nothing on stderr."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        self.handle_any()

    do_PUT = do_HEAD = do_POST = do_DELETE = do_GET

    def handle_any(self) -> None:
        raise NotImplementedError


def proxy(endpoint: str, meddle: Meddle) -> type[BaseHTTPRequestHandler]:
    """Stands before an endpoint. meddle(method, key, number of this request) → None: pass on; a status: answer that
    instead; 0: pass the request on and drop its answer, as a broken connection does.
    """
    count = iter(range(10**6))
    lock = threading.Lock()

    class Proxy(Quiet):
        def handle_any(self) -> None:
            body = self.body()
            with lock:
                status = meddle(self.command, urlsplit(self.path).path, next(count))
            if status:
                self.answer(status, f"<Error><Code>E{status}</Code><Message>as told</Message></Error>".encode())
                return
            connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=LONG)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            data = answer.read()
            connection.close()
            if status == 0:
                self.close_connection = True
                self.connection.close()
                return
            kept = {
                n: v for n, v in answer.getheaders() if n.lower() not in {"connection", "transfer-encoding", "server", "date"}
            }
            self.answer(answer.status, data, kept)

    return Proxy


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without their back-off."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


def test_a_bucket_holds_the_tree_that_a_folder_holds(bucket: str, tmp_path) -> None:
    """The same input gives the same keys, under the prefix."""
    trees = []
    for uri in (str(tmp_path / "archive"), f"s3://{bucket}/some/prefix/"):
        archive = open_archive(uri)
        keep_all(archive, article(1), article(2), article(1, outlet="smart"))
        trees.append([key for key in tree(archive.store) if not key.startswith("changes/")])
    assert trees[0] == trees[1]
    names = {found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]}
    assert "some/prefix/archive.json" in names


@pytest.mark.slow
@pytest.mark.parametrize("method", ["claim", "article", "change", "ledger"])
def test_the_lost_answer_to_a_successful_write_keeps_the_article_once(method: str, bucket: str, aws, monkeypatch) -> None:
    """The write is sent again and told that the object exists: its own. The fate is still `kept`."""
    prefix = {"claim": "/hashes/", "article": "/articles/", "change": "/changes/", "ledger": "/urls/"}[method]
    lost: list[str] = []

    def lose_once(command: str, path: str, _: int) -> int | None:
        if command == "PUT" and prefix in path and not lost:
            lost.append(path)
            return 0
        return None

    with serving(proxy(aws, lose_once)) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        archive = open_archive(f"s3://{bucket}")
        assert keep_all(archive, article(1))["fates"] == {"kept": 1}
        assert lost
        assert keep_all(archive, article(1))["fates"] == {"unchanged": 1}
        assert archive.verify().findings == []
        assert [change.event["type"] for change in archive.changes()].count("article.kept") == 1


@pytest.mark.slow
@pytest.mark.parametrize("status", [500, 503, 409, 0])
def test_an_endpoint_that_often_fails_is_asked_again(status: int, bucket: str, aws, monkeypatch) -> None:
    """Every third write: server errors, conflicts, lost answers."""

    def often(command: str, _path: str, number: int) -> int | None:
        return status if command == "PUT" and number % 3 == 0 else None

    with serving(proxy(aws, often)) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        archive = open_archive(f"s3://{bucket}")
        assert keep_all(archive, article(1), article(2))["fates"] == {"kept": 2}
        assert archive.verify().findings == []


@pytest.mark.slow
def test_an_endpoint_that_goes_down_fails_the_article_and_the_next_run_keeps_it(bucket: str, aws, monkeypatch) -> None:
    """ArchiveError, one line; the URL can be settled as failed; what was begun is completed."""
    down: list[bool] = []
    with serving(proxy(aws, lambda command, path, _: 503 if down and "/urls/" in path else None)) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        archive = open_archive(f"s3://{bucket}")
        run = begin(archive)
        run.discover("enab_baladi", article(1).url)
        assert run.known("enab_baladi", article(1).url) is None
        down.append(True)
        with pytest.raises(ArchiveUnavailable) as failure:
            run.keep(article(1), CAPTURE)
        assert "\n" not in str(failure.value)
        assert f"s3://{bucket}" in str(failure.value)
        run.settle("enab_baladi", article(1).url, "failed", f"archive: {failure.value}")
        down.clear()
        assert run.finish()["fates"] == {"failed": 1}
        assert [finding.severity for finding in archive.verify().findings] == ["pending", "pending"]
        assert keep_all(archive, article(1))["fates"] == {"kept": 1}
        assert archive.verify().findings == []


class Forgetful(Quiet):
    """A tiny S3 that ignores If-None-Match, as `rclone serve s3` and s3rver do; `refuses` makes it answer 501."""

    objects: dict[str, bytes] = {}  # noqa: RUF012 - replaced per test
    refuses = False

    def handle_any(self) -> None:
        path, body = urlsplit(self.path).path, self.body()
        if self.command == "PUT":
            if self.refuses and self.headers.get("If-None-Match"):
                return self.answer(501, b"<Error><Code>NotImplemented</Code><Message>no</Message></Error>")
            self.objects[path] = body
            return self.answer(200, headers={"ETag": '"x"'})
        if "list-type" in self.path:
            return self.answer(200, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
        if path not in self.objects:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        modified = {"Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT"}
        return self.answer(200, self.objects[path], modified)


@pytest.mark.parametrize(("refuses", "does"), [(False, "ignores"), (True, "refuses")])
def test_an_endpoint_without_create_only_writes_is_refused(refuses: bool, does: str, aws, monkeypatch) -> None:
    """Before anything is written to it; run by a single writer that says so, it serves."""
    handler = type("Handler", (Forgetful,), {"objects": {}, "refuses": refuses})
    with serving(handler) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with pytest.raises(ConditionsIgnored, match=f"the endpoint {does} create-only writes"):
            open_archive("s3://bucket/news")
        assert {path for path in handler.objects if not path.endswith(PROBE)} == set()
        archive = open_archive("s3://bucket/news", single_writer=True)
        assert keep_all(archive, article(1))["fates"] == {"kept": 1}
        assert archive.store.create("articles/x", b"one") == b"one"
        assert archive.store.create("articles/x", b"two") == b"one"


def test_the_probe_is_asked_once(bucket: str, aws, monkeypatch) -> None:
    """Two writes the first time; in a later process one, for the probe stands (the bucket may forbid its removal)."""
    probes: list[str] = []

    def count(command: str, path: str, _: int) -> None:
        if path.endswith(PROBE):
            probes.append(command)

    with serving(proxy(aws, count)) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        archive = open_archive(f"s3://{bucket}")
        keep_all(archive, article(1))
        assert probes == ["PUT", "PUT"]
        keep_all(open_archive(f"s3://{bucket}"), article(1))
        assert probes == ["PUT"] * 3


def test_a_missing_bucket_is_named(aws: str) -> None:
    """One line."""
    with pytest.raises(ArchiveUnavailable, match=r"^s3://not-there-\d*: .*the bucket does not exist$"):
        open_archive("s3://not-there-1")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "no credentials: set AWS_ACCESS_KEY_ID"),
        ({"AWS_PROFILE": "nobody"}, "nobody"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "the endpoint does not answer (AWS_ENDPOINT_URL)"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "Invalid endpoint"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str | None], says: str, bucket: str, monkeypatch) -> None:
    """Credentials, profile, endpoint: one line with the bucket and the setting."""
    for name, value in settings.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    with pytest.raises(ArchiveError) as failure:
        open_archive(f"s3://{bucket}/x")
    assert says in str(failure.value)
    assert f"s3://{bucket}/x" in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("SignatureDoesNotMatch", 403, "AWS_SECRET_ACCESS_KEY is wrong"),
        ("InvalidAccessKeyId", 403, "AWS_ACCESS_KEY_ID is unknown there"),
        ("AccessDenied", 403, "access denied"),
        ("ExpiredToken", 400, "AWS_SESSION_TOKEN"),
    ],
)
def test_a_refusal_is_explained(code: str, status: int, says: str, aws, monkeypatch) -> None:
    """What the server says, in terms of what to set."""

    class Refusing(Quiet):
        def handle_any(self) -> None:
            self.body()
            self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())

    with serving(Refusing) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with pytest.raises(ArchiveUnavailable, match=says):
            open_archive("s3://bucket/x")


@pytest.mark.parametrize("uri", ["s3://", "s3:///x", "s3://bucket/../x", "s3://b ucket/x"])
def test_a_uri_that_names_no_bucket_is_refused(uri: str, aws) -> None:
    """Before anything is asked."""
    with pytest.raises(ArchiveError):
        open_archive(uri)
