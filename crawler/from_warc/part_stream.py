"""A file of which parts can be had, as a stream: on disk, objects of a bucket, what stands inside another file."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from crawler.from_warc.spans import Span

Part = Callable[[int, int], bytes]
"""(offset, length) → the bytes there, fewer at the end of the file."""

SpanOf = Callable[[int, int], Span | None]
"""(offset, length) → those bytes as any process can read them; None where only this one has them."""
CHUNK: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Input:
    """A file of WARC records, or a zip of such files. open: it as a seekable stream, anew at each call; part: some of its bytes
    (offset, length), from any thread. Both raise OSError or ArchiveError. span: the same bytes by a name that other processes
    understand; None where only this process has them (standard input, what was unpacked from a zip).
    """

    name: str
    open: Callable[[], BinaryIO]
    part: Part
    span: SpanOf


def no_span(offset: int, length: int) -> Span | None:  # noqa: ARG001 - a `SpanOf`
    """Of bytes that only this process has."""
    return None


def stream_of(part: Part, size: int | None = None, chunk: int = CHUNK) -> BinaryIO:
    """A seekable stream; from the end only if the size (bytes) is known. chunk: bytes asked for at once."""
    return cast(BinaryIO, io.BufferedReader(_PartStream(part, size), chunk))


class _PartStream(io.RawIOBase):
    def __init__(self, part: Part, size: int | None) -> None:
        super().__init__()
        self._part, self._size, self._at = part, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            if self._size is None:
                raise io.UnsupportedOperation("its end is not known")
            self._at = max(0, self._size + offset)
        else:
            self._at = offset if whence == io.SEEK_SET else self._at + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer
        data = self._part(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
