"""WARC files of anyone's, read whole."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
import zstandard

from storage.errors import Damaged
from storage.record import Pointer
from storage.stores.folder import FolderStore
from storage.warc.reader import record_at
from tests.storage.warc.inputs import AT, GOOD, HTML, PAGES, URLS, by_warcio, http, read, record, sha1, urls, zipped


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
    assert urls((b"\0" * 512).join(GOOD) + b"\0" * 70_000) == (URLS, [])


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


def test_a_record_that_does_not_state_its_length_is_named_and_counted() -> None:
    """The standard demands it: where a record ends is nobody's guess."""
    without = GOOD[1].replace(b"Content-Length: %d\r\n" % len(http(PAGES[1][1])), b"")
    for data in (zipped(GOOD[0], without, GOOD[2]), GOOD[0] + without + GOOD[2], gzip.compress(GOOD[0] + without + GOOD[2])):
        found, problems = read(data)
        assert [each.url for each in found] == [URLS[0], URLS[2]]
        assert [(each.reason, each.captures) for each in problems] == [("a record without Content-Length", 1)]


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
