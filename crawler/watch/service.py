"""`warraq watch`: the parts in one process, from its start to its end.

One file, though long: start, signals and end of every part stand in their order.
"""

from __future__ import annotations

import asyncio
import importlib
import signal
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from aiohttp import web
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler.config import Config, ConfigError
from crawler.crawl.process import project_settings
from crawler.crawl.session import Session, Shared, readers_for
from crawler.download.politeness import Politeness
from crawler.download.web_archives import Pace
from crawler.facts import Facts
from crawler.watch.gc_tuning import GarbageCollection
from crawler.watch.http.caller import proxies_of
from crawler.watch.http.connections import Guard, GuardedServer
from crawler.watch.http.server import Door
from crawler.watch.metrics import Metrics
from crawler.watch.monitor.canaries import NUMBER
from crawler.watch.monitor.silence import SILENCE, silence_of
from crawler.watch.notices import Notices
from crawler.watch.schedule import Schedule
from crawler.watch.sealing import SealSchedule
from crawler.watch.sinks import Sinks
from crawler.watch.task import CrawlResult, Watcher
from crawler.watch.websub.callback import Callbacks
from crawler.watch.websub.subscriber import WebSub, open_websub
from crawler.watch.worker import Worker
from extractors import outlets as known_outlets
from storage import Archive, ArchiveError, keys, open_archive
from storage.queues import Queue, QueueError, open_queue

INTERRUPTED: Final = 130
MEASURE_SECONDS: Final = 10.0
ARCHIVE_SECONDS: Final = 300.0
SINK_STOP_SECONDS: Final = 5.0
UNWATCHED: Final = timedelta(hours=2)
"""At least so long without a poll, and twice the longest interval, nobody watched."""


class Mounted(Protocol):
    """What stands at the door beside it."""

    def close(self) -> None:
        """Waits for what is under way."""
        ...


Mount = Callable[[web.Application, Archive, Config, str, Facts], Mounted]
"""Adds addresses to the application of the door: (application, archive, settings, host it listens at, facts)."""


def watch(
    load: Callable[[], Config],
    chosen: Sequence[str],
    facts: Facts,
    mount: Mount | None = None,
    metrics: Metrics | None = None,
) -> int:
    """Watches these outlets until SIGTERM (0) or SIGINT (130); gives the exit code. ConfigError, ArchiveError, QueueError,
    SinkError: what is wrong with the settings is said before anything is asked of the web.

    load: reads the settings, at the start and at each SIGHUP. mount: what stands at the door too. metrics: where to
    count; new ones if none are given.
    """
    config = load()
    host, port = address_of(config.door)
    if mount is not None and port is None:
        raise ConfigError("the reader stands at the door of a watch: set WARRAQ_DOOR")
    proxies_of(config.door_proxies)
    archive = open_archive(config.archive, single_writer=config.single_writer)
    archive.store.ready()
    queue = open_queue(config.queue, lease_seconds=config.lease_seconds)
    metrics = metrics or Metrics()
    sinks = Sinks(archive, config, facts, metrics)
    process = AsyncCrawlerProcess(project_settings())
    shared = Shared(
        archive,
        readers_for(config),
        Politeness(),
        Pace(config.history_delay, config.pause_seconds),
        open_websub(config, archive, facts),
    )
    service = Service(load, config, queue, shared, process, facts, metrics, sinks, mount)
    living = [outlet for outlet in chosen if known_outlets()[outlet].alive]
    try:
        service.start(living, (host, port) if port is not None else None)
    finally:
        shared.readers.close()
        with suppress(QueueError):
            queue.close()
    if service.error is not None:
        raise service.error
    return INTERRUPTED if service.interrupted else 0


def address_of(door: str) -> tuple[str, int | None]:
    """(host, port) of the setting; no port: there is no door. ConfigError."""
    host, _, port = door.rpartition(":")
    if not door:
        return "", None
    if not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"WARRAQ_DOOR={door!r}: write HOST:PORT, or PORT for 127.0.0.1")
    return host.strip("[]") or "127.0.0.1", int(port)


class Service(Watcher):
    """One watch at work."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts, each by its name
        self,
        load: Callable[[], Config],
        config: Config,
        queue: Queue,
        shared: Shared,
        process: AsyncCrawlerProcess,
        facts: Facts,
        metrics: Metrics,
        sinks: Sinks,
        mount: Mount | None = None,
    ) -> None:
        self._mount: Mount | None = mount
        self._mounted: Mounted | None = None
        self._load, self._config, self._settings = load, config, project_settings()
        self._queue, self._shared, self._process = queue, shared, process
        self._facts, self._metrics, self._sinks = facts, metrics, sinks
        assert shared.subscriber is None or isinstance(shared.subscriber, WebSub)
        self._websub = shared.subscriber
        self._archive: Archive = shared.archive
        self._notices = Notices(shared.archive, queue, facts, sinks.wake)
        self._stop = asyncio.Event()
        self._garbage_collection = GarbageCollection()
        self.error: Exception | None = None
        self.interrupted = False
        """By SIGINT: a person pressed ^C."""
        self._worker = Worker(
            queue,
            shared,
            process,
            facts,
            lease_seconds=config.lease_seconds,
            config=lambda: self._config,
            settings=lambda: self._settings,
            watcher=self,
        )

    def start(self, living: Sequence[str], door: tuple[str, int] | None) -> None:
        """Runs until it is stopped. Called in the main thread, once."""
        from twisted.internet import reactor  # noqa: PLC0415 - the process has installed the one to use

        def begin() -> None:
            self._main = asyncio.ensure_future(self._run(living, door))
            self._main.add_done_callback(lambda _: end())

        def end() -> None:
            failure = self._main.exception()
            if isinstance(failure, Exception):
                self.error = failure
            reactor.stop()  # type: ignore[misc]

        reactor.callWhenRunning(begin)
        self._process.start(stop_after_crawl=False, install_signal_handlers=False)

    async def _run(self, living: Sequence[str], door: tuple[str, int] | None) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._told_to_stop, name)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        schedule = self._schedule = Schedule(living, self._queue, self._archive, self._bounds, self._facts)
        server = None
        try:
            server = await self._open_door(door) if door else None
            self._sinks.start()
            self._shared.readers.warm_up()
            seals = SealSchedule(self._archive, lambda: self._config, self._facts, self._metrics, self._notices, self._sinks.wake)
            work = (schedule.run(), self._worker.run(), self._measure(), seals.run())
            parts = [asyncio.ensure_future(each) for each in work]
            self._facts("watch.started", outlets=list(living), archive=self._archive.uri, queue=self._queue.uri)
            stopping = asyncio.ensure_future(self._stop.wait())
            await asyncio.wait([stopping, *parts], return_when=asyncio.FIRST_COMPLETED)
            failed = [part.exception() for part in parts if part.done()]
            await self._wind_up(parts)
            self.error = next((error for error in failed if isinstance(error, Exception)), None)
        finally:
            if server is not None:
                await server.close()
            if self._mounted is not None:
                await asyncio.to_thread(self._mounted.close)
            self._facts("watch.stopped")

    async def _wind_up(self, parts: Sequence[asyncio.Future[None]]) -> None:
        schedule, _, *others = parts
        schedule.cancel()
        await self._worker.stop(self._config.stop_seconds)
        for part in others:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        self._sinks.wake()
        await asyncio.to_thread(self._sinks.stop, SINK_STOP_SECONDS)

    def _told_to_stop(self, sign: signal.Signals) -> None:
        """The first time: finish what is under way; the second time: now."""
        self.interrupted = self.interrupted or sign is signal.SIGINT
        if self._stop.is_set():
            self._worker.hurry()
        else:
            self._facts("watch.stopping", seconds=self._config.stop_seconds, active=sorted(self._worker.active))
            self._stop.set()

    def _reload(self) -> None:
        """Settings for the next work. Archive, queue, door, sinks and readers are those of the start."""
        try:
            config = self._load()
        except ConfigError as error:
            self._facts("settings.refused", reason=str(error).replace("\n", "; "))
            return
        self._config, self._settings = config, fresh_settings()
        self._facts("settings.reloaded")

    async def _open_door(self, address: tuple[str, int]) -> GuardedServer:
        config = self._config
        try:
            door = Door(
                self._queue,
                token=config.door_token.get_secret_value() if config.door_token else None,
                secret=config.door_secret.get_secret_value() if config.door_secret else None,
                ready=self._ready,
                registry=self._metrics.registry,
                fact=self._facts,
                proxies=proxies_of(config.door_proxies),
            )
        except ValueError as error:  # the secret itself is not told
            raise ConfigError("WARRAQ_DOOR_SECRET: write whsec_ and base64") from error
        if self._websub is not None:
            Callbacks(self._websub, self._queue, self._facts, self._metrics.distribution).register(door.app)
        if self._mount is not None:
            self._mounted = self._mount(door.app, self._archive, config, address[0], self._facts)
        server = GuardedServer(door.app, Guard(self._facts, self._metrics.shed))
        try:
            host, port = await server.open(*address)
        except OSError as error:
            raise ConfigError(f"WARRAQ_DOOR={config.door!r}: {error.strerror or error}") from error
        self._facts("door.opened", address=f"{host}:{port}")
        return server

    async def _ready(self) -> str | None:
        try:
            if await asyncio.to_thread(self._archive.store.get, keys.ARCHIVE_JSON) is None:
                return f"{self._archive.uri}: no archive here"
            await asyncio.to_thread(self._queue.depth)
        except (ArchiveError, QueueError) as error:
            return str(error)
        return "stopping" if self._stop.is_set() else None

    async def _measure(self) -> None:
        look = 0.0
        while True:
            self._sinks.measure()
            await self._look_at_queue()
            if time.monotonic() >= look:
                await self._look_at_archive()
                look = time.monotonic() + ARCHIVE_SECONDS
            await asyncio.sleep(MEASURE_SECONDS)

    async def _look_at_queue(self) -> None:
        try:
            depth = await asyncio.to_thread(self._queue.depth)
            self._metrics.queue(depth)
            await asyncio.to_thread(self._notices.dead_letters, depth.dead)
        except QueueError as error:
            self._facts("queue.unavailable", reason=str(error))
        except ArchiveError as error:
            self._facts("archive.unavailable", reason=str(error))

    async def _look_at_archive(self) -> None:
        try:
            passes = await asyncio.to_thread(self._archive.last_passes)
            self._metrics.archive(up=True, passes=passes)
            await asyncio.to_thread(self._notices.passes, passes)
        except ArchiveError as error:
            self._metrics.archive(up=False)
            self._facts("archive.unavailable", reason=str(error))

    def _bounds(self) -> tuple[timedelta, timedelta]:
        return timedelta(seconds=self._config.poll_shortest), timedelta(seconds=self._config.poll_longest)

    async def before(self, session: Session, outlet: str) -> list[str]:
        return await asyncio.to_thread(self._canaries, session, outlet)

    def _canaries(self, session: Session, outlet: str) -> list[str]:
        """Articles of different ages, and where silence is suspected the last ones: they have today's layout."""
        silence, now = silence_of(self._archive, outlet, self._facts), datetime.now(UTC)
        if not silence.canaries_due(now, timedelta(hours=self._config.canary_hours)):
            return []
        sample = session.run.articles.sample(outlet, NUMBER, seed=f"{now:%Y-%m-%d %H}")
        return [*(silence.recent if silence.suspected else ()), *(address for _, address in sample)]

    async def after(self, session: Session, outlet: str) -> None:
        await asyncio.to_thread(self._judge, session, outlet)
        push = await asyncio.to_thread(self._websub.push, outlet) if self._websub is not None else None
        await self._schedule.heard(outlet, session.notes.statistics(outlet), push)
        self._metrics.subscribed(outlet, subscribed=push is not None)

    def _judge(self, session: Session, outlet: str) -> None:
        """Whether the outlet is silent; told in the change log before it is remembered, so that no alarm is lost."""
        silence, now = silence_of(self._archive, outlet, self._facts), datetime.now(UTC)
        statistics, completeness = session.notes.statistics(outlet), session.notes.completeness(outlet)
        silence.disagreement = completeness.disagreement
        read_again = silence.canaries.heard(statistics, now)
        for event in filter(None, (read_again, silence.heard(statistics, now, max(2 * self._bounds()[1], UNWATCHED)))):
            kind, data = event
            session.run.announce(outlet, kind, data)
            self._facts(kind, outlet=outlet, **data)
        self._notices.sources(session, outlet)
        SILENCE.save(self._archive.state(outlet), silence.stored(), self._facts)
        self._metrics.silence(outlet, silence)
        self._metrics.sources(outlet, completeness.counts(timedelta(hours=self._config.source_lag_hours)))
        notes = session.notes
        self._metrics.troubles(outlet, notes.conditions(outlet).counts(), notes.failing(outlet).causes())

    def paused(self, outlets: Collection[str]) -> None:
        self._metrics.paused(outlets)

    def ended(self, outlet: str, ended: CrawlResult) -> None:
        self._metrics.ended(outlet, ended, self._schedule.interval.get(outlet), len(self._worker.active) - 1)
        if ended.statistics.announced or ended.manifest:
            self._sinks.wake()
        self._garbage_collection.polled()


def fresh_settings() -> Settings:
    """Scrapy's settings, from what the environment and `.env` say now."""
    import crawler.settings  # noqa: PLC0415 - reading it reads the settings

    importlib.reload(crawler.settings)
    return project_settings()
