"""WARC files of anyone's: read whole when whole, and as far as can be when not."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import Damaged
from storage.folder import FolderStore
from storage.record import Pointer
from storage.warc.reading import record_at
from tests.storage.warc.inputs import AT, HTML, by_warcio, http, read, record, sha1, zipped

URLS = [f"https://www.enabbaladi.net/{n}/" for n in range(5)]
PAGES = [(url, HTML + url.encode()) for url in URLS]
GOOD = [record(http(body), url) for url, body in PAGES]


def urls(data: bytes) -> tuple[list[str], list[str]]:
    found, problems = read(data)
    return [each.url for each in found], [each.reason for each in problems]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("gz", [True, False])
def test_what_warcio_writes_is_read_with_its_request_and_warcinfo_passed_over(gz: bool, version: str) -> None:
    found, problems = read(by_warcio(*PAGES, gz=gz, version=version))
    assert problems == []
    assert [(each.url, each.body, each.status, each.at, each.content_type) for each in found] == [
        (url, body, 200, AT, "text/html; charset=utf-8") for url, body in PAGES
    ]


@pytest.mark.parametrize("gz", [True, False])
def test_offset_and_length_lead_to_the_record_alone(gz: bool) -> None:
    data = by_warcio(*PAGES, gz=gz)
    for each in read(data)[0]:
        (alone,), problems = read(data[each.offset : each.offset + each.length])
        assert (alone.url, alone.body, alone.raw, problems) == (each.url, each.body, each.raw, [])
        assert (gzip.decompress(data[each.offset : each.offset + each.length]) if gz else each.raw) == each.raw


@pytest.mark.parametrize("head", ["WARC/0.18", "WARC/0.17", "WARC/1.0", "WARC/1.1", "WARC/1.2"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_every_version_and_both_kinds_of_line_ends_are_read(head: str, end: str) -> None:
    data = b"".join(record(http(body, end=end), url, version=head, end=end) for url, body in PAGES)
    found, problems = read(data)
    assert ([(each.url, each.body) for each in found], problems) == (PAGES, [])
    assert all(each.raw.split(b"\r\n\r\n")[0].count(b"\n") == each.raw.split(b"\r\n\r\n")[0].count(b"\r\n") for each in found)


def test_one_gzip_member_for_the_whole_file_is_read_but_leads_to_no_record_alone() -> None:
    found, problems = read(gzip.compress(b"".join(GOOD)))
    assert ([each.url for each in found], problems) == (URLS, [])
    assert {each.length for each in found} == {0}


def test_records_cut_over_gzip_blocks_are_put_together() -> None:
    whole = b"".join(GOOD)
    data = b"".join(gzip.compress(whole[at : at + 100]) for at in range(0, len(whole), 100))
    found, problems = read(data)
    assert ([(each.url, each.body) for each in found], problems) == (PAGES, [])
    assert {each.length for each in found} == {0}


def test_zstd_is_read_with_and_without_the_dictionary_in_its_first_frame() -> None:
    plain = zstandard.ZstdCompressor()
    dictionary = zstandard.train_dictionary(2048, [record(http(HTML * 3), f"https://x.example/{n}") for n in range(500)])
    small = zstandard.ZstdCompressor(dict_data=dictionary)
    packed = b"".join(small.compress(each) for each in GOOD)
    for kept in (dictionary.as_bytes(), plain.compress(dictionary.as_bytes())):
        found, problems = read(b"\x5d\x2a\x4d\x18" + struct.pack("<L", len(kept)) + kept + packed)
        assert ([each.url for each in found], problems) == (URLS, [])
        assert {each.length for each in found} == {0}  # without the dictionary nobody can read them
    data = b"".join(plain.compress(each) for each in GOOD)
    assert urls(data) == (URLS, [])
    for each in read(data)[0]:
        assert urls(data[each.offset : each.offset + each.length]) == ([each.url], [])
    streamed = b"".join(zstandard.ZstdCompressor(write_content_size=False).compress(each) for each in GOOD)
    assert urls(streamed) == (URLS, [])


def test_files_of_different_kinds_concatenated_are_read_to_the_end() -> None:
    a, b, c, d, e = GOOD
    assert urls(a + zipped(b) + zstandard.compress(c) + d + gzip.compress(e)) == (URLS, [])


def test_zeros_and_blank_lines_between_records_are_no_damage() -> None:
    a, b, c, d, e = GOOD
    assert urls(zipped(a) + b"\0" * 700 + zipped(b, c) + b"\0" * 70_000 + zipped(b"", d, b"\r\n\r\n", e)) == (URLS, [])
    assert urls(b"\r\n" + b"\r\n\r\n".join(GOOD) + b"\n\n") == (URLS, [])


def test_a_resource_and_a_revisit_say_what_they_are() -> None:
    resource = record(HTML, kind="resource", Content_Type="text/html; charset=utf-8")
    revisit = record(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        kind="revisit",
        WARC_Profile="http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        WARC_Refers_To_Target_URI="<http://enabbaladi.net/1>",
        WARC_Refers_To_Date="2018-01-01T00:00:00.123456789Z",
        WARC_Payload_Digest=sha1(HTML),
    )
    (first, second), problems = read(resource + revisit)
    assert problems == []
    assert (first.kind, first.status, first.body, first.content_type) == ("resource", 200, HTML, "text/html; charset=utf-8")
    assert (second.kind, second.status, second.body, second.payload_digest) == ("revisit", 200, b"", sha1(HTML))
    assert second.refers_to is not None
    assert second.refers_to[0] == "http://enabbaladi.net/1"
    assert second.refers_to[1].isoformat() == "2018-01-01T00:00:00.123456+00:00"


def test_angle_brackets_around_the_address_are_taken_off() -> None:
    (found,), _ = read(record(http(), "<http://www.enabbaladi.net/1/>"))
    assert found.url == "http://www.enabbaladi.net/1/"


def test_what_is_no_capture_of_a_web_address_is_passed_over_in_silence() -> None:
    others = [
        record(b"20190304050607\nexample.org. 1 IN A 1.2.3.4\n", "dns:example.org", "response", Content_Type="text/dns"),
        record(b"220 hello", "ftp://example.org/file"),
        record(b"whois", "whois://whois.example/x", "resource"),
        record(b"{}", "urn:pageinfo:https://example.org/", "resource"),
        record(b"via: x\r\n", "https://example.org/", "metadata"),
        record(b"GET / HTTP/1.1\r\n\r\n", "https://example.org/", "request"),
        record(b"{}", "https://example.org/", "conversion"),
        record(b"", "", "warcinfo"),
    ]
    assert urls(b"".join(others) + GOOD[0]) == (URLS[:1], [])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-03-04T05:06:07Z", "2019-03-04T05:06:07+00:00"),
        ("2019-03-04T05:06:07.5Z", "2019-03-04T05:06:07.500000+00:00"),
        ("2019-03-04T08:06:07+03:00", "2019-03-04T05:06:07+00:00"),
        ("20190304050607", "2019-03-04T05:06:07+00:00"),
        ("2019-03", "2019-03-01T00:00:00+00:00"),
        ("2019", "2019-01-01T00:00:00+00:00"),
    ],
)
def test_the_time_of_a_capture_is_read_in_every_form(text: str, moment: str) -> None:
    (found,), _ = read(record(http(), at=text))
    assert found.at.isoformat() == moment


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


def test_a_digest_is_read_in_every_form_and_of_the_body_with_and_without_chunks() -> None:
    import base64
    import hashlib

    chunked = b"5\r\nhello\r\n0\r\n\r\n"
    sha256 = hashlib.sha256(b"hello")
    forms = [
        sha1(b"hello"),
        sha1(chunked),
        sha1(b"hello").lower(),
        "sha1:" + hashlib.sha1(b"hello").hexdigest(),
        "sha256:" + sha256.hexdigest(),
        "sha-256:" + sha256.hexdigest().upper(),
        "SHA256:" + base64.b32encode(sha256.digest()).decode(),
        "sha256:" + base64.b64encode(sha256.digest()).decode(),
        "md5:" + hashlib.md5(b"hello").hexdigest(),
        "blake9:unknown",
    ]
    data = b"".join(
        record(http(chunked, ("Transfer-Encoding", "chunked")), f"https://x.example/{n}", WARC_Payload_Digest=form)
        for n, form in enumerate(forms)
    )
    found, problems = read(data)
    assert (len(found), problems) == (len(forms), [])


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


def test_record_at_gives_the_record_or_says_why_not(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    data = by_warcio(*PAGES)
    store.create("warc/x.warc.gz", data, "application/warc")
    import hashlib
    from dataclasses import replace

    found = read(data)[0]
    each = found[2]
    pointer = Pointer(
        file="warc/x.warc.gz",
        offset=each.offset,
        length=each.length,
        record_id=each.record_id,
        payload_digest="sha256:" + hashlib.sha256(each.body).hexdigest(),
    )
    assert record_at(store, pointer).body == each.body
    wrong = {
        "there is no such file": replace(pointer, file="warc/y.warc.gz"),
        "the file ends before": replace(pointer, length=10**6),
        "neither gzip": replace(pointer, offset=pointer.offset + 3, length=pointer.length - 3),
        "ends inside": replace(pointer, length=pointer.length - 3),
        "stands there, not": replace(pointer, record_id="<urn:uuid:1>"),
        "the payload's digest": replace(pointer, payload_digest="sha256:" + "0" * 64),
        "captures instead": replace(pointer, offset=0, length=len(data)),
    }
    for reason, each_pointer in wrong.items():
        with pytest.raises(Damaged, match=reason):
            record_at(store, each_pointer)
