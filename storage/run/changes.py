"""The change log: CloudEvents 1.0, one a line, in segments `changes/yyyy/mm/dd/<run>-<n>.jsonl` that are written once.

Several threads announce at once and share segments: while one of them writes, or waits a moment for those that are
about to announce, the lines of the others gather for the next segment. `announce` returns when the line is durable.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Literal

from storage import keys
from storage.errors import ArchiveError, Damaged
from storage.record import Json, rfc3339, to_bytes
from storage.stores.store import NewObject, Store

OutletEvent = Literal["outlet.silent", "outlet.unreadable", "outlet.recovered", "source.failed"]
ArchiveEvent = Literal["work.dead", "archive.damaged", "seal.failed"]
"""What goes wrong around the archive, as a watch sees it: subject `archive`."""
EventType = (
    Literal["article.kept", "article.revised", "article.gone", "run.finished", "archive.sealed"] | OutletEvent | ArchiveEvent
)
SEGMENT_TYPE: Final = "application/x-ndjson"
SHARING_SECONDS: Final = 0.02
"""How long a line waits at most for others known to be on their way: less than one S3 put of 8 threads takes."""


def event(kind: EventType, *, source: str, subject: str, identity: str, at: datetime, data: Json) -> Json:
    """A CloudEvent. `identity` makes its id, which repeats when the same fact is announced again."""
    return {
        "specversion": "1.0",
        "id": f"{kind}:{identity}",
        "type": kind,
        "source": source,
        "subject": subject,
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "data": data,
    }


def outlet_event(kind: EventType, outlet: str, at: datetime, data: Json) -> Json:
    """What happened to an outlet at this moment."""
    identity = f"{outlet}/{rfc3339(at)}"
    return event(kind, source=f"urn:warraq:{outlet}", subject=outlet, identity=identity, at=at, data=data)


def sealed_event(seal: int, origin: str, at: datetime, data: Json) -> Json:
    """That the archive was sealed. Its id repeats when the same seal of a log is announced again."""
    identity = f"{origin}/{seal}"
    return event("archive.sealed", source="urn:warraq:archive", subject=origin, identity=identity, at=at, data=data)


class ChangeLog:
    """The segments one run writes."""

    def __init__(self, store: Store, run_id: str, now: Callable[[], datetime]) -> None:
        self._store, self._run_id, self._now = store, run_id, now
        self._turn = threading.Condition()
        self._open = _Batch()
        self._writing = False
        self._expected = 0
        self._segments = 0

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Around work that may announce: others who announce meanwhile wait for it a moment and share a segment."""
        with self._turn:
            self._expected += 1
        try:
            yield
        finally:
            with self._turn:
                self._expected -= 1
                self._turn.notify_all()

    @contextmanager
    def own_segment(self, events: Sequence[Json]) -> Iterator[NewObject]:
        """A segment with these events, to be created inside: others who announce write theirs before or after."""
        with self._turn:
            self._turn.wait_for(lambda: not self._writing)
            self._writing = True
            key = self._next_key()
        try:
            yield NewObject(key, b"".join(map(to_bytes, events)), SEGMENT_TYPE)
        finally:
            with self._turn:
                self._writing = False
                self._turn.notify_all()

    def announce(self, event: Json) -> None:
        """Return when the event is durable. ArchiveError: its segment could not be written; announce it again later."""
        with self._turn:
            batch = self._open
            batch.lines.append(to_bytes(event))
            self._turn.notify_all()
            self._turn.wait_for(lambda: batch.done or not self._writing)
            if not batch.done:
                self._lead(batch)
        if batch.error is not None:
            raise type(batch.error)(str(batch.error)) from batch.error

    def _lead(self, batch: _Batch) -> None:
        """Write the open batch for all who are in it. Called, and left, with the lock held."""
        self._writing = True
        self._turn.wait_for(lambda: len(batch.lines) >= self._expected, timeout=SHARING_SECONDS)
        self._open = _Batch()
        key = self._next_key()
        self._turn.release()
        try:
            self._write(key, b"".join(batch.lines))
        except ArchiveError as error:
            batch.error = error
        finally:
            self._turn.acquire()
            self._writing = False
            batch.done = True
            self._turn.notify_all()

    def _next_key(self) -> str:
        self._segments += 1
        return keys.changes(self._run_id, self._segments, self._now())

    def _write(self, key: str, data: bytes) -> None:
        if self._store.create(key, data, SEGMENT_TYPE) != data:
            raise Damaged(f"{key} is taken: another run has this run's id")


class _Batch:
    """Lines that will share a segment."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.done = False
        self.error: ArchiveError | None = None
