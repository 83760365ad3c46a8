"""The WARC files that `--from` names: on disk, below a folder, in a bucket, on standard input or in a pipe."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from crawler.config import ConfigError
from crawler.from_warc.part_stream import Input, no_span, stream_of
from crawler.from_warc.spans import S3, Span, bucket_named, bytes_at
from crawler.from_warc.wacz import MAGIC, WARC_SUFFIXES, members
from storage import ArchiveError, Store

SUFFIXES: Final = (*WARC_SUFFIXES, ".wacz")
"""What is read below a folder or a prefix; a file that is named itself is read whatever its name."""

_BUCKET_CHUNK: Final = 4 << 20


class InputError(ConfigError):
    """`--from` names nothing that can be read; the message names it."""


def inputs(names: list[str]) -> list[Input]:
    """The WARC files meant, each once, folders and prefixes in the order of their names, a zip's in that of its directory.

    Raises InputError where a name leads to nothing.
    """
    found = {each.name: each for name in names for each in _meant(name)}
    return [file for each in found.values() for file in _unzipped(each)]


def _unzipped(file: Input) -> Iterator[Input]:
    """The WARC files in a zip; any other file as it is, and so a damaged zip too: what stands in it in clear can be found."""
    if file.name.endswith(WARC_SUFFIXES):
        yield file
        return
    try:
        if file.part(0, len(MAGIC)) != MAGIC:
            yield file
            return
        found = list(members(file))
    except (OSError, ArchiveError):
        yield file
        return
    if not found:
        raise InputError(f"{file.name}: no WARC file in this zip")
    yield from found


def _meant(name: str) -> Iterator[Input]:
    if name == "-":
        yield _copied(sys.stdin.buffer, "-")
    elif name.startswith(S3):
        yield from _in_bucket(name)
    else:
        yield from _on_disk(name)


def _on_disk(name: str) -> Iterator[Input]:
    path = Path(name.removeprefix("file://")).expanduser()
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.name.endswith(SUFFIXES) and not file.is_dir())
        if not files:
            raise InputError(f"{name}: no {', '.join(SUFFIXES)} in this folder")
        yield from (_file(file) if file.is_file() else _no_file(file) for file in files)
        return
    try:
        with path.open("rb") as file:
            yield _file(path) if path.is_file() else _copied(file, name)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from error


def _file(path: Path) -> Input:
    place = str(path.absolute())

    def part(offset: int, length: int) -> bytes:
        return bytes_at(Span(place, offset, length))

    return Input(str(path), lambda: path.open("rb"), part, partial(Span, place))


def _no_file(path: Path) -> Input:
    """What a folder holds under the name of a WARC file and is none: a pipe, a device, a link to nothing. Nobody waits for it."""

    def part(_offset: int, _length: int) -> bytes:
        raise OSError(errno.ENOENT, "a link to nothing" if path.is_symlink() and not path.exists() else "is no file", str(path))

    return Input(str(path), lambda: BytesIO(part(0, 0)), part, no_span)


def _copied(stream: BinaryIO, name: str) -> Input:
    """What can be read but once, copied to a temporary file: captures are read again in the order of their time."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as what reads from it
    shutil.copyfileobj(stream, file)
    file.flush()
    size, descriptor = file.tell(), file.fileno()

    def part(offset: int, length: int) -> bytes:
        return os.pread(descriptor, length, offset)

    weakref.finalize(part, file.close)
    return Input(name, lambda: stream_of(part, size), part, no_span)


def _in_bucket(uri: str) -> Iterator[Input]:
    bucket, _, key = uri.removeprefix(S3).partition("/")
    try:
        store = bucket_named(bucket)
        if key and not key.endswith("/") and store.stat(key) is not None:
            names = [key]
        else:
            names = sorted(each.key for each in store.listing(key) if each.key.endswith(SUFFIXES))
    except ArchiveError as error:
        raise InputError(str(error)) from error
    if not names:
        raise InputError(f"{uri}: no such object, and no {', '.join(SUFFIXES)} whose key begins so")
    for name in names:
        yield _object(store, bucket, name)


def _object(store: Store, bucket: str, key: str) -> Input:
    def part(offset: int, length: int) -> bytes:
        return store.part(key, offset, length) or b""

    def opened() -> BinaryIO:
        stored = store.stat(key)
        return stream_of(part, stored.size if stored else 0, _BUCKET_CHUNK)

    place = f"{S3}{bucket}/{key}"
    return Input(place, opened, part, partial(Span, place))
