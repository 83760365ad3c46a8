"""WARC files inside a WACZ (Web Archive Collection Zipped 1.1.1) or any other zip, wherever in it they stand.

A WACZ stores its WARC files without compression, so that a record is read where it stands in the zip. What a zip has deflated
is unpacked into a temporary file when it is first read.
"""

from __future__ import annotations

import io
import struct
import tempfile
import threading
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from crawler.from_warc.part_stream import Input, Part, SpanOf, no_span, stream_of
from crawler.from_warc.spans import Span

WARC_SUFFIXES: Final = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")
"""Names of WARC files; of ARC files too, so that they are refused by name and not passed over."""

ZIP_SUFFIXES: Final = (".wacz", ".zip")
MAGIC: Final = b"PK\x03\x04"
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_DEPTH: Final = 3
_BROKEN: Final = (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, struct.error)


def members(file: Input, depth: int = _DEPTH) -> Iterator[Input]:
    """The WARC files in a zip, in the order of its directory; also in zips inside it (a multi-WACZ).

    Raises OSError where it has no directory that can be read.
    """
    try:
        with file.open() as stream, zipfile.ZipFile(stream) as directory:
            entries = directory.infolist()
    except _BROKEN as error:
        raise OSError(f"not a whole zip: {error}") from error
    for entry in entries:
        if entry.is_dir() or entry.filename.rpartition("/")[2].startswith("._"):  # AppleDouble files that a Mac puts beside them
            continue
        reader = _Stored(entry, file.part, file.span) if _is_stored(entry) else _Unpacked(entry, file.open)
        inner = Input(f"{file.name}/{entry.filename}", reader.open, reader.part, reader.span)
        if _is_warc(entry.filename):
            yield inner
        elif entry.filename.lower().endswith(ZIP_SUFFIXES) and depth:
            yield from members(inner, depth - 1)


def _is_warc(filename: str) -> bool:
    """By its name, or by its place: `archive/` holds nothing but WARC files (WACZ §5)."""
    return filename.lower().endswith(WARC_SUFFIXES) or PurePosixPath(filename).parent.name == "archive"


def _is_stored(entry: zipfile.ZipInfo) -> bool:
    return entry.compress_type == zipfile.ZIP_STORED and not entry.flag_bits & 1


class _Stored:
    """Read where it stands."""

    def __init__(self, entry: zipfile.ZipInfo, part: Part, span: SpanOf) -> None:
        self._entry, self._part, self._span, self._begins = entry, part, span, -1

    def open(self) -> BinaryIO:
        return stream_of(self.part, self._entry.file_size)

    def part(self, offset: int, length: int) -> bytes:
        length = self._within(offset, length)
        return self._part(self._begin() + offset, length) if length else b""

    def span(self, offset: int, length: int) -> Span | None:
        return self._span(self._begin() + offset, self._within(offset, length))

    def _within(self, offset: int, length: int) -> int:
        return max(0, min(length, self._entry.file_size - offset))

    def _begin(self) -> int:
        """Where its bytes begin in the zip: behind a header whose length the zip's directory does not tell."""
        if self._begins < 0:
            header = self._part(self._entry.header_offset, _LOCAL_HEADER.size)
            try:
                magic, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
            except struct.error as error:
                raise OSError("the zip is cut") from error
            if magic != MAGIC:
                raise OSError("the zip's directory names a place where no file is")
            self._begins = self._entry.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes
        return self._begins


class _Unpacked:
    """Unpacked once, into a temporary file that ends with this reader."""

    def __init__(self, entry: zipfile.ZipInfo, open_: Callable[[], BinaryIO]) -> None:
        self._entry, self._open_zip = entry, open_
        self._file: BinaryIO | None = None
        self._damage = ""
        self._lock = threading.Lock()
        self.span: SpanOf = no_span

    def open(self) -> BinaryIO:
        self.part(0, 0)
        return stream_of(self.part, self._entry.file_size)

    def part(self, offset: int, length: int) -> bytes:
        with self._lock:
            if self._file is None:
                self._file = self._unpack()
            self._file.seek(offset)
            data = self._file.read(length)
        if length and not data and self._damage:  # who read so far shall know that it was not the end
            raise OSError(f"its zip is damaged: {self._damage}")
        return data

    def _unpack(self) -> BinaryIO:
        """What can be unpacked: where the entry is damaged, what stands before the damage, which its records' digests prove."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this reader
        weakref.finalize(self, file.close)
        try:
            with self._open_zip() as packed, zipfile.ZipFile(packed) as directory, directory.open(self._entry) as entry:
                for piece in iter(partial(entry.read, io.DEFAULT_BUFFER_SIZE), b""):
                    file.write(piece)
        except _BROKEN as error:
            self._damage = str(error) or type(error).__name__
        return file
