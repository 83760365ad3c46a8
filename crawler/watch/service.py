"""`warraq watch`: the parts in one process, from its start to its end."""

from __future__ import annotations

import asyncio
import importlib
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

from aiohttp import web
from scrapy.crawler import AsyncCrawlerProcess

from crawler.config import Config, ConfigError
from crawler.crawl.process import project_settings
from crawler.crawl.session import Shared
from crawler.download.politeness import Politeness
from crawler.download.web_archives import Pace
from crawler.facts import Facts
from crawler.http_server.caller import proxies_of
from crawler.http_server.connections import Guard, GuardedServer, address_of
from crawler.outlet_files.loaded_outlet import OutletFileError
from crawler.read.reader_pool import readers_for
from crawler.watch.health_checks import HealthChecks
from crawler.watch.http.server import Door
from crawler.watch.metrics import Metrics
from crawler.watch.monitor.outlet_monitor import OutletMonitor
from crawler.watch.notices import Notices
from crawler.watch.outlet_reload import reload_outlets
from crawler.watch.schedule import Schedule
from crawler.watch.sealing import SealSchedule
from crawler.watch.sinks import Sinks
from crawler.watch.stopping import Stopping
from crawler.watch.websub.callback import Callbacks
from crawler.watch.websub.subscriber import open_websub
from crawler.watch.worker import Worker
from extractors import outlets as known_outlets
from storage import Archive, ArchiveError, keys, open_archive
from storage.queues import QueueError, open_queue

SINK_STOP_SECONDS: Final = 5.0


class Mounted(Protocol):
    """What stands at the door beside it."""

    def close(self) -> None:
        """Waits for what is under way."""
        ...


Mount = Callable[[web.Application, Archive, Config, str, Facts], Mounted]
"""Adds addresses to the application of the door: (application, archive, settings, host it listens at, facts)."""


class Service:
    """A watch of these outlets (None: of all there are), made in the main thread.

    load: reads the settings, at the start and at each SIGHUP. mount: what stands at the door too.
    """

    def __init__(
        self,
        load: Callable[[], Config],
        chosen: Sequence[str] | None,
        facts: Facts,
        mount: Mount | None,
        metrics: Metrics,
    ) -> None:
        """ConfigError, ArchiveError, QueueError, SinkError: what is wrong with the settings is said before anything is asked of
        the web.
        """
        self._load, self._facts, self._mount, self._metrics = load, facts, mount, metrics
        self._config = config = load()
        self._settings = project_settings()
        self._door = address_of(config.door, "WARRAQ_DOOR=") if config.door else None
        if mount is not None and self._door is None:
            raise ConfigError("the reader stands at the door of a watch: set WARRAQ_DOOR")
        self._proxies = proxies_of(config.door_proxies)
        self._archive = archive = open_archive(config.archive, single_writer=config.single_writer)
        archive.store.ready()
        self._queue = queue = open_queue(config.queue, lease_seconds=config.lease_seconds)
        self._sinks = Sinks(archive, config, facts, self._metrics)
        self._process = AsyncCrawlerProcess(project_settings())
        self._websub = open_websub(config, archive, facts)
        pace = Pace(config.history_delay, config.pause_seconds)
        self._shared = Shared(archive, readers_for(config), Politeness(), pace, self._websub)
        self._chosen = chosen
        self._schedule = schedule = Schedule(self._living(), queue, archive, self._bounds, facts)
        self._notices = notices = Notices(archive, queue, facts, self._sinks.wake)
        monitor = OutletMonitor(
            archive, facts, self._metrics, notices, schedule, self._websub, lambda: self._config, self._sinks.wake
        )
        self._worker = Worker(
            queue,
            self._shared,
            self._process,
            facts,
            config=lambda: self._config,
            settings=lambda: self._settings,
            monitor=monitor,
        )
        self._mounted: Mounted | None = None
        self._stopping = Stopping(self._worker, facts, lambda: self._config.stop_seconds)
        self._error: Exception | None = None

    def run(self) -> int:
        """Watches until SIGTERM (0) or SIGINT (130); gives the exit code. Once."""
        from twisted.internet import reactor  # noqa: PLC0415 - the process has installed the one to use

        def begin() -> None:
            self._main = asyncio.ensure_future(self._run())
            self._main.add_done_callback(lambda _: end())

        def end() -> None:
            failure = self._main.exception()
            if isinstance(failure, Exception):
                self._error = failure
            reactor.stop()  # type: ignore[misc]

        reactor.callWhenRunning(begin)
        try:
            self._process.start(stop_after_crawl=False, install_signal_handlers=False)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # one more ends what is left of the process
            self._shared.readers.close()
            with suppress(QueueError):
                self._queue.close()
        if self._error is not None:
            raise self._error
        return self._stopping.done()

    def _living(self) -> list[str]:
        """The outlets to be polled."""
        known = known_outlets()
        return [slug for slug in (sorted(known) if self._chosen is None else self._chosen) if slug in known and known[slug].alive]

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.signalled, name)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # one that came before (`crawler.cli.main`) comes now
        server = None
        try:
            server = await self._open_door(self._door) if self._door else None
            self._sinks.start()
            self._shared.readers.warm_up()
            seals = SealSchedule(self._archive, lambda: self._config, self._facts, self._metrics, self._notices, self._sinks.wake)
            health_checks = HealthChecks(self._archive, self._queue, self._sinks, self._facts, self._metrics, self._notices)
            work = (self._schedule.run(), self._worker.run(), health_checks.run(), seals.run())
            parts = [asyncio.ensure_future(each) for each in work]
            self._facts("watch.started", outlets=self._living(), archive=self._archive.uri, queue=self._queue.uri)
            stopping = asyncio.ensure_future(self._stopping.event.wait())
            await asyncio.wait([stopping, *parts], return_when=asyncio.FIRST_COMPLETED)
            failed = [part.exception() for part in parts if part.done()]
            await self._wind_up(parts)
            self._error = next((error for error in failed if isinstance(error, Exception)), None)
        finally:
            self._sinks.wake()
            await asyncio.gather(asyncio.to_thread(self._sinks.stop, SINK_STOP_SECONDS), self._close_door(server))
            self._facts("watch.stopped")

    async def _wind_up(self, parts: Sequence[asyncio.Future[None]]) -> None:
        schedule, _, *others = parts
        schedule.cancel()
        self._stopping.begin()
        await self._worker.stop(self._config.stop_seconds)
        for part in others:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)

    def _reload(self) -> None:
        """Settings and outlets for the next work. Archive, queue, door and sinks are those of the start."""
        try:
            config = self._load()
            changes = reload_outlets(self._process, self._shared.readers)
        except (ConfigError, OutletFileError) as error:
            self._facts("settings.refused", reason=str(error).replace("\n", "; "))
            return
        import crawler.settings  # noqa: PLC0415 - reading it reads the settings, from what the environment and `.env` say now

        importlib.reload(crawler.settings)
        self._config, self._settings = config, project_settings()
        self._schedule.follow(self._living(), changes.changed)
        for outlet in changes.removed:
            self._metrics.forget(outlet)
        self._facts("settings.reloaded", outlets=asdict(changes))

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
                proxies=self._proxies,
            )
        except ValueError as error:  # the secret itself is not told
            raise ConfigError("WARRAQ_DOOR_SECRET: write whsec_ and base64") from error
        if self._websub is not None:
            Callbacks(self._websub, self._queue, self._facts, partial(self._metrics.count, "websub_distributions", 1)).register(
                door.app
            )
        if self._mount is not None:
            self._mounted = self._mount(door.app, self._archive, config, address[0], self._facts)
        server = GuardedServer(door.app, Guard(self._facts, partial(self._metrics.count, "door_connections_shed", 1)))
        try:
            host, port = await server.open(*address)
        except OSError as error:
            raise ConfigError(f"WARRAQ_DOOR={config.door!r}: {error.strerror or error}") from error
        self._facts("door.opened", address=f"{host}:{port}")
        return server

    async def _close_door(self, server: GuardedServer | None) -> None:
        if server is not None:
            await server.close()
        if self._mounted is not None:
            await asyncio.to_thread(self._mounted.close)

    async def _ready(self) -> str | None:
        try:
            if await asyncio.to_thread(self._archive.store.get, keys.ARCHIVE_JSON) is None:
                return f"{self._archive.uri}: no archive here"
            await asyncio.to_thread(self._queue.depth)
        except (ArchiveError, QueueError) as error:
            return str(error)
        return "stopping" if self._stopping.event.is_set() else None

    def _bounds(self) -> tuple[timedelta, timedelta]:
        return timedelta(seconds=self._config.poll_shortest), timedelta(seconds=self._config.poll_longest)
