"""Whether an outlet is silent, and why: what is expected (`expectation`), and what its pages were like meanwhile.

An outlet that publishes nothing looks like one whose pages we no longer understand, as long as one only counts. So when
silence is suspected some of its articles are read again (`canaries`): if they are what they were, the outlet is quiet; if
not, it is us. Nor is it quiet where one of its sources had stopped while others went on (`crawler.discovery.completeness`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field

from crawler.read.reasons import THIN
from crawler.state_file import PastMoment, Report, StateFile
from crawler.watch.monitor.canaries import WALLS, Canaries
from crawler.watch.monitor.expectation import Amount, Expectation

if TYPE_CHECKING:
    from crawler.crawl.statistics import CrawlStatistics
    from storage import Archive, OutletEvent

NAME: Final = "silence.json"
Cause = Literal["sources", "challenge", "unreadable", "disagreement", "quiet"]
SUSPECTED: Final = 1.0
"""Expected intervals after which canaries are read."""
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
    became of known ones that were read again; length, filled: what is usual; disagreement: which sources have stopped.
    """

    expectation: Expectation = field(default_factory=Expectation)
    since: PastMoment | None = None
    canaries: Annotated[Canaries, Field(alias="read_again")] = field(default_factory=Canaries)
    meanwhile: Meanwhile = field(default_factory=Meanwhile)
    cause: Cause | None = None
    recent: list[str] = field(default_factory=list)
    length: Amount = 0.0
    filled: dict[str, Amount] = field(default_factory=dict)
    drift: str | None = None
    disagreement: str | None = None

    @property
    def suspected(self) -> bool:
        """Whether it is so long without an article that it is time to look."""
        return self.expectation.last is not None and self.expectation.silence >= SUSPECTED

    def canaries_due(self, now: datetime, every: timedelta) -> bool:
        """Whether it is time to read known articles again; every: how often without a reason."""
        return self.canaries.due(now, every, self.expectation.last, suspected=self.suspected)

    def heard(
        self, statistics: CrawlStatistics, now: datetime, unwatched: timedelta
    ) -> tuple[OutletEvent, dict[str, Any]] | None:
        """Learns from a poll. The event that it makes, if any: `outlet.silent` or `outlet.recovered`, and its data.

        unwatched: a poll that comes so much later than the last says nothing of the time between.
        """
        fresh = statistics.fresh
        if self.expectation.until is not None and now - self.expectation.until > unwatched:
            self.expectation.blind(now)
        self._note(statistics)
        before = self.expectation.last
        self.expectation.watch(now, fresh)
        if fresh:
            self.meanwhile = Meanwhile()
            if self.since is not None:
                data = {"silent_since": self.since.isoformat(), "cause": self.cause, "articles": fresh}
                self.since = self.cause = None
                return "outlet.recovered", data
        elif self.expectation.silent:
            cause, self.cause = self.cause, self.why()
            if self.since is None or cause != self.cause:
                self.since = self.since or now
                return "outlet.silent", {
                    "last_article": before.isoformat() if before else None,
                    "expected_intervals": round(self.expectation.silence, 2),
                    "cause": self.cause,
                    "detail": self.meanwhile.trouble or self.disagreement,
                }
        return None

    def why(self) -> Cause:
        """The likeliest cause, by what was seen since the last fresh article."""
        seen = self.meanwhile
        if seen.polls and seen.unanswered * 2 > seen.polls:
            return "sources"
        if seen.walls and seen.walls * 2 >= seen.fetched:
            return "challenge"
        if self.canaries.since_article(self.expectation.last):  # they know best: they were articles
            unreadable = not self.canaries.fine
        else:
            thin = bool(seen.lengths) and self.length > 0 and median(seen.lengths) < THIN * self.length
            unreadable = (seen.fetched > 0 and seen.bad * 2 >= seen.fetched) or thin
        if unreadable:
            return "unreadable"
        return "disagreement" if self.disagreement else "quiet"

    def _note(self, statistics: CrawlStatistics) -> None:
        seen = self.meanwhile
        seen.polls += 1
        seen.unanswered += not statistics.answered
        seen.fetched += statistics.fates.total()
        seen.bad += statistics.fates["failed"] + statistics.fates["not_an_article"]
        seen.walls += sum(statistics.reasons[wall] for wall in WALLS)
        seen.trouble = next(iter(statistics.troubles), "") if not statistics.answered else ""
        seen.lengths = [*seen.lengths, *statistics.lengths][-_MOST_LENGTHS:]
        from crawler.crawl.statistics import FIRST_KEPT  # noqa: PLC0415 - `status` reads the file and needs no crawl

        self.recent = [*statistics.first_kept, *self.recent][:FIRST_KEPT]
        if statistics.lengths:
            self._usual(statistics)

    def _usual(self, statistics: CrawlStatistics) -> None:
        """Compares with what is usual, then lets it be usual a little."""
        count, length = statistics.articles, median(statistics.lengths)
        share = {name: statistics.filled[name] / count for name in {*self.filled, *statistics.filled}}
        fewer = [name for name, usual in self.filled.items() if usual > 0.5 and share[name] < THIN * usual]
        if count >= 3 and self.length:
            self.drift = "length" if length < THIN * self.length else fewer[0] if fewer else None
        weight = min(1.0, _LEARN * count) if self.length else 1.0
        if self.drift or length < THIN * self.length:
            weight *= _LEARN
        self.length += (length - self.length) * weight
        self.filled = {name: round(self.filled.get(name, part) * (1 - weight) + part * weight, 4) for name, part in share.items()}


SILENCE: Final = StateFile[Silence](NAME, Silence, default=Silence)


def silence_of(archive: Archive, outlet: str, report: Report) -> Silence:
    """What is kept of an outlet; what cannot be understood is learned again in a week, and reported (`state.reset`)."""
    return SILENCE.load(archive.state(outlet), partial(report, outlet=outlet))
