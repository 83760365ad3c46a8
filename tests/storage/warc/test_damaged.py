"""WARC files that are damaged, or none: read as far as can be, and never a wrong body."""

from __future__ import annotations

import bz2
import gzip
import io
import re
from collections.abc import Iterator

import pytest
import zstandard
from hypothesis import example, given, settings
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
Change = tuple[float, str, bytes]
"""Where in a file (a fraction of its length), what happens to it there, and with which bytes."""

CHANGE = st.tuples(
    st.floats(0, 1, exclude_max=True), st.sampled_from(["flip", "cut", "drop", "double", "insert"]), st.binary(max_size=20)
)
FOUND = [
    ("whole", [(0.875, "cut", b""), (0.75, "drop", b"x")]),
    ("whole", [(0.59375, "drop", b"x"), (0.75, "cut", b"")]),
    ("whole", [(0.75, "drop", b"x"), (0.984375, "flip", b"")]),
]
"""Damages at once by which a record with a damaged digest field was once taken for a page."""


def changed(data: bytes, changes: list[Change]) -> bytes:
    """The file after the changes, one after the other."""
    for where, what, more in changes:
        at = int(where * len(data))
        if what == "flip":
            data = data[:at] + bytes([data[at] ^ ((more[0] if more else 0) or 1)]) + data[at + 1 :] if data else data
        elif what == "cut":
            data = data[:at]
        elif what == "drop":
            data = data[:at] + data[at + len(more) :]
        elif what == "double":
            data = data[:at] + data[max(0, at - 300) :]
        else:
            data = data[:at] + more + data[at:]
    return data


@pytest.mark.parametrize(("packing", "changes"), FOUND)
def test_the_damages_that_once_gave_a_wrong_body_do_not(packing: str, changes: list[Change]) -> None:
    found, problems = read(changed(PACKINGS[packing], changes))
    assert {each.body for each in found} <= {body for _, body in PAGES}
    assert problems


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(PACKINGS)), st.lists(CHANGE, min_size=1, max_size=4))
@example("whole", FOUND[0][1])
@example("whole", FOUND[1][1])
@example("whole", FOUND[2][1])
def test_whatever_happens_to_a_file_no_wrong_body_comes_out_of_it(packing: str, changes: list[Change]) -> None:
    # A plain file has one digest a record and no checksum: damage to both its name and the body cannot be told.
    found, _ = read(changed(PACKINGS[packing], changes[:1] if packing == "plain" else changes))
    assert {each.body for each in found} <= {body for _, body in PAGES}
    assert len({each.url for each in found}) == len(found) or any(what == "double" for _, what, _ in changes)


def test_a_capture_that_its_digest_proves_is_given_out_of_a_member_that_is_cut_and_the_others_are_counted() -> None:
    """With digests as far as the records are whole; without digests none, for the checksum never comes."""
    plain = [record(http(body), url) for url, body in PAGES]
    proven = [record(http(body), url, WARC_Block_Digest=sha1(http(body))) for url, body in PAGES]
    found, problems = read(gzip.compress(b"".join([plain[0], proven[1], plain[2], *proven[3:]]), 0)[:-40])
    assert [each.url for each in found] == [URLS[1], URLS[3]]
    assert sum(problem.captures for problem in problems) == 3
    assert [problem.reason for problem in problems] == [
        "no digest proves it, and its compressed member is damaged or cut",
        "no digest proves it, and its compressed member is damaged or cut",
        "the file ends inside a compressed record",
    ]


def test_a_capture_is_given_when_only_the_line_ends_and_the_checksum_behind_it_are_cut_off() -> None:
    last = record(http(), URLS[1], WARC_Block_Digest=sha1(http()))
    for cut in (4, 8, 10):
        found, reasons = urls(zipped(GOOD[0]) + gzip.compress(last, 0)[:-cut])
        assert (found, reasons) == (URLS[:2], ["the file ends inside a compressed record"])


def test_a_whole_member_of_many_captures_without_digests_is_unpacked_once_more_and_given() -> None:
    found, reasons = urls(gzip.compress(b"".join(GOOD * 40)))
    assert (found, reasons) == (URLS * 40, [])


@pytest.mark.parametrize("frames", ["one", "many"])
def test_a_zstd_frame_with_a_checksum_proves_what_has_no_digest(frames: str) -> None:
    pack = zstandard.ZstdCompressor(write_checksum=True)
    parts = [b"".join(GOOD)] if frames == "one" else GOOD
    data = b"".join(pack.compress(part) for part in parts)
    assert urls(data) == (URLS, [])
    found, reasons = urls(data[:-3])
    assert found == ([] if frames == "one" else URLS[:4])
    assert reasons


@pytest.mark.parametrize(
    "line",
    [
        b"WARC-Block-Digest sha1:" + b"A" * 32,  # the colon is lost
        b"WARC-Blo\xe7k-Digest: sha1:" + b"A" * 32,
        b"WARC-Block-Digfst: sha1:" + b"A" * 32,
        b"a1: " + b"A" * 32,
        b"WARC-Record-Id: <urn:uuid:1>" + b"A" * 32,
        b"WARC-Block-Digest: rha1:" + b"A" * 32,
        b"X: <urn:uuid:1>sha1:" + b"A" * 32,
    ],
)
def test_a_plain_record_whose_digest_field_is_damaged_is_no_capture(line: bytes) -> None:
    bad = re.sub(b"WARC-Record-ID: [^\r]+", line, GOOD[1])
    assert urls(GOOD[0] + bad + GOOD[2]) == ([URLS[0], URLS[2]], ["its header is damaged, and no digest proves it"])


def test_captures_that_are_refused_one_after_the_other_are_each_counted() -> None:
    """Places and captures are different numbers: here one stretch of damage, and captures that are whole and of no use."""
    wrong = [record(http(body), url, WARC_Block_Digest=sha1(b"other")) for url, body in PAGES]
    dateless = [record(http(body), url, at="never") for url, body in PAGES]
    for bad in (wrong, dateless):
        for data in (b"".join(bad), zipped(*bad), gzip.compress(b"".join(bad))):
            _, problems = read(GOOD[0] + data)
            assert sum(problem.captures for problem in problems) == len(PAGES)


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
