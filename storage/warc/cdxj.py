"""The index of a WARC file (CDXJ): one line a capture, `<SURT> <14 digits, UTC> <JSON>`, sorted by bytes, as pywb reads it.

A line is made of what stands in the record, so the index of a file can be made again from the file, byte for byte.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from storage.errors import Damaged
from storage.warc.headers import BadHeadError, address, http_head, moment, value, warc_head
from storage.warc.reader import RECORD_BYTES, Problem, records
from storage.warc.records import MEMENTO_DATE, MEMENTO_URI

REVISIT: Final = "warc/revisit"
"""The MIME type by which indexes mark a revisit; its payload stands in an earlier record with the same digest."""
UNKNOWN: Final = "unk"
_HEAD_BYTES: Final = 1 << 20
_INDEXED: Final = {"response", "resource", "revisit"}


def lines(record: bytes, filename: str, offset: int, length: int) -> list[str]:
    """The index lines of a record (unpacked: header, blank line, block or at least the head of its HTTP message).

    None at all for a record that is no capture. Two for a replay of a web archive: under the address that was asked, and under
    the page's own with the time of its capture there, so that it is found by what it stands for. Damaged: no record.
    """
    return [_line(*entry) for entry in entries(record, filename, offset, length)]


def entries(record: bytes, filename: str, offset: int, length: int) -> list[tuple[str, datetime, dict[str, str]]]:
    """(address, moment, fields) of each of these lines: who only counts them needs no SURT."""
    start, _, block = record.partition(b"\r\n\r\n")
    try:
        fields = warc_head(start).fields
    except BadHeadError as error:
        raise Damaged(f"{filename}: {error} at {offset}") from error
    kind = fields.get("warc-type")
    if kind not in _INDEXED:
        return []
    url, at = address(fields.get("warc-target-uri")), moment(fields.get("warc-date"))
    if not url or at is None:
        raise Damaged(f"{filename}: the record at {offset} lacks an address or a date")
    entry = _answered(kind, fields, block)
    if "warc-payload-digest" in fields:
        entry["digest"] = fields["warc-payload-digest"]
    entry |= {"length": str(length), "offset": str(offset), "filename": filename}
    found = [(url, at, entry)]
    original, captured = fields.get(MEMENTO_URI.lower()), moment(fields.get(MEMENTO_DATE.lower()))
    if original and captured:
        found.append((original, captured, {**entry, "replayed_at": url}))
    return found


def index(found: Iterable[str]) -> bytes:
    """The whole index, in the byte order of its lines."""
    return b"".join(line + b"\n" for line in sorted(line.encode() for line in found))


def of_file(warc: bytes, filename: str) -> bytes:
    """The index of a whole WARC file of ours (each record a gzip member). Damaged: it is none."""

    def damaged(found: Problem) -> None:
        raise Damaged(f"{filename}: {found.reason} at {found.offset}")

    captures = records(io.BytesIO(warc), filename, max_bytes=RECORD_BYTES, problem=damaged)
    return index(line for each in captures for line in lines(each.raw[:_HEAD_BYTES], filename, each.offset, each.length))


def key_of(url: str) -> str:
    """The SURT of a URL, without spaces; the URL itself where it has none (nobody promised that it is one)."""
    try:
        import surt  # noqa: PLC0415 - brings requests along, a tenth of a second; who only reads an archive needs no key

        key = str(surt.surt(url))
    except (ValueError, IndexError, UnicodeError):
        key = url
    return quote(key, safe="!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~")


def _answered(kind: str, fields: Mapping[str, str], block: bytes) -> dict[str, str]:
    """MIME type and status, as indexes have them."""
    if kind == "resource":
        return {"mime": _mime(fields.get("content-type")), "status": "200"}
    http = http_head(block)
    mime = REVISIT if kind == "revisit" else _mime(value(http.headers, "content-type") if http else None)
    return {"mime": mime, "status": str(http.status) if http else "-"}


def _mime(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip() or UNKNOWN


def _line(url: str, at: datetime, entry: Mapping[str, str]) -> str:
    stamp = at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    return f"{key_of(url)} {stamp} {json.dumps({'url': url, **entry}, ensure_ascii=True)}"
