"""A file of which parts can be had, as a stream: objects of a bucket, what stands inside another file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, Final, cast

Part = Callable[[int, int], bytes]
"""(offset, length) → the bytes there, fewer at the end of the file."""

CHUNK: Final = 1 << 17


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
