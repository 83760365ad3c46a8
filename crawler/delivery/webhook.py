"""A webhook: one POST for each event, a structured CloudEvent, signed as Standard Webhooks have it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import urllib3
from standardwebhooks.webhooks import EmptyWebhookSecretError
from standardwebhooks.webhooks import Webhook as Signer
from urllib3.exceptions import HTTPError

from crawler.delivery.sink import Event, Refusal, SinkError, UnavailableError
from crawler.download.retry_after import asked_pause

REFUSED: Final = frozenset({400, 413, 422})
"""Answers about the event itself. All others, 401 and 404 too, are about the endpoint and can be put right."""
ANSWER_BYTES: Final = 500
"""How much of an answer is read, to tell why."""


class Webhook:
    """POSTs to `url`. Redirects are not followed: an event goes where the operator sent it, or nowhere.

    secret: of the form `whsec_<base64>`; the receiver verifies `webhook-signature` with it.
    """

    batch = 1

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
        self._url = url
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=10, read=30), retries=False)

    def deliver(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Sink.deliver`."""
        return [refusal for event in events if (refusal := self._post(event))]

    def _post(self, event: Event) -> Refusal | None:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": event["id"],  # repeats on redelivery: the receiver's key against doing a thing twice
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(event["id"], now, body),
        }
        try:
            answer = self._pool.request(
                "POST", self._url, body=body.encode(), headers=headers, redirect=False, preload_content=False
            )
            said = answer.read(ANSWER_BYTES).decode(errors="replace") if answer.status >= 300 else ""
            answer.close() if said else answer.drain_conn()
        except HTTPError as error:
            raise UnavailableError(f"{self._name}: {type(error).__name__}") from error
        if answer.status < 300:
            return None
        why = " ".join(f"HTTP {answer.status} {said}".split())
        if answer.status in REFUSED:
            return Refusal(event, why)
        raise UnavailableError(f"{self._name}: {why}", asked_pause(answer.headers.get("Retry-After", ""), now) or None)
