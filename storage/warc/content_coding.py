"""Bodies out of their HTTP codings, as a browser takes them: what can be read of them is read, and never more than asked for."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Final

import brotli
import zstandard
from fastwarc.stream_io import GzipReader

from storage.warc.headers import Headers

_STEP: Final = 1 << 18
_FEED: Final = 1 << 14
_ZSTD_FEED: Final = 1 << 9
"""So little holds 16 MB at most, which is what one call may give out."""

_ZSTD_WINDOW: Final = 1 << 23  # RFC 8878: what a reader of Content-Encoding must bear, and all it need bear
PEELS: Final = 3
"""Codings that no header names and that are taken off nevertheless, at most."""

_GZIP_TRAILER: Final = 8
_CHUNK_SIZE: Final = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_BROKEN: Final = (zlib.error, zstandard.ZstdError, brotli.error, EOFError)


class CodingError(ValueError):
    """The body has no readable form: an unknown coding, no byte that can be decoded, or more than the limit."""


class _NotItError(CodingError):
    """The body does not have the coding that its header names."""


def decoded(body: bytes, headers: Headers, max_bytes: int) -> bytes:
    """The body without transfer (chunked) and content codings: gzip, deflate in both its forms, br, zstd, and several stacked.

    The header fields are believed as far as the bytes agree, since archives and servers take codings off and leave the field, or
    put them on and leave none (RFC 9110 §8.4): a body that is called coded and is text is given as it is; one that still is gzip,
    zstd, zlib or brotli by its own look is unpacked, at most PEELS times. A stream that ends early or breaks gives what could be
    read before that: a page cut in its middle, which `extractors.reader` refuses if its story is cut.

    CodingError: it would be longer than max_bytes, or nothing can be read.
    """
    body = dechunked(body, headers)
    failed: CodingError | None = None
    for name in ("transfer-encoding", "content-encoding"):
        for coding in reversed(_codings(headers, name)):
            try:
                body = _without(coding, body, max_bytes)
            except _NotItError as error:
                failed = failed or error
    body = _peeled(body, max_bytes)
    if failed is not None and not _is_text(body):
        raise failed
    if len(body) > max_bytes:
        raise CodingError(f"longer than {max_bytes:,} bytes")
    return body


def dechunked(body: bytes, headers: Headers) -> bytes:
    """The body without chunked transfer coding; as it is when it has none, whatever its headers say.

    Broken chunking gives the chunks before the break, a cut one what is there of it.
    """
    if "chunked" not in _codings(headers, "transfer-encoding"):
        return body
    parts: list[bytes] = []
    at = 0
    while size := _CHUNK_SIZE.match(body, at):
        length = int(size[1], 16)
        if length == 0:
            break
        at = size.end() + length
        parts.append(body[size.end() : at])
        at += 2 if body.startswith(b"\r\n", at) else 1 if body.startswith(b"\n", at) else 0
    return b"".join(parts) if at or _CHUNK_SIZE.match(body) else body


def _codings(headers: Headers, wanted: str) -> list[str]:
    """In the order they were applied."""
    named = [part.strip().lower() for name, text in headers if name.lower() == wanted for part in text.split(",")]
    return [part for part in named if part not in ("", "identity")]


def _without(coding: str, body: bytes, max_bytes: int) -> bytes:
    if coding == "chunked" or not body:
        return body
    decode = _DECODERS.get(coding)
    if decode is None:
        if _is_text(body):  # servers write nonsense here ("utf-8", "none"); a text is a text nevertheless
            return body
        raise _NotItError(f"the content coding {coding[:40]!r} is unknown")
    if decode is _gzip and (sound := _one_sound_member(body, max_bytes)) is not None:
        return sound
    out, whole = _gathered(decode(body), max_bytes)
    if not whole and _is_text(body):
        return body
    if not whole and not out:
        raise _NotItError(f"said to be {coding}, which it is not")
    return out


def _peeled(body: bytes, max_bytes: int) -> bytes:
    """The body without codings that no header names. What no stream begins with is left as it is, and so is what is no text
    afterwards: a picture may begin like a stream.
    """
    for _ in range(PEELS):
        if _is_text(body):
            return body
        for magic, decode in _MAGIC:
            if not body.startswith(magic):
                continue
            try:
                out, whole = _gathered(decode(body), max_bytes)
            except CodingError:
                if magic in _STREAMS:
                    raise
                continue  # without a magic number it was a guess
            if out and (_is_text(out) or (whole and out.startswith(_STREAMS))):
                body = out
                break
        else:
            return body
    return body


def _gathered(pieces: Iterator[bytes], max_bytes: int) -> tuple[bytes, bool]:
    """(what came before the end or the first damage, whether it was the end)."""
    out = bytearray()
    try:
        for piece in pieces:
            out += piece
            if len(out) > max_bytes:
                raise CodingError(f"it unpacks to more than {max_bytes:,} bytes")
    except _BROKEN:
        return bytes(out), False
    return bytes(out), True


def _one_sound_member(body: bytes, max_bytes: int) -> bytes | None:
    """What a body holds that is one gzip member and sound, as nearly all are: FastWARC inflates in half of zlib's time. None for
    any other, of which zlib says how far it can be read, and for what is too long.
    """
    try:
        out: bytes = GzipReader(io.BytesIO(body), fsspec_args=False).read(max_bytes + 1)
    except OSError:
        return None
    is_all = bool(out) and body[-4:] == struct.pack("<L", len(out) & 0xFFFFFFFF)  # the length at the end of a member
    return out if is_all and len(out) <= max_bytes else None


def _gzip(body: bytes) -> Iterator[bytes]:
    """Every member, as gzip means them; what stands behind the last is no part of it (browsers think so too)."""
    while True:
        body = yield from _inflated(zlib.decompressobj(zlib.MAX_WBITS | 16), body)
        if not body.startswith(b"\x1f\x8b"):
            return


def _deflate(body: bytes) -> Iterator[bytes]:
    """With zlib's header, as the standard has it, or without, as some servers send it."""
    headed = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    yield from _inflated(zlib.decompressobj(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS), body)


def _inflated(unpack: zlib._Decompress, body: bytes) -> Generator[bytes, None, bytes]:
    """Gives back what stands behind the stream."""
    # The trailer goes in by itself: a wrong checksum must not cost the text before it.
    ends = [*range(_FEED, len(body) - _GZIP_TRAILER, _FEED), max(len(body) - _GZIP_TRAILER, 0), len(body)]
    begin = 0
    for end in ends:
        data = body[begin:end]
        while data and not unpack.eof:
            yield unpack.decompress(data, _STEP)
            data = unpack.unconsumed_tail
        begin = end
        if unpack.eof:
            return unpack.unused_data + body[end:]
    while piece := unpack.decompress(b"", _STEP):
        yield piece
    raise EOFError


def _brotli(body: bytes) -> Iterator[bytes]:
    unpack = brotli.Decompressor()
    for begin in range(0, len(body), _FEED):
        yield unpack.process(body[begin : begin + _FEED], output_buffer_limit=_STEP)
        while not unpack.can_accept_more_data():
            yield unpack.process(b"", output_buffer_limit=_STEP)
        if unpack.is_finished():
            return
    raise EOFError


def _zstd(body: bytes) -> Iterator[bytes]:
    while body:
        frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        at = 0
        while at < len(body) and not frame.eof:
            yield frame.decompress(body[at : at + _ZSTD_FEED])
            at += _ZSTD_FEED
        if not frame.eof:
            raise EOFError
        body = frame.unused_data + body[at:]


_DECODERS: Final[dict[str, Callable[[bytes], Iterator[bytes]]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}


_STREAMS: Final = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")
_MAGIC: Final[tuple[tuple[bytes, Callable[[bytes], Iterator[bytes]]], ...]] = (
    (_STREAMS[0], _gzip),
    (_STREAMS[1], _zstd),
    (b"\x78", _deflate),
    (b"", _brotli),  # has no magic number
)


_CONTROL: Final = re.compile(rb"[^\t\n\r\f\x1b\x20-\xff]")


def _is_text(body: bytes) -> bool:
    """No control characters at its beginning, as coded streams of any length have."""
    return _CONTROL.search(body, 0, 512) is None
