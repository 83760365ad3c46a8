"""Sealing from time to time, beside the crawls of a watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from crawler.config import Config, ConfigError
from crawler.crawl.session import versions
from crawler.facts import Facts
from crawler.sealing.job import Sealed, seal_archive
from crawler.watch.metrics import Metrics
from crawler.watch.notices import Notices
from storage import Archive, ArchiveError

IDLE_SECONDS: Final = 60.0
"""How often the setting is looked at while it says never: SIGHUP may have changed it."""


class SealSchedule:
    """config: the settings as they are now. news: told that an event was announced."""

    def __init__(
        self,
        archive: Archive,
        config: Callable[[], Config],
        facts: Facts,
        metrics: Metrics,
        notices: Notices,
        news: Callable[[], None],
    ) -> None:
        self._archive, self._config, self._facts, self._metrics = archive, config, facts, metrics
        self._notices, self._news = notices, news

    async def run(self) -> None:
        """Seals at the start and every `seal_hours`, until it is cancelled. A failure is a fact and a metric, and tried again."""
        while True:
            config = self._config()
            if config.seal_hours > 0:
                await self._seal(config)
            await asyncio.sleep(config.seal_hours * 3600 or IDLE_SECONDS)

    async def _seal(self, config: Config) -> None:
        try:
            sealed = await asyncio.to_thread(seal_archive, self._archive, config, versions())
        except (ArchiveError, ConfigError) as error:
            self._facts("seal.failed", reason=str(error))
            self._metrics.sealed(None, failed=True)
            await self._announce(str(error))
            return
        self._report(sealed)
        await self._announce("")

    async def _announce(self, failure: str) -> None:
        """How it ended. Where the archive takes nothing, that is told by others, and this with the next sealing."""
        try:
            await asyncio.to_thread(self._notices.seal, failure)
        except ArchiveError as error:
            self._facts("archive.unavailable", reason=str(error))

    def _report(self, sealed: Sealed) -> None:
        if sealed.seal is None:
            return
        checkpoint = sealed.seal.checkpoint
        self._metrics.sealed(checkpoint.sealed_at, failed=bool(sealed.missing))
        if sealed.missing:
            self._facts("seal.unstamped", seal=sealed.seal.number, reasons=sealed.missing)
        if sealed.seal.new:
            self._facts("archive.sealed", seal=sealed.seal.number, size=checkpoint.size, checkpoint=checkpoint.note.decode())
            self._news()
