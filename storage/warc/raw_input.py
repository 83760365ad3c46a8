"""The bytes of a file as they stand in it, with bytes that were read too early put back."""

from __future__ import annotations

from typing import BinaryIO, Final

CHUNK: Final = 1 << 15  # zlib copies what follows a member: larger pieces are slower (measured)


class RawInput:
    """at: offset in the file of the next byte."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seekable = file.seekable()
        self._pending = b""
        self.at = 0

    def read(self) -> bytes:
        """The next bytes, a chunk at most; nothing at the end of the file."""
        data, self._pending = self._pending or self._file.read(CHUNK), b""
        self.at += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Puts back what was read last."""
        if data:
            self._pending = data + self._pending
            self.at -= len(data)

    def peek(self, count: int) -> bytes:
        """The next bytes, without taking them; fewer than `count` at the end of the file."""
        while len(self._pending) < count:
            data = self._file.read(CHUNK)
            if not data:
                break
            self._pending += data
        return self._pending[:count]

    def skip(self, count: int) -> None:
        """Takes so many bytes."""
        while count > 0:
            data = self.read()
            if not data:
                return
            self.unread(data[count:])
            count -= len(data)

    def skip_zeros(self) -> None:
        """Takes the zero bytes that come next."""
        while (data := self.read()) and not (rest := data.lstrip(b"\0")):
            pass
        if data:
            self.unread(rest)

    def go_to(self, offset: int) -> None:
        """Goes to a place in the file; where it cannot seek, only forward."""
        if self.seekable:
            self._file.seek(offset)
            self._pending, self.at = b"", offset
        elif offset > self.at:
            self.skip(offset - self.at)
