"""Known articles that are read again, each day and when silence is suspected, against their kept text.

Feeds and sitemaps go on telling of articles whether we can read them or not. A kept article that reads as it did shows that
we can. An edit is an edit (the crawl keeps it as a revision); several that are no articles any more at once are rot.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

from pydantic import Field, TypeAdapter

from crawler.state_file import PastMoment

if TYPE_CHECKING:
    from crawler.crawl.statistics import CrawlStatistics
    from storage import OutletEvent

NUMBER: Final = 3
"""Of a day and outlet, of different ages."""
AGAIN: Final = timedelta(hours=6)
"""While they are unreadable, or the outlet is silent, they are read so often."""
SEVERAL: Final = 2
WALLS: Final = frozenset({"challenge", "login", "cookie-wall"})
UNREADABLE: Final = frozenset({"not_an_article", "thin", "empty", "cut"})
READ: Final = frozenset({"unchanged", "revised", "kept", "duplicate"})

Rot = Literal["unreadable", "challenge", "gone", "unanswered"]
"""Not articles any more, or a fraction of their text; behind a wall; all removed; not served while the sources are."""
ROT: Final[tuple[Rot, ...]] = get_args(Rot)


@dataclass(slots=True)
class Canaries:
    """One outlet's. at: when they were read last (at first, when watching began); verdicts: what became of them, by address;
    cause, since: why and since when they are rot. In files, events and `warraq status` they have the names of their aliases.
    """

    since: Annotated[PastMoment | None, Field(alias="unreadable_since")] = None
    cause: Rot | None = None
    at: Annotated[PastMoment | None, Field(alias="read_at")] = None
    verdicts: Annotated[dict[str, str], Field(alias="canaries")] = field(default_factory=dict)

    def due(self, now: datetime, every: timedelta, article: datetime | None, *, suspected: bool) -> bool:
        """Whether to read some. every: zero for never; article: when the last appeared; suspected: the outlet may be silent."""
        if self.at is None:
            return suspected
        waited = now - self.at
        if (every and waited >= every) or (self.cause and waited >= AGAIN):
            return True
        return suspected and (waited >= AGAIN or not self.since_article(article))

    def since_article(self, article: datetime | None) -> bool:
        """Whether they were read after the last article had appeared."""
        return bool(self.verdicts) and self.at is not None and (article is None or self.at > article)

    @property
    def fine(self) -> bool:
        """Whether one of them was read."""
        return any(verdict in READ for verdict in self.verdicts.values())

    def heard(self, statistics: CrawlStatistics, now: datetime) -> tuple[OutletEvent, dict[str, Any]] | None:
        """Learns from a poll. The event that it makes, if any: `outlet.unreadable` or `outlet.recovered`, and its data."""
        if not statistics.canaries:
            self.at = self.at or now
            return None
        self.at = now
        self.verdicts = {url: _verdict(url, *outcome, statistics) for url, outcome in statistics.canaries.items()}
        before, self.cause = self.cause, _rot(list(self.verdicts.values()), answered=statistics.answered)
        if self.cause is not None:
            self.since = self.since or now
            return ("outlet.unreadable", self.as_json()) if self.cause != before else None
        since, self.since = self.since, None
        return ("outlet.recovered", {"unreadable_since": since.isoformat(), "cause": before}) if since else None

    def as_json(self) -> dict[str, Any]:
        """As it stands in events and in `warraq status`."""
        return dict(_CANARIES.dump_python(self, mode="json", by_alias=True))


_CANARIES: Final = TypeAdapter(Canaries)


def _verdict(url: str, fate: str, reason: str | None, statistics: CrawlStatistics) -> str:
    """Its fate, or what says more."""
    if url in statistics.thin:
        return "thin"
    why = (reason or "").partition(":")[0]
    return why if why in WALLS | UNREADABLE else fate


def _rot(verdicts: list[str], *, answered: bool) -> Rot | None:
    """The cause, if several are not what they were, and they are the half of all or more."""
    causes = Counter(cause for verdict in verdicts if (cause := _cause(verdict, answered=answered)) is not None)
    bad = causes.total()
    return causes.most_common(1)[0][0] if bad >= SEVERAL and 2 * bad >= len(verdicts) else None


def _cause(verdict: str, *, answered: bool) -> Rot | None:
    if verdict in READ:
        return None
    if verdict in UNREADABLE:
        return "unreadable"
    if verdict in WALLS:
        return "challenge"
    if verdict == "gone":
        return "gone"
    return "unanswered" if answered else None  # an outlet that answers nothing is told as silent
