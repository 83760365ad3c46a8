"""WARC/1.1 records as bytes: each one gzip member, with digests of block and payload.

What is not known is not written: no field is guessed. Fields beyond the standard say what no standard field can, and
`warcinfo` names them: SHA-1 digests beside the SHA-256 ones, the server's certificate, what a web archive's replay stands for.

One file, though long: a table of record types and their fields.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from fastwarc.stream_io import GzipWriter

from storage.errors import Damaged
from storage.record import rfc3339
from storage.warc.exchange import Exchange
from storage.warc.headers import BadHeadError, Headers, http_head, moment, value, warc_head

Fields = list[tuple[str, str]]
Kind = Literal["warcinfo", "request", "response", "revisit"]

IDENTICAL_PAYLOAD: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
HTTP_RESPONSE: Final = "application/http; msgtype=response"
HTTP_REQUEST: Final = "application/http; msgtype=request"
CERTIFICATE: Final = "WARC-TLS-Certificate-Digest"
MEMENTO_URI: Final = "WARC-Memento-Target-URI"
MEMENTO_DATE: Final = "WARC-Memento-Date"
EXTENSIONS: Final = (
    "WARC-Payload-Digest-SHA1, WARC-Block-Digest-SHA1: the same digests as sha1:<base32>; "
    f"{CERTIFICATE}: of the server's certificate (DER); "
    f"{MEMENTO_URI}, {MEMENTO_DATE}: what a web archive's replay at WARC-Target-URI stands for"
)
CAPTURED: Final = (
    "Bodies are stored with the content coding they came in; the HTTP client has removed the transfer coding. Header fields "
    "are what the HTTP client gives: names may differ from the wire in case and order, and hop-by-hop fields are missing. "
    "The reason phrase is the registered one. Credentials and cookies of requests are left out."
)
_CODED: Final = (b"gzip", b"x-gzip", b"br", b"zstd", b"deflate")
_LEVEL: Final = 6


class Packed(NamedTuple):
    """A record made. data: its gzip member; head: its WARC header and the HTTP head, unpacked, which its index lines are made of.

    payload: `sha256:<hex>`; for another's revisit whatever its header says.
    """

    data: bytes
    head: bytes
    record_id: str
    payload: str


@dataclass(frozen=True, slots=True)
class Original:
    """The record that holds a payload: what a `revisit` refers to. at: aware."""

    record_id: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Digests:
    """Of some bytes: `sha256:<hex>` as in keys and pointers, `sha1:<BASE32>` as in CDX files and the Wayback Machine."""

    sha256: str
    sha1: str

    @classmethod
    def of(cls, *pieces: bytes) -> Digests:
        sha256, sha1 = hashlib.sha256(), hashlib.sha1()  # noqa: S324  # not for security: others compare by it
        for piece in pieces:
            sha256.update(piece)
            sha1.update(piece)
        return cls(f"sha256:{sha256.hexdigest()}", f"sha1:{base64.b32encode(sha1.digest()).decode()}")


def new_record_id() -> str:
    """`<urn:uuid:…>`."""
    return f"<{uuid.uuid4().urn}>"


def warcinfo(filename: str, at: datetime, about: Mapping[str, str]) -> Packed:
    """The first record of a file. about: `software` and whatever else is to be said, one line each."""
    ours = {"format": "WARC File Format 1.1", "conformsTo": _SPECIFICATION, "captured": CAPTURED, "extensions": EXTENSIONS}
    entries = {**about, **ours}
    block = "".join(f"{name}: {_line(text)}\r\n" for name, text in entries.items()).encode()
    fields = [("WARC-Filename", filename), *_block_digest(Digests.of(block)), ("Content-Type", "application/warc-fields")]
    return _record("warcinfo", new_record_id(), at, fields, block)


_SPECIFICATION: Final = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


def request(exchange: Exchange, response_id: str) -> Packed:
    """The request of an exchange, which must have one; response_id: of the record of its answer."""
    assert exchange.request is not None
    fields = [
        ("WARC-Target-URI", exchange.url),
        ("WARC-Concurrent-To", response_id),
        *_connection(exchange),
        *_block_digest(Digests.of(exchange.request)),
        ("Content-Type", HTTP_REQUEST),
    ]
    return _record("request", new_record_id(), exchange.at, fields, exchange.request)


def response(exchange: Exchange, payload: Digests) -> Packed:
    """A `response`: the answer as it came."""
    fields = [
        *_answer(exchange),
        *_payload_digest(payload),
        *_block_digest(Digests.of(exchange.head, exchange.body)),
        ("Content-Type", HTTP_RESPONSE),
    ]
    made = _record("response", new_record_id(), exchange.at, fields, exchange.head, exchange.body, coded=is_coded(exchange))
    return made._replace(payload=payload.sha256)


def revisit(exchange: Exchange, payload: Digests, original: Original) -> Packed:
    """A `revisit`: the head of the answer, whose payload stands in the original."""
    fields = [
        *_answer(exchange),
        ("WARC-Profile", IDENTICAL_PAYLOAD),
        ("WARC-Refers-To", original.record_id),
        ("WARC-Refers-To-Target-URI", original.url),
        ("WARC-Refers-To-Date", warc_date(original.at)),
        *_payload_digest(payload),
        *_block_digest(Digests.of(exchange.head)),
        ("Content-Type", HTTP_RESPONSE),
    ]
    return _record("revisit", new_record_id(), exchange.at, fields, exchange.head)._replace(payload=payload.sha256)


def memento_revisit(fields: Mapping[str, str], http_head: bytes) -> Packed:
    """A `revisit` under the address and time that a web archive's replay stands for; its payload stands in the replay's record.

    fields: of that record's WARC header, by name in small letters; it must have the memento's URI and date. http_head: with the
    empty line. Players look a record up by its own URI and date (wabac.js holds them against the index line), so a replay needs
    one. The id is made from the replay's: the same record gives the same bytes.
    """
    digest = Digests.of(http_head)
    refers = ("warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date")
    replay = (fields["warc-record-id"], fields["warc-target-uri"], fields["warc-date"])
    holder = tuple(fields[name] for name in refers) if fields.get("warc-type") == "revisit" else replay
    at = moment(fields[MEMENTO_DATE.lower()])
    assert at is not None
    payload = [
        (name, fields[name.lower()]) for name in ("WARC-Payload-Digest", "WARC-Payload-Digest-SHA1") if name.lower() in fields
    ]
    lines = [
        ("WARC-Target-URI", fields[MEMENTO_URI.lower()]),
        ("WARC-Profile", IDENTICAL_PAYLOAD),
        *zip(("WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date"), holder, strict=True),
        *payload,
        *_block_digest(digest),
        ("Content-Type", HTTP_RESPONSE),
    ]
    record_id = f"<{uuid.uuid5(uuid.NAMESPACE_URL, fields['warc-record-id']).urn}>"
    return _record("revisit", record_id, at, lines, http_head)


def copied(record: bytes, source: bytes = b"") -> Packed:
    """A record of another's file (header, blank line, block, perhaps line ends) packed as one of ours, unchanged inside.

    source: the bytes of that file which it was read from. Where they are one gzip member of just this record, and a tight one,
    that member is taken over as it is: deflating a page again takes longer than reading it.
    Damaged: it is no WARC record, or is shorter than it says.
    """
    start, blank, rest = record.partition(_BLANK)
    try:
        fields, length = warc_head(start)
    except BadHeadError as error:
        raise Damaged(f"not a WARC record: {error}") from error
    if len(rest) < length:
        raise Damaged(f"a record of {length:,} bytes of which {len(rest):,} are there")
    block, kind = rest[:length], fields.get("warc-type")
    http = http_head(block) if kind in ("response", "revisit") else None
    body_at = http.body_at if http else 0
    whole = b"".join([start, blank, block, _BLANK])
    return Packed(
        data=source if _is_member_of(source, whole, http.headers if http else ()) else member([whole]),
        head=start + blank + block[:body_at],
        record_id=fields.get("warc-record-id", ""),
        payload=fields.get("warc-payload-digest", "") if kind == "revisit" else Digests.of(block[body_at:]).sha256,
    )


def _is_member_of(source: bytes, record: bytes, headers: Headers) -> bool:
    """Whether these bytes are a gzip member of exactly this record, by its checksum and length (RFC 1952 §2.3.1), and as small as
    one of ours would be: half of the record at most, or of a body that its server compressed.
    """
    if not source.startswith(_GZIP[:3]) or struct.unpack("<LL", source[-8:]) != (zlib.crc32(record), len(record) & 0xFFFFFFFF):
        return False
    return 2 * len(source) <= len(record) or (value(headers, "content-encoding") or "").lower().encode() in _CODED


def is_coded(exchange: Exchange) -> bool:
    """Whether the body came compressed: another compression gains nothing and costs most of the time."""
    return any(
        name.strip().lower() == b"content-encoding" and value.strip().lower() in _CODED
        for name, _, value in (line.partition(b":") for line in exchange.head.split(b"\r\n"))
    )


def warc_date(at: datetime) -> str:
    """UTC with microseconds, also where they are zero: a fetch's time is known that well."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def member(packed: Iterable[bytes], stored: bytes = b"") -> bytes:
    """One gzip member (RFC 1952) of `packed`, deflated, and then `stored`, which is put in as it is.

    A body that the server has compressed costs a checksum in this way, a seventh of what deflating it again costs. Else
    FastWARC packs what is long: its zlib is twice as fast as Python's, but takes 0.2 ms to begin.
    """
    first = b"".join(packed)
    if not stored and len(first) > _ZLIB_BYTES:
        whole = io.BytesIO()
        writer = GzipWriter(whole, _LEVEL)
        writer.write(first)
        writer.finish()
        return whole.getvalue()
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts = [_GZIP, deflate.compress(first)]
    if stored:
        # A full flush ends on a byte and leaves nothing to refer back to: stored blocks can go on from here.
        parts += [deflate.flush(zlib.Z_FULL_FLUSH), *_stored_blocks(stored)]
    else:
        parts.append(deflate.flush())
    crc, size = zlib.crc32(stored, zlib.crc32(first)), len(first) + len(stored)
    return b"".join([*parts, struct.pack("<LL", crc, size & 0xFFFFFFFF)])


def _stored_blocks(data: bytes) -> Iterator[bytes]:
    """The data as the last blocks of a deflate stream, not compressed (RFC 1951 §3.2.4)."""
    for at in range(0, len(data), _STORED_BLOCK):
        block = data[at : at + _STORED_BLOCK]
        yield struct.pack("<BHH", at + len(block) == len(data), len(block), len(block) ^ 0xFFFF)
        yield block


_ZLIB_BYTES: Final = 8_000
"""So much Python's zlib has packed before FastWARC's has begun (measured)."""
_STORED_BLOCK: Final = 0xFFFF
_BLANK: Final = b"\r\n\r\n"
_GZIP: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""No name and no time: the same record gives the same bytes."""


def _record(kind: Kind, record_id: str, at: datetime, fields: Fields, *block: bytes, coded: bool = False) -> Packed:
    lines = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", warc_date(at)),
        *fields,
        ("Content-Length", str(sum(map(len, block)))),
    ]
    head = ("WARC/1.1\r\n" + "".join(f"{name}: {_line(text)}\r\n" for name, text in lines) + "\r\n").encode()
    data = member([head, *block[:-1]], block[-1] + _BLANK) if coded else member([head, *block, _BLANK])
    return Packed(data, head + block[0], record_id, "")


def _answer(exchange: Exchange) -> Fields:
    fields = [("WARC-Target-URI", exchange.url), *_connection(exchange)]
    if exchange.memento is not None:
        fields += [(MEMENTO_URI, exchange.memento.url), (MEMENTO_DATE, rfc3339(exchange.memento.at))]
    return fields


def _payload_digest(digests: Digests) -> Fields:
    return [("WARC-Payload-Digest", digests.sha256), ("WARC-Payload-Digest-SHA1", digests.sha1)]


def _block_digest(digests: Digests) -> Fields:
    return [("WARC-Block-Digest", digests.sha256), ("WARC-Block-Digest-SHA1", digests.sha1)]


def _connection(exchange: Exchange) -> Fields:
    known = (("WARC-IP-Address", exchange.ip), ("WARC-Protocol", exchange.protocol), (CERTIFICATE, exchange.certificate))
    return [(name, value) for name, value in known if value]


def _line(text: str) -> str:
    """A field's value cannot begin another field."""
    return " ".join(text.split()) if not text.isprintable() else text
