"""A bucket that stumbles: moto's S3 server, and before it a proxy that fails a share of the requests.

    500, 503    an answer of S3's own, nothing was done
    409         to a write: another is under way
    hang        no answer until the client has given up; nothing was done
    reset       the connection breaks; nothing was done
    lost        to a write: it was done, and the connection breaks before the client hears of it

In a process of its own that ends when its standard input closes.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.testing.servers import environment, make_bucket, moto

FAULTS = ("500", "503", "409", "hang", "reset", "lost")
NAME = "chaos"
_COUNTS = "/-/counts"
_HOPS = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class FaultyS3:
    """The running server, from outside. env: of a client that sees no faults; faulty_env: of one that does."""

    def __init__(self, seed: int, rate: float, hang: float) -> None:
        command = [sys.executable, "-m", "infra.chaos.faulty_s3", str(seed), str(rate), str(hang)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise RuntimeError(f"the S3 server ended with code {self._process.wait()} before it listened")
        direct, faulty = json.loads(line)
        self.env, self.faulty_env = (environment(f"http://127.0.0.1:{port}") for port in (direct, faulty))
        self._faulty = faulty

    def faults(self) -> Counter[str]:
        """How many requests failed how, so far."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._faulty}{_COUNTS}") as answer:
            return Counter(json.load(answer))

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()


class Proxy(ThreadingHTTPServer):
    """Passes requests on to a port of this machine, or fails them."""

    daemon_threads = True

    def __init__(self, upstream: int, seed: int, rate: float, hang: float) -> None:
        self.upstream, self.rate, self.hang = upstream, rate, hang
        self.generator, self.counts, self.lock = random.Random(seed), Counter[str](), threading.Lock()  # noqa: S311 - no secret
        super().__init__(("127.0.0.1", 0), ProxyConnection)

    def draw(self, method: str) -> str | None:
        """What to do to a request, None: nothing."""
        with self.lock:
            if self.generator.random() >= self.rate:
                return None
            fault = self.generator.choice(FAULTS if method == "PUT" else [name for name in FAULTS if name not in {"409", "lost"}])
            if fault == "hang" and self.generator.random() < 0.7:  # they take long
                fault = "reset"
            self.counts[fault] += 1
            return fault

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed, or gave up, is what this is here for."""


class ProxyConnection(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def handle_one_request(self) -> None:
        """Whatever the method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        if self.path == _COUNTS:
            self._answer(200, [], json.dumps(self.server.counts).encode())
            return
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.draw(self.command)
        if fault in {"500", "503", "409"}:
            code = {"500": "InternalError", "503": "SlowDown", "409": "ConditionalRequestConflict"}[fault]
            error = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>chaos</Message></Error>'.encode()
            self._answer(int(fault), [("Content-Type", "application/xml")], b"" if self.command == "HEAD" else error)
        elif fault == "hang":
            time.sleep(self.server.hang)  # the fault itself: no answer for longer than a client waits
            self._reset()
        elif fault == "reset":
            self._reset()
        else:
            status, headers, answer = self._ask(body)
            if fault == "lost":
                self._reset()
            else:
                self._answer(status, headers, answer)

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in {"expect", "connection"}}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
        for name, value in headers:
            if name.lower() not in _HOPS:
                self.send_header(name, value)
        if status not in {204, 304}:
            self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """An RST and no FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)


def main() -> None:
    """seed, rate, seconds of a hang. Prints the ports: the server's, the proxy's."""
    seed, rate, hang = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    with moto() as url:
        make_bucket(url, NAME)
        port = int(url.rpartition(":")[2])
        proxy = Proxy(port, seed, rate, hang)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        sys.stdout.write(json.dumps([port, proxy.server_port]) + "\n")
        sys.stdout.flush()
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
