"""The bytes of a WARC file out of whatever they are packed in: gzip or zstd members, or nothing at all.

Every member is looked at anew, so files of different kinds that somebody concatenated are read as well. No call unpacks
more than a few megabytes at once, whatever a member promises to hold. One file, though long: each call moves the same buffers.
"""

from __future__ import annotations

import re
import struct
from typing import BinaryIO, Final

import zstandard

from storage.warc.decompress import ERRORS, GzipMember, Unpacker, ZstdFrame
from storage.warc.raw_input import CHUNK, RawInput

ARC_REASON: Final = "an ARC file, the format before WARC: `warcio recompress OLD.arc.gz NEW.warc.gz` makes a WARC file of it"
_NONE: Final = "neither gzip nor zstd nor a WARC record"
_OTHERS: Final = (
    (b"filedesc", ARC_REASON),
    (b"PK", "a zip (WACZ) that is damaged, or something of one"),
    (b"\xfd7zXZ", f"{_NONE}, but packed by xz: `xz -d` unpacks it"),
    (b"BZh", f"{_NONE}, but packed by bzip2: `bzip2 -d` unpacks it"),
    (b"7z\xbc\xaf", f"{_NONE}, but a 7z archive, which has to be unpacked first"),
)
BOM: Final = b"\xef\xbb\xbf"
"""U+FEFF, which editors put before a text."""
_DICTIONARY: Final = b"\x5d\x2a\x4d\x18"  # a skippable frame that holds the dictionary of a .warc.zst
_DICTIONARY_BYTES: Final = 1 << 24
GZIP: Final = b"\x1f\x8b\x08"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
_SKIPPABLE: Final = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_PACKED: Final = re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd")
_MEMBER: Final = re.compile(_PACKED.pattern + rb"|WARC/[01]\.\d{1,3}\r?\n")
_LONGEST: Final = 16
_ZSTD_CHECKSUM: Final = 0x04  # RFC 8878 §3.1.1.1.1: Content_Checksum_flag of the byte behind the magic number


class BrokenError(Exception):
    """The member cannot be unpacked to its end; the message says why."""


class NoMemberError(BrokenError):
    """No member begins where one should."""


class Unpacked:
    """A window on the unpacked bytes: `buffer[position:]` is what was unpacked and not taken yet.

    member: offset in the file of the member that the newest bytes came from; begins: where in `buffer` its bytes begin
    (negative once they were dropped); plain: it is not packed at all.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._raw = RawInput(file)
        self._unpacker: Unpacker | None = None
        self._dictionary: zstandard.ZstdCompressionDict | None = None
        self._ended = True
        self._intact: tuple[int, bool] | None = None
        self.buffer = bytearray()
        self.position = 0
        self.member = 0
        self.begins = 0
        self.plain = False

    @property
    def available(self) -> int:
        return len(self.buffer) - self.position

    @property
    def offset(self) -> int:
        """Where in the file the next byte stands, for a plain member; else the offset of the member."""
        return self.member + self.position - self.begins if self.plain else self.member

    @property
    def end(self) -> int:
        """Where in the file the next member begins, once this one is at its end; for a plain member the next byte."""
        return self.offset if self.plain else self._raw.at

    @property
    def standalone(self) -> bool:
        """The member can be unpacked without anything that stands before it: no dictionary is needed."""
        return self._dictionary is None or not isinstance(self._unpacker, ZstdFrame)

    @property
    def checked(self) -> bool:
        """The member has a checksum at its end: every gzip member has (RFC 1952 §2.3.1), a zstd frame may (RFC 8878 §3.1.1)."""
        return self._unpacker is not None and self._unpacker.checked

    def intact(self) -> bool:
        """Whether the member is whole to its checksum. Where it is not at its end yet the rest is unpacked to find out, once for
        each member, and nothing of it is held; False where the file cannot be read twice.
        """
        if self._ended:
            return True
        if self._intact is None or self._intact[0] != self.member:
            self._intact = (self.member, self._raw.seekable and self._unpacks())
        return self._intact[1]

    def _unpacks(self) -> bool:
        assert self._unpacker is not None
        here, unpacker = self._raw.at, self._unpacker.anew()
        self._raw.go_to(self.member)
        try:
            while not unpacker.eof:
                data = self._raw.read()
                if not data:
                    return False
                while data and not unpacker.eof:
                    _, data = unpacker.unpack(data)
        except ERRORS:
            return False
        finally:
            self._raw.go_to(here)
        return True

    @property
    def ended(self) -> bool:
        """Nothing more comes of this member."""
        return self._ended

    def next_member(self) -> bool:
        """Begins the next member; False at the end of the file. BrokenError: what stands there is none (`search` finds one)."""
        while True:
            head = self._raw.peek(8)
            if not head:
                return False
            self._drop_taken()
            self.begins = len(self.buffer)
            self.member = self._raw.at
            if _SKIPPABLE.match(head) and len(head) == 8:
                self._skippable(head)
                continue
            self.plain = False
            if head.startswith(GZIP):
                self._unpacker = GzipMember()
            elif head.startswith(ZSTD):
                self._unpacker = ZstdFrame(self._dictionary, checked=len(head) > 4 and bool(head[4] & _ZSTD_CHECKSUM))
            elif head.startswith(BOM):
                self._raw.skip(len(BOM))
                continue
            elif head[:1] == b"\0":
                self._raw.skip_zeros()
                continue
            elif b"WARC/".startswith(head.lstrip(b"\r\n\t ")[:5]):
                self._unpacker, self.plain = None, True
            else:
                raise NoMemberError(next((reason for magic, reason in _OTHERS if head.startswith(magic)), _NONE))
            self._ended = False
            return True

    def more(self) -> bool:
        """Unpacks some more of the member; False at its end. BrokenError: it is cut or damaged."""
        while not self._ended:
            data = self._raw.read()
            if self._unpacker is None:
                self.buffer += data
                self._ended = not data
                return bool(data)
            if not data:
                self._ended = True
                raise BrokenError("the file ends inside a compressed record")
            try:
                out, rest = self._unpacker.unpack(data)
            except ERRORS as error:
                self._ended = True
                raise BrokenError(f"damaged compression: {error}") from error
            if self._unpacker.eof:
                self._ended = True
                rest = self._unpacker.unused_data
            self._raw.unread(rest)
            if out:
                self.buffer += out
                return True
        return False

    def ensure(self, count: int) -> bool:
        """Unpacks until `count` bytes of this member are available."""
        while self.available < count:
            if not self.more():
                return False
        return True

    def switch(self) -> None:
        """In a plain member: what comes next is packed, a member of its own."""
        self._raw.go_to(self.offset)
        self._ended = True
        del self.buffer[self.position :]

    def back_to(self, member: int, inside: int, *, plain: bool) -> bool:
        """Goes back to the byte `inside` the member at `member`; False where the file cannot seek or the byte is not there."""
        if not self._raw.seekable:
            return False
        self.forget()
        if plain:
            self._raw.go_to(member + inside)
            self._unpacker, self.plain, self.member, self._ended = None, True, self._raw.at, False
            return True
        self._raw.go_to(member)
        try:
            self.next_member()
            while inside > 0:
                if not self.available and not self.more():
                    return False
                step = min(inside, self.available)
                self.position += step
                inside -= step
                self.compact()
        except BrokenError:
            return False
        return True

    def search(self, start: int, *, plain_too: bool) -> bool:
        """Goes to the next place from `start` on where a member may begin; False if there is none.

        plain_too: also one that is not packed. Not so inside a damaged packed member: what reads like a record there is
        somebody's page.
        """
        wanted = _MEMBER if plain_too else _PACKED
        self.forget()
        self._raw.go_to(start)
        while True:
            data = self._raw.peek(CHUNK)
            found = wanted.search(data)
            if found:
                self._raw.skip(found.start())
                return True
            if len(data) < CHUNK:
                self._raw.skip(len(data))
                return False
            self._raw.skip(max(len(data) - _LONGEST, 1))

    def forget(self) -> None:
        """Drops what was unpacked and ends the member where it is."""
        self.buffer.clear()
        self.position = 0
        self.begins = 0
        self._ended = True

    def compact(self) -> None:
        """Frees what was taken, once it is worth it."""
        if self.position > CHUNK or self.position == len(self.buffer):
            self._drop_taken()

    def _drop_taken(self) -> None:
        del self.buffer[: self.position]
        self.begins -= self.position
        self.position = 0

    def _skippable(self, head: bytes) -> None:
        (length,) = struct.unpack("<L", head[4:])
        if head.startswith(_DICTIONARY) and length <= _DICTIONARY_BYTES:
            frame = self._raw.peek(8 + length)[8:]
            if frame.startswith(ZSTD):
                try:
                    frame = zstandard.ZstdDecompressor().stream_reader(frame).read(_DICTIONARY_BYTES)
                except zstandard.ZstdError as error:
                    raise BrokenError(f"the zstd dictionary is damaged: {error}") from error
            self._dictionary = zstandard.ZstdCompressionDict(frame)
        self._raw.skip(8 + length)
