"""Exchanges for the tests of filing, and the files that came of them."""

from __future__ import annotations

import gzip
import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from storage import Archive
from storage.stores.store import Store
from storage.warc.exchange import Exchange, Memento

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
OUTLET = "enab_baladi"
HTML = b"Content-Type: text/html; charset=utf-8\r\n"


def story(number: int, kilobytes: int = 8) -> bytes:
    """A page that is different for each number and does not compress away."""
    noise = random.Random(number)
    return b"<html>" + bytes(noise.choices(b"abcdefghijklmnopqrstuvwxyz <>", k=kilobytes * 1024)) + b"</html>"


def exchange(number: int, body: bytes | None = None, *, coded: bool = True, **more: Any) -> Exchange:
    """An answer of 200 with the story of that number, as gzip unless said otherwise."""
    payload = body if body is not None else gzip.compress(story(number), mtime=0) if coded else story(number)
    coding = b"Content-Encoding: gzip\r\n" if coded else b""
    given: dict[str, Any] = {
        "url": f"https://www.enabbaladi.example/archives/{number}",
        "at": NOON + timedelta(seconds=number),
        "status": 200,
        "head": b"HTTP/1.1 200 OK\r\n" + HTML + coding + b"\r\n",
        "body": payload,
        "request": b"GET /archives/%d HTTP/1.1\r\nHost: www.enabbaladi.example\r\n\r\n" % number,
        "ip": "192.0.2.7",
        "protocol": "http/1.1",
        "certificate": "sha256:" + "ab" * 32,
    }
    return Exchange(**given | more)


def redirect(number: int, status: int = 301) -> Exchange:
    """An answer that leads to the story of that number."""
    location = f"https://www.enabbaladi.example/archives/{number}".encode()
    head = b"HTTP/1.1 %d Moved\r\nLocation: %b\r\n\r\n" % (status, location)
    return exchange(number, b"", url=f"http://enabbaladi.example/?p={number}", status=status, head=head, coded=False)


def memento(number: int, captured: datetime) -> Exchange:
    """A web archive's replay of a story."""
    original = f"http://smartnews-agency.example/ar/wires/{number}/مادة"
    url = f"https://web.archive.org/web/{captured:%Y%m%d%H%M%S}id_/{original}"
    return exchange(number, url=url, memento=Memento(url=original, at=captured))


def warcs(store: Store) -> dict[str, bytes]:
    """The WARC files of an archive by key."""
    return {found.key: store.get(found.key) or b"" for found in store.listing("warc/") if found.key.endswith(".warc.gz")}


def problems(files: dict[str, bytes], folder: Any) -> int:
    """The exit code of `warcio check` over the files: 0 when every digest and every member is right."""

    class Command:
        inputs: list[str] = []  # noqa: RUF012
        verbose = False

    command = Command()
    command.inputs = []
    for number, data in enumerate(files.values()):
        file = folder / f"{number}.warc.gz"
        file.write_bytes(data)
        command.inputs.append(str(file))
    return int(Checker(command).process_all())


def seen_by_warcio(data: bytes) -> list[dict[str, Any]]:
    """The records as the reference reader has them: fields in small letters, HTTP status, and the payload as stored."""
    found = []
    iterator = ArchiveIterator(io.BytesIO(data), check_digests="raise")
    for record in iterator:
        fields = {name.lower(): text for name, text in record.rec_headers.headers}
        http = record.http_headers
        status = http.get_statuscode() if http and record.rec_type != "request" else None
        payload = record.raw_stream.read()
        found.append(fields | {"status": status, "payload": payload, "offset": iterator.get_record_offset()})
    return found


def index_of(archive: Archive) -> list[str]:
    """The lines of all CDXJ files."""
    files = [found.key for found in archive.store.listing("warc/") if found.key.endswith(".cdxj")]
    return [line for key in files for line in (archive.store.get(key) or b"").decode().splitlines()]
