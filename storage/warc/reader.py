"""WARC files (ISO 28500, WARC 1.0 and 1.1) of any writer, read record by record, damaged ones as far as they can be proven.

Why not FastWARC or warcio here: both end at the first damaged member, and neither gives the bytes of a record as they
stand together with the place and length of its member (infra/decisions/0009). warcio is the judge in the tests.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from storage.errors import Damaged
from storage.record import Pointer
from storage.stores.store import Store
from storage.warc.capture import Record
from storage.warc.problem import Problem
from storage.warc.record_scan import RecordScan

__all__ = ["Problem", "Record", "record_at", "records"]

RECORD_BYTES: Final = 1 << 28
"""Largest record of our own archive that is read back; the crawl's limit for a page is far below."""


def records(file: BinaryIO, name: str, *, max_bytes: int, problem: Callable[[Problem], None]) -> Iterator[Record]:
    """The captures of http(s) addresses in a WARC file: gzip, zstd or plain, of any version, in the order of the file.

    Never raises for what the file holds: what cannot be read is given to `problem` (places and lost captures apart, see
    there), and reading goes on at the next record that can be found. Records that are no captures (request, metadata,
    warcinfo, dns, …) are passed over in silence.

    A capture is given when a digest of its header (WARC 1.1 §5.8, §5.9) is that of its bytes, or when the gzip member or zstd
    frame that it stands in is whole to its checksum. In a file that is not compressed, or whose frames have no checksum, a
    capture without a digest is given if its header shows no damage: nothing could prove it. A wrong digest is a lost capture.

    A block of more than `max_bytes` is passed over without being held: memory stays below some max_bytes + 32 MB. OSError of
    `file` goes through. `file` should be seekable: else captures without digests in a member of several records are lost, and
    less can be found again behind some kinds of damage.
    """
    return RecordScan(file, name, max_bytes, problem).records()


def record_at(store: Store, pointer: Pointer) -> Record:
    """The record that a pointer names. Damaged if it is not there or is not what the pointer says."""
    where = f"{pointer.file} at {pointer.offset}"
    packed = store.part(pointer.file, pointer.offset, pointer.length)
    if packed is None or len(packed) != pointer.length:
        raise Damaged(f"{where}: " + ("there is no such file" if packed is None else "the file ends before the record does"))
    problems: list[Problem] = []
    found = list(records(io.BytesIO(packed), pointer.file, max_bytes=RECORD_BYTES, problem=problems.append))
    if problems or len(found) != 1:
        raise Damaged(f"{where}: " + (problems[0].reason if problems else f"{len(found)} captures instead of one"))
    (record,) = found
    if record.record_id != pointer.record_id:
        raise Damaged(f"{where}: {record.record_id or 'a record without id'} stands there, not {pointer.record_id}")
    digest = record.payload_digest if record.kind == "revisit" else "sha256:" + hashlib.sha256(record.body).hexdigest()
    if digest != pointer.payload_digest:
        raise Damaged(f"{where}: the payload's digest is {digest}, not {pointer.payload_digest}")
    return record
