"""WebSub (W3C Recommendation, 23 January 2018): asks the hubs that feeds name to tell us of news.

A subscription is asked for and renewed in the crawl of an outlet's sources: by whoever holds the outlet's work, so by one worker
only, with the crawl's own downloader and all its guards. The hub's requests come in at `crawler.watch.websub.callback`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.config import Config, ConfigError
from crawler.discovery.found import Download
from crawler.discovery.hub import Topic, hub_address
from crawler.download.errors import words
from crawler.download.offsite import HUB
from crawler.facts import Facts
from crawler.watch.poll_interval import Push
from crawler.watch.websub.subscriptions import Keys, SubscriptionRequest, SubscriptionStore, feed_id
from storage import Archive, ArchiveError

LEASE_SECONDS: Final = 864_000
"""What is asked for, ten days; the hub decides."""
MOST_MOVES: Final = 3
"""Hubs that one after the other send us to the next (307, 308)."""
ANSWER_BYTES: Final = 65_536
ANSWER_SECONDS: Final = 20.0
LEAST_SECRET: Final = 24
"""Bytes of the door's secret, from which all others are made."""


class HubError(Exception):
    """The hub did not take the request; one line that names why and nothing that is secret."""


class WebSub:
    """base: the door's public address, to which hubs are told to come."""

    def __init__(self, base: str, keys: Keys, archive: Archive, facts: Facts) -> None:
        self.keys, self.store = keys, SubscriptionStore(archive, facts)
        self._base, self._facts = base.rstrip("/"), facts

    async def keep_up(self, outlet: str, topics: Mapping[str, Topic | None], download: Download) -> None:
        """See `Subscriber`."""
        try:
            wanted, asking = await asyncio.to_thread(self._want, outlet, topics)
        except ArchiveError as error:
            self._facts("websub.failed", outlet=outlet, reason=str(error))
            return
        for feed in asking:
            each = wanted[feed]
            assert each is not None
            details = {"outlet": outlet, "topic": each.topic, "hub": each.hub}
            try:
                await self._subscribe(outlet, feed_id(feed), each, download)
            except HubError as error:
                self._facts("websub.failed", **details, reason=str(error))
            else:
                self._facts("websub.asked", **details)

    def _want(self, outlet: str, topics: Mapping[str, Topic | None]) -> tuple[dict[str, SubscriptionRequest | None], list[str]]:
        """What is wanted, and of which feeds a hub is to be asked now. Kept first, since hubs may ask back at once."""
        before = self.store.wanted(outlet)
        wanted = {**before, **{feed: _named(before.get(feed), topic) for feed, topic in topics.items()}}
        asking, now = [], datetime.now(UTC)
        for feed, each in wanted.items():
            lease = self.store.lease(outlet, feed_id(feed)) if each is not None else None
            if each is not None and each.is_due(lease, self.keys.name, now):
                wanted[feed] = each.anew(lease, self.keys.name, now)
                asking.append(feed)
        if wanted != before:
            self.store.want(outlet, wanted)
        return wanted, asking

    async def _subscribe(self, outlet: str, feed: str, each: SubscriptionRequest, download: Download) -> None:
        form = {
            "hub.mode": "subscribe",
            "hub.topic": each.topic,
            "hub.callback": f"{self._base}/websub/{outlet}/{feed}/{each.turn}/{self.keys.token(outlet, feed, each.turn)}",
            "hub.lease_seconds": str(LEASE_SECONDS),
            "hub.secret": self.keys.secret(outlet, feed, each.turn),
        }
        hub = each.hub
        for _ in range(MOST_MOVES):
            response = await _post(hub, form, download)
            if 200 <= response.status < 300:
                return
            there = (response.headers.get("Location") or b"").decode("latin-1") if response.status in (307, 308) else ""
            hub = (there and hub_address(hub, urljoin(hub, there))) or ""
            if not hub:  # what it says besides is not told: it may repeat what we said
                raise HubError(f"HTTP {response.status}")
        raise HubError("one hub sends us to the next")

    def push(self, outlet: str) -> Push | None:
        """What the outlet's rhythm may go by; None unless hubs tell of news in each of its feeds. ArchiveError."""
        now, pushed, until = datetime.now(UTC), [], []
        for feed, each in self.store.wanted(outlet).items():
            lease = self.store.lease(outlet, feed_id(feed))
            if each is None or lease is None or not each.lives(lease, now):
                return None
            pushed.append(self.store.pushed(outlet, feed_id(feed)))
            until.append(lease.renew_at)
        return Push(max(filter(None, pushed), default=None), min(until)) if until else None


def open_websub(config: Config, archive: Archive, facts: Facts) -> WebSub | None:
    """None without WARRAQ_DOOR_URL. ConfigError."""
    url = config.door_url
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigError(f"WARRAQ_DOOR_URL={url!r}: write the door's public address, as in https://warraq.example.org")
    secret = config.door_secret.get_secret_value() if config.door_secret else ""
    try:
        strong = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) >= LEAST_SECRET
    except (binascii.Error, ValueError):  # the secret itself is not told
        strong = False
    if not strong:
        raise ConfigError(f"WARRAQ_DOOR_URL needs WARRAQ_DOOR_SECRET (whsec_ and base64 of at least {LEAST_SECRET} bytes)")
    return WebSub(url, Keys(secret), archive, facts)


def _named(before: SubscriptionRequest | None, topic: Topic | None) -> SubscriptionRequest | None:
    if topic is None:
        return None
    return (before or SubscriptionRequest(topic=topic.url, hubs=topic.hubs)).named(topic)


async def _post(hub: str, form: Mapping[str, str], download: Download) -> Response:
    """What the hub answers. HubError."""
    request = Request(
        hub,
        method="POST",
        body=urlencode(form),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"},
        callback=NO_CALLBACK,
        dont_filter=True,
        meta={
            HUB: True,
            "download_maxsize": ANSWER_BYTES,
            "download_timeout": ANSWER_SECONDS,
            "dont_redirect": True,
            "dont_retry": True,  # the next poll does
            "dont_obey_robotstxt": True,  # it says what may be crawled; this is what a hub is for
        },
    )
    try:
        return await download(request)
    except Exception as error:  # whatever a download raises is this hub's failure, by name
        raise HubError(words(error)) from error
