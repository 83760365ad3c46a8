"""Answers that are no proper HTTP: as a browser takes them, or a failure in words that an operator can use."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.crawler.security import conftest as security
from tests.crawler.security.conftest import Ask

ask = security.ask
"""The fixture."""
HOST = "outlet.example"
BODY = b"<html>" + b"x" * 500 + b"</html>"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
READ = f"200 {len(BODY)}"
CHUNK = b"%x\r\n" % len(BODY) + BODY + b"\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
BROKE_OFF, NO_ANSWER, NO_HTTP = "the answer broke off", "the connection was closed without an answer", "the answer is no HTTP"
ANSWERS = {
    "HTTP-1.0": (b"HTTP/1.0 200 OK\r\n\r\n" + BODY, READ),
    "HTTP-0.9": (BODY, NO_ANSWER),
    "HTTP-2.0": (b"HTTP/2.0 200 OK\r\n" + LENGTH + BODY, READ),
    "no-reason": (b"HTTP/1.1 200\r\n" + LENGTH + BODY, READ),
    "line-feeds": (b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(BODY) + BODY, READ),
    "folded-header": (OK + b"X-A: a\r\n b\r\n" + LENGTH + BODY, READ),
    "no-header": (OK + b"this is no header\r\n" + LENGTH + BODY, READ),
    "null-in-header": (OK + b"X: a\0b\r\n" + LENGTH + BODY, READ),
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH + BODY, READ),
    "early-hints": (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + LENGTH + BODY, READ),
    "chunks-and-length": (CHUNKED + b"Content-Length: 5\r\n\r\n" + CHUNK + b"0\r\n\r\n", READ),
    "cut-chunks": (CHUNKED + b"\r\n" + CHUNK, BROKE_OFF),
    "bad-chunks": (CHUNKED + b"\r\nzz\r\n" + BODY, BROKE_OFF),
    "too-long-a-length": (OK + b"Content-Length: 99999\r\n\r\n" + BODY, BROKE_OFF),
    "two-lengths": (OK + LENGTH[:-2] + LENGTH + BODY, READ),
    "negative-length": (OK + b"Content-Length: -1\r\n\r\n" + BODY, "ValueError: Value contains non-decimal digits: b'-1'"),
    "status-999": (b"HTTP/1.1 999 No\r\n" + LENGTH + BODY, f"999 {len(BODY)}"),
    "radio": (b"ICY 200 OK\r\n" + LENGTH + BODY, NO_HTTP),
    "nothing": (b"", NO_ANSWER),
    "noise": (bytes(range(256)) + b"\r\n\r\n", NO_HTTP),
    "cookie-loop": (b"HTTP/1.1 302 F\r\nLocation: /cookie-loop\r\nSet-Cookie: a=1\r\n\r\n", "max redirections reached"),
    "redirect-nowhere": (b"HTTP/1.1 302 F\r\nContent-Length: 0\r\n\r\n", "302 0"),
    "redirect-to-no-address": (b"HTTP/1.1 302 F\r\nLocation: http://[bad/\r\n\r\n", "ValueError: Invalid IPv6 URL"),
    "redirect-to-a-script": (
        b"HTTP/1.1 302 F\r\nLocation: javascript:x()\r\n\r\n",
        "ValueError: Missing scheme in request url: ",
    ),
}


def _serve(client: socket.socket) -> None:
    with client, suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head and (part := client.recv(4096)):
            head += part
        name = head.split()[1].decode().strip("/") if head else ""
        missing = b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        client.sendall(ANSWERS[name][0] if name in ANSWERS else missing)


@contextmanager
def raw_server() -> Iterator[int]:
    """Its port. Each answer is sent as its bytes stand in ANSWERS, then the connection is closed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=_serve, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.mark.slow
def test_an_answer_that_is_no_proper_http_is_read_or_named(ask: Ask) -> None:
    with raw_server() as port:
        urls = {name: f"http://{HOST}:{port}/{name}" for name in ANSWERS}
        trust = {"NAMES": json.dumps({HOST: ["127.0.0.1"]}), "WARRAQ_PRIVATE_HOSTS": HOST}
        done = ask(*urls.values(), **trust, WARRAQ_CONCURRENCY="1", WARRAQ_DOWNLOAD_TIMEOUT="30")
    said = {name: done.said[url] for name, url in urls.items()}
    assert {name: words for name, words in said.items() if not words.startswith(ANSWERS[name][1])} == {}
    assert "Traceback" not in done.log
