"""Subscriptions to hubs as they are remembered: in `state/` of the archive, where nothing is secret.

Secrets and callbacks are not remembered but made again from the door's secret, so that every process at the same queue knows
them, and a subscription outlives the state that told of it. Two files, so that nobody overwrites what another says:
`websub.json` is written by whoever holds the outlet's work, `websub-<feed>.json` by the door that a hub calls.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from crawler.discovery.hub import Topic
from crawler.state_file import moment, past_moment
from storage import Archive

NAME: Final = "websub.json"
RENEW: Final = 0.2
"""A lease is renewed when this part of it is left."""
AGAIN: Final = timedelta(minutes=10)
"""A hub that did not answer as it should is asked again after this time, then after twice as long, and so on."""
LONGEST_AGAIN: Final = timedelta(days=1)


class Keys:
    """What is derived from the door's secret: not to be guessed, not to be turned back."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def token(self, outlet: str, feed: str, turn: str) -> str:
        """The part of a callback's path that nobody guesses."""
        return self._of("callback", outlet, feed, turn)

    def secret(self, outlet: str, feed: str, turn: str) -> str:
        """With which the hub signs what it distributes."""
        return self._of("secret", outlet, feed, turn)

    @property
    def name(self) -> str:
        """Tells one door's secret from another, and nothing of it."""
        return self._of("name")[:16]

    def _of(self, *parts: str) -> str:
        return hmac.new(self._secret, "\n".join(("warraq websub", *parts)).encode(), hashlib.sha256).hexdigest()


def feed_id(feed: str) -> str:
    """Of a feed's address, as it stands in callbacks and names of state."""
    return hashlib.sha256(feed.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLease:
    """What a hub said last: subscribed from `at` to `until`, or denied. turn: the asking it answered."""

    turn: str
    topic: str
    hub: str
    at: datetime
    until: datetime
    denied: str | None = None

    @property
    def renew_at(self) -> datetime:
        return self.until - RENEW * (self.until - self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRequest:
    """A feed that names a hub, and when the hub was asked. turn: of the last asking; tries: askings since a hub agreed.

    key: name of the door's secret then.
    """

    topic: str
    hubs: tuple[str, ...]
    hub: str = ""
    turn: str = ""
    key: str = ""
    asked: datetime | None = None
    tries: int = 0

    def named(self, topic: Topic) -> SubscriptionRequest:
        """The same, or another one if the feed names something else by now."""
        return (
            self if (topic.url, topic.hubs) == (self.topic, self.hubs) else SubscriptionRequest(topic=topic.url, hubs=topic.hubs)
        )

    def lives(self, lease: HubLease | None, now: datetime) -> bool:
        """Whether it is subscribed to what is wanted."""
        if lease is None or lease.denied is not None or not self.turn:
            return False
        return (lease.topic, lease.hub) == (self.topic, self.hub) and lease.until > now

    def is_due(self, lease: HubLease | None, key: str, now: datetime) -> bool:
        """Whether to ask the hub now."""
        if self.asked is None or self.key != key:
            return True
        if lease is not None and lease.turn == self.turn and lease.denied is None:
            return now >= lease.renew_at
        denied = lease is not None and lease.turn == self.turn
        wait = LONGEST_AGAIN if denied else min(AGAIN * 2 ** min(self.tries - 1, 10), LONGEST_AGAIN)
        return not timedelta(0) <= now - self.asked < wait

    def anew(self, lease: HubLease | None, key: str, now: datetime) -> SubscriptionRequest:
        """For the next asking: under a new callback, at another hub if this one did not agree."""
        agreed = lease is not None and lease.turn == self.turn and lease.denied is None
        tries = 0 if agreed or self.key != key else self.tries
        hub = self.hub if agreed else self.hubs[tries % len(self.hubs)]
        return replace(self, hub=hub, turn=secrets.token_hex(8), key=key, asked=now, tries=tries + 1)


class SubscriptionStore:
    """Subscriptions, read from and written to `state/<outlet>/` of the archive. Every method may raise ArchiveError."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def wanted(self, outlet: str) -> dict[str, SubscriptionRequest | None]:
        """What is to be subscribed to, by address of the feed; None for a feed that names no hub."""
        kept = self._load(outlet, NAME)
        try:
            return {feed: _wanted(each) if each is not None else None for feed, each in kept.items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            return {}

    def want(self, outlet: str, wanted: dict[str, SubscriptionRequest | None]) -> None:
        """Replaces what `wanted` gives."""
        self._keep(outlet, NAME, {feed: asdict(each) if each is not None else None for feed, each in wanted.items()})

    def lease(self, outlet: str, feed: str) -> HubLease | None:
        """What the hub said last. feed: its id."""
        kept = self._load(outlet, f"websub-{feed}.json")
        try:
            return HubLease(**{**kept, "at": past_moment(kept["at"]), "until": moment(kept["until"])})
        except (KeyError, TypeError, ValueError):
            return None

    def say(self, outlet: str, feed: str, lease: HubLease) -> None:
        """Keeps what a hub said: that it subscribes us until a moment, or denies. feed: its id."""
        self._keep(outlet, f"websub-{feed}.json", asdict(lease))

    def pushed(self, outlet: str, feed: str) -> datetime | None:
        """The moment at which a hub told of news last, None if it never did. feed: its id."""
        try:
            return moment(self._load(outlet, f"websub-{feed}-pushed.json")["at"])
        except (KeyError, TypeError, ValueError):
            return None

    def push(self, outlet: str, feed: str, at: datetime) -> None:
        """Keeps the moment (aware) at which a hub told of news. feed: its id."""
        self._keep(outlet, f"websub-{feed}-pushed.json", {"at": at})

    def _load(self, outlet: str, name: str) -> dict[str, Any]:
        """What cannot be read is as if it were lost."""
        try:
            kept = json.loads(self._archive.state(outlet).get(name) or b"{}")
        except (ValueError, RecursionError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _keep(self, outlet: str, name: str, what: dict[str, Any]) -> None:
        self._archive.state(outlet).put(name, json.dumps(what, default=datetime.isoformat, sort_keys=True).encode())


def _wanted(kept: dict[str, Any]) -> SubscriptionRequest:
    asked = moment(kept["asked"]) if kept["asked"] else None
    found = SubscriptionRequest(**{**kept, "hubs": tuple(map(str, kept["hubs"])), "asked": asked})
    if not found.hubs or not isinstance(found.tries, int):
        raise ValueError
    return found
