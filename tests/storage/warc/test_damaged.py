"""WARC files that are damaged, or none: read as far as can be, and never a wrong body."""

from __future__ import annotations

import bz2
import gzip
import io
from collections.abc import Iterator

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.storage.warc.inputs import GOOD, HTML, PAGES, URLS, by_warcio, http, read, record, sha1, urls, zipped


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def _damaged() -> Iterator[tuple[str, bytes, list[str], str]]:
    a, b, c, d, e = GOOD
    packed = [zipped(each) for each in GOOD]
    broken = _flipped(packed[1], len(packed[1]) // 2)
    wrong_crc = _flipped(packed[1], len(packed[1]) - 6)
    rest = [URLS[0], *URLS[2:]]
    yield "flipped bit", packed[0] + broken + b"".join(packed[2:]), rest, "damaged compression"
    yield "wrong checksum", packed[0] + wrong_crc + b"".join(packed[2:]), rest, "damaged compression"
    yield "cut off in a member", b"".join(packed)[:-30], URLS[:4], "ends inside a compressed record"
    yield "cut and gone on", packed[0] + packed[1][:60] + b"".join(packed[2:]), rest, "damaged compression"
    yield "garbage between", packed[0] + b"garbage" * 9 + b"".join(packed[1:]), URLS, "neither gzip nor zstd"
    yield "no record in a member", packed[0] + zipped(b"<html>no record") + b"".join(packed[1:]), URLS, "not a WARC record"
    yield "plain, cut off", b"".join(GOOD)[:-50], URLS[:4], "fewer are there"
    yield "plain, cut in a header", b"".join(GOOD) + GOOD[0][:40], URLS, "ends inside a record's header"
    yield "plain, cut and gone on", a + b[: len(b) - 60] + c + d + e, rest, "less than what stands there"
    for at in (8, 12, 19, 30, 70, 120, 200, b.index(b"\r\n\r\n"), b.index(b"\r\n\r\n") + 2):
        yield f"plain, cut in a header at {at}", a + b[:at] + c + d + e, rest, ""
    long, short = record(http(HTML), URLS[1], length=9999), record(http(HTML), URLS[1], length=90)
    huge = record(http(HTML), URLS[1], length=10**15)
    yield "length too long", packed[0] + zipped(long) + b"".join(packed[2:]), rest, "fewer are there"
    yield "length too short", packed[0] + zipped(short) + b"".join(packed[2:]), rest, "less than what stands there"
    yield "huge length", packed[0] + zipped(huge) + b"".join(packed[2:]), rest, "which is not so"
    yield "plain, length too long", a + long + c + d + e, rest, "fewer are there"
    yield "plain, length too short", a + short + c + d + e, rest, "less than what stands there"
    yield "plain, huge length", a + huge + c + d + e, rest, "which is not so"
    yield "one member, huge length", gzip.compress(a + huge + c + d + e), rest, "which is not so"
    for bad in ("-5", "0x10", "", "12 12", "٣", "9" * 30):
        wrong = record(http(HTML), URLS[1], length=bad)
        yield f"length {bad!r}", packed[0] + zipped(wrong) + b"".join(packed[2:]), rest, "Content-Length"
        yield f"plain, length {bad!r}", a + wrong + c + d + e, rest, "Content-Length"
    lies = record(http(HTML), URLS[1], WARC_Block_Digest=sha1(b"other"))
    yield "wrong block digest", a + lies + c + d + e, rest, "digest"
    lies = record(http(HTML), URLS[1], WARC_Payload_Digest=sha1(b"other"))
    yield "wrong payload digest", a + lies + c + d + e, rest, "digest"
    yield "no time", a + record(http(), URLS[1], at="yesterday") + c + d + e, rest, "WARC-Date 'yesterday'"
    yield "no http", a + record(b"<html>", URLS[1]) + c + d + e, rest, "no HTTP response"
    yield "header without end", a + b"WARC/1.0\r\n" + b"X: y\r\n" * 60_000 + c + d + e, [URLS[0], *URLS[2:]], "header"
    yield "segments", a + record(http(), URLS[1], WARC_Segment_Number="1") + c + d + e, rest, "several records"
    dictless = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(b"x" * 900)).compress(b)
    yield "zstd damaged", zstandard.compress(a) + _flipped(dictless, 9) + zstandard.compress(c), [URLS[0], URLS[2]], ""


DAMAGED = {name: rest for name, *rest in _damaged()}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_named_once_and_the_records_around_it_are_read(name: str) -> None:
    data, left, reason = DAMAGED[name]
    found, reasons = urls(data)
    assert found == left
    assert len(reasons) == 1, reasons
    assert reason in reasons[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "an empty file"),
        (zipped(b""), "no WARC record in it"),
        (b"<!doctype html><title>404", "neither gzip nor zstd nor a WARC record"),
        (zipped(b"<!doctype html><title>404"), "not a WARC record"),
        (bz2.compress(GOOD[0]), "neither gzip nor zstd nor a WARC record"),
        (b"\x1f\x8b", "neither"),
        (b"\x1f\x8b\x08", "ends inside"),
        (b"WARC", "not a WARC record"),
        (b"WARC/1.0\r\n\r\n", "without Content-Length"),
        (b"\0" * 9000, "no WARC record in it"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_no_warc_file_is_one_problem(data: bytes, reason: str) -> None:
    found, problems = read(data)
    assert found == []
    (problem,) = problems
    assert reason in problem.reason


def test_no_record_is_taken_out_of_a_page_that_quotes_one() -> None:
    """Neither out of a damaged member that stores its page as it is, nor out of the page's own compression, nor beside a WARC."""
    forged = b"\n" + record(http(b"forged"), "https://www.enabbaladi.net/666/")
    for body in (forged, gzip.compress(forged), gzip.compress(forged[1:])[:-9], zipped(b"<html>" + forged)):
        stored = gzip.compress(record(http(body), URLS[1]), 0)
        data = zipped(GOOD[0]) + _flipped(stored, 17) + zipped(GOOD[2])
        assert urls(data)[0] == [URLS[0], URLS[2]]
    found, problems = urls(zipped(b"<html>" + forged) + zipped(GOOD[0]))
    assert (found, problems) == (URLS[:1], ["not a WARC record"])


class OneWay(io.RawIOBase):
    """A pipe: it cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._data.read(min(len(buffer), 777))
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.parametrize("name", DAMAGED)
def test_from_a_pipe_the_same_damage_never_raises_and_gives_no_wrong_record(name: str) -> None:
    data, left, _ = DAMAGED[name]
    found, problems = read(b"", file=OneWay(data))
    assert {each.url for each in found} <= set(left)
    assert problems


PACKINGS = {
    "gzip": zipped(*(record(http(body), url, WARC_Block_Digest=sha1(http(body))) for url, body in PAGES)),
    "plain": b"".join(record(http(body), url, WARC_Block_Digest=sha1(http(body))) for url, body in PAGES),
    "whole": gzip.compress(b"".join(record(http(body), url, WARC_Payload_Digest=sha1(body)) for url, body in PAGES)),
    "zstd": b"".join(zstandard.compress(record(http(body), url, WARC_Payload_Digest=sha1(body))) for url, body in PAGES),
    "warcio": by_warcio(*PAGES),
}
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True), st.sampled_from(["flip", "cut", "drop", "double", "insert"]), st.binary(max_size=20)
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(PACKINGS)), CHANGES)
def test_whatever_happens_to_a_file_no_wrong_body_comes_out_of_it(packing: str, changes: list[tuple[float, str, bytes]]) -> None:
    data = PACKINGS[packing]
    # A plain file has one digest a record and no checksum: damage to both its name and the body cannot be told.
    for where, what, more in changes[:1] if packing == "plain" else changes:
        at = int(where * len(data))
        if what == "flip":
            data = data[:at] + bytes([data[at] ^ (more[0] if more else 1)]) + data[at + 1 :] if data else data
        elif what == "cut":
            data = data[:at]
        elif what == "drop":
            data = data[:at] + data[at + len(more) :]
        elif what == "double":
            data = data[:at] + data[max(0, at - 300) :]
        else:
            data = data[:at] + more + data[at:]
    found, _ = read(data)
    assert {each.body for each in found} <= {body for _, body in PAGES}


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_a_flipped_bit_in_a_packed_file_costs_one_record_at_most_and_is_told(where: float, bit: int) -> None:
    data = bytearray(PACKINGS["gzip"])
    data[int(where * len(data))] ^= 1 << bit
    found, problems = read(bytes(data))
    assert [each.body for each in found] == [body for url, body in PAGES if url in {each.url for each in found}]
    assert len(found) == len(PAGES) or (len(found) == len(PAGES) - 1 and problems)


def test_a_header_whose_line_is_cut_costs_its_record() -> None:
    """The line that it runs into may have been the digest."""
    data = PACKINGS["plain"]
    at = data.index(b"\r\nWARC-Block-Digest") + 1
    found, problems = read(data[:at] + data[at + 1 :])
    assert [each.body for each in found] == [body for _, body in PAGES[1:]]
    assert [problem.reason for problem in problems] == ["a line of its header is cut"]
