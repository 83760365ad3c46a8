"""A bucket that stumbles: moto's S3 server, and beside it one that fails a share of the requests to the same buckets.

    500, 503    an answer of S3's own, nothing was done
    409         to a write: another is under way
    hang        no answer until the client has given up; nothing was done
    reset       the connection breaks; nothing was done
    lost        to a write: it was done, and the connection breaks before the client hears of it

In a process of its own that ends when its standard input closes.
"""

from __future__ import annotations

import io
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
from typing import Any

from infra.testing.servers import environment, make_bucket, moto_app, serving_app
from infra.testing.waiting import LONG, bounded

FAULTS = ("500", "503", "409", "hang", "reset", "lost")
NAME = "chaos"
RATE = 0.1
HANG_SECONDS = 3.0
_COUNTS = "/-/counts"
_CODES = {"500": "InternalError", "503": "SlowDown", "409": "ConditionalRequestConflict"}


class FaultyS3:
    """The running server, from outside. env: of a client that sees no faults; faulty_env: of one that does."""

    def __init__(self, seed: int) -> None:
        command = [sys.executable, "-m", "infra.chaos.faulty_s3", str(seed)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with bounded(self._process, "the address of the S3 server"):
            line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise RuntimeError(f"the S3 server ended with code {self._process.wait()} before it listened")
        direct, self._faulty = json.loads(line)
        self.env, self.faulty_env = environment(direct), environment(self._faulty)

    def faults(self) -> Counter[str]:
        """How many requests failed how, so far."""
        with urllib.request.urlopen(f"{self._faulty}{_COUNTS}", timeout=LONG) as answer:  # noqa: S310 - ours
            return Counter(json.load(answer))

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        with bounded(self._process, "the end of the S3 server"):
            self._process.wait()


class FaultyApp:
    """A WSGI application that passes requests on to another, or fails them."""

    def __init__(self, app: Any, seed: int) -> None:
        self._app = app
        self._generator, self._counts, self._lock = random.Random(seed), Counter[str](), threading.Lock()  # noqa: S311 - no secret

    def __call__(self, environ: Any, start_response: Any) -> Any:
        method = environ["REQUEST_METHOD"]
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        if environ["PATH_INFO"] == _COUNTS:
            start_response("200 OK", [])
            return [json.dumps(self._counts).encode()]
        fault = self._draw(method)
        if fault in _CODES:
            error = f'<?xml version="1.0"?><Error><Code>{_CODES[fault]}</Code><Message>chaos</Message></Error>'.encode()
            start_response(f"{fault} {_CODES[fault]}", [("Content-Type", "application/xml"), ("Content-Length", str(len(error)))])
            return [b"" if method == "HEAD" else error]
        if fault == "hang":
            time.sleep(HANG_SECONDS)  # the fault itself: no answer for longer than a client waits
        if fault in {"hang", "reset"}:
            _reset(environ["werkzeug.socket"])
        answer = self._app(environ, start_response)
        if fault == "lost":
            _reset(environ["werkzeug.socket"])
        return answer

    def _draw(self, method: str) -> str:
        """What to do to a request; empty: nothing."""
        with self._lock:
            if self._generator.random() >= RATE:
                return ""
            fault = self._generator.choice(
                FAULTS if method == "PUT" else [name for name in FAULTS if name not in {"409", "lost"}]
            )
            if fault == "hang" and self._generator.random() < 0.7:  # they take long
                fault = "reset"
            self._counts[fault] += 1
            return fault


def _reset(connection: socket.socket) -> None:
    """The client gets an RST. Raises ConnectionResetError, at which the server closes."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RD)
    raise ConnectionResetError


def main() -> None:
    """The seed. Prints the URLs: the server's, and that of the one that fails."""
    app = moto_app()
    with serving_app(app) as url, serving_app(FaultyApp(app, int(sys.argv[1]))) as faulty:
        make_bucket(url, NAME)
        sys.stdout.write(json.dumps([url, faulty]) + "\n")
        sys.stdout.flush()
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
