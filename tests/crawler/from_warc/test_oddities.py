"""One oddity of a writer after the other: what each capture must be read as, and what must be named."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import lzma
import struct
import zlib
from datetime import UTC, datetime

import pytest

from crawler.read.warc_page import page_of
from storage.warc.reader import Problem, records
from storage.warc.replay import memento
from tests.storage.warc.inputs import HTML, http, record, sha1, zipped

URL = "https://www.enabbaladi.net/archives/1000"
NEXT = "https://www.enabbaladi.net/archives/1001"
AT = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)
BLOCK = http()
PLAIN = record(BLOCK, URL)
BOM = b"\xef\xbb\xbf"


def block(head: bytes, body: bytes = HTML) -> bytes:
    return record(head + b"\r\n\r\n" + body, URL)


def chunks(body: bytes, end: bytes = b"\r\n", last: bytes = b"0\r\n\r\n", spaces: bytes = b"") -> bytes:
    return b"%x%b%b%b%b%b" % (len(body), spaces, end, body, end, last)


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def gzip_with(flags: int, extra: bytes) -> bytes:
    """A gzip member with optional header fields (RFC 1952 §2.3.1)."""
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\x03"
    return head + extra + raw_deflate(PLAIN) + struct.pack("<LL", zlib.crc32(PLAIN), len(PLAIN))


def renamed(*pairs: tuple[str, str]) -> bytes:
    data = PLAIN
    for old, new in pairs:
        assert old.encode() in data
        data = data.replace(old.encode(), new.encode(), 1)
    return data


READ: dict[str, bytes] = {
    "byte order mark": BOM + PLAIN,
    "byte order mark in gzip": gzip.compress(BOM + PLAIN),
    "blank lines first": b"\r\n\r\n" + PLAIN,
    "spaces first": b"  \r\n" + PLAIN,
    "no line end behind the last record": PLAIN[:-4],
    "names in small letters": renamed(("WARC-Type", "warc-type"), ("Content-Length", "content-length")),
    "names in capitals": renamed(("WARC-Target-URI", "WARC-TARGET-URI"), ("Content-Length", "CONTENT-LENGTH")),
    "type in capitals": record(BLOCK, URL, "RESPONSE"),
    "WARC/0.17": record(BLOCK, URL, version="WARC/0.17"),
    "space before a colon": renamed(("WARC-Date:", "WARC-Date :")),
    "no space behind a colon": renamed(("WARC-Date: ", "WARC-Date:")),
    "address on a line of its own": renamed(("WARC-Target-URI: ", "WARC-Target-URI:\r\n ")),
    "address folded in its middle": renamed(("enabbaladi.net/", "enabbaladi.net/\r\n ")),
    "length twice": renamed(("Content-Length", f"Content-Length: {len(BLOCK)}\r\nContent-Length")),
    "date twice": renamed(("WARC-Date", "WARC-Date: 2019-03-04T05:06:07Z\r\nWARC-Date")),
    "length with zeros": record(BLOCK, URL, length=f"{len(BLOCK):015}"),
    "two of WARC-Protocol": renamed(("WARC-Date", "WARC-Protocol: h2\r\nWARC-Protocol: tls/1.3\r\nWARC-Date")),
    "latin-1 in a field": PLAIN.replace(b"WARC-Date", b"X-Note: \xe9\r\nWARC-Date"),
    "truncated": record(BLOCK, URL, WARC_Truncated="length"),
    "address in quotes": renamed((URL, f'"{URL}"')),
    "address with a tab": renamed((URL, URL.replace("archives/", "archives/\t"))),
    "address with one slash": renamed(("https://", "https:/")),
    "address with three slashes": renamed(("https://", "https:///")),
    "address with backslashes": renamed(("https://", "https:\\\\")),
    "resource": record(HTML, URL, "resource", Content_Type="Text/HTML"),
    "resource without type": record(HTML, URL, "resource"),
    "resource that is an HTTP message": record(BLOCK, URL, "resource", Content_Type="application/http; msgtype=response"),
    "response without HTTP head": record(HTML, URL, Content_Type="text/html; charset=utf-8"),
    "HTTP/3": block(b"HTTP/3 200\r\ncontent-type: text/html"),
    "pseudo-header": block(b":status: 200\r\ncontent-type: text/html"),
    "status line and pseudo-header": block(b"HTTP/2 200\r\n:status: 200\r\ncontent-type: text/html"),
    "ICY": block(b"ICY 200 OK\r\nContent-Type: text/html"),
    "100 Continue first": record(b"HTTP/1.1 100 Continue\r\n\r\n" + BLOCK, URL),
    "103 Early Hints first": record(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + BLOCK, URL),
    "two interim answers": record(b"HTTP/1.1 102 Processing\r\n\r\n" * 2 + BLOCK, URL),
    "a proxy's answer first": record(b"HTTP/1.0 200 Connection established\r\n\r\n" + BLOCK, URL),
    "blank line before the status": record(b"\r\n\r\n" + BLOCK, URL),
    "mixed line ends": record(b"HTTP/1.1 200 OK\nContent-Type: text/html\r\n\n" + HTML, URL),
    "HTTP length too short": block(b"HTTP/1.1 200 OK\r\nContent-Length: 5"),
    "HTTP length too long": block(b"HTTP/1.1 200 OK\r\nContent-Length: 50000"),
    "chunks": block(b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked", chunks(HTML)),
    "chunks with spaces": block(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", chunks(HTML, spaces=b"   ")),
    "chunks with LF": block(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", chunks(HTML, b"\n", b"0\n\n")),
    "chunks with trailers": block(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", chunks(HTML, last=b"0\r\nX: y\r\n\r\n")),
    "chunks without the last": block(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", chunks(HTML, last=b"")),
    "chunks taken off": block(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"),
    "gzip as transfer coding": block(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", chunks(gzip.compress(HTML))),
    "zlib deflate": block(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate", zlib.compress(HTML)),
    "raw deflate": block(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate", raw_deflate(HTML)),
    "a coding that is none": block(b"HTTP/1.1 200 OK\r\nContent-Encoding: UTF-8"),
    "a coding named twice": block(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip", gzip.compress(HTML)),
    "payload digest of the decoded body": record(
        http(gzip.compress(HTML), ("Content-Encoding", "gzip")), URL, WARC_Payload_Digest=sha1(HTML)
    ),
    "payload digest of the block": record(BLOCK, URL, WARC_Payload_Digest=sha1(BLOCK)),
    "digest in hex": record(BLOCK, URL, WARC_Block_Digest="SHA1:" + hashlib.sha1(BLOCK).hexdigest().upper()),
    "digest in base32 of SHA-256": record(
        BLOCK, URL, WARC_Block_Digest="sha256:" + base64.b32encode(hashlib.sha256(BLOCK).digest()).decode()
    ),
    "digest of an unknown algorithm": record(BLOCK, URL, WARC_Block_Digest="blake3:abcd"),
    "empty digest": record(BLOCK, URL, WARC_Block_Digest="sha1:"),
    "gzip with skip lengths (Heritrix)": gzip_with(4, b"\x0c\0sl\x08\0" + bytes(8)),
    "gzip with a comment": gzip_with(16, b"by somebody\0"),
    "gzip with a name": gzip_with(8, b"x.warc\0"),
    "an empty member first": gzip.compress(b"") + zipped(PLAIN),
    "zeros behind": zipped(PLAIN) + bytes(512),
    "stored by gzip": gzip.compress(PLAIN, 0),
    **{
        f"date {date}": record(BLOCK, URL, at=date)
        for date in (
            "2019-03-04T05:06:07.000000001Z", "2019-03-04T05:06:07", "2019-03-04T05:06:07,0Z", "20190304T050607Z",
            "2019-3-4T5:6:7Z",
            "2019/03/04 05:06:07", "2019-03-04T05:06:07Z[UTC]", "2019-03-04 05:06:07 UTC", "2019-03-04T08:06:07 +0300",
            "Mon Mar  4 05:06:07 2019", "2019-03-04T05:06:07.Z",
        )
    },
}  # fmt: skip
NAMED: dict[str, tuple[bytes, str]] = {
    "no date": (renamed(("WARC-Date", "X-Date")), "WARC-Date"),
    "no type": (renamed(("WARC-Type", "X-Type")), "without WARC-Type"),
    "no HTTP in an HTTP message": (record(HTML, URL, Content_Type="application/http; msgtype=response"), "no HTTP response"),
    "length with a sign": (record(BLOCK, URL, length=-1), "no number"),
    "no length": (renamed(("Content-Length", "X-Length")), "without Content-Length"),
    "length of a terabyte": (record(BLOCK, URL, length=1 << 40), "bytes"),
    "length too short": (record(BLOCK, URL, length=len(BLOCK) - 20), "less than what stands there"),
    "a wrong digest": (record(BLOCK, URL, WARC_Block_Digest=sha1(b"x")), "digest"),
    "one of several segments": (record(BLOCK, URL, WARC_Segment_Number="1"), "WARC-Segment-Number"),
}
PACKED_OTHERWISE: dict[str, tuple[bytes, str]] = {
    "xz": (lzma.compress(PLAIN), "`xz -d`"),
    "bzip2": (bz2.compress(PLAIN), "`bzip2 -d`"),
}


def pages(data: bytes) -> tuple[list[tuple[str, datetime, bytes]], list[Problem]]:
    problems: list[Problem] = []
    found = []
    for each in records(io.BytesIO(data), "x", max_bytes=1_000_000, problem=problems.append):
        subject, page = memento(each), page_of(each, "warc")
        assert subject is not None
        found.append((page.url, subject.at.replace(microsecond=0), page.body))
    return found, problems


@pytest.mark.parametrize("name", READ)
def test_a_capture_written_so_is_read(name: str) -> None:
    assert pages(READ[name]) == ([(URL, AT, HTML)], [])


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("packed", [False, True])
def test_a_capture_that_cannot_be_given_is_named_and_the_next_one_is_read(name: str, packed: bool) -> None:
    data, reason = NAMED[name]
    following = record(http(), NEXT)
    found, problems = pages(zipped(data, following) if packed else data + following)
    assert [url for url, _, _ in found] == [NEXT]
    assert reason in problems[0].reason
    assert sum(problem.captures for problem in problems) == 1


def test_a_header_with_two_targets_is_two_headers_and_belongs_to_nobody() -> None:
    found, (problem,) = pages(renamed(("WARC-Target-URI", f"WARC-Target-URI: {NEXT}\r\nWARC-Target-URI")))
    assert (found, problem.reason) == ([], "its header is cut and runs into the next")


@pytest.mark.parametrize("name", PACKED_OTHERWISE)
def test_a_file_packed_otherwise_is_named_with_what_unpacks_it(name: str) -> None:
    data, reason = PACKED_OTHERWISE[name]
    found, (problem,) = pages(data)
    assert found == []
    assert reason in problem.reason


MEANT = {
    "www.enabbaladi.net/archives/1": "http://www.enabbaladi.net/archives/1",
    "//www.enabbaladi.net/archives/1": "http://www.enabbaladi.net/archives/1",
    "https://www.enabbaladi.net/خبر": "https://www.enabbaladi.net/خبر",
}
NO_WEB_ADDRESSES = ["dns:www.enabbaladi.net", "urn:text:https://www.enabbaladi.net/", "whois://x.net/y", "ftp://x.net/y"]


@pytest.mark.parametrize("written", MEANT)
def test_an_address_without_scheme_and_one_in_arabic_letters_are_addresses(written: str) -> None:
    (found,), problems = pages(record(BLOCK, written))
    assert (found[0], problems) == (MEANT[written], [])


@pytest.mark.parametrize("other", NO_WEB_ADDRESSES)
def test_what_is_no_web_address_is_no_capture(other: str) -> None:
    assert pages(record(b"x", other, "resource")) == ([], [])


def test_the_end_of_a_day_is_the_beginning_of_the_next() -> None:
    (found,), _ = pages(record(BLOCK, URL, at="2019-03-04T24:00:00Z"))
    assert found[1] == datetime(2019, 3, 5, tzinfo=UTC)
