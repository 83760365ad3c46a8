"""An archive with news, and a receiver of webhooks on loopback that answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import pytest
from standardwebhooks.webhooks import Webhook

from storage import Archive, open_archive
from tests.storage.newsroom import article, keep_all

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver(ThreadingHTTPServer):
    """answers: (status, headers) for the next calls, 200 when they are used up. events: those that were verified and taken."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.events: list[dict[str, object]] = []
        self.called = threading.Semaphore(0)
        self.calls = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?token=hidden"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = Webhook(SECRET).verify(body, dict(self.headers))  # raises, and so answers nothing, if it is forged
        assert event["id"] == self.headers["webhook-id"]
        self.server.calls += 1
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        if status == 200:
            self.server.events.append(json.loads(body))
        said = b"" if status == 200 else b"no, thank you"
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)
        self.server.called.release()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Says nothing."""


Server = TypeVar("Server", bound=HTTPServer)


@contextmanager
def answering(server: Server) -> Iterator[Server]:
    """The server, which answers in a thread as long as the context lasts."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with answering(Receiver()) as server:
        yield server


@pytest.fixture
def news(tmp_path: Path) -> Archive:
    """Three articles, one of them edited, in four runs: 4 article events and 4 of runs."""
    archive = open_archive(str(tmp_path / "archive"))
    for one in (article(1), article(2), article(3), article(1, "أضاف المصدر جديدا.")):
        keep_all(archive, one)
    return archive


def ids(archive: Archive) -> list[str]:
    """The events of an archive, in order."""
    return [change.event["id"] for change in archive.changes()]
