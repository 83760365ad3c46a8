"""A hub on loopback, over TLS: verifies intent, distributes with signatures, and when it is told to, denies and lies."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

import urllib3

from crawler.demo.authority import issue

MOVED = "/moved"
"""A path that sends subscribers on to the hub's own."""


@dataclass(frozen=True)
class Subscription:
    """As it was asked for, and how the subscriber answered when it was asked whether it meant it (status)."""

    topic: str
    callback: str
    secret: str = field(repr=False)
    agent: str
    at: datetime
    verified: list[int] = field(default_factory=list)


class Hub(ThreadingHTTPServer):
    """Use as a context. lease: seconds that it grants; status: of its answer to who subscribes, 202 if it takes it."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        certificates = issue(folder, ["localhost"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.leaf_file)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.ca = certificates.ca_file.read_bytes()
        self.url = f"https://localhost:{self.server_address[1]}/"
        self.lease, self.status = 86_400, 202
        self.subscriptions: list[Subscription] = []
        self._pool = urllib3.PoolManager(retries=False, timeout=120)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        self._pool.clear()

    def ask(self, subscription: Subscription, **instead: Any) -> urllib3.BaseHTTPResponse:
        """Asks the subscriber whether it meant it. instead: other parameters than usual, such as `topic` or `mode`."""
        usual = {"mode": "subscribe", "topic": subscription.topic, "challenge": "c" * 20, "lease_seconds": self.lease}
        asked = {f"hub.{name}": value for name, value in {**usual, **instead}.items() if value is not None}
        return self._pool.request("GET", f"{subscription.callback}?{urlencode(asked)}")

    def verify(self, subscription: Subscription) -> None:
        """As hubs do: with a challenge that nobody knows, which must come back."""
        challenge = secrets.token_urlsafe()
        answer = self.ask(subscription, challenge=challenge)
        assert answer.status != 200 or answer.data == challenge.encode()
        subscription.verified.append(answer.status)

    def deny(self, subscription: Subscription, reason: str) -> int:
        return self.ask(subscription, mode="denied", challenge=None, lease_seconds=None, reason=reason).status

    def distribute(self, subscription: Subscription, body: bytes, secret: str | None = None) -> int:
        """Tells of news; the subscriber's answer. secret: another one than agreed upon."""
        key = subscription.secret if secret is None else secret
        told = {
            "Content-Type": "application/rss+xml",
            "Link": f'<{self.url}>; rel="hub", <{subscription.topic}>; rel="self"',
            "X-Hub-Signature": f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}",
        }
        return self._pool.request("POST", subscription.callback, body=body, headers=told).status


class _Desk(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Someone subscribes."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if self.path == MOVED:
            self._answer(307, Location="/")
            return
        form = dict(parse_qsl(body, strict_parsing=True))
        assert form["hub.mode"] == "subscribe"
        assert int(form["hub.lease_seconds"]) > 0
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        named = (form["hub.topic"], form["hub.callback"], form["hub.secret"])
        subscription = Subscription(*named, self.headers["User-Agent"], datetime.now(UTC))
        self.server.subscriptions.append(subscription)
        if self.server.status == 202:
            self.server.verify(subscription)  # before it answers, as hubs may
        self._answer(self.server.status)

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""
