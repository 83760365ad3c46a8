"""What a WARC record says of a capture, checked against its digests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, cast

from storage.warc.content_coding import CodingError, dechunked, decoded
from storage.warc.digests import agrees
from storage.warc.headers import Headers, WarcHead, address, http_head, moment, value

Kind = Literal["response", "resource", "revisit"]
_CAPTURES: Final = ("response", "resource", "revisit")


class RefusedError(Exception):
    """A capture stands there from end to end and cannot be given; the message says why."""


class DigestError(RefusedError):
    """Nothing proves that the bytes are those that were written: neither a digest nor a checksum, or a digest denies it."""


_DECODED_BYTES: Final = 1 << 26
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
    proven: a digest of its header is that of its bytes.
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
    proven: bool = False

    @property
    def content_type(self) -> str | None:
        """The HTTP Content-Type."""
        return value(self.headers, "content-type")

    def with_payload_of(self, other: Record) -> Record:
        """A revisit with the payload that another record holds, and its headers where the revisit has none."""
        return replace(self, body=other.body, headers=self.headers or other.headers)


def is_capture(fields: WarcHead) -> bool:
    """Whether a record's header is that of a capture of an http(s) address."""
    return _kind(fields) in _CAPTURES and is_web_address(fields)


def is_web_address(fields: WarcHead) -> bool:
    """Whether a record's target is an http(s) address."""
    url = address(fields.get("warc-target-uri"))
    return url is not None and url.lower().startswith(("http://", "https://"))


def capture(fields: WarcHead, head: bytes, block: bytes, offset: int, length: int) -> Record | None:
    """The record as a capture, None if it is none of an http(s) address.

    RefusedError: it is one and cannot be used; DigestError: a digest of its header is not that of its bytes.
    """
    if not is_capture(fields):
        if not _kind(fields) and http_head(block) is not None and is_web_address(fields):
            raise RefusedError("a record without WARC-Type")
        return None
    kind, url = _kind(fields), address(fields.get("warc-target-uri")) or ""
    status, headers, body = _http(kind, fields, block)
    proven = _proven(kind, fields, block, headers, body)
    if proven is False:
        raise DigestError("its digest is not the one that its header states")
    at = moment(fields.get("warc-date"))
    if at is None:
        raise RefusedError(f"WARC-Date {(fields.get('warc-date') or '')[:40]!r} is no time")
    if fields.get("warc-segment-number"):
        raise RefusedError("a capture cut into several records (WARC-Segment-Number)")
    if kind == "response" and status == 0:
        raise RefusedError("its block is no HTTP response")
    return Record(
        kind=cast("Kind", kind),
        url=url,
        at=at,
        record_id=fields.get("warc-record-id") or "",
        status=status,
        headers=headers,
        body=body,
        refers_to=_refers_to(fields, url) if kind == "revisit" else None,
        payload_digest=fields.get("warc-payload-digest"),
        raw=_with_crlf(head) + block + b"\r\n\r\n",
        offset=offset,
        length=length,
        truncated=fields.get("warc-truncated"),
        proven=proven is True,
    )


def _kind(fields: WarcHead) -> str:
    return (fields.get("warc-type") or "").lower()


def may_be_page(fields: WarcHead, start: bytes) -> bool:
    """Whether a record is a capture of text, as far as the start of its block tells."""
    if not is_capture(fields) or _kind(fields) == "revisit":
        return False
    head = http_head(start)
    stated = (value(head.headers, "content-type") if head else fields.get("content-type")) or ""
    return not stated.strip().lower().startswith(_NO_PAGE)


def _http(kind: str, fields: WarcHead, block: bytes) -> tuple[int, Headers, bytes]:
    """Status (0: not known), headers and body of a record's block.

    A `resource` is what was fetched, without a head (WARC 1.1 §6.4); so is a `response` whose Content-Type is no HTTP message.
    A block that begins with a head all the same is one with a head.
    """
    head = http_head(block)
    if head is None:
        given = fields.get("content-type") or ""
        if kind == "resource" or (kind == "response" and given and not given.lower().startswith("application/http")):
            return 200, (("Content-Type", given),) if given else (), block
        return 0, (), b"" if kind == "revisit" else block
    return head.status, head.headers, b"" if kind == "revisit" else block[head.body_at :]


def _proven(kind: str, fields: WarcHead, block: bytes, headers: Headers, body: bytes) -> bool | None:
    """Whether the digests of a header are those of its bytes; None where it has none that can be compared.

    That of the block decides where there is one: writers differ in what a payload is (as stored, or without its chunks, as the
    standard has it). Of a revisit only a right one counts: its payload is elsewhere, and `wget --warc-dedup` states for its
    block the digest of no bytes at all.
    """
    stated = fields.get("warc-block-digest")
    of_block = agrees(stated, block) if stated else None
    if kind == "revisit":
        return of_block or None
    payload = fields.get("warc-payload-digest")
    if of_block is not None or not payload:
        return of_block
    of_body = agrees(payload, body)
    if of_body is not False:
        return of_body
    return agrees(payload, dechunked(body, headers)) or agrees(payload, block) or _agrees_decoded(payload, body, headers)


def _agrees_decoded(payload: str, body: bytes, headers: Headers) -> bool:
    """Whether the digest is that of the decoded body: browsers' recorders have no other."""
    try:
        return bool(agrees(payload, decoded(body, headers, _DECODED_BYTES)))
    except CodingError:
        return False


def _refers_to(fields: WarcHead, url: str) -> tuple[str, datetime] | None:
    at = moment(fields.get("warc-refers-to-date"))
    return (address(fields.get("warc-refers-to-target-uri")) or url, at) if at else None


def _with_crlf(head: bytes) -> bytes:
    """A header with the line ends that WARC asks for, for those who wrote others."""
    return head if b"\r\n\r\n" in head else head.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
