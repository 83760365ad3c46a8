"""The WARC files that `--from` names: on disk, below a folder, in a bucket, or on standard input."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from crawler.config import ConfigError
from storage import ArchiveError, Store, open_store

SUFFIXES: Final = (".warc", ".warc.gz", ".warc.zst")
"""What is read below a folder or a prefix; a file that is named itself is read whatever its name."""

_BUCKET_CHUNK: Final = 4 << 20


class InputError(ConfigError):
    """`--from` names nothing that can be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file of WARC records. open: it as a seekable stream, anew at each call; both raise OSError or ArchiveError.

    part: some of its bytes (offset, length), from any thread.
    """

    name: str
    open: Callable[[], BinaryIO]
    part: Callable[[int, int], bytes]


def inputs(names: list[str]) -> list[Input]:
    """The files meant, each once, folders and prefixes in the order of their names. Raises InputError."""
    found = {each.name: each for name in names for each in _meant(name)}
    return list(found.values())


def _meant(name: str) -> Iterator[Input]:
    if name == "-":
        yield _standard_input()
    elif name.startswith("s3://"):
        yield from _in_bucket(name)
    else:
        yield from _on_disk(name)


def _on_disk(name: str) -> Iterator[Input]:
    path = Path(name.removeprefix("file://")).expanduser()
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.name.endswith(SUFFIXES) and file.is_file())
        if not files:
            raise InputError(f"{name}: no {', '.join(SUFFIXES)} in this folder")
        yield from (_file(file) for file in files)
        return
    try:
        with path.open("rb"):
            yield _file(path)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from error


def _file(path: Path) -> Input:
    def part(offset: int, length: int) -> bytes:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    return Input(str(path), lambda: path.open("rb"), part)


def _standard_input() -> Input:
    """Copied to a temporary file first: captures are read again in the order of their time."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
    shutil.copyfileobj(sys.stdin.buffer, file)

    def again() -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Parts(part)))

    def part(offset: int, length: int) -> bytes:
        file.flush()
        return os.pread(file.fileno(), length, offset)

    return Input("-", again, part)


def _in_bucket(uri: str) -> Iterator[Input]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        store = open_store(f"s3://{bucket}")
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

    return Input(f"s3://{bucket}/{key}", lambda: cast(BinaryIO, io.BufferedReader(_Parts(part), _BUCKET_CHUNK)), part)


class _Parts(io.RawIOBase):
    """Parts of a file as a stream."""

    def __init__(self, part: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._part, self._at = part, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("its end is not known")
        self._at = offset if whence == io.SEEK_SET else self._at + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer
        data = self._part(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
