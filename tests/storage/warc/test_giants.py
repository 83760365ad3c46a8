"""WARC records larger than what may be held."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest
import zstandard

from tests.storage.warc.inputs import GOOD, URLS, http, read, record, zipped


def giant(head: bytes, size: int) -> bytes:
    """A gzip member of the head and so many zeros, put together from one deflated piece that is repeated."""
    piece = 1 << 24
    pack = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    first, zeros = (
        pack.compress(head) + pack.flush(zlib.Z_FULL_FLUSH),
        pack.compress(bytes(piece)) + pack.flush(zlib.Z_FULL_FLUSH),
    )
    last = pack.compress(b"\r\n\r\n") + pack.flush()
    check = zlib.crc32(head)
    for _ in range(size // piece):
        check = zlib.crc32(bytes(piece), check)
    check = zlib.crc32(b"\r\n\r\n", check)
    trailer = struct.pack("<LL", check, (len(head) + size + 4) & 0xFFFFFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + first + zeros * (size // piece) + last + trailer


@pytest.mark.slow
def test_a_gigabyte_record_is_passed_over_without_being_held() -> None:
    size = 1 << 30
    block = http(b"")
    data = giant(record(b"", URLS[0], length=len(block) + size)[:-4] + block, size) + zipped(*GOOD[1:])
    tracemalloc.start()
    found, problems = read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [each.url for each in found] == URLS[1:]
    assert [each.reason for each in problems] == [f"a record of {len(block) + size:,} bytes (the limit is 1,000,000)"]
    assert peak < 12_000_000


def test_a_zstd_bomb_is_passed_over_in_bounded_memory() -> None:
    pack = zstandard.ZstdCompressor(level=1).compressobj()
    size = 1 << 28
    head = record(b"", URLS[0], length=size)[:-4]
    data = pack.compress(head) + b"".join(pack.compress(bytes(1 << 22)) for _ in range(size >> 22)) + pack.flush()
    tracemalloc.start()
    found, problems = read(data + zstandard.compress(GOOD[1]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [each.url for each in found] == URLS[1:2]
    assert len(problems) == 1
    assert peak < 80_000_000
