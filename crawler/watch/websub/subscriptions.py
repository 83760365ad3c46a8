"""Subscriptions to hubs as they are remembered: in `state/` of the archive, where nothing is secret.

Secrets and callbacks are not remembered but made again from the door's secret, so that every process at the same queue knows
them, and a subscription outlives the state that told of it. Two files, so that nobody overwrites what another says:
`websub.json` is written by whoever holds the outlet's work, `websub-<feed>.json` by the door that a hub calls.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, Field

from crawler.discovery.hub import Topic
from crawler.state_file import Moment, PastMoment, Report, StateFile
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
    at: PastMoment
    until: Moment
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
    hubs: Annotated[tuple[str, ...], Field(min_length=1)]
    hub: str = ""
    turn: str = ""
    key: str = ""
    asked: Moment | None = None
    tries: Annotated[int, Field(ge=0)] = 0

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


class Pushed(BaseModel):
    """at: when a hub distributed news last."""

    at: Moment


Answered = TypeVar("Answered", HubLease, Pushed)
WANTED: Final = StateFile[dict[str, SubscriptionRequest | None]](NAME, dict[str, SubscriptionRequest | None], default=dict)


@lru_cache(maxsize=512)
def _file(name: str, shape: type[Answered]) -> StateFile[Answered | None]:
    return StateFile(f"websub-{name}.json", shape | None, default=lambda: None)


class SubscriptionStore:
    """Subscriptions, read from and written to `state/<outlet>/` of the archive; a file that cannot be understood is as if it were
    lost, and reported (`state.reset`). Every method may raise ArchiveError. feed: its id.
    """

    def __init__(self, archive: Archive, report: Report) -> None:
        self._archive, self._report = archive, report

    def wanted(self, outlet: str) -> dict[str, SubscriptionRequest | None]:
        """What is to be subscribed to, by address of the feed; None for a feed that names no hub."""
        return WANTED.load(self._archive.state(outlet), self._for(outlet))

    def want(self, outlet: str, wanted: dict[str, SubscriptionRequest | None]) -> None:
        """Replaces what `wanted` gives."""
        WANTED.save(self._archive.state(outlet), wanted, self._for(outlet))

    def lease(self, outlet: str, feed: str) -> HubLease | None:
        """What the hub answered last."""
        return _file(feed, HubLease).load(self._archive.state(outlet), self._for(outlet))

    def keep_lease(self, outlet: str, feed: str, lease: HubLease) -> None:
        """Keeps what a hub answered: that it subscribes us until a moment, or denies."""
        _file(feed, HubLease).save(self._archive.state(outlet), lease, self._for(outlet))

    def pushed(self, outlet: str, feed: str) -> datetime | None:
        """The moment at which a hub distributed news last, None if it never did."""
        pushed = _file(f"{feed}-pushed", Pushed).load(self._archive.state(outlet), self._for(outlet))
        return pushed.at if pushed is not None else None

    def keep_pushed(self, outlet: str, feed: str, at: datetime) -> None:
        """Keeps the moment (aware) at which a hub distributed news."""
        _file(f"{feed}-pushed", Pushed).save(self._archive.state(outlet), Pushed(at=at), self._for(outlet))

    def _for(self, outlet: str) -> Report:
        return partial(self._report, outlet=outlet)
