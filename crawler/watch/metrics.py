"""The metrics of a watch, for Prometheus. Every name stands in `infra/deploy/prometheus/metrics.md`."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

from crawler.crawl.failing import CAUSES as FAILING_CAUSES
from crawler.crawl.verdict import CAUSES as VERDICTS
from crawler.discovery.completeness import Count
from crawler.watch.monitor.canaries import ROT
from crawler.watch.monitor.silence import Silence
from crawler.watch.task import CrawlResult
from storage.queues import Depth

CAUSES: Final = ("sources", "challenge", "unreadable", "disagreement", "quiet")
RUN_BUCKETS: Final = (0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200)
"""Seconds."""

_COUNTERS: Final = {
    "door_connections_shed": ("Connections to the door that were let go, by why.", "reason"),
    "source_failures": ("Sources that failed in a crawl.", "outlet"),
    "fates": ("Addresses by outlet and fate.", "outlet fate"),
    "doubts": ("Articles whose text was doubted, by outlet and why.", "outlet doubt"),
    "runs": ("Crawls by outlet and how they ended.", "outlet result"),
    "sink_errors": ("Unexpected errors of a sink's delivery.", "sink"),
    "sink_events": ("Events by sink and what became of them.", "sink result"),
    "websub_distributions": ("What hubs told, by outlet and what became of it.", "outlet result"),
}
_GAUGES: Final = {
    "archive_up": ("1 while the archive can be read.", ""),
    "canaries_last_timestamp_seconds": ("When known articles were read again last.", "outlet"),
    "crawl_fruitless": ("1 while crawls get no article where there is something to get, by cause.", "outlet cause"),
    "failing_pages": ("Pages that failed when they were last asked for, by cause.", "outlet cause"),
    "last_kept_timestamp_seconds": ("When an article of the outlet was kept last.", "outlet"),
    "last_poll_timestamp_seconds": ("When a source of the outlet answered last.", "outlet"),
    "outlet_drift": ("1 while articles read are shorter, or lack fields, against before.", "outlet"),
    "outlet_paused": ("1 while an outlet is paused (`warraq queue pause`).", "outlet"),
    "outlet_rot": ("1 while known articles cannot be read any more, by cause.", "outlet cause"),
    "outlet_silence": ("The present silence in expected intervals; 2 is an alarm.", "outlet"),
    "outlet_silent": ("1 while an outlet is silent, by cause.", "outlet cause"),
    "poll_interval_seconds": ("Time between two polls.", "outlet"),
    "queue_events": ("Events in the queue by state.", "state"),
    "seal_failed": ("1 while the last sealing failed, or an authority gave no time stamp.", ""),
    "seal_last_timestamp_seconds": ("When the newest checkpoint was signed.", ""),
    "sink_lag_seconds": ("Age of the oldest change that a sink has not taken, 0 if none.", "sink"),
    "source_articles": ("New articles of the last week, by kind of source: found, missed, refilled.", "outlet source result"),
    "source_condition": ("What is wrong with sources and lasts, by kind of source: how much of it.", "outlet source condition"),
    "source_stopped": ("1 while a kind of source names nothing and others do.", "outlet source"),
    "verify_damaged_objects": ("Damaged objects that it found.", "pass"),
    "verify_last_timestamp_seconds": ("When the last pass of verify ended.", "pass"),
    "websub_subscribed": ("1 while hubs tell of the outlet's news.", "outlet"),
    "work_active": ("Crawls under way.", ""),
}
"""By name without `warraq_`: help text, and the labels."""


class Metrics:
    """The Prometheus metrics of one process, in one registry. Durations are seconds, moments Unix time."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._counters = {
            name: Counter(f"warraq_{name}", about, labels.split(), registry=registry)
            for name, (about, labels) in _COUNTERS.items()
        }
        self._gauges = {
            name: Gauge(f"warraq_{name}", about, labels.split(), registry=registry) for name, (about, labels) in _GAUGES.items()
        }
        self._paused: set[str] = set()
        self.depth: Depth | None = None
        """What the queue held when it was looked at last."""
        self._seconds = Histogram(
            "warraq_run_duration_seconds", "How long a crawl took.", ["outlet"], registry=registry, buckets=RUN_BUCKETS
        )

    def set(self, name: str, value: float, *labels: str) -> None:
        """The value of a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def count(self, name: str, number: float, *labels: str) -> None:
        """So much more of a counter."""
        self._counters[name].labels(*labels).inc(number)

    def forget(self, outlet: str) -> None:
        """An outlet is none any more: what was true of it last is no alarm. What was counted stays."""
        for name, (_, labels) in _GAUGES.items():
            if "outlet" in labels.split():
                self._gauges[name].remove_by_labels({"outlet": outlet})
        self._paused.discard(outlet)

    def sealed(self, at: datetime | None, *, failed: bool) -> None:
        """When the newest checkpoint was signed (aware; None: not known), and whether something of the sealing failed."""
        self.set("seal_failed", failed)
        if at is not None:
            self.set("seal_last_timestamp_seconds", at.timestamp())

    def archive(self, *, up: bool, passes: Mapping[str, Any] | None = None) -> None:
        """Whether the archive answers, and what its last passes of verify found."""
        self.set("archive_up", up)
        for name, found in (passes or {}).items():
            if found and found.get("finished_at"):
                self.set("verify_last_timestamp_seconds", datetime.fromisoformat(found["finished_at"]).timestamp(), name)
                self.set("verify_damaged_objects", found["damage"], name)

    def ended(self, outlet: str, ended: CrawlResult, interval: float | None, active: int) -> None:
        """A crawl has ended. interval: seconds to the outlet's next poll; active: crawls that still run."""
        for fate, number in ended.fates.items():
            self.count("fates", number, outlet, fate)
        for doubt, number in ended.statistics.doubts.items():
            self.count("doubts", number, outlet, doubt)
        self.count("runs", 1, outlet, "failed" if ended.failure else "done")
        self._seconds.labels(outlet).observe(ended.seconds)
        self.count("source_failures", ended.statistics.failed_sources, outlet)
        cause = ended.statistics.verdict[0] if ended.statistics.verdict else None
        if cause or ended.statistics.addresses.got:
            for each in VERDICTS:
                self.set("crawl_fruitless", each == cause, outlet, each)
        if ended.statistics.kept:
            self.set("last_kept_timestamp_seconds", time.time(), outlet)
        if ended.statistics.answered:
            self.set("last_poll_timestamp_seconds", time.time(), outlet)
        if interval is not None:
            self.set("poll_interval_seconds", interval, outlet)
        self.set("work_active", active)

    def silence(self, outlet: str, silence: Silence) -> None:
        """How silent an outlet is, and whether what is read of it drifts or rots."""
        for cause in CAUSES:
            self.set("outlet_silent", bool(silence.since and silence.cause == cause), outlet, cause)
        self.set("outlet_silence", silence.expectation.silence, outlet)
        self.set("outlet_drift", bool(silence.drift), outlet)
        for rot in ROT:
            self.set("outlet_rot", silence.canaries.cause == rot, outlet, rot)
        if silence.canaries.verdicts and silence.canaries.at:
            self.set("canaries_last_timestamp_seconds", silence.canaries.at.timestamp(), outlet)

    def sources(self, outlet: str, counts: Mapping[str, Count]) -> None:
        """Which kinds of source named what is new."""
        for source, count in counts.items():
            for result in ("found", "missed", "refilled"):
                self.set("source_articles", getattr(count, result), outlet, source, result)
            self.set("source_stopped", count.stopped is not None, outlet, source)

    def troubles(self, outlet: str, conditions: Mapping[tuple[str, str], int], failing: Mapping[str, int]) -> None:
        """What lasts of what was not got. conditions: by kind of source and name (`crawler.crawl.source_conditions`); failing:
        pages by cause (`crawler.crawl.failing`).
        """
        for (source, condition), number in conditions.items():
            self.set("source_condition", number, outlet, source, condition)
        for cause in FAILING_CAUSES:
            self.set("failing_pages", failing.get(cause, 0), outlet, cause)

    def queue(self, depth: Depth) -> None:
        """What the queue holds."""
        self.depth = depth
        for state in ("waiting", "taken", "dead"):
            self.set("queue_events", getattr(depth, state), state)

    def paused(self, outlets: Collection[str]) -> None:
        """Which outlets are paused; of one that was, 0 stays."""
        self._paused |= set(outlets)
        for outlet in self._paused:
            self.set("outlet_paused", outlet in outlets, outlet)

    def sink(self, name: str, lag: float, delivered: int = 0, dead: int = 0) -> None:
        """How a sink does. lag: seconds; delivered, dead: events since the last call."""
        self.set("sink_lag_seconds", lag, name)
        self.count("sink_events", delivered, name, "delivered")
        self.count("sink_events", dead, name, "dead")
