"""What a watch tells of itself, as OpenMetrics. The names stand in `infra/deploy/prometheus/metrics.md`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

from crawler.discovery.completeness import Count
from crawler.watch.monitor.canaries import ROT
from crawler.watch.monitor.silence import Silence
from crawler.watch.task import CrawlResult
from storage.queues import Depth

CAUSES = ("sources", "challenge", "unreadable", "disagreement", "quiet")


class Metrics:
    """One registry for one process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._fates = Counter("warraq_fates", "Addresses by outlet and fate.", ["outlet", "fate"], registry=registry)
        self._runs = Counter("warraq_runs", "Crawls by outlet and how they ended.", ["outlet", "result"], registry=registry)
        self._seconds = Histogram(
            "warraq_run_duration_seconds",
            "How long a crawl took.",
            ["outlet"],
            registry=registry,
            buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200),
        )
        self._kept = Gauge(
            "warraq_last_kept_timestamp_seconds", "When an article of the outlet was kept last.", ["outlet"], registry=registry
        )
        self._asked = Gauge(
            "warraq_last_poll_timestamp_seconds", "When a source of the outlet answered last.", ["outlet"], registry=registry
        )
        self._interval = Gauge("warraq_poll_interval_seconds", "Time between two polls.", ["outlet"], registry=registry)
        self._silent = Gauge(
            "warraq_outlet_silent", "1 while an outlet is silent, by cause.", ["outlet", "cause"], registry=registry
        )
        self._silence = Gauge(
            "warraq_outlet_silence", "The present silence in expected intervals; 2 is an alarm.", ["outlet"], registry=registry
        )
        self._rot = Gauge(
            "warraq_outlet_rot",
            "1 while known articles cannot be read any more, by cause.",
            ["outlet", "cause"],
            registry=registry,
        )
        self._canaries = Gauge(
            "warraq_canaries_last_timestamp_seconds", "When known articles were read again last.", ["outlet"], registry=registry
        )
        self._named = Gauge(
            "warraq_source_articles",
            "New articles of the last week, by kind of source: found, missed, refilled by another.",
            ["outlet", "source", "result"],
            registry=registry,
        )
        self._stopped = Gauge(
            "warraq_source_stopped",
            "1 while a kind of source names nothing and others do.",
            ["outlet", "source"],
            registry=registry,
        )
        self._drift = Gauge(
            "warraq_outlet_drift",
            "1 while articles read are shorter, or lack fields, against before.",
            ["outlet"],
            registry=registry,
        )
        self._queue = Gauge("warraq_queue_events", "Events in the queue by state.", ["state"], registry=registry)
        self._distributions = Counter(
            "warraq_websub_distributions",
            "What hubs told, by outlet and what became of it.",
            ["outlet", "result"],
            registry=registry,
        )
        self._subscribed = Gauge(
            "warraq_websub_subscribed", "1 while hubs tell of the outlet's news.", ["outlet"], registry=registry
        )
        self._active = Gauge("warraq_work_active", "Crawls under way.", registry=registry)
        self._sink = Gauge(
            "warraq_sink_lag_seconds",
            "Age of the oldest change that a sink has not taken, 0 if none.",
            ["sink"],
            registry=registry,
        )
        self._delivered = Counter(
            "warraq_sink_events", "Events by sink and what became of them.", ["sink", "result"], registry=registry
        )

        self._up = Gauge("warraq_archive_up", "1 while the archive can be read.", registry=registry)
        self._pass = Gauge(
            "warraq_verify_last_timestamp_seconds", "When the last pass of verify ended.", ["pass"], registry=registry
        )
        self._damaged = Gauge("warraq_verify_damaged_objects", "Damaged objects that it found.", ["pass"], registry=registry)

    def archive(self, *, up: bool, passes: Mapping[str, Any] | None = None) -> None:
        """Whether the archive answers, and what its last passes of verify found."""
        self._up.set(up)
        for name, found in (passes or {}).items():
            if found and found.get("finished_at"):
                self._pass.labels(name).set(datetime.fromisoformat(found["finished_at"]).timestamp())
                self._damaged.labels(name).set(found["damage"])

    def ended(self, outlet: str, ended: CrawlResult, interval: float | None, active: int) -> None:
        """A crawl has ended."""
        for fate, number in ended.fates.items():
            self._fates.labels(outlet, fate).inc(number)
        self._runs.labels(outlet, "failed" if ended.failure else "done").inc()
        self._seconds.labels(outlet).observe(ended.seconds)
        if ended.tidings.kept:
            self._kept.labels(outlet).set(time.time())
        if ended.tidings.answered:
            self._asked.labels(outlet).set(time.time())
        if interval is not None:
            self._interval.labels(outlet).set(interval)
        self._active.set(active)

    def silence(self, outlet: str, silence: Silence) -> None:
        """How silent an outlet is."""
        for cause in CAUSES:
            self._silent.labels(outlet, cause).set(1 if silence.since and silence.cause == cause else 0)
        self._silence.labels(outlet).set(silence.expectation.silence)
        self._drift.labels(outlet).set(1 if silence.drift else 0)
        for rot in ROT:
            self._rot.labels(outlet, rot).set(silence.canaries.cause == rot)
        if silence.canaries.verdicts and silence.canaries.at:
            self._canaries.labels(outlet).set(silence.canaries.at.timestamp())

    def sources(self, outlet: str, counts: Mapping[str, Count]) -> None:
        """Which kinds of source named what is new."""
        for source, count in counts.items():
            for result in ("found", "missed", "refilled"):
                self._named.labels(outlet, source, result).set(getattr(count, result))
            self._stopped.labels(outlet, source).set(count.stopped is not None)

    def distribution(self, outlet: str, result: str) -> None:
        """A hub told of news: `queued`, or `ignored` since it was not signed as it must be."""
        self._distributions.labels(outlet, result).inc()

    def subscribed(self, outlet: str, *, subscribed: bool) -> None:
        """Whether hubs are to tell of all the outlet's feeds."""
        self._subscribed.labels(outlet).set(subscribed)

    def queue(self, depth: Depth) -> None:
        """What the queue holds."""
        for state in ("waiting", "taken", "dead"):
            self._queue.labels(state).set(getattr(depth, state))

    def sink(self, name: str, lag: float, delivered: int = 0, dead: int = 0) -> None:
        """How a sink does."""
        self._sink.labels(name).set(lag)
        self._delivered.labels(name, "delivered").inc(delivered)
        self._delivered.labels(name, "dead").inc(dead)
