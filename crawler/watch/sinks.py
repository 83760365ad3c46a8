"""A thread with a dispatcher for each sink of a watch. One that does not answer holds up itself and nothing else."""

from __future__ import annotations

import threading
import time
from typing import Final

from crawler.config import Config
from crawler.delivery.dispatcher import Dispatcher
from crawler.delivery.opening import configured_sink, listed_sinks
from crawler.facts import Facts
from crawler.watch.metrics import Metrics
from storage import Archive, ArchiveError

LOOK_SECONDS: Final = 60.0
"""How often a dispatcher looks by itself, for what other processes announce."""
AGAIN: Final = 10.0
"""Seconds until what failed is tried again: an archive that could not be read, at first any other error too."""
LONGEST: Final = 600.0
"""Any other error that comes again and again: it is told every ten minutes then."""


class Sinks:
    """The sinks of WARRAQ_SINKS, each with a thread. SinkError if one of them is no sink."""

    def __init__(self, archive: Archive, config: Config, facts: Facts, metrics: Metrics) -> None:
        self._stop, self._metrics, self._facts = threading.Event(), metrics, facts
        uris = listed_sinks(config.sinks)
        self._dispatchers = [Dispatcher(archive, configured_sink(uri, config, archive), uri, facts, self._stop) for uri in uris]
        self._news = [threading.Event() for _ in uris]
        self._since: dict[str, float] = {}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begins to deliver; what was announced while nobody delivered comes first."""
        for dispatcher, news in zip(self._dispatchers, self._news, strict=True):
            try:
                dispatcher.begin()
            except ArchiveError as error:
                self._facts("sink.waits", sink=dispatcher.name, reason=str(error))
            thread = threading.Thread(target=self._follow, args=(dispatcher, news), name=f"sink-{dispatcher.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def wake(self) -> None:
        """Something was announced."""
        for dispatcher, news in zip(self._dispatchers, self._news, strict=True):
            self._since.setdefault(dispatcher.name, time.monotonic())
            news.set()

    def measure(self) -> None:
        """Tells how long the news have waited."""
        for dispatcher in self._dispatchers:
            since = self._since.get(dispatcher.name)
            self._metrics.sink(dispatcher.name, time.monotonic() - since if since is not None else 0.0)

    def stop(self, seconds: float) -> None:
        """Ends between two deliveries. Blocks until then, so many seconds at most: what is not delivered is so later."""
        self._stop.set()
        for news in self._news:
            news.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _follow(self, dispatcher: Dispatcher, news: threading.Event) -> None:
        """One thread's work. Whatever is raised is told, and tried again: the thread ends with the watch and not before."""
        pause, last = AGAIN, False
        while not last:
            news.clear()
            last = self._stop.is_set()
            # One that collects sends what it has: a person should not wait for the next start.
            if last and not dispatcher.sink.window:
                return
            try:
                waiting = self._since.get(dispatcher.name)
                done = dispatcher.deliver(collect=not last, last=last)
                self._metrics.sink(dispatcher.name, 0.0, done.delivered, done.dead)
                if self._since.get(dispatcher.name) == waiting:
                    self._since.pop(dispatcher.name, None)
                pause = AGAIN
            except ArchiveError as error:
                self._facts("sink.waits", sink=dispatcher.name, reason=str(error))
                self._stop.wait(AGAIN)
            except Exception as error:  # noqa: BLE001 - named, and told
                reason, again = f"{type(error).__name__}: {error}"[:300], None if last else pause
                self._facts("sink.failed", sink=dispatcher.name, reason=reason, retry_in=again)
                self._metrics.count("sink_errors", 1, dispatcher.name)
                self._stop.wait(pause)
                pause = min(2 * pause, LONGEST)
            else:
                if not last:
                    news.wait(LOOK_SECONDS)
