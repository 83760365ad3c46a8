"""What a WARC record says of a capture, checked against its digests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

from storage.warc.content_coding import dechunked
from storage.warc.digests import agrees
from storage.warc.headers import BadHeadError, Headers, WarcHead, address, http_head, moment, value

Kind = Literal["response", "resource", "revisit"]

_NO_PAGE: Final = ("video/", "audio/", "image/", "font/", "application/pdf", "application/zip", "application/octet-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One capture of an http(s) address.

    at: WARC-Date, aware; status: of the HTTP response (200 for a `resource`, 0 where a `revisit` does not say).
    headers: of the HTTP response (`resource`: its Content-Type); body: as stored, codings kept; empty for a `revisit`.
    refers_to: (URL, time) of the capture that a `revisit` repeats, where it says so; payload_digest: as its header has it.
    raw: the record unpacked, verbatim (header with CRLF line ends, block, two line ends).
    offset, length: of its gzip member, zstd frame or plain bytes in the file; length 0 = they hold other records too, or part
    of this one, or need a dictionary: it cannot be read by itself. truncated: why its writer cut the payload, if it did.
    """

    kind: Kind
    url: str
    at: datetime
    record_id: str
    status: int
    headers: Headers
    body: bytes
    refers_to: tuple[str, datetime] | None
    payload_digest: str | None
    raw: bytes
    offset: int
    length: int
    truncated: str | None = None

    @property
    def content_type(self) -> str | None:
        """The HTTP Content-Type."""
        return value(self.headers, "content-type")


def capture(fields: WarcHead, head: bytes, block: bytes, offset: int, length: int) -> Record | None:
    """The record as a capture, None if it is none of an http(s) address. BadHeadError: it is one and cannot be used."""
    kind = (fields.get("warc-type") or "").lower()
    url = address(fields.get("warc-target-uri"))
    if kind not in ("response", "resource", "revisit") or not (url and url.lower().startswith(("http://", "https://"))):
        return None
    at = moment(fields.get("warc-date"))
    if at is None:
        raise BadHeadError(f"WARC-Date {(fields.get('warc-date') or '')[:40]!r} is no time")
    if fields.get("warc-segment-number"):
        raise BadHeadError("a capture cut into several records (WARC-Segment-Number)")
    status, headers, body = _http(kind, fields, block)
    payload_digest = fields.get("warc-payload-digest")
    _check(fields.get("warc-block-digest"), None if kind == "revisit" else payload_digest, block, headers, body)
    return Record(
        kind=cast("Kind", kind),
        url=url,
        at=at,
        record_id=fields.get("warc-record-id") or "",
        status=status,
        headers=headers,
        body=body,
        refers_to=_refers_to(fields, url) if kind == "revisit" else None,
        payload_digest=payload_digest,
        raw=_with_crlf(head) + block + b"\r\n\r\n",
        offset=offset,
        length=length,
        truncated=fields.get("warc-truncated"),
    )


def may_be_page(fields: WarcHead, start: bytes) -> bool:
    """Whether a record is a capture of text, as far as the start of its block tells."""
    kind = (fields.get("warc-type") or "").lower()
    if kind not in ("response", "resource"):
        return False
    head = http_head(start)
    stated = (value(head.headers, "content-type") if head else fields.get("content-type")) or ""
    return not stated.strip().lower().startswith(_NO_PAGE)


def _http(kind: str, fields: WarcHead, block: bytes) -> tuple[int, Headers, bytes]:
    """Status, headers and body of a record's block."""
    if kind == "resource":
        given = fields.get("content-type")
        return 200, (("Content-Type", given),) if given else (), block
    head = http_head(block)
    if kind == "revisit":
        return (head.status, head.headers, b"") if head else (0, (), b"")
    if head is None:
        raise BadHeadError("its block is no HTTP response")
    return head.status, head.headers, block[head.body_at :]


def _check(block_digest: str | None, payload_digest: str | None, block: bytes, headers: Headers, body: bytes) -> None:
    """BadHeadError when a digest is wrong. That of the block decides where there is one: writers differ in what a payload is.

    Else the payload may be the body as stored, or without its chunks, as the standard has it and not all writers do.
    """
    proven = agrees(block_digest, block) if block_digest else None
    if proven is None and payload_digest:
        proven = agrees(payload_digest, body)
        if proven is False:
            proven = agrees(payload_digest, dechunked(body, headers))
    if proven is False:
        raise BadHeadError("its digest is not the one that its header states")


def _refers_to(fields: WarcHead, url: str) -> tuple[str, datetime] | None:
    at = moment(fields.get("warc-refers-to-date"))
    return (address(fields.get("warc-refers-to-target-uri")) or url, at) if at else None


def _with_crlf(head: bytes) -> bytes:
    """A header with the line ends that WARC asks for, for those who wrote others."""
    return head if b"\r\n\r\n" in head else head.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
