"""Writing and reading WARC records, beside warcio and FastWARC alone; and what an article takes in the archive."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fastwarc.stream_io import GzipReader, GzipWriter
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as WarcioIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.demo.running import serve
from infra.bench.crawling import UNPACED, crawl_command
from infra.bench.measure import cost, cpu_seconds, generated
from infra.world.worlds import World
from storage.stores.store import Stored
from storage.warc import records as warc_records
from storage.warc.archiver import Archiver
from storage.warc.exchange import Exchange
from storage.warc.reader import records
from storage.warc.segment_writer import ArchiverOptions

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Nowhere:
    """A store that keeps nothing but sizes: what is measured is the making of records, not the disk."""

    uri = "nowhere:"

    def __init__(self) -> None:
        self.files: list[bytes] = []

    def create(self, key: str, data: bytes, content_type: str = "") -> bytes:  # noqa: ARG002  # a Store's
        if key.endswith(".warc.gz"):
            self.files.append(data)
        return data

    def part(self, key: str, offset: int, length: int) -> bytes | None:  # noqa: ARG002
        return None

    def stat(self, key: str) -> Stored | None:  # noqa: ARG002
        return None


def warc(pages: int, kilobytes: int, rounds: int) -> dict[str, object]:
    """Records and MB of HTML a CPU second (of all threads), taken in turn; medians. Each page is a request and a response.

    ours: all digests (SHA-256 and SHA-1 of block and payload), index and file; ours_record: the response record alone,
    with the digests, as the peers make it with theirs (SHA-1 of block and payload).
    """
    figures: dict[str, object] = {"pages": pages, "kilobytes": kilobytes, "rounds": rounds}
    for coding in ("gzip", "identity"):
        exchanges = _exchanges(pages, kilobytes, coding)
        writers: dict[str, Callable[[list[Exchange]], bytes]] = {
            "ours": _filed,
            "ours_record": _ours,
            "fastwarc": _fastwarc,
            "warcio": _warcio,
        }
        readers: dict[str, Callable[[bytes], int]] = {
            "ours": _read_ours,
            "fastwarc": _read_fastwarc,
            "warcio": _read_warcio,
        }
        written = {name: write(exchanges) for name, write in writers.items()}
        html = pages * kilobytes / 1024
        for name, seconds in _in_turn({name: partial(write, exchanges) for name, write in writers.items()}, rounds).items():
            figures[f"write_{coding}_{name}"] = f"{pages / seconds:,.0f} records/s, {html / seconds:,.0f} MB/s"
        figures[f"kb_a_record_{coding}"] = " ".join(f"{name} {len(data) / pages / 1024:.1f}" for name, data in written.items())
        whole = written["ours"]
        for name, seconds in _in_turn({name: partial(read, whole) for name, read in readers.items()}, rounds).items():
            figures[f"read_{coding}_{name}"] = f"{pages / seconds:,.0f} records/s, {html / seconds:,.0f} MB/s"
        assert {read(whole) for read in readers.values()} == {pages}
    return figures | _bytes_an_article(articles=pages, kilobytes=kilobytes)


def _in_turn(subjects: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each: what others do on the machine meanwhile counts less."""
    spent: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            spent[name].append(cpu_seconds(subject))
    return {name: statistics.median(values) for name, values in spent.items()}


def _exchanges(pages: int, kilobytes: int, coding: str) -> list[Exchange]:
    made = []
    for url, html in generated(pages, kilobytes):
        path = url.split("/", 3)[3]
        body = gzip.compress(html, 6, mtime=0) if coding == "gzip" else html
        coding_header = b"Content-Encoding: gzip\r\n" if coding == "gzip" else b""
        head = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=UTF-8\r\n" + coding_header + b"\r\n"
        request = f"GET /{path} HTTP/1.1\r\nHost: www.enabbaladi.net\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        made.append(Exchange(url=url, at=AT, status=200, head=head, body=body, request=request, protocol="http/1.1"))
    return made


def _filed(exchanges: list[Exchange]) -> bytes:
    store = Nowhere()
    filing = Archiver(store, "bench", lambda: AT, ArchiverOptions(seconds=600, waiting=1 << 30))  # type: ignore[arg-type]
    for exchange in exchanges:
        filing.keep("enab_baladi", [exchange])
    filing.close()
    return b"".join(store.files)


def _ours(exchanges: list[Exchange]) -> bytes:
    return b"".join(warc_records.response(each, warc_records.Digests.of(each.body)).data for each in exchanges)


def _fastwarc(exchanges: list[Exchange]) -> bytes:
    out = io.BytesIO()
    writer = GzipWriter(out, 6)
    for each in exchanges:
        record = WarcRecord()
        record.init_headers(record_type=WarcRecordType.response)
        record.headers["WARC-Target-URI"] = each.url
        record.headers["Content-Type"] = warc_records.HTTP_RESPONSE
        record.set_bytes_content(each.head + each.body)
        record.is_http = True
        record.write(writer, checksum_data=True, payload_digest=hashlib.sha1(each.body).digest())  # noqa: S324
        writer.finish()  # else the file is one gzip member
    return out.getvalue()


def _warcio(exchanges: list[Exchange]) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    for each in exchanges:
        fields = [tuple(line.split(": ", 1)) for line in each.head.decode().split("\r\n")[1:-2]]
        headers = StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1")
        with io.BytesIO(each.body) as payload:
            record = writer.create_warc_record(
                each.url,
                "response",
                payload=payload,
                length=len(each.body),
                http_headers=headers,
                warc_content_type=warc_records.HTTP_RESPONSE,
            )
            writer.write_record(record)
    return out.getvalue()


def _read_ours(data: bytes) -> int:
    return sum(1 for record in records(io.BytesIO(data), "bench", max_bytes=1 << 24, problem=_complain) if record.body)


def _complain(problem: object) -> None:
    raise AssertionError(problem)


def _read_fastwarc(data: bytes) -> int:
    found = ArchiveIterator(GzipReader(io.BytesIO(data)), record_types=WarcRecordType.response, parse_http=True)
    return sum(1 for record in found if record.reader.read())


def _read_warcio(data: bytes) -> int:
    found = WarcioIterator(io.BytesIO(data))
    return sum(1 for record in found if record.rec_type == "response" and record.raw_stream.read())


def _bytes_an_article(articles: int, kilobytes: int) -> dict[str, object]:
    """KB an article in an archive that a crawl made: raw captures, their index, and the text with all that keeps it."""
    with (
        serve(World.generated(articles=articles, kilobytes=kilobytes), log=False) as running,
        tempfile.TemporaryDirectory() as name,
    ):
        archive = Path(name) / "archive"
        cost(crawl_command(archive), {**os.environ, **UNPACED, **running.env()})
        files = [file for file in archive.rglob("*") if file.is_file()]
        sizes = {file: file.stat().st_size for file in files}
        raw = [file for file in files if file.name.endswith(".warc.gz")]
        kinds = {
            "raw": sum(sizes[file] for file in raw),
            "index": sum(size for file, size in sizes.items() if file.suffix == ".cdxj"),
            "text": sum(size for file, size in sizes.items() if file.is_relative_to(archive / "articles")),
            "other": sum(size for file, size in sizes.items() if not file.is_relative_to(archive / "warc")),
        }
        kinds["other"] -= kinds["text"]
        disk = int(subprocess.run(["du", "-sk", str(archive)], check=True, capture_output=True).stdout.split()[0])  # noqa: S607
    figures: dict[str, object] = {f"kb_an_article_{kind}": round(size / articles / 1024, 2) for kind, size in kinds.items()}
    return {**figures, "kb_an_article_on_disk": round(disk / articles, 1), "articles_a_warc_file": round(articles / len(raw), 1)}
