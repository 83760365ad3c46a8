"""What `warraq watch` shows on a terminal: a row for each outlet that follows its work, and the last troubles in words."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from crawler.cli.plain_words import READER_TROUBLES
from crawler.cli.tables import Column, figures, table
from crawler.facts import Facts
from crawler.watch.metrics import Metrics

COLUMNS: Final = (
    *(Column("outlet"), Column("last poll"), Column("next poll")),
    *figures("kept", "revised", "gone", "queue"),
    Column("alarms", wraps=True),
)
COUNTED: Final = ("kept", "revised", "gone")
TROUBLES: Final = READER_TROUBLES | {
    "source.failed": "source failed",
    "work.failed": "crawl failed",
    "work.dead": "dead letters in the queue (`warraq queue dead`)",
    "sink.unavailable": "a sink does not answer",
    "sink.failed": "a sink failed",
    "event.dead": "a sink refused an event (`warraq events dead`)",
    "queue.unavailable": "the queue cannot be used",
    "archive.unavailable": "the archive cannot be used",
    "archive.damaged": "the archive is damaged (`warraq verify`)",
    "seal.failed": "sealing failed",
    "settings.refused": "the settings were not taken",
    "watch.cut_off": "it ended before all was done; the next start takes it up",
    "outlet.silent": "the outlet is silent",
    "outlet.unreadable": "the outlet cannot be read as before",
    "outlet.recovered": "the outlet is back",
    "outlet.paused": "the outlet is paused",
    "outlet.resumed": "the outlet is resumed",
}
"""Facts that are shown below the table, in words."""
LAST: Final = 4
"""So many of them."""
_ALARMS: Final = {
    "warraq_outlet_silent": "silent: {cause}",
    "warraq_crawl_fruitless": "nothing read: {cause}",
    "warraq_outlet_rot": "unreadable: {cause}",
    "warraq_outlet_drift": "read worse",
    "warraq_source_stopped": "{source} stopped",
    "warraq_outlet_paused": "paused",
}


@dataclass(slots=True)
class _Row:
    polled: datetime | None = None
    due: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter)


class WatchTable(Facts):
    """Takes facts and draws them, instead of writing them. Use as a context. Thread-safe. Days are those of UTC."""

    def __init__(self, outlets: Sequence[str], metrics: Metrics, console: Console | None = None) -> None:
        super().__init__()
        self._metrics, self._console = metrics, console or Console()
        self._lock = threading.Lock()
        self._rows = {outlet: _Row() for outlet in outlets}
        self._day: date = datetime.now(UTC).date()
        self._troubles: deque[str] = deque(maxlen=LAST)
        self._state = "starting …"
        self._live = Live(get_renderable=self._drawn, console=self._console, refresh_per_second=2, vertical_overflow="visible")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, fact: str, /, **details: Any) -> None:
        """A fact, as `Facts` takes it."""
        now, outlet = datetime.now(UTC), details.get("outlet")
        with self._lock:
            if now.date() != self._day:
                self._day = now.date()
                for row in self._rows.values():
                    row.counts.clear()
            if outlet:
                self._of_outlet(fact, outlet, now)
            else:
                self._of_watch(fact, details)
            if fact in TROUBLES:
                what = details.get("reason") or details.get("cause") or ""
                parts = (
                    f"{now:%H:%M}",
                    outlet or "",
                    TROUBLES[fact],
                    str(details.get("url") or details.get("path") or ""),
                    str(what),
                )
                self._troubles.append(" ".join(" ".join(part for part in parts if part).split()))
        if fact == "watch.cut_off":  # the process ends without `__exit__`
            self._live.stop()

    def _of_outlet(self, fact: str, outlet: str, now: datetime) -> None:
        if fact in COUNTED:
            self._row(outlet).counts[fact] += 1
        elif fact in ("work.finished", "work.failed"):
            interval = self._metrics.registry.get_sample_value("warraq_poll_interval_seconds", {"outlet": outlet})
            self._row(outlet).polled = now
            self._row(outlet).due = now + timedelta(seconds=interval) if interval else None

    def _of_watch(self, fact: str, details: dict[str, Any]) -> None:
        if fact == "settings.reloaded":
            gone, new = details["outlets"]["removed"], details["outlets"]["added"]
            self._rows = {slug: self._rows.get(slug, _Row()) for slug in {*self._rows, *new}.difference(gone)}
        elif fact == "watch.started":
            self._state = f"archive {details['archive']} · queue {details['queue']}"
        elif fact == "watch.stopping":
            self._state = (
                "stopping: what is under way is finished, the rest stays queued; ^C again breaks it off"
                if details["seconds"]
                else "stopping: what was read is kept; ^C once more ends it at once"
            )

    def _row(self, outlet: str) -> _Row:
        return self._rows.setdefault(outlet, _Row())

    def _drawn(self) -> RenderableType:
        now, alarms, depth = datetime.now(UTC), self._alarms(), self._metrics.depth
        width = self._console.width
        with self._lock:
            rows = []
            for outlet, row in sorted(self._rows.items()):
                group = depth.groups.get(outlet) if depth else None
                queue = f"{group.waiting + group.taken:,}" if group else "·"
                counts = [f"{row.counts[fate]:,}" if row.counts[fate] else "·" for fate in COUNTED]
                working = group is not None and group.taken > 0
                polled = f"{_span(now - row.polled)} ago" if row.polled else "·"
                due = (
                    "now"
                    if working and "paused" not in alarms.get(outlet, ())
                    else f"in {_span(row.due - now)}"
                    if row.due
                    else "·"
                )
                rows.append((outlet, polled, due, *counts, queue, ", ".join(alarms.get(outlet, ()))))
            queue_state = f"{depth.waiting:,} wait, {depth.taken:,} worked on, {depth.dead:,} dead" if depth else "…"
            lines = [f"{self._state} · kept, revised, gone: today (UTC) · queue: {queue_state}", *self._troubles]
        return Group(table(COLUMNS, rows, width), *(Text(_cut(line, 2 * width), style="dim") for line in lines))

    def _alarms(self) -> dict[str, list[str]]:
        """In words, by outlet."""
        found: dict[str, list[str]] = {}
        for family in self._metrics.registry.collect():
            if family.name in _ALARMS:
                for sample in family.samples:
                    if sample.value == 1:
                        found.setdefault(sample.labels["outlet"], []).append(_ALARMS[family.name].format(**sample.labels))
        return found


def _span(time: timedelta) -> str:
    """In the largest unit that it fills."""
    seconds = max(0, round(time.total_seconds()))
    if seconds < 90:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 5400 else f"{seconds // 3600} h"


def _cut(text: str, width: int) -> str:
    """At most so many columns: a reason may be a page long."""
    while cell_len(text) > width:
        text = f"{text[: width - 1].rstrip('…')[:-1]}…"
    return text
