"""WARC files and their indexes. Looks at nothing but the object; memory for one file and its largest record."""

from __future__ import annotations

import hashlib
import io
import json
import re
from typing import Final

from storage.verify.object_rows import ObjectRows
from storage.warc import cdxj
from storage.warc.reader import Problem, Record, records

MAX_RECORD: Final = 256 << 20
"""Bytes of the largest block that is read. The crawl keeps no page of more than a few MB."""
_HEAD_BYTES: Final = 1 << 16
_KEY: Final = re.compile(
    r"warc/outlet=(?P<outlet>[^/]+)/captured=\d{4}-\d\d-\d\d/(?P<run>[^/]+?)(?:-(?P=outlet))?-\d+\.(?P<kind>warc\.gz|cdxj)"
)
_LINE: Final = re.compile(rb"(\S+ \d{14}) (\{.*\})")
_FIELD: Final = re.compile(rb"^(WARC-Refers-To|WARC-Payload-Digest-SHA1): *(.*?)\r?$", re.MULTILINE)


def note_capture_file(object_rows: ObjectRows, data: bytes) -> None:
    """Note the records of a WARC file, or the lines of an index."""
    key = _KEY.fullmatch(object_rows.key)
    if key is None:
        object_rows.add_finding("does not belong among raw captures")
        return
    object_rows.run = key["run"]
    if key["kind"] == "cdxj":
        _index(object_rows, data)
        return

    def problem(found: Problem) -> None:
        object_rows.add_finding(f"at byte {found.offset}: {found.reason}")

    for record in records(io.BytesIO(data), object_rows.key, max_bytes=MAX_RECORD, problem=problem):
        if not record.length:
            object_rows.add_finding(f"at byte {record.offset}: {record.record_id} is not a gzip member of its own")
        digest = record.payload_digest if record.kind == "revisit" else "sha256:" + hashlib.sha256(record.body).hexdigest()
        lines = len(cdxj.entries(record.raw[:_HEAD_BYTES], object_rows.key, record.offset, record.length))
        object_rows.add("record", record.offset, record.length, record.record_id, digest, _repeats(record), lines)


def _repeats(record: Record) -> str | None:
    """The id of the record that a revisit of ours repeats. A copied one may repeat what its own archive has."""
    if record.kind != "revisit":
        return None
    fields = dict(_FIELD.findall(record.raw[: record.raw.find(b"\r\n\r\n")]))
    return fields[b"WARC-Refers-To"].decode() if len(fields) == 2 else None


def _index(object_rows: ObjectRows, data: bytes) -> None:
    if data and not data.endswith(b"\n"):
        object_rows.add_finding("ends in the middle of a line")
    file, before = object_rows.key.removesuffix(".cdxj") + ".warc.gz", b""
    for number, line in enumerate(data.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            object_rows.add_finding("is no line of an index", key=f"{object_rows.key}#{number}")
            continue
        if line < before:
            object_rows.add_finding("does not sort after the line before it", key=f"{object_rows.key}#{number}")
        before, fields = line, json.loads(found[2])
        if fields["filename"].rpartition("/")[2] != file.rpartition("/")[2]:
            object_rows.add_finding(f"names another file, {fields['filename']}", key=f"{object_rows.key}#{number}")
        object_rows.add("line", number, file, int(fields["offset"]), int(fields["length"]))
