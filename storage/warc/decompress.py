"""One gzip member or zstd frame, unpacked a little at a time, so that none fills the memory whatever it holds."""

from __future__ import annotations

import zlib
from typing import Final, Protocol

import zstandard

STEP: Final = 1 << 20
"""Most bytes that one call unpacks from gzip; from zstd it is 32 MB, what a kilobyte can hold at worst."""

_ZSTD_FEED: Final = 1 << 10
_ZSTD_WINDOW: Final = 1 << 27
ERRORS: Final = (zlib.error, zstandard.ZstdError)


class Unpacker(Protocol):
    """eof: it is at its end, and its checksum was right; unused_data: what was given to it beyond that; checked: it has one."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def checked(self) -> bool: ...
    def unpack(self, data: bytes) -> tuple[bytes, bytes]:
        """(what came out, what was not looked at yet). Raises one of ERRORS for damage."""
        ...

    def anew(self) -> Unpacker:
        """Another one, at the beginning of the same member."""
        ...


class GzipMember:
    """RFC 1952."""

    checked = True

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def anew(self) -> GzipMember:
        return GzipMember()

    def unpack(self, data: bytes) -> tuple[bytes, bytes]:
        return self._inflate.decompress(data, STEP), self._inflate.unconsumed_tail


class ZstdFrame:
    """RFC 8878."""

    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None, *, checked: bool) -> None:
        self.checked, self._dictionary = checked, dictionary
        self._context = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_ZSTD_WINDOW).decompressobj()
        self._left = b""

    @property
    def eof(self) -> bool:
        return self._context.eof

    @property
    def unused_data(self) -> bytes:
        return self._context.unused_data + self._left

    def anew(self) -> ZstdFrame:
        return ZstdFrame(self._dictionary, checked=self.checked)

    def unpack(self, data: bytes) -> tuple[bytes, bytes]:
        # decompressobj knows no limit for what it gives out: so it gets little to eat.
        out = self._context.decompress(data[:_ZSTD_FEED])
        rest = data[_ZSTD_FEED:]
        if self._context.eof:
            self._left, rest = rest, b""
        return out, rest
