"""Bodies out of their codings: right, wrong, cut, and too large."""

from __future__ import annotations

import contextlib
import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.warc import content_coding
from storage.warc.content_coding import CodingError, dechunked, decoded

RANDOM = random.Random(1)
TEXT = ("<p>" + " ".join(f"كلمة{RANDOM.randrange(10**6)}" for _ in range(20_000)) + "</p>").encode()


def raw_deflate(data: bytes) -> bytes:
    pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return pack.compress(data) + pack.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "GZIP": ("GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", lambda data: brotli.compress(data, quality=5)),
    "zstd": ("zstd", zstandard.compress),
}


def chunked(data: bytes) -> bytes:
    pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    return b"".join(b"%x;ext=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: x\r\n\r\n"


def said(coding: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", "text/html"), ("content-ENCODING", coding))


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("size", [0, 1, 60, len(TEXT)])
def test_every_coding_is_taken_off(name: str, size: int) -> None:
    coding, encode = CODINGS[name]
    assert decoded(encode(TEXT[:size]), said(coding), 10**6) == TEXT[:size]


def test_stacked_codings_are_taken_off_from_the_last_to_the_first() -> None:
    body = brotli.compress(gzip.compress(TEXT))
    assert decoded(body, said("gzip, br"), 10**6) == TEXT
    assert decoded(body, (("Content-Encoding", "gzip"), ("Content-Encoding", "br")), 10**6) == TEXT
    assert decoded(chunked(body), (*said("gzip,identity, br"), ("Transfer-Encoding", "chunked")), 10**6) == TEXT
    assert decoded(chunked(gzip.compress(TEXT)), (("Transfer-Encoding", "gzip, chunked"),), 10**6) == TEXT


def test_several_gzip_members_and_zstd_frames_are_one_body() -> None:
    assert decoded(gzip.compress(TEXT) + gzip.compress(b"end"), said("gzip"), 10**6) == TEXT + b"end"
    assert decoded(gzip.compress(TEXT) + b"\0\0garbage", said("gzip"), 10**6) == TEXT
    assert decoded(zstandard.compress(TEXT) + zstandard.compress(b"end"), said("zstd"), 10**6) == TEXT + b"end"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "utf-8", "none", "gzip, br"])
def test_a_text_that_is_said_to_be_coded_is_given_as_it_is(coding: str) -> None:
    assert decoded(TEXT, said(coding), 10**6) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "compress", "exi"])
def test_what_is_neither_text_nor_what_it_is_said_to_be_is_an_error(coding: str) -> None:
    with pytest.raises(CodingError, match=r"said to be|unknown"):
        decoded(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), said(coding), 10**6)


@pytest.mark.parametrize("name", CODINGS)
def test_a_stream_that_is_cut_gives_what_is_there(name: str) -> None:
    coding, encode = CODINGS[name]
    body = encode(TEXT)
    out = decoded(body[: len(body) // 2], said(coding), 10**6)
    assert TEXT.startswith(out)
    assert len(out) > len(TEXT) / 5


def test_a_wrong_checksum_costs_no_text() -> None:
    body = gzip.compress(TEXT)
    assert decoded(body[:-8] + b"12345678", said("gzip"), 10**6) == TEXT
    assert decoded(body[:-8], said("gzip"), 10**6) == TEXT


DAMAGE: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "none": lambda _, body: body,
    "cut": lambda chance, body: body[: chance.randrange(len(body) + 1)],
    "cut in its header": lambda chance, body: body[: chance.randrange(11)],
    "a bit": lambda chance, body: _with_bit_changed(body, chance.randrange(8 * len(body))),
    "a bit of the trailer": lambda chance, body: _with_bit_changed(body, 8 * len(body) - 1 - chance.randrange(64)),
    "more behind": lambda chance, body: body + chance.randbytes(chance.randrange(1, 20)),
    "zeros behind": lambda chance, body: body + bytes(chance.randrange(1, 9)),
    "a second member": lambda chance, body: body + gzip.compress(TEXT[: chance.randrange(300)]),
    "an empty member behind": lambda _, body: body + gzip.compress(b""),
    "an empty member before": lambda _, body: gzip.compress(b"") + body,
    "twice": lambda _, body: gzip.compress(body),
}


def _with_bit_changed(body: bytes, bit: int) -> bytes:
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(DAMAGE)), st.integers(0, 3_000), st.sampled_from([0, 1, 6]), st.integers(-1, 1), st.randoms())
def test_fastwarc_is_believed_only_where_zlib_says_the_same(
    damage: str, size: int, level: int, beyond: int, chance: random.Random
) -> None:
    """Sound bodies go the short way, all others the careful one: what comes out is the same, up to the limit and beyond."""
    body = DAMAGE[damage](chance, gzip.compress(TEXT[:size], level, mtime=0))
    for limit in (10**6, max(0, size + beyond)):
        with pytest.MonkeyPatch.context() as patch:
            short = _outcome(body, limit)
            patch.setattr(content_coding, "_one_sound_member", lambda _body, _limit: None)
            assert short == _outcome(body, limit)


def _outcome(body: bytes, limit: int) -> bytes | str:
    try:
        return decoded(body, said("gzip"), limit)
    except CodingError as error:
        return str(error)


@pytest.mark.parametrize("name", CODINGS)
def test_a_bomb_stops_at_the_limit(name: str) -> None:
    coding, encode = CODINGS[name]
    body = brotli.compress(bytes(1 << 26), quality=1) if coding == "br" else encode(bytes(1 << 26))
    tracemalloc.start()
    with pytest.raises(CodingError, match="more than 1,000,000 bytes"):
        decoded(body, said(coding), 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000
    with pytest.raises(CodingError, match="longer than"):
        decoded(TEXT, (), 1000)


CHUNKED = (("Transfer-Encoding", "chunked"),)


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", b"hello world"),
        (b"5\nhello\n0\n\n", b"hello"),
        (b"005 \r\nhello\r\n0\r\n", b"hello"),
        (b"5\r\nhello\r\nff\r\n wor", b"hello wor"),
        (b"5\r\nhello\r\nno size\r\n", b"hello"),
        (b"5\r\nhello6\r\n world\r\n", b"hello world"),
        (b"5\r\nhello\r\n0\r\n\r\nmore", b"hello"),
        (b"0\r\n\r\n", b""),
        (b"<html>not chunked</html>", b"<html>not chunked</html>"),
        (b"ffffffffffffffffffff\r\nx", b"ffffffffffffffffffff\r\nx"),
        (b"", b""),
    ],
)
def test_chunks_are_joined_as_far_as_they_can_be_told(body: bytes, left: bytes) -> None:
    assert dechunked(body, CHUNKED) == left
    assert decoded(body, CHUNKED, 1000) == left
    assert dechunked(body, ()) == body


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(CODINGS)), st.binary(max_size=300), st.booleans())
def test_random_bytes_never_raise_anything_else(name: str, body: bytes, zipped: bool) -> None:
    coding, encode = CODINGS[name]
    data = encode(TEXT[:500])[: len(body)] + body if zipped else body
    with contextlib.suppress(CodingError):
        assert len(decoded(data, (*said(coding), *CHUNKED), 10_000)) <= 10_000
