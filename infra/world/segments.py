"""gzip bodies put together from segments that were compressed before.

Deflate segments that each end with a full flush can be concatenated, so a page of 160 KB whose furniture is shared costs
only the compression of its own text.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_END = b"\x03\x00"  # an empty last block


@dataclass(frozen=True, slots=True)
class DeflatedSegment:
    """Bytes and their deflated form, byte-aligned and without references to what stands before."""

    plain: bytes
    deflated: bytes


def segment(plain: bytes, level: int = 6) -> DeflatedSegment:
    """Compress a part once; level as zlib's."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return DeflatedSegment(plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH))


def gzipped(segments: Iterable[DeflatedSegment]) -> bytes:
    """One gzip member that holds the segments' bytes in order."""
    check = length = 0
    parts = [_HEADER]
    for one in segments:
        check = zlib.crc32(one.plain, check)
        length += len(one.plain)
        parts.append(one.deflated)
    return b"".join((*parts, _END, struct.pack("<LL", check, length & 0xFFFFFFFF)))
