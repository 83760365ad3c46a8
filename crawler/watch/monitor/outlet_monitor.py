"""What a watch does around each crawl of an outlet: known articles read again before it, silence and troubles judged after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from crawler.config import Config
from crawler.crawl.session import Session
from crawler.facts import Facts
from crawler.watch.gc_tuning import GarbageCollection
from crawler.watch.metrics import Metrics
from crawler.watch.monitor.canaries import NUMBER
from crawler.watch.monitor.silence import SILENCE, silence_of
from crawler.watch.notices import Notices
from crawler.watch.schedule import Schedule
from crawler.watch.task import CrawlResult
from crawler.watch.websub.subscriber import WebSub
from storage import Archive

UNWATCHED: Final = timedelta(hours=2)
"""At least so long without a poll, and twice the longest interval, nobody watched."""


class OutletMonitor:
    """Of all outlets of one watch. config: the settings as they are now; websub: None where hubs are not asked; wake: called when
    something was announced.
    """

    def __init__(
        self,
        archive: Archive,
        facts: Facts,
        metrics: Metrics,
        notices: Notices,
        schedule: Schedule,
        websub: WebSub | None,
        config: Callable[[], Config],
        wake: Callable[[], None],
    ) -> None:
        self._archive, self._facts, self._metrics, self._notices = archive, facts, metrics, notices
        self._schedule, self._websub, self._config, self._wake = schedule, websub, config, wake
        self._garbage_collection = GarbageCollection()

    async def before(self, session: Session, outlet: str) -> list[str]:
        """Kept articles that are to be read again, to see whether they can be. ArchiveError."""
        return await asyncio.to_thread(self._canaries, session, outlet)

    def _canaries(self, session: Session, outlet: str) -> list[str]:
        """Articles of different ages, and where silence is suspected the last ones: they have today's layout."""
        silence, now = silence_of(self._archive, outlet, self._facts), datetime.now(UTC)
        if not silence.canaries_due(now, timedelta(hours=self._config().canary_hours)):
            return []
        sample = session.run.articles.sample(outlet, NUMBER, seed=f"{now:%Y-%m-%d %H}")
        return [*(silence.recent if silence.suspected else ()), *(address for _, address in sample)]

    async def after(self, session: Session, outlet: str) -> None:
        """What is learned, before the run ends. ArchiveError."""
        await asyncio.to_thread(self._judge, session, outlet)
        push = await asyncio.to_thread(self._websub.push, outlet) if self._websub is not None else None
        await self._schedule.heard(outlet, session.notes.statistics(outlet), push)
        self._metrics.set("websub_subscribed", push is not None, outlet)

    def _judge(self, session: Session, outlet: str) -> None:
        """Whether the outlet is silent; told in the change log before it is remembered, so that no alarm is lost."""
        silence, now = silence_of(self._archive, outlet, self._facts), datetime.now(UTC)
        notes, config = session.notes, self._config()
        statistics, completeness = notes.statistics(outlet), notes.completeness(outlet)
        silence.disagreement = completeness.disagreement
        read_again = silence.canaries.heard(statistics, now)
        unwatched = max(timedelta(seconds=2 * config.poll_longest), UNWATCHED)
        for event in filter(None, (read_again, silence.heard(statistics, now, unwatched))):
            kind, data = event
            session.run.announce(outlet, kind, data)
            self._facts(kind, outlet=outlet, **data)
        self._notices.sources(session, outlet)
        SILENCE.save(self._archive.state(outlet), silence, self._facts)
        self._metrics.silence(outlet, silence)
        self._metrics.sources(outlet, completeness.counts(timedelta(hours=config.source_lag_hours)))
        self._metrics.troubles(outlet, notes.conditions(outlet).counts(), notes.failing(outlet).causes())

    def ended(self, outlet: str, ended: CrawlResult, active: int) -> None:
        """The run has ended. active: crawls that still run."""
        self._metrics.ended(outlet, ended, self._schedule.interval.get(outlet), active)
        if ended.statistics.announced or ended.manifest:
            self._wake()
        self._garbage_collection.polled()

    def paused(self, outlets: Collection[str]) -> None:
        """These outlets are paused now, and no others."""
        self._metrics.paused(outlets)
