"""Writes one outlet's captures into WARC files: while one file is being written, captures are collected for the next."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from storage import keys
from storage.errors import ArchiveError, Damaged, NotAtHandError
from storage.record import Pointer
from storage.stores.store import Store
from storage.warc import cdxj
from storage.warc.dedup import PayloadIndex
from storage.warc.records import Original, Packed

WARC_TYPE: Final = "application/warc"
CDXJ_TYPE: Final = "text/x-cdxj"

Named = tuple[str, Original]
"""(digest of a payload, the record that will hold it)."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Segment:
    """A WARC file that is not written yet. born: `time.monotonic()` at its first capture; captures: how many it has."""

    key: str
    parts: list[bytes]
    size: int
    born: float
    captures: int = 0
    heads: list[tuple[bytes, int, int]] = field(default_factory=list)
    payloads: list[Named] = field(default_factory=list)
    durable: Future[None] = field(default_factory=Future)

    def add(self, record: Packed) -> Pointer:
        pointer = Pointer(
            file=self.key, offset=self.size, length=len(record.data), record_id=record.record_id, payload_digest=record.payload
        )
        self.heads.append((record.head, self.size, len(record.data)))
        self.parts.append(record.data)
        self.size += len(record.data)
        return pointer

    def index(self) -> bytes:
        """The CDXJ of the file."""
        return cdxj.index(line for head, offset, length in self.heads for line in cdxj.lines(head, self.key, offset, length))


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiverOptions:
    """When a file is written: at `max_bytes`, `seconds` after its first capture, or when `waiting` captures wait for it.

    about: what `warcinfo` says of the software and its settings, by name.
    """

    max_bytes: int = 16 << 20
    seconds: float = 2.0
    waiting: int = 16
    about: Mapping[str, str] = field(default_factory=dict)


class SegmentWriter:
    """Thread-safe; a thread of its own writes. begin: gives the key of the next file and its first record, `warcinfo`."""

    def __init__(
        self, store: Store, payloads: PayloadIndex, options: ArchiverOptions, begin: Callable[[], tuple[str, Packed]]
    ) -> None:
        self._store, self._payloads, self._options, self._begin = store, payloads, options, begin
        self._turn = threading.Condition()
        self._open: Segment | None = None
        self._writing = self._released = self._closing = False
        self._unindexed: dict[str, bytes] = {}
        self._doubtful: list[str] = []
        self._thread = threading.Thread(target=self._work, name="warc", daemon=True)
        self._thread.start()

    def put(
        self, records: Sequence[Packed], payloads: Sequence[Named] = (), *, wait: bool = True
    ) -> tuple[Pointer, Future[None]]:
        """Adds the records to one file: (pointer to the last of them, future that is done when the file is durable).

        Blocks while one file is full and the file before it is still being written; not wait: NotAtHandError instead.
        """
        size = sum(len(record.data) for record in records)
        with self._turn:
            if self._closing:
                raise ArchiveError("the run has ended: nothing can be filed any more")
            while self._open is not None and self._open.size + size > self._options.max_bytes:
                if not wait:
                    raise NotAtHandError(self._open.key)
                self._released = True
                self._turn.notify_all()
                self._turn.wait()
            begun = self._open is None
            segment = self._open = self._open or self._new()
            for record in records:
                pointer = segment.add(record)
            segment.captures += 1
            segment.payloads += payloads
            if begun or self._due():  # else there is nothing that anybody waits for
                self._turn.notify_all()
        return pointer, segment.durable

    def release(self) -> None:
        """Have the file that collects captures written now. Returns at once."""
        with self._turn:
            self._released = self._open is not None
            self._turn.notify_all()

    def wait(self) -> None:
        """Returns when the released file is written or its write has failed."""
        with self._turn:
            self._turn.wait_for(lambda: not self._released and not self._writing)

    def close(self) -> None:
        """Write the last file and any index that could not be written before. ArchiveError: the run cannot be finished."""
        self.abandon()
        self._thread.join()
        for key in self._doubtful:
            # The write may have been done although its answer was an error: then the file belongs to this run like the others.
            data = self._store.get(key)
            if data is not None:
                self._create(key, data, WARC_TYPE)
                self._unindexed[key] = cdxj.of_file(data, key)
        for key, index in self._unindexed.items():
            self._create(keys.cdxj(key), index, CDXJ_TYPE)

    def abandon(self) -> None:
        """Accept no more records. Returns at once."""
        with self._turn:
            self._closing = True
            self._turn.notify_all()

    def _new(self) -> Segment:
        key, warcinfo = self._begin()
        segment = Segment(key, [warcinfo.data], len(warcinfo.data), time.monotonic())
        segment.durable.set_running_or_notify_cancel()  # one waiter that is cancelled must not cancel it for the others
        return segment

    def _work(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._open is not None or self._closing)
                if self._open is None:
                    return
                self._turn.wait_for(self._due, timeout=self._open.born + self._options.seconds - time.monotonic())
                segment, self._open = self._open, None
                self._released, self._writing = False, True
                self._turn.notify_all()
            self._write(segment)
            with self._turn:
                self._writing = False
                self._turn.notify_all()

    def _due(self) -> bool:
        segment = self._open
        assert segment is not None
        return (
            self._released
            or self._closing
            or segment.size >= self._options.max_bytes
            or segment.captures >= self._options.waiting
            or time.monotonic() >= segment.born + self._options.seconds
        )

    def _write(self, segment: Segment) -> None:
        try:
            self._create(segment.key, b"".join(segment.parts), WARC_TYPE)
        except ArchiveError as error:
            self._doubtful.append(segment.key)
            segment.durable.set_exception(error)
            return
        except Exception as error:  # whatever it is, the callers that wait get it
            logger.exception("%s was not written", segment.key)
            segment.durable.set_exception(ArchiveError(f"{segment.key}: {type(error).__name__}: {error}"))
            return
        self._payloads.learn(segment.payloads)
        segment.durable.set_result(None)
        index = segment.index()
        try:
            self._create(keys.cdxj(segment.key), index, CDXJ_TYPE)
        except ArchiveError as error:  # the captures stand; the index is made up for at the end, or by the next run
            logger.info("%s", error)
            self._unindexed[segment.key] = index

    def _create(self, key: str, data: bytes, content_type: str) -> None:
        if self._store.create(key, data, content_type) != data:
            raise Damaged(f"{key} is taken: another run has this run's id")
