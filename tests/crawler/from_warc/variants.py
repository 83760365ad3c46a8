"""WARC files as they are found in the wild: what a capture says, how its writer spells it, what it is packed in, drawn at random.

Every kind of oddness is one entry of a table here; a file mixes them.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import brotli
import zstandard
from hypothesis import strategies as st

from tests.storage.warc.inputs import record, sha1, zipped

AT = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Expected:
    """What a capture must be read as."""

    url: str
    at: datetime
    body: bytes


ADDRESSES: dict[str, Callable[[str], str]] = {
    "as it is": lambda url: url,
    "in angle brackets": lambda url: f"<{url}>",
    "host with a final dot": lambda url: url.replace(".net/", ".net./"),
    "with user name": lambda url: url.replace("://", "://user:secret@"),
    "with port": lambda url: url.replace(".net/", ".net:443/"),
    "scheme in capitals": lambda url: url.replace("https", "HTTPS"),
    "replay": lambda url: f"https://web.archive.org/web/20190304050607id_/{url}",
    "replay without id_": lambda url: f"http://web.archive.org/web/20190304050607/{url}",
    "replay of Archive-It": lambda url: f"https://wayback.archive-it.org/1234/20190304050607/{url}",
    "replay of Arquivo.pt": lambda url: f"https://arquivo.pt/wayback/20190304050607mp_/{url}",
    "replay with one slash": lambda url: f"https://web.archive.org/web/20190304050607id_/{url.replace('//', '/')}",
}
DATES = [
    "2019-03-04T05:06:07Z",
    "2019-03-04t05:06:07z",
    "2019-03-04T05:06:07.000000000Z",
    "2019-03-04T08:06:07+03:00",
    "2019-03-04T05:06:07+0000",
    "2019-03-04 05:06:07",
    "20190304050607",
    "Mon, 04 Mar 2019 05:06:07 GMT",
]
STATUS_LINES = [
    "HTTP/1.1 200 OK",
    "http/1.1 200 ok",
    "HTTP/2 200",
    "HTTP/2.0 200 ",
    "HTTP/1.0 200",
    "HTTP/1.1 200  Très bien",
    "HTTP/1.1\t200 OK",
]


def _chunked(body: bytes) -> bytes:
    return b"".join(b"%x;x=y\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\n\r\n"


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "none": ("", lambda body: body),
    "gzip": ("Content-Encoding: gzip", gzip.compress),
    "br": ("content-encoding: br", brotli.compress),
    "zstd": ("Content-Encoding: zstd", zstandard.compress),
    "gzip twice, named once": ("Content-Encoding: gzip", lambda body: gzip.compress(gzip.compress(body))),
    "gzip without its name": ("", gzip.compress),
    "gzip with a blank name": ("Content-Encoding: ", gzip.compress),
    "gzip in name only": ("Content-Encoding: gzip", lambda body: body),
    "zstd without its name": ("", zstandard.compress),
    "chunked": ("Transfer-Encoding: chunked", _chunked),
    "chunked in name only": ("Transfer-Encoding: chunked", lambda body: body),
    "X-Crawl": ("X-Crawl-Content-Encoding: gzip", lambda body: body),
}
DIGESTS: dict[str, Callable[[bytes, bytes], dict[str, str]]] = {
    "block": lambda block, _: {"WARC_Block_Digest": sha1(block)},
    "payload": lambda _, body: {"WARC_Payload_Digest": sha1(body)},
    "both, in small letters": lambda block, body: {
        "WARC_Block_Digest": sha1(block).lower(),
        "WARC_Payload_Digest": sha1(body).lower(),
    },
    "a payload of another reading": lambda block, _: {"WARC_Block_Digest": sha1(block), "WARC_Payload_Digest": sha1(b"other")},
    "no payload's": lambda block, _: {"WARC_Block_Digest": sha1(block), "WARC_Payload_Digest": "sha1:-"},
}


@dataclass(frozen=True)
class Spelling:
    """How one capture is written."""

    address: str
    date: str
    status_line: str
    coding: str
    digest: str
    http_end: str
    warc_end: str
    folded: bool
    version: str


SPELLINGS = st.builds(
    Spelling,
    st.sampled_from(sorted(ADDRESSES)),
    st.sampled_from(DATES),
    st.sampled_from(STATUS_LINES),
    st.sampled_from(sorted(CODINGS)),
    st.sampled_from(sorted(DIGESTS)),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from(["\r\n", "\n"]),
    st.booleans(),
    st.sampled_from(["WARC/1.0", "WARC/1.1", "WARC/0.18"]),
)


def written(number: int, how: Spelling) -> tuple[bytes, Expected]:
    """A record, and what it must be read as."""
    url = f"https://www.enabbaladi.net/archives/{1000 + number}"
    body = f"<!doctype html><html><body><p>نص الخبر رقم {number}</p></body></html>".encode()
    named, code = CODINGS[how.coding]
    headers = ["Content-Type: text/html;" + (how.http_end + "\t charset=utf-8" if how.folded else " charset=utf-8"), "Server: x"]
    stored = code(body)
    block = how.http_end.join([how.status_line, *headers, *([named] if named else []), "", ""]).encode() + stored
    fields = DIGESTS[how.digest](block, stored) | ({"X_Note": f"one{how.warc_end}  two"} if how.folded else {})
    made = record(block, ADDRESSES[how.address](url), version=how.version, at=how.date, end=how.warc_end, **fields)
    return made, Expected(url, AT, body)


def _dictionary(parts: list[bytes]) -> bytes:
    trained = zstandard.train_dictionary(1024, [part + bytes([n]) for n in range(60) for part in parts] or [b"x"])
    pack = zstandard.ZstdCompressor(dict_data=trained)
    kept = trained.as_bytes()
    return b"\x5d\x2a\x4d\x18" + struct.pack("<L", len(kept)) + kept + b"".join(pack.compress(part) for part in parts)


PACKINGS: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip": lambda parts: zipped(*parts),
    "one gzip member": lambda parts: gzip.compress(b"".join(parts)),
    "bgzip": lambda parts: b"".join(gzip.compress(b"".join(parts)[at : at + 90]) for at in range(0, len(b"".join(parts)), 90)),
    "zstd": lambda parts: b"".join(zstandard.compress(part) for part in parts),
    "zstd with a dictionary": _dictionary,
    "one zstd frame": lambda parts: zstandard.ZstdCompressor(write_checksum=True).compress(b"".join(parts)),
    "concatenated": lambda parts: b"".join(
        (zipped(part), part, zstandard.compress(part))[number % 3] for number, part in enumerate(parts)
    ),
}
BESIDE: list[bytes] = [
    record(b"software: x\r\n", "", "warcinfo"),
    record(b"GET / HTTP/1.1\r\n\r\n", "https://www.enabbaladi.net/archives/1000", "request"),
    record(b"via: x\r\n", "https://www.enabbaladi.net/archives/1000", "metadata"),
    record(b"x", "https://www.enabbaladi.net/archives/1000", "x-of-our-own"),
    record(b"20190304\nexample.org. 1 IN A 192.0.2.1\n", "dns:example.org", "response"),
    record(b"{}", "urn:pageinfo:https://example.org/", "resource"),
    record(b"", "", ""),
]
BEHIND: dict[str, tuple[bytes, bool]] = {
    "nothing": (b"", False),
    "zeros": (b"\0" * 700, False),
    "blank lines": (b"\r\n\n\r\n", False),
    "garbage": (b"garbage, and more of it", True),
    "half a record": (zipped(record(b"x" * 500))[:-40], True),
}
"""What stands behind the last record, and whether that must be named."""
