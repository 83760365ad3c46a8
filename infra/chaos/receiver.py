"""A webhook that a watch delivers to: verifies signatures, keeps the events; when `faulty`, answers 503 or hangs up at times."""

from __future__ import annotations

import hmac
import json
import random
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from standardwebhooks.webhooks import Webhook

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of this receiver, for an hour
_RATE: Final = 0.1


class Receiver(ThreadingHTTPServer):
    """events: those taken, in their order, repeats and all; failed: calls that were not taken."""

    daemon_threads = True

    def __init__(self, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: list[dict[str, Any]] = []
        self.failed = 0
        self.faulty = False
        self._generator, self._lock = random.Random(seed), threading.Lock()  # noqa: S311 - faults, no secrets

    @property
    def env(self) -> dict[str, str]:
        """The settings of a watch that delivers here."""
        return {"WARRAQ_SINKS": f"http://127.0.0.1:{self.server_port}/", "WARRAQ_WEBHOOK_SECRET": SECRET}

    def draw_fault(self) -> str:
        """What happens to the next call: `later` (503), `reset`, or nothing (empty)."""
        with self._lock:
            how = self._generator.choice(("later", "later", "reset")) if self.faulty and self._generator.random() < _RATE else ""
            self.failed += bool(how)
            return how

    def take(self, event: dict[str, Any]) -> None:
        """Keeps an event that was acknowledged."""
        with self._lock:
            self.events.append(event)

    def received(self) -> list[dict[str, Any]]:
        """A copy of the events taken so far."""
        with self._lock:
            return list(self.events)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: callers are killed here on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """One event."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) < int(self.headers["Content-Length"]):  # the caller died
            self.close_connection = True
            return
        match self.server.draw_fault():
            case "reset":
                self.close_connection = True
            case "later":
                self._answer(503, {"Retry-After": "1"})
            case _:
                signed = _is_signed(self.headers, body)
                if signed:
                    self.server.take(json.loads(body))
                self._answer(204 if signed else 401, {})

    def _answer(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            if status != 204 or name != "Content-Length":
                self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Says nothing."""


def _is_signed(headers: Any, body: bytes) -> bool:
    """By the caller's own time: its clock may be wrong, and the library refuses what is some minutes old."""
    sent = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    wanted = Webhook(SECRET).sign(headers["webhook-id"], sent, body.decode())
    return hmac.compare_digest(wanted, headers["webhook-signature"])
