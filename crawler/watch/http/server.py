"""The HTTP side of a watch: events in, health and metrics out.

    POST /events   CloudEvents 1.0, binary, structured or batched; 202 when all are durable, never before
    GET  /healthz  200 while the process answers
    GET  /readyz   200 while archive and queue can be used, else 503 and why
    GET  /metrics  OpenMetrics, or Prometheus' text format for whoever prefers `text/plain`

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
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, exposition
from prometheus_client.openmetrics import exposition as openmetrics
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from crawler.http_server.caller import Networks, caller
from crawler.http_server.rate_limit import Buckets
from crawler.watch.http.cloud_events import Event, NoEventError, events_of
from crawler.watch.http.events_in import UnacceptableError, items
from storage.queues import BadEvent, Queue, QueueError

MOST_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 10.0
"""A body that drips longer than this is given up."""
REPLAY_SECONDS: Final = 600.0
"""How long an id is remembered: twice as long as a signature is good."""
PROBLEM: Final = "application/problem+json"
MOST_FACTS: Final = 1.0 / 60
"""Errors of ours are told so often a second, with three at once."""

Ready = Callable[[], Awaitable[str | None]]
"""None when archive and queue can be used, else why not."""


class Door:
    """The application. rate: calls a second that one caller may make, in the long run; burst: at once; proxies: whom to believe
    for whom they call; fact: where errors of ours are told.
    """

    def __init__(  # noqa: PLR0913 - settings, each by its name
        self,
        queue: Queue,
        *,
        token: str | None = None,
        secret: str | None = None,
        ready: Ready,
        registry: CollectorRegistry,
        fact: Callable[..., None] = lambda *_, **__: None,
        proxies: Networks = (),
        rate: float = 5.0,
        burst: float = 50.0,
    ) -> None:
        self._queue, self._ready, self._registry, self._fact, self._proxies = queue, ready, registry, fact, proxies
        self._token = token.encode() if token else None
        self._signer = Webhook(secret) if secret else None
        self._callers = Buckets(rate, burst)
        self._replays = _Replays()
        self._facts = Buckets(MOST_FACTS, 3)
        self.app = web.Application(client_max_size=MOST_BYTES, middlewares=[self._guarded])
        self.app.router.add_post("/events", self._events)
        self.app.router.add_get("/healthz", self._healthz)
        self.app.router.add_get("/readyz", self._readyz)
        self.app.router.add_get("/metrics", self._metrics)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whatever goes wrong in a handler is a fact of one line and a 500, never a traceback a call."""
        try:
            return await handler(request)
        except _CallRefusedError as refused:
            return refused.answer
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - named, and told
            if self._facts.may(request.path[:100]):
                self._fact("door.failed", path=request.path[:100], reason=f"{type(error).__name__}: {error}"[:300])
            return _CallRefusedError(500, "this is a fault of ours").answer

    async def _events(self, request: web.Request) -> web.Response:
        bearer = self._bearer(request)
        if not bearer and (self._signer is None or "webhook-signature" not in request.headers):
            raise _CallRefusedError(401, "a bearer token or a webhook signature is needed", **{"WWW-Authenticate": "Bearer"})
        body = await _body(request)
        call = None if bearer else self._signed(request, body)
        try:
            self._count(request)
            accepted = await self._put(_read(request, body))
        except _CallRefusedError:
            self._replays.forget(call)  # it was not taken: it may be made again
            raise
        return web.json_response({"accepted": sum(accepted), "waiting_already": len(accepted) - sum(accepted)}, status=202)

    def _count(self, request: web.Request) -> None:
        """429 beyond the rate, which is the owner's: whoever has no credentials does not come as far, and cannot use it up."""
        forwarded, forwarded_for = (request.headers.getall(name, []) for name in ("Forwarded", "X-Forwarded-For"))
        if not self._callers.may(caller(request.remote or "", forwarded, forwarded_for, self._proxies)):
            raise _CallRefusedError(429, "too many events at once", **{"Retry-After": "10"})

    async def _put(self, events: list[Event]) -> list[bool]:
        """Durable when it returns; whether each item is new to the queue."""
        try:
            work = [item for event in events for item in items(event)]
            return await asyncio.to_thread(self._queue.put_all, work) if work else []
        except (UnacceptableError, BadEvent) as error:
            raise _CallRefusedError(400, str(error)) from error
        except QueueError as error:
            raise _CallRefusedError(503, str(error), **{"Retry-After": "30"}) from error

    def _bearer(self, request: web.Request) -> bool:
        """Whether the call shows the token (RFC 6750)."""
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        token = shown.strip().encode("utf-8", "surrogateescape")
        return self._token is not None and scheme.lower() == "bearer" and hmac.compare_digest(token, self._token)

    def _signed(self, request: web.Request, body: bytes) -> str:
        """The id of a signed call. 401 if the signature is none, 409 if it was made before."""
        assert self._signer is not None
        try:
            self._signer.verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError, OverflowError, OSError) as error:  # no base64, no UTF-8, no moment
            raise _CallRefusedError(401, "the signature does not fit") from error
        call = request.headers["webhook-id"]
        if not self._replays.take(call):
            raise _CallRefusedError(409, "this call was made before")
        return call

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        why = await self._ready()
        return web.Response(text=f"{why or 'ready'}\n", status=503 if why else 200)

    async def _metrics(self, request: web.Request) -> web.Response:
        module = exposition if _prefers_text(request.headers.get("Accept", "")) else openmetrics
        body = await asyncio.to_thread(module.generate_latest, self._registry)
        return web.Response(body=body, headers={"Content-Type": module.CONTENT_TYPE_LATEST})


def _prefers_text(accept: str) -> bool:
    """Whether text/plain is rather accepted than OpenMetrics (RFC 9110 §12.5.1); OpenMetrics where both are alike."""
    quality = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    exactness = dict.fromkeys(quality, 0)
    for each in (accept or "*/*").lower().split(",")[:50]:
        media_range, *parameters = (part.strip() for part in each.split(";"))
        for name, before in quality.items():
            exact = {"*/*": 1, f"{name.partition('/')[0]}/*": 2, name: 3}.get(media_range, 0)
            if exact and exact >= exactness[name]:
                quality[name] = max(_quality(parameters), before if exact == exactness[name] else 0.0)
                exactness[name] = exact
    return quality["text/plain"] > quality["application/openmetrics-text"]


def _quality(parameters: list[str]) -> float:
    text = next((each[2:].strip() for each in parameters if each.startswith("q=")), "1")
    try:
        return float(text) if 0 <= float(text) <= 1 else 0.0
    except ValueError:
        return 0.0


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise _CallRefusedError(408, f"the body did not come within {BODY_SECONDS:g} s") from error
    except ConnectionError as error:  # nobody hears this any more
        raise _CallRefusedError(400, "the body was broken off") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise _CallRefusedError(413, f"more than {MOST_BYTES} bytes") from error


def _read(request: web.Request, body: bytes) -> list[Event]:
    try:
        return events_of(request.headers.items(), body)
    except NoEventError as error:
        raise _CallRefusedError(error.status, str(error)) from error


class _CallRefusedError(Exception):
    """The call is not taken; `answer` says why (RFC 9457)."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        problem = {"status": status, "detail": " ".join(detail.split())}
        self.answer = web.json_response(problem, status=status, headers=headers, content_type=PROBLEM)


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
