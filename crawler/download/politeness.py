"""What a host may rely on from one crawl of a process to the next: its pace, a pause it asked for, its robots.txt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Final

ROBOTS_SECONDS: Final = 86_400.0
"""RFC 9309 §2.4: no longer than a day."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A host when a crawl left it: when it was last asked (later than now: a pause it asked for), and the delay towards it."""

    lastseen: float
    delay: float


class Politeness:
    """Shared by the crawls of one process, in one event loop. Moments are of the monotonic clock."""

    def __init__(self) -> None:
        self._hosts: dict[str, Seen] = {}
        self._crawl_delays: dict[str, float] = {}
        self._robots: dict[str, tuple[float, bytes]] = {}
        self._begun = monotonic()

    def seen(self, host: str, lastseen: float, delay: float) -> None:
        """Notes when a host was asked last (monotonic seconds; later than now: a pause) and the delay towards it in seconds."""
        before = self._hosts.get(host)
        if before is None or lastseen >= before.lastseen:
            self._hosts[host] = Seen(lastseen, delay)

    def doubt(self) -> None:
        """Work came a second time: whoever had it may have asked its hosts until now, so each waits a delay from now on."""
        self._begun = monotonic()

    def last(self, host: str) -> Seen:
        """What is known of a host. One that was never met may have been asked by a process that died just before this began."""
        seen = self._hosts.get(host, Seen(self._begun, 0.0))
        return Seen(max(seen.lastseen, self._begun), seen.delay)

    def set_crawl_delay(self, host: str, seconds: float) -> None:
        """The Crawl-delay of the host's robots.txt as it was read last; 0: it has none."""
        self._crawl_delays[host] = seconds

    def rest(self, hosts: Iterable[str]) -> float:
        """Seconds until every one of these hosts may be asked again."""
        known = {host: self._hosts[host] for host in hosts if host in self._hosts}
        ends = (seen.lastseen + max(seen.delay, self._crawl_delays.get(host, 0.0)) for host, seen in known.items())
        return max((end - monotonic() for end in ends), default=0.0)

    def robots(self, netloc: str) -> bytes | None:
        """The host's robots.txt if it was read within a day; empty where it has none."""
        at, body = self._robots.get(netloc, (0.0, b""))
        return body if netloc in self._robots and monotonic() - at < ROBOTS_SECONDS else None

    def read_robots(self, netloc: str, body: bytes) -> None:
        """Keeps a robots.txt for ROBOTS_SECONDS. body: empty where the host has none."""
        self._robots[netloc] = (monotonic(), body)
