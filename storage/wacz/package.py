"""The zip file of a WACZ: entries one after the other, each hashed as it is written, and the package's description at the end.

WARC files and the compressed index are stored, not deflated: a player reads records by byte ranges inside the zip file.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import IO, BinaryIO, Final, Self
from zlib import MAX_WBITS, compressobj

from storage.batched import batched
from storage.record import Json

VERSION: Final = "1.1.1"
_LINES: Final = 1024
"""Lines of the index in one gzip member: what a player fetches to look a page up."""


class ZipEntry:
    """A file inside the zip file while it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.bytes += len(data)

    @property
    def hash(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


class Package:
    """Use as a context; left without an error it is complete. One entry is open at a time."""

    def __init__(self, file: BinaryIO, *, title: str, software: str) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._title, self._software = title, software
        self._now = datetime.now(UTC)
        self._resources: list[Json] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._describe()
        finally:
            self._zip.close()

    @contextmanager
    def entry(self, path: str, *, deflate: bool = False) -> Iterator[ZipEntry]:
        """Write one file of the package."""
        info = zipfile.ZipInfo(path, self._now.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        # Not `force_zip64`: that adds an extra field to the local header only, and wabac.js (ReplayWeb.page), which reads no
        # local # header where the central one has none, would be 20 bytes off everywhere. A file of ours stays below 2 GiB.
        with self._zip.open(info, "w") as file:
            entry = ZipEntry(file)
            yield entry
        name = path.rpartition("/")[2].lower()
        self._resources.append({"name": name, "path": path, "hash": entry.hash, "bytes": entry.bytes})

    def index(self, lines: Iterable[str]) -> None:
        """`indexes/index.cdx.gz` and `index.idx` of the sorted lines: one gzip member for every thousand, and where it stands."""
        places: list[str] = []
        with self.entry("indexes/index.cdx.gz") as cdx:
            for block in batched(lines, _LINES):
                stream = compressobj(wbits=MAX_WBITS | 16)
                data = stream.compress("".join(f"{line}\n" for line in block).encode()) + stream.flush()
                block_entry = {"offset": cdx.bytes, "length": len(data), "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
                        "filename": "index.cdx.gz"}  # fmt: skip
                places.append(f"{' '.join(block[0].split(' ', 2)[:2])} {json.dumps(block_entry)}\n")
                cdx.write(data)
        with self.entry("indexes/index.idx", deflate=True) as idx:
            idx.write(f"!meta 0 {json.dumps({'format': 'cdxj-gzip-1.0', 'filename': 'index.cdx.gz'})}\n".encode())
            for place in places:
                idx.write(place.encode())

    def pages(self, pages: Iterable[Json]) -> None:
        """`pages/pages.jsonl`: what a reader is offered."""
        with self.entry("pages/pages.jsonl", deflate=True) as file:
            file.write(_line({"format": "json-pages-1.0", "id": "pages", "title": "All pages", "hasText": True}))
            for page in pages:
                file.write(_line(page))

    def lines(self, path: str, pieces: Iterable[bytes]) -> None:
        """A further file, deflated."""
        with self.entry(path, deflate=True) as file:
            for piece in pieces:
                file.write(piece)

    def _describe(self) -> None:
        description = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": self._title,
            "created": self._now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "software": self._software,
            "resources": self._resources,
        }
        data = json.dumps(description, ensure_ascii=False, indent=1).encode()
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        self._zip.writestr("datapackage.json", data, zipfile.ZIP_DEFLATED)
        self._zip.writestr("datapackage-digest.json", json.dumps(digest), zipfile.ZIP_DEFLATED)


def _line(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace") + b"\n"
