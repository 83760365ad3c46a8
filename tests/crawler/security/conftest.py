"""A real server that must not be reached, one that misbehaves, and a crawl of a few URLs in a process of its own."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

UNPACED = {"WARRAQ_DOWNLOAD_DELAY": "0", "WARRAQ_AUTOTHROTTLE": "0", "WARRAQ_CONCURRENCY": "32", "WARRAQ_RETRY_TIMES": "0"}


@dataclass
class Asked:
    """What became of each URL, how long each took (seconds), the crawl's peak memory (MiB), and its log."""

    said: dict[str, str]
    seconds: dict[str, float]
    peak_mb: float
    log: str


Ask = Callable[..., Asked]


@pytest.fixture
def ask() -> Ask:
    """Asks URLs in a new process; keywords are environment variables."""

    def run(*urls: str, hosts: tuple[str, ...] = (), **env: str) -> Asked:
        done = subprocess.run(
            [sys.executable, "-m", "tests.crawler.security.asking", json.dumps(urls), *hosts],
            env={**os.environ, **UNPACED, **env},
            check=True,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
        told = json.loads(done.stdout)
        answers = told["answers"]
        said = {url: said for url, (said, _) in answers.items()}
        return Asked(said, {url: took for url, (_, took) in answers.items()}, told["peak_mb"], done.stderr)

    return run


class Server(ThreadingHTTPServer):
    """Notes every request (as a proxy it gets whole URLs) and answers by `Misbehaving`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Misbehaving)
        self.asked: list[str] = []
        self.connections = 0
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has had enough goes away: that is what is tested."""


class Misbehaving(BaseHTTPRequestHandler):
    """By path. /to?url=… redirects; drip-head, drip-body: a byte every 0.2 s; endless-head, large, bomb, silent, hops."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_CONNECT(self) -> None:
        """A proxy that lets nobody through, or never answers."""
        self.server.asked.append(f"CONNECT {self.path}")
        if self.path.startswith("silent."):
            self.server.over.wait(300)
        self._whole(403, b"")

    def do_GET(self) -> None:
        """Notes, then misbehaves."""
        self.server.asked.append(self.path)
        parts = urlsplit(self.path)
        act = getattr(self, f"_{parts.path.strip('/').replace('-', '_')}", None)
        if act is not None:
            act(parse_qs(parts.query))
        else:
            self._whole(404 if parts.path == "/robots.txt" else 200, b"here")

    def _whole(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _to(self, query: dict[str, list[str]]) -> None:
        self._whole(302, b"", Location=query["url"][0])

    def _hops(self, query: dict[str, list[str]]) -> None:
        self._whole(302, b"", Location=f"/hops?n={int(query.get('n', ['0'])[0]) + 1}")

    def _silent(self, _: object) -> None:
        self.server.over.wait(300)

    def _drip(self, piece: bytes) -> None:
        while not self.server.over.wait(0.2):
            self.wfile.write(piece)
            self.wfile.flush()

    def _drip_head(self, _: object) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        self._drip(b"y")

    def _drip_body(self, _: object) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        self._drip(b"y")

    def _endless_head(self, _: object) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        line = b"X-Filler: " + b"y" * 990 + b"\r\n"
        while not self.server.over.is_set():
            self.wfile.write(line * 64)

    def _long_line(self, _: object) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n")

    def _large(self, _: object) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.over.is_set():
            self.wfile.write(b"x" * 65_536)

    def _bomb(self, _: object) -> None:
        self._whole(200, gzip.compress(bytes(50_000_000), 1), Content_Encoding="gzip", Content_Type="text/html")


def _serve() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def canary() -> Iterator[Server]:
    """A server on loopback that nobody may reach."""
    yield from _serve()


@pytest.fixture
def hostile() -> Iterator[Server]:
    """A server that misbehaves, which the crawl may reach (as WARRAQ_PRIVATE_HOSTS, or as its proxy)."""
    yield from _serve()
