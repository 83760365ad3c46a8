"""Until when hosts have asked to be left alone (`Retry-After`), kept for whoever asks them next.

The note `pauses.json` holds a moment a host. A crawl that begins before it, in whatever process, waits for it or leaves the
host alone: a worker that is killed within a pause, or a crawl that ends, does not take the pause with it. Losing it costs
the host one request, which it refuses again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from crawler.state_file import Moment, StateFile

NAME: Final = "pauses.json"
WEB_ARCHIVES: Final = "web_archives"
"""Stands for an outlet in `state/`, where what concerns web archives concerns all outlets."""
PAUSES: Final = StateFile[dict[str, datetime]](NAME, dict[str, Moment], default=dict, is_note=True)
"""By host, the end of its pause."""
LONGEST: Final = timedelta(days=1)
"""A host is asked again after a day, whatever it said: as with robots.txt, what is older is not relied on."""


class HostPauses:
    """Of one outlet's hosts. until: as PAUSES stores them."""

    def __init__(self, until: dict[str, datetime] | None = None) -> None:
        self._until = dict(until or {})

    def ask(self, host: str, seconds: float, now: datetime) -> bool:
        """The host asks for a pause of so many seconds; whether that is news: requests on their way are all refused at once."""
        until = now + timedelta(seconds=min(seconds, LONGEST.total_seconds()))
        if until <= self._until.get(host, now) + timedelta(seconds=1):
            return False
        self._until[host] = until
        return True

    def left(self, now: datetime) -> dict[str, float]:
        """Seconds that hosts are still to be left alone, those that are not left out. What a wrong clock wrote is cut."""
        left = {host: min(until - now, LONGEST).total_seconds() for host, until in self._until.items()}
        return {host: seconds for host, seconds in left.items() if seconds > 0}

    def until(self, now: datetime) -> dict[str, datetime]:
        """The end of each pause that is not over, none later than LONGEST from now: what PAUSES stores."""
        return {host: min(until, now + LONGEST) for host, until in self._until.items() if until > now}


def asked_pause(value: str, now: datetime) -> float:
    """Seconds that a `Retry-After` asks for, as a number or as a date (RFC 9110 §10.2.3), LONGEST at most.

    0 where it says nothing: a past date, a negative number, anything else. Never raises.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST.total_seconds())  # of any number of digits: float gives inf, not an error
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    return min(max(0.0, seconds.total_seconds()), LONGEST.total_seconds())
