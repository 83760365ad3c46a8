"""Whether an outlet is silent, and why: what is expected (`expectation`), and what its pages were like meanwhile.

An outlet that publishes nothing looks like one whose pages we no longer understand, as long as one only counts. So when
silence is suspected two of its articles that were read lately are read again (canaries): if they are what they were, the
outlet is quiet; if not, it is us.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final, Literal

from crawler.tidings import Tidings
from crawler.watch.expectation import Expectation
from storage import Archive

NAME: Final = "silence.json"
Cause = Literal["sources", "challenge", "unreadable", "quiet"]
SUSPECTED: Final = 1.0
"""Expected intervals after which canaries are read."""
CANARIES: Final = 2
CANARY_HOURS: Final = 6.0
WALLS: Final = frozenset({"challenge", "login", "cookie-wall"})
THIN: Final = 0.3
"""Bodies that are shorter than this part of what is usual, or fields that are filled so much more seldom, are drift."""
_LEARN: Final = 0.1
_MOST_LENGTHS: Final = 50


@dataclass(slots=True)
class Meanwhile:
    """What was seen since the last fresh article. bad: fetched pages that were no article or failed."""

    polls: int = 0
    unanswered: int = 0
    fetched: int = 0
    bad: int = 0
    walls: int = 0
    lengths: list[int] = field(default_factory=list)
    trouble: str = ""


@dataclass(slots=True)
class Silence:
    """One outlet's. since: when it was told silent, and `cause` why; recent: addresses of articles kept last; canaries: what
    became of those that were read again, and `canaries_at` when; length, filled: what is usual.
    """

    expectation: Expectation = field(default_factory=Expectation)
    since: datetime | None = None
    cause: Cause | None = None
    recent: list[str] = field(default_factory=list)
    canaries: dict[str, str] = field(default_factory=dict)
    canaries_at: datetime | None = None
    length: float = 0.0
    filled: dict[str, float] = field(default_factory=dict)
    drift: str | None = None
    meanwhile: Meanwhile = field(default_factory=Meanwhile)

    def to_read_again(self, now: datetime) -> list[str]:
        """The canaries, when it is time for them."""
        if self.expectation.last is None or self.expectation.silence < SUSPECTED:
            return []
        if self.canaries_at is not None and now - self.canaries_at < timedelta(hours=CANARY_HOURS):
            return []
        return self.recent[:CANARIES]

    def heard(self, tidings: Tidings, now: datetime, unwatched: timedelta) -> tuple[str, dict[str, Any]] | None:
        """Learns from a poll. The event that it makes, if any: `outlet.silent` or `outlet.recovered`, and its data.

        unwatched: a poll that comes so much later than the last says nothing of the time between.
        """
        fresh = tidings.fresh(now)
        if self.expectation.until is not None and now - self.expectation.until > unwatched:
            self.expectation.blind(now)
        self._note(tidings, now)
        before = self.expectation.last
        self.expectation.watch(now, fresh)
        if fresh:
            self.meanwhile, self.canaries, self.canaries_at = Meanwhile(), {}, None
            if self.since is not None:
                told = {"silent_since": self.since.isoformat(), "cause": self.cause, "articles": fresh}
                self.since = self.cause = None
                return "outlet.recovered", told
        elif self.expectation.silent:
            cause, self.cause = self.cause, self.why()
            if self.since is None or cause != self.cause:
                self.since = self.since or now
                return "outlet.silent", {
                    "last_article": before.isoformat() if before else None,
                    "expected_intervals": round(self.expectation.silence, 2),
                    "cause": self.cause,
                    "detail": self.meanwhile.trouble or None,
                }
        return None

    def why(self) -> Cause:
        """The likeliest cause, by what was seen since the last fresh article."""
        seen = self.meanwhile
        if seen.polls and seen.unanswered * 2 > seen.polls:
            return "sources"
        if seen.walls and seen.walls * 2 >= seen.fetched:
            return "challenge"
        if self.canaries:  # they know best: they were articles
            fine = sum(fate in {"unchanged", "revised", "kept", "duplicate"} for fate in self.canaries.values())
            return "quiet" if fine else "unreadable"
        thin = bool(seen.lengths) and self.length > 0 and median(seen.lengths) < THIN * self.length
        return "unreadable" if (seen.fetched and seen.bad * 2 >= seen.fetched) or thin else "quiet"

    def _note(self, tidings: Tidings, now: datetime) -> None:
        seen = self.meanwhile
        seen.polls += 1
        seen.unanswered += not tidings.answered
        seen.fetched += tidings.fates.total()
        seen.bad += tidings.fates["failed"] + tidings.fates["not_an_article"]
        seen.walls += sum(tidings.reasons[wall] for wall in WALLS)
        seen.trouble = next(iter(tidings.troubles), "") if not tidings.answered else ""
        seen.lengths = [*seen.lengths, *tidings.lengths][-_MOST_LENGTHS:]
        read_again = {url: fate for url, (fate, _) in tidings.wanted.items() if url in self.recent}
        if read_again:
            self.canaries, self.canaries_at = read_again, now
        self.recent = [*(url for url, _ in tidings.kept), *self.recent][: 2 * CANARIES]
        if tidings.lengths:
            self._usual(tidings)

    def _usual(self, tidings: Tidings) -> None:
        """Compares with what is usual, then lets it be usual a little."""
        count, length = len(tidings.lengths), median(tidings.lengths)
        share = {name: tidings.filled[name] / count for name in {*self.filled, *tidings.filled}}
        fewer = [name for name, usual in self.filled.items() if usual > 0.5 and share[name] < THIN * usual]
        if count >= 3 and self.length:
            self.drift = "length" if length < THIN * self.length else fewer[0] if fewer else None
        weight = min(1.0, _LEARN * count) if self.length else 1.0
        if self.drift or length < THIN * self.length:
            weight *= _LEARN
        self.length += (length - self.length) * weight
        self.filled = {name: round(self.filled.get(name, part) * (1 - weight) + part * weight, 4) for name, part in share.items()}

    def dump(self) -> bytes:
        """As `load` takes it."""
        kept = {
            "expectation": self.expectation.dump(),
            "since": self.since.isoformat() if self.since else None,
            "canaries_at": self.canaries_at.isoformat() if self.canaries_at else None,
            "meanwhile": asdict(self.meanwhile),
            **{name: getattr(self, name) for name in ("cause", "recent", "canaries", "length", "filled", "drift")},
        }
        return json.dumps(kept, ensure_ascii=False).encode()

    @classmethod
    def load(cls, data: bytes | None) -> Silence:
        """What `dump` gave; a new one for anything else: it is learned again in a week."""
        try:
            kept = json.loads(data or b"null")
            moments: dict[str, Any] = {
                name: datetime.fromisoformat(kept[name]) if kept[name] else None for name in ("since", "canaries_at")
            }
            others = {name: kept[name] for name in ("cause", "recent", "canaries", "length", "filled", "drift")}
            return cls(Expectation.load(kept["expectation"]), meanwhile=Meanwhile(**kept["meanwhile"]), **moments, **others)
        except (ValueError, TypeError, KeyError):
            return cls()


def silence_of(archive: Archive, outlet: str) -> Silence:
    """What is kept of an outlet."""
    return Silence.load(archive.state(outlet).get(NAME))
