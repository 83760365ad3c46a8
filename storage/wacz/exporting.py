"""Copying the raw captures of articles into a WACZ: gzip members as they stand, packed into few files, never packed anew."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Final, NamedTuple

from storage.errors import ArchiveError, Damaged
from storage.record import Json
from storage.stores.store import Store
from storage.wacz.package import Package, ZipEntry
from storage.wacz.revisits import RevisitTargets
from storage.wacz.selection import Chosen
from storage.warc import cdxj
from storage.warc import records as warc_records
from storage.warc.headers import BadHeadError, moment, warc_head

FILE_BYTES: Final = 1 << 30
"""A WARC file inside the package is followed by another one at this size."""
_READ_BYTES: Final = 16 << 20
_GAP_BYTES: Final = 64 << 10
"""Records so near to each other are read at once, up to so many bytes: a request costs more than what lies between."""
_HEAD_BYTES: Final = 1 << 18


@dataclass(slots=True)
class Exported:
    """articles: chosen; without_raw: those of them without raw bytes, which are left out.

    records: copied, among them what revisits repeat; damaged: records left out, since they are not what was pointed to;
    unresolved: revisits of what is not there.
    """

    articles: int = 0
    without_raw: int = 0
    records: int = 0
    pages: int = 0
    damaged: int = 0
    unresolved: int = 0


class _Copied(NamedTuple):
    """fields: of the record's WARC header, by name in small letters; lines: of the index, one; http_head: of its HTTP message,
    with the empty line; is_memento: of a web archive's replay, which stands for a page elsewhere.
    """

    fields: dict[str, str]
    lines: list[str]
    http_head: bytes
    is_memento: bool


def export_wacz(
    store: Store,
    articles: Iterable[Json],
    file: BinaryIO,
    *,
    title: str,
    software: str,
    problem: Callable[[str], None],
    extra: Iterable[tuple[str, Iterable[bytes]]] = (),
) -> Exported:
    """Write a WACZ with the raw captures of these article records, each once.

    file: need not be seekable. problem: told, in a line, what is left out. extra: (path, pieces) of further files, made after
    the records were chosen. ArchiveError if the archive cannot be read.
    """
    with closing(Chosen()) as chosen:
        export = _Export(store, chosen, problem)
        export.done.articles, export.done.without_raw = chosen.choose(articles)
        with Package(file, title=title, software=software) as package:
            export.copy(package, software)
            package.index(chosen.lines())
            package.pages(export.counted(chosen.pages()))
            for path, lines in extra:
                package.lines(path, lines)
        return export.done


class _Export:
    def __init__(self, store: Store, chosen: Chosen, problem: Callable[[str], None]) -> None:
        self._store, self._chosen, self._problem = store, chosen, problem
        self._originals = RevisitTargets(store, chosen)
        self.done = Exported()

    def copy(self, package: Package, software: str) -> None:
        """The WARC files of the package."""
        members = self._members()
        number, left = 0, next(members, None)
        while left is not None:
            number += 1
            name = f"data-{number:04}.warc.gz"
            with package.entry(f"archive/{name}") as entry:
                entry.write(warc_records.warcinfo(name, datetime.now(UTC), {"software": software}).data)
                while left is not None and entry.bytes < FILE_BYTES:
                    self._copy(entry, name, *left)
                    left = next(members, None)

    def counted(self, pages: Iterable[Json]) -> Iterator[Json]:
        for page in pages:
            self.done.pages += 1
            yield page

    def _members(self) -> Iterator[tuple[str, int, bytes]]:
        """(file, offset, bytes) of each record to be copied, file by file; then of those that revisits among them repeat."""
        while self._chosen.is_left():
            for file, places in self._chosen.left():
                yield from self._of_file(file, places)

    def _of_file(self, file: str, places: list[tuple[int, int]]) -> Iterator[tuple[str, int, bytes]]:
        for stretch in _stretches(places):
            start, end = stretch[0][0], stretch[-1][0] + stretch[-1][1]
            data = self._store.part(file, start, end - start) or b""
            for offset, length in stretch:
                yield file, offset, data[offset - start : offset - start + length]

    def _copy(self, entry: ZipEntry, name: str, file: str, offset: int, member: bytes) -> None:
        try:
            record = _record(member, name, entry.bytes)
            expected = self._chosen.expected(file, offset)
            if expected - {record.fields.get("warc-record-id")}:
                raise Damaged(f"another record stands there than {', '.join(sorted(expected))}")
        except ArchiveError as error:
            self.done.damaged += 1
            self._chosen.drop(file, offset)
            self._problem(f"{file} at byte {offset}: left out: {error}")
            return
        entry.write(member)
        self.done.records += 1
        lines = record.lines
        if record.is_memento:
            made = warc_records.memento_revisit(record.fields, record.http_head)
            lines = [*lines, *cdxj.lines(made.head, name, entry.bytes, len(made.data))]
            entry.write(made.data)
        _, stamp, fields = lines[-1].split(" ", 2)  # of a memento the second line, under its own address
        at = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[8:10]}:{stamp[10:12]}:{stamp[12:14]}Z"
        self._chosen.copied(file, offset, json.loads(fields)["url"], at, lines)
        if record.fields.get("warc-type") == "revisit":
            self._bring_original(record.fields, file)

    def _bring_original(self, fields: dict[str, str], file: str) -> None:
        url, at = fields.get("warc-refers-to-target-uri"), moment(fields.get("warc-refers-to-date"))
        if not (url and at and self._originals.want((url, at), file)):
            self.done.unresolved += 1
            self._problem(f"{file}: what {fields.get('warc-record-id')} repeats is not in this archive ({url})")


def _record(member: bytes, name: str, offset: int) -> _Copied:
    """Header and index lines of a record that is put at `offset` of the package's file `name`. Damaged: it is no capture."""
    try:
        head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(member, _HEAD_BYTES)
        fields = dict(warc_head(head.partition(b"\r\n\r\n")[0]).fields)
    except (zlib.error, BadHeadError) as error:
        raise Damaged(f"no WARC record ({error})") from error
    lines = cdxj.lines(head, name, offset, len(member))
    if not lines:
        raise Damaged(f"a record of type {fields.get('warc-type')}, which is no capture")
    http_head = head.partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return _Copied(fields, lines[:1], http_head, len(lines) > 1)


def _stretches(places: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Places that are read at once."""
    stretch: list[tuple[int, int]] = []
    for offset, length in places:
        if stretch and (offset > sum(stretch[-1]) + _GAP_BYTES or offset + length > stretch[0][0] + _READ_BYTES):
            yield stretch
            stretch = []
        stretch.append((offset, length))
    if stretch:
        yield stretch
