"""The HTTP side of a watch: events in, health and metrics out.

    POST /events   a CloudEvent 1.0, binary or structured; 202 when it is durable, never before
    GET  /healthz  200 while the process answers
    GET  /readyz   200 while archive and queue can be used, else 503 and why
    GET  /metrics  OpenMetrics

`/websub/…`, where hubs call, is added by `crawler.watch.websub.callback`.

Who posts proves who it is: by a token (`Authorization: Bearer …`) or by a signature as Standard Webhooks have it, which also
keeps an old call from being made again. Without either setting nothing is accepted. TLS is the reverse proxy's.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from cloudevents.core.bindings.http import HTTPMessage, from_http
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from crawler.watch.http.events_in import UnacceptableError, items
from crawler.watch.http.rate_limit import Buckets
from storage.queues import BadEvent, Queue, QueueError

MOST_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 10.0
"""A body that drips longer than this is given up."""
REPLAY_SECONDS: Final = 600.0
"""How long an id is remembered: twice as long as a signature is good."""
PROBLEM: Final = "application/problem+json"

Ready = Callable[[], Awaitable[str | None]]
"""None when archive and queue can be used, else why not."""


class Door:
    """The application. rate: events a second that one address may post, in the long run; burst: at once."""

    def __init__(
        self,
        queue: Queue,
        *,
        token: str | None = None,
        secret: str | None = None,
        ready: Ready,
        registry: CollectorRegistry,
        rate: float = 5.0,
        burst: float = 50.0,
    ) -> None:
        self._queue, self._ready, self._registry = queue, ready, registry
        self._token = token.encode() if token else None
        self._signer = Webhook(secret) if secret else None
        self._callers = Buckets(rate, burst)
        self._replays = _Replays()
        self.app = web.Application(client_max_size=MOST_BYTES)
        self.app.router.add_post("/events", self._events)
        self.app.router.add_get("/healthz", self._healthz)
        self.app.router.add_get("/readyz", self._readyz)
        self.app.router.add_get("/metrics", self._metrics)

    async def _events(self, request: web.Request) -> web.Response:
        try:
            accepted = await self._accept(request)
        except _NoError as no:
            return no.answer
        return web.json_response({"accepted": sum(accepted), "waiting_already": len(accepted) - sum(accepted)}, status=202)

    async def _accept(self, request: web.Request) -> list[bool]:
        if not self._callers.may(request.remote or ""):
            raise _NoError(429, "too many events at once", **{"Retry-After": "10"})
        body = await _body(request)
        call = self._known(request, body)
        try:
            return await self._put(_read(request, body))
        except _NoError:
            self._replays.forget(call)  # it was not taken: it may be made again
            raise

    async def _put(self, event: dict[str, Any]) -> list[bool]:
        """Durable when it returns; whether each item is new to the queue."""
        try:
            return await asyncio.to_thread(self._queue.put_all, items(event))
        except (UnacceptableError, BadEvent) as error:
            raise _NoError(400, str(error)) from error
        except QueueError as error:
            raise _NoError(503, str(error), **{"Retry-After": "30"}) from error

    def _known(self, request: web.Request, body: bytes) -> str | None:
        """The id of a signed call, None for one with a token. Refuses who may not post."""
        if self._signer is not None and "webhook-signature" in request.headers:
            try:
                self._signer.verify(body, dict(request.headers), json_parse=False)
            except (WebhookVerificationError, ValueError) as error:  # ValueError: no base64, or a body that is no UTF-8
                raise _NoError(401, "the signature does not fit") from error
            call = request.headers["webhook-id"]
            if not self._replays.take(call):
                raise _NoError(409, "this call was made before")
            return call
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        if self._token is not None and hmac.compare_digest(shown, self._token):
            return None
        raise _NoError(401, "a bearer token or a webhook signature is needed", **{"WWW-Authenticate": "Bearer"})

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        why = await self._ready()
        return web.Response(text=f"{why or 'ready'}\n", status=503 if why else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._registry)  # type: ignore[no-untyped-call]
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise _NoError(408, f"the body did not come within {BODY_SECONDS:g} s") from error
    except ConnectionError as error:  # nobody hears this any more
        raise _NoError(400, "the body was broken off") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise _NoError(413, f"more than {MOST_BYTES} bytes") from error


def _read(request: web.Request, body: bytes) -> dict[str, Any]:
    """The event, in either mode."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    binary = any(name.startswith("ce-") for name in headers)
    if not binary and request.content_type != "application/cloudevents+json":
        raise _NoError(415, f"neither ce- headers nor application/cloudevents+json, but {request.content_type[:100]!r}")
    try:
        read = from_http(HTTPMessage(headers, body), JSONFormat(), CloudEvent)
    except (BaseCloudEventException, ValueError, TypeError, KeyError, AttributeError) as error:
        said = "; ".join(str(each) for each in getattr(error, "errors", {}).values()) or str(error)
        raise _NoError(400, f"no CloudEvent 1.0: {' '.join(said.split())[:300]}") from error
    event = {name: value for name, value in read.get_attributes().items() if isinstance(value, str)}
    moment = read.get_time()
    return {**event, **({"time": moment.isoformat()} if moment else {}), "data": read.get_data()}


class _NoError(Exception):
    """The call is not taken; `answer` says why (RFC 9457)."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        said = {"status": status, "detail": detail}
        self.answer = web.json_response(said, status=status, headers=headers, content_type=PROBLEM)


class _Replays:
    """The ids of signed calls, for as long as their signatures are good."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, float] = OrderedDict()

    def take(self, call: str) -> bool:
        """False: this id was taken before."""
        now = time.monotonic()
        while self._ids and next(iter(self._ids.values())) < now - REPLAY_SECONDS:
            self._ids.popitem(last=False)
        if call in self._ids:
            return False
        self._ids[call] = now
        return True

    def forget(self, call: str | None) -> None:
        if call:
            self._ids.pop(call, None)
