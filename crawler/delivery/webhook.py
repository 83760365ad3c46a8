"""A webhook: one POST for each event, a structured CloudEvent, signed as Standard Webhooks have it."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from standardwebhooks.webhooks import EmptyWebhookSecretError
from standardwebhooks.webhooks import Webhook as Signer

from crawler.delivery.sink import Event, Refusal, Sink, SinkError, UnavailableError, json_of
from crawler.download.retry_after import asked_pause

REFUSED: Final = frozenset({400, 413, 422})
"""Answers about the event itself. All others, 401 and 404 too, are about the endpoint and can be put right."""
ANSWER_BYTES: Final = 500
"""How much of an answer is read: to tell why, and to use the connection once more if that was all."""
SECONDS: Final = 30.0
"""For one delivery from the connection to the end of what is read of the answer, however slowly or long the receiver writes."""
_STALE: Final = (ConnectionResetError, BrokenPipeError)
"""What a connection that the receiver has closed meanwhile ends in (http.client's RemoteDisconnected is one)."""


class Webhook(Sink):
    """POSTs to `url`. Redirects are not followed: an event goes where the operator sent it, or nowhere.

    secret: of the form `whsec_<base64>`; the receiver verifies `webhook-signature` with it. Used by one thread at a time.
    """

    def __init__(self, url: str, secret: str | None) -> None:
        parts = urlsplit(url)
        self._name = f"{parts.scheme}://{parts.hostname}"  # a path or query may be a secret
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise SinkError(f"{self._name}: a webhook on another machine needs https")
        if not secret:
            raise SinkError(f"{self._name}: set WARRAQ_WEBHOOK_SECRET (whsec_…), so that the receiver can tell who calls")
        try:
            self._signer = Signer(secret)
        except (ValueError, EmptyWebhookSecretError) as error:
            raise SinkError("WARRAQ_WEBHOOK_SECRET is not of the form whsec_<base64>") from error
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not parts.hostname or not re.fullmatch(r"[!-~]+", self._target):
            raise SinkError(f"{self._name}: its address has a blank or a letter that is not percent-encoded, or names no host")
        try:
            self._connection = _connection(parts.scheme, parts.hostname, parts.port)
        except ValueError as error:
            raise SinkError(f"{self._name}: {error}") from error
        self._guard = _Deadline(self._connection)
        weakref.finalize(self, self._connection.close)

    def deliver(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Sink.deliver`."""
        return [refusal for event in events if (refusal := self._post(event))]

    def _post(self, event: Event) -> Refusal | None:
        body, now = json_of(event), datetime.now(UTC)
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": event["id"],  # repeats on redelivery: the receiver's key against doing a thing twice
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(event["id"], now, body),
        }
        try:
            with self._guard.within(SECONDS):
                status, asked, text = self._answered(body.encode(), headers)
        except (HTTPException, OSError, ValueError) as error:
            self._connection.close()
            raise UnavailableError(f"{self._name}: {self._guard.late or type(error).__name__}") from error
        if status < 300:
            return None
        why = " ".join(f"HTTP {status} {text}".split())
        if status in REFUSED:
            return Refusal(event, why)
        raise UnavailableError(f"{self._name}: {why}", asked_pause(asked, now) or None)

    def _answered(self, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        """Status, `Retry-After`, and the beginning of an error's body. Below 300 the receiver has the event, whatever follows.

        The connection is used again if that was the whole answer; whoever streams without end is cut.
        """
        answer = self._answer(body, headers)
        with closing(answer):
            if answer.status < 300:
                with suppress(HTTPException, OSError, ValueError):
                    answer.read1(ANSWER_BYTES)
                text = ""
            else:
                text = answer.read(ANSWER_BYTES).decode(errors="replace")
            if not answer.isclosed():
                self._connection.close()
        return answer.status, answer.headers.get("Retry-After", ""), text

    def _answer(self, body: bytes, headers: dict[str, str]) -> HTTPResponse:
        """Of the connection of the last delivery, or of a new one where the receiver has closed it since."""
        used = self._connection.sock is not None
        try:
            self._connection.request("POST", self._target, body, headers)
            return self._connection.getresponse()
        except _STALE:
            self._connection.close()
            if not used or self._guard.late:
                raise
        self._connection.request("POST", self._target, body, headers)
        return self._connection.getresponse()


class _Deadline:
    """Cuts a connection that takes too long. Timeouts of sockets bound the time between two bytes and not the whole."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._handle: socket.socket | None = None
        self.late: str | None = None
        """What is said of a connection that was cut."""
        connection._create_connection = self._connect  # type: ignore[attr-defined]  # noqa: SLF001 - the only way in before TLS

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is done with the connection ends in an error after so many seconds."""
        self.late = None
        timer = threading.Timer(seconds, self._cut, [seconds])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if self._handle is not None:
                self._handle.close()
                self._handle = None

    def _connect(self, *arguments: Any) -> socket.socket:
        """TLS takes the socket over before its handshake, which may hang: a second handle can still cut it."""
        made = socket.create_connection(*arguments)
        made.settimeout(2 * SECONDS)  # the deadline, which has words for it, comes first
        self._handle = made.dup()
        if self.late:
            raise TimeoutError(self.late)
        return made

    def _cut(self, seconds: float) -> None:
        self.late = f"no answer within {seconds:g} s"
        for held in (self._handle, self._connection.sock):
            if held is not None:
                with suppress(OSError):
                    socket.socket.shutdown(held, socket.SHUT_RDWR)  # not TLS' own, which would wait for the other side


def _connection(scheme: str, host: str, port: int | None) -> HTTPConnection:
    """Not open yet: a request opens it. Connecting takes ten seconds at most to each address of the host."""
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=10.0, context=ssl.create_default_context())
    return HTTPConnection(host, port, timeout=10.0)
