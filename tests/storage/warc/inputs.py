"""WARC files as different hands write them, for the tests of reading."""

from __future__ import annotations

import base64
import gc
import gzip
import hashlib
import io
import warnings
from datetime import UTC, datetime
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from storage.warc.reader import Problem, Record, records

AT = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)
HTML = b"<!doctype html><html><body><p>" + "نص الخبر".encode() + b"</p></body></html>"


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def http(body: bytes = HTML, *headers: tuple[str, str], status: str = "200 OK", end: str = "\r\n") -> bytes:
    """An HTTP response as the block of a record."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {text}" for name, text in headers or (("Content-Type", "text/html"),)), "", ""]
    return end.join(lines).encode() + body


def record(
    block: bytes,
    url: str = "https://www.enabbaladi.net/1/",
    kind: str = "response",
    *,
    version: str = "WARC/1.0",
    at: str = "2019-03-04T05:06:07Z",
    length: int | str | None = None,
    end: str = "\r\n",
    **fields: str,
) -> bytes:
    """A record by hand: every field may be wrong."""
    said = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": at,
        "WARC-Record-ID": f"<urn:uuid:{hashlib.md5(url.encode() + kind.encode() + at.encode()).hexdigest()}>",
        **{name.replace("_", "-"): text for name, text in fields.items()},
        "Content-Length": str(len(block) if length is None else length),
    }
    head = end.join([version, *(f"{name}: {text}" for name, text in said.items() if text), "", ""])
    return head.encode() + block + (end * 2).encode()


def zipped(*parts: bytes) -> bytes:
    """A gzip member for each."""
    return b"".join(gzip.compress(part, 6, mtime=0) for part in parts)


def by_warcio(*pages: tuple[str, bytes], gz: bool = True, version: str = "1.1", at: str = "2019-03-04T05:06:07Z") -> bytes:
    """What warcio writes: warcinfo, then a request and a response for each page, with digests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # warcio leaves its temporary files to the collector
        enabled = gc.isenabled()
        gc.disable()  # they stay among the youngest objects, and no others need be looked through
        data = _by_warcio(pages, gz, version, at)
        gc.collect(0)
        if enabled:
            gc.enable()
    return data


def _by_warcio(pages: tuple[tuple[str, bytes], ...], gz: bool, version: str, at: str) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gz, warc_version=version)
    writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "warcio"}))
    for url, body in pages:
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        response = writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), http_headers=headers, warc_headers_dict={"WARC-Date": at}
        )
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "x")], is_http_request=True)
        request = writer.create_warc_record(url, "request", http_headers=asked)
        writer.write_request_response_pair(request, response)
    return out.getvalue()


def read(data: bytes, max_bytes: int = 1_000_000, file: Any = None) -> tuple[list[Record], list[Problem]]:
    """(the records, the problems) of a file."""
    problems: list[Problem] = []
    found = list(records(file or io.BytesIO(data), "x.warc", max_bytes=max_bytes, problem=problems.append))
    return found, problems


URLS = [f"https://www.enabbaladi.net/{n}/" for n in range(5)]
PAGES = [(url, HTML + url.encode()) for url in URLS]
GOOD = [record(http(body), url) for url, body in PAGES]


def urls(data: bytes) -> tuple[list[str], list[str]]:
    """The addresses read in a file, and what was wrong with it."""
    found, problems = read(data)
    return [each.url for each in found], [each.reason for each in problems]
