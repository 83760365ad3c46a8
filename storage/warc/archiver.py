"""The raw captures of one run, collected per outlet into WARC files and committed in groups.

Each file is one object, created once; its index is written after it. The pointer to a capture is known at once, but valid only
when `Filed.durable` is done. A file is written when it is large enough, when its first capture has waited long enough, when it
has as many captures as can be in flight, or when the caller knows that no more will come before these are durable (`release`).
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from storage import keys
from storage.errors import ArchiveError, NotAtHandError
from storage.record import Pointer
from storage.stores.store import Store
from storage.warc import records as warc_records
from storage.warc.dedup import PayloadIndex
from storage.warc.exchange import Exchange
from storage.warc.headers import BadHeadError, moment, warc_head
from storage.warc.records import Digests, Original, Packed
from storage.warc.segment_writer import ArchiverOptions, Named, SegmentWriter

REVISITED_BYTES: Final = 1024
"""Payloads smaller than this are filed again: a revisit would be as large."""
_HEAD_BYTES: Final = 1 << 16
_DEFLATED_AT_ONCE: Final = 1 << 14
"""Bytes whose compression holds nobody up: a quarter of a millisecond."""


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a capture stands. durable: done when its file is in the archive; raises ArchiveError if it could not be put there."""

    pointer: Pointer
    durable: Future[None]


class Archiver:
    """Thread-safe. `close` when the run ends.

    Memory: per outlet a file being written and one that gathers, each of at most `max_bytes` or one capture: `keep` waits
    while both are full. A payload that is on its way, not yet durable, is filed again when it is met meanwhile.
    """

    def __init__(self, store: Store, run_id: str, now: Callable[[], datetime], options: ArchiverOptions | None = None) -> None:
        self._store, self._run_id, self._now = store, run_id, now
        self._options = options or ArchiverOptions()
        self._payloads = PayloadIndex()
        self._writers: dict[str, SegmentWriter] = {}
        self._lock = threading.Lock()
        self._closed = False

    def keep(self, outlet: str, exchanges: Sequence[Exchange], held: Pointer | None = None, *, wait: bool = True) -> Filed:
        """File the exchanges of one fetch, its redirects first; `Filed.pointer` names the last one's response or revisit.

        held: an earlier capture of the same page. A payload that it has, or that this run has filed, becomes a `revisit`.
        ArchiveError: `held` could not be looked at. ValueError: no exchange. not wait: NotAtHandError where it would take some
        milliseconds or more: a long body to be deflated, a file that is full, a look at `held`.
        """
        if not exchanges:
            raise ValueError("nothing was exchanged")
        if not wait and (
            held is not None or any(len(each.body) > _DEFLATED_AT_ONCE and not warc_records.is_coded(each) for each in exchanges)
        ):
            raise NotAtHandError(exchanges[-1].url)
        writer = self._writer(outlet)
        records: list[Packed] = []
        named: list[Named] = []
        for exchange in exchanges:
            payload = Digests.of(exchange.body)
            original = self._original(exchange, payload, held if exchange is exchanges[-1] else None)
            answer = warc_records.revisit(exchange, payload, original) if original else warc_records.response(exchange, payload)
            if original is None and len(exchange.body) >= REVISITED_BYTES:
                named.append((payload.sha256, Original(answer.record_id, exchange.url, exchange.at)))
            if exchange.request is not None:
                records.append(warc_records.request(exchange, answer.record_id))
            records.append(answer)
        return Filed(*writer.put(records, named, wait=wait))

    def copy(self, outlet: str, record: bytes) -> Filed:
        """File a record of another's WARC file as it stands (unpacked: header, blank line, block, line ends or none).

        Damaged: it is no WARC record.
        """
        return self.file(outlet, warc_records.copied(record))

    def file(self, outlet: str, packed: Packed) -> Filed:
        """File a record that is packed (`storage.warc.records.copied`)."""
        return Filed(*self._writer(outlet).put([packed]))

    def release(self, outlet: str) -> None:
        """Nothing more of the outlet comes before what waits is durable: write it now. Returns at once."""
        writer = self._writers.get(outlet)
        if writer is not None:
            writer.release()

    def flush(self) -> None:
        """Write what waits; returns when all of it is durable or has failed (`Filed.durable` says which)."""
        with self._lock:
            writers = list(self._writers.values())
        for writer in writers:
            writer.release()
        for writer in writers:
            writer.wait()

    def close(self) -> None:
        """Flush and end. ArchiveError if the index of a durable file could not be written: the next run writes it."""
        with self._lock:
            writers, self._closed = list(self._writers.values()), True
        try:
            for writer in writers:
                writer.close()
        finally:
            self._payloads.close()

    def abandon(self) -> None:
        """End without waiting: what waits is still written, by threads that do not keep the process alive."""
        with self._lock:
            self._closed = True
            for writer in self._writers.values():
                writer.abandon()

    def _original(self, exchange: Exchange, payload: Digests, held: Pointer | None) -> Original | None:
        """The record that holds this payload already."""
        if len(exchange.body) < REVISITED_BYTES:
            return None
        if held is not None and held.payload_digest == payload.sha256:
            return self._of(held)
        return self._payloads.holder(payload.sha256)

    def _of(self, pointer: Pointer) -> Original | None:
        """The record at a place or, if that is a revisit, the one it refers to; None if it is not there."""
        packed = self._store.part(pointer.file, pointer.offset, pointer.length)
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed or b"", _HEAD_BYTES)
            fields = warc_head(head.partition(b"\r\n\r\n")[0]).fields
            if fields["warc-record-id"] != pointer.record_id:
                return None
            id_, url, date = _REFERENCE if fields["warc-type"] == "revisit" else _OWN
            at = moment(fields[date])
            return Original(fields[id_], fields[url], at) if at else None
        except (zlib.error, KeyError, BadHeadError):
            return None  # damaged, which `verify` says: the payload is filed in full

    def _writer(self, outlet: str) -> SegmentWriter:
        with self._lock:
            if self._closed:
                raise ArchiveError("the run has ended: nothing can be filed any more")
            if outlet not in self._writers:
                keys.checked_slug(outlet)
                self._writers[outlet] = SegmentWriter(self._store, self._payloads, self._options, self._namer(outlet))
            return self._writers[outlet]

    def _namer(self, outlet: str) -> Callable[[], tuple[str, Packed]]:
        """Gives an outlet's files their keys and first records, one after the other."""
        numbers = iter(range(1, 1 << 30))

        def begin() -> tuple[str, Packed]:
            at = self._now()
            key = keys.warc(outlet, self._run_id, next(numbers), at)
            about = {**self._options.about, "isPartOf": self._run_id}
            return key, warc_records.warcinfo(key.rpartition("/")[2], at, about)

        return begin


_OWN: Final = ("warc-record-id", "warc-target-uri", "warc-date")
_REFERENCE: Final = ("warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date")
