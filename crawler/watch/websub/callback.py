"""The callback of WebSub subscriptions: `/websub/<outlet>/<feed>/<turn>/<token>` of the HTTP server (W3C WebSub, 5.3 and 7).

    GET   verification of intent: the hub asks whether we want the subscription, or says that it denies it
    POST  content distribution: the feed has changed

The body of a POST is not used, only its signature (`X-Hub-Signature`) is checked: the event `outlet.due` is queued, and the crawl
asks the outlet itself. A hub that distributes falsely costs one conditional request. Without the token the answer is 404.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web

from crawler.facts import Facts
from crawler.http_server.rate_limit import Buckets
from crawler.watch.http import events_in
from crawler.watch.websub.subscriber import WebSub
from crawler.watch.websub.subscriptions import HubLease, feed_id
from storage import ArchiveError
from storage.one_line import one_line
from storage.queues import Queue, QueueError

METHODS: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})
MOST_BYTES: Final = 8 * 1024 * 1024
"""Of a distribution; it is not held in memory."""
BODY_SECONDS: Final = 30.0
RATE: Final = 0.2
BURST: Final = 30.0
"""Distributions a second that one subscription may bring, in the long run and at once; the others the hub is to send again."""
LONGEST_LEASE: Final = timedelta(days=30)
MOST_CHALLENGE: Final = 1_024
NOTE_AFTER: Final = timedelta(minutes=1)
"""Resolution of the stored moment of the last distribution."""
SOURCE: Final = "urn:warraq:websub"

Count = Callable[[str, str], None]
"""Of (outlet, result): a distribution was `queued`, or `ignored`."""


class Callbacks:
    """The routes. rate, burst: see RATE."""

    def __init__(
        self, websub: WebSub, queue: Queue, facts: Facts, count: Count, *, rate: float = RATE, burst: float = BURST
    ) -> None:
        self._keys, self._store = websub.keys, websub.store
        self._queue, self._facts, self._count = queue, facts, count
        self._buckets = Buckets(rate, burst)

    def register(self, app: web.Application) -> None:
        """Adds them to the door."""
        path = "/websub/{outlet:[a-z0-9_-]{1,80}}/{feed:[0-9a-f]{16}}/{turn:[0-9a-f]{16}}/{token:[0-9a-f]{64}}"
        app.router.add_get(path, self._verification, allow_head=False)
        app.router.add_post(path, self._distribution)

    async def _verification(self, request: web.Request) -> web.Response:
        """GET: answers the challenge of a hub that confirms our request, or notes that it denies it. 404 for any subscription
        that we did not ask for (section 5.3.1), 503 while archive or queue cannot be used.
        """
        outlet, feed, turn = self._known(request)
        mode, topic = request.query.get("hub.mode"), request.query.get("hub.topic", "")
        try:
            lease = await asyncio.to_thread(self._asked_for, outlet, feed, turn)
            if lease is not None and lease.topic == topic:
                if mode == "denied":
                    return await self._denied(outlet, feed, lease, request.query.get("hub.reason", ""))
                if mode == "subscribe":
                    return await self._agreed(outlet, feed, lease, request)
        except (ArchiveError, QueueError) as error:
            self._facts("websub.failed", outlet=outlet, topic=topic, reason=str(error))
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"}) from error
        self._facts("websub.refused", outlet=outlet, reason=f"{str(mode)[:20]!r} of {topic[:200]!r} was not asked for")
        raise web.HTTPNotFound

    async def _agreed(self, outlet: str, feed: str, lease: HubLease, request: web.Request) -> web.Response:
        challenge, seconds = request.query.get("hub.challenge", ""), request.query.get("hub.lease_seconds", "")
        if not 0 < len(challenge) <= MOST_CHALLENGE or not (seconds.isascii() and seconds.isdigit() and int(seconds[:12])):
            self._facts("websub.refused", outlet=outlet, reason="a hub agreed without a challenge, or without an end")
            raise web.HTTPNotFound
        until = lease.at + min(timedelta(seconds=int(seconds[:12])), LONGEST_LEASE)
        await asyncio.to_thread(self._store.keep_lease, outlet, feed, replace(lease, until=until))
        self._facts("websub.subscribed", outlet=outlet, topic=lease.topic, hub=lease.hub, until=until.isoformat())
        return web.Response(text=challenge, headers={"X-Content-Type-Options": "nosniff"})

    async def _denied(self, outlet: str, feed: str, lease: HubLease, reason: str) -> web.Response:
        """The hub will not distribute: keeps that, and queues the outlet, which is polled by its learned interval from now on."""
        why = one_line(reason, 200)
        await asyncio.to_thread(self._store.keep_lease, outlet, feed, replace(lease, denied=why))
        await asyncio.to_thread(self._queue.put_all, [events_in.due(outlet, SOURCE)])
        self._facts("websub.denied", outlet=outlet, topic=lease.topic, hub=lease.hub, reason=why or None)
        return web.Response(text="")

    async def _distribution(self, request: web.Request) -> web.Response:
        """POST: 202 after `outlet.due` is queued. A wrong signature is answered 202 as well (section 7), and nothing is queued.
        429 above the rate, 503 while the queue cannot be used.
        """
        outlet, feed, turn = self._known(request)
        why = await self._signature_error(request, self._keys.secret(outlet, feed, turn))
        if why is not None:
            self._count(outlet, "ignored")
            self._facts("websub.ignored", outlet=outlet, reason=why)
            return web.Response(status=202)
        if not self._buckets.may(f"{outlet}/{feed}"):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
        try:
            await asyncio.to_thread(self._queue.put_all, [events_in.due(outlet, SOURCE)])
        except QueueError as error:
            self._facts("websub.failed", outlet=outlet, reason=str(error))
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"}) from error
        self._count(outlet, "queued")
        self._facts("websub.told", outlet=outlet)
        await asyncio.to_thread(self._note, outlet, feed)
        return web.Response(status=202)

    async def _signature_error(self, request: web.Request, secret: str) -> str | None:
        """Why `X-Hub-Signature` is not the HMAC of the body with the subscription's secret; None if it is."""
        method, _, shown = request.headers.get("X-Hub-Signature", "").partition("=")
        digest = hmac.new(secret.encode(), digestmod=method if method in METHODS else "sha256")
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.content.iter_any():
                    size += len(chunk)
                    if size > MOST_BYTES:
                        raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=size)
                    digest.update(chunk)
        except TimeoutError as error:
            raise web.HTTPRequestTimeout from error
        except ConnectionError as error:  # the hub broke off
            raise web.HTTPBadRequest from error
        if not shown:
            return "it is not signed"
        if method not in METHODS:
            return f"it is signed by {method[:20]!r}"
        return None if hmac.compare_digest(digest.hexdigest().encode(), shown.lower().encode()) else "the signature does not fit"

    def _known(self, request: web.Request) -> tuple[str, str, str]:
        """(outlet, feed, turn) of a callback that we made."""
        outlet, feed, turn, shown = (request.match_info[name] for name in ("outlet", "feed", "turn", "token"))
        if not hmac.compare_digest(self._keys.token(outlet, feed, turn), shown):
            raise web.HTTPNotFound
        return outlet, feed, turn

    def _asked_for(self, outlet: str, feed: str, turn: str) -> HubLease | None:
        """What we asked for in this turn, as a lease that ends now; None if it is not wanted any more. A hub may ask again
        about what it agreed to before, while the next turn waits for its answer.
        """
        now = datetime.now(UTC)
        wanted = next((each for address, each in self._store.wanted(outlet).items() if feed_id(address) == feed), None)
        if wanted is None:
            return None
        if wanted.turn == turn:
            return HubLease(turn=turn, topic=wanted.topic, hub=wanted.hub, at=now, until=now)
        before = self._store.lease(outlet, feed)
        return replace(before, at=now, until=now, denied=None) if before is not None and before.turn == turn else None

    def _note(self, outlet: str, feed: str) -> None:
        """Keeps when news were distributed last, for the poll interval; without it polls are only more frequent."""
        now = datetime.now(UTC)
        try:
            before = self._store.pushed(outlet, feed)
            if before is None or not timedelta(0) <= now - before < NOTE_AFTER:
                self._store.keep_pushed(outlet, feed, now)
        except ArchiveError as error:
            self._facts("websub.failed", outlet=outlet, reason=str(error))
