"""The way through one WARC file: where each record begins and ends, and where to go on behind damage.

Longer than most files here: it is one state machine over one window of bytes, and each of its steps moves that window.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple

from storage.warc.capture import DigestError, Record, RefusedError, capture, is_capture, may_be_page
from storage.warc.headers import BadHeadError, WarcHead, suspicious, warc_head
from storage.warc.problem import Problem
from storage.warc.unpacking import ARC_REASON, BOM, GZIP, ZSTD, BrokenError, NoMemberError, Unpacked

HEAD_BYTES: Final = 1 << 18
"""Most bytes of a record's own header; the longest addresses seen in archives are some 100 KB."""

_HTTP_HEAD_BYTES: Final = 1 << 14
_NEXT: Final = re.compile(rb"WARC/[01]\.\d{1,3}\r?\n(?=WARC-|Content-|warc-|content-)")
_NEXT_BYTES: Final = 24
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_NOT_BLANK: Final = re.compile(rb"[^\r\n\t \0]")  # some writers pad with zeros, editors with spaces
_ARC: Final = b"filedesc://"


class _Place(NamedTuple):
    """Where a record begins: in which member, at which of its unpacked bytes, and as an offset of the file."""

    member: int
    inside: int
    offset: int
    plain: bool


class RecordScan:
    """One file, read once. A record's bytes stay in the window until it is known to be whole: they may be searched again."""

    def __init__(self, file: BinaryIO, name: str, max_bytes: int, problem: Callable[[Problem], None]) -> None:
        self._name, self._max_bytes, self._problem = name, max_bytes, problem
        self._stream = Unpacked(file)
        self._lost = self._in_damage = self._seen = False
        self._fields: WarcHead | None = None
        self._broken: tuple[int, BrokenError] | None = None

    def records(self) -> Iterator[Record]:
        """See `storage.warc.reader.records`."""
        while self._find():
            place = self._place()
            self._fields = None
            try:
                record = self._record(place)
            except BrokenError as broken:
                self._tell(place.offset, str(broken))
                if not self._search(place.member, broken):
                    break
                continue
            except BadHeadError as bad:
                self._fields = self._fields or WarcHead(bad.fields, 0)
                self._tell(place.offset, str(bad))
                self._go_on(place)
                continue
            except RefusedError as refused:
                self._refuse(place, refused)
                continue
            if record is not None:
                yield record
            if self._broken is not None and not self._pass_break():
                break
            self._stream.compact()
        if not self._seen:
            self._tell(0, "no WARC record in it" if self._stream.end else "an empty file")

    def _find(self) -> bool:
        """Goes to the next byte that is no line end; False at the end of the file."""
        stream = self._stream
        while True:
            found = _NOT_BLANK.search(stream.buffer, stream.position)
            if found:
                stream.position = found.start()
                if not self._seen and stream.buffer.startswith(BOM, stream.position):
                    stream.position += len(BOM)
                    continue
                return True
            stream.position = len(stream.buffer)
            try:
                if not stream.more() and not stream.next_member():
                    return False
            except BrokenError as broken:
                self._fields = None
                self._tell(stream.member, str(broken))
                if not self._search(stream.member, broken):
                    return False

    def _search(self, member: int, broken: BrokenError) -> bool:
        """Goes on behind the beginning of a member that is none, or is damaged; False if nothing more can be found."""
        self._in_damage = self._in_damage or not isinstance(broken, NoMemberError)
        return self._stream.search(member + 1, plain_too=not self._in_damage)

    def _pass_break(self) -> bool:
        """Goes on behind a member that broke off right after a capture that its digest proves; False at the end of the file."""
        assert self._broken is not None
        (member, broken), self._broken = self._broken, None
        self._fields = None
        self._tell(member, str(broken))
        return self._search(member, broken)

    def _place(self) -> _Place:
        stream = self._stream
        return _Place(stream.member, stream.position - stream.begins, stream.offset, stream.plain)

    def _tell(self, offset: int, reason: str) -> None:
        """Names a stretch of damage once, and each capture that is known to be lost in it."""
        captures = int(self._fields is not None and is_capture(self._fields))
        if captures or not self._lost:
            self._problem(Problem(self._name, offset, reason, captures, continued=self._lost))
        self._lost = self._seen = True

    def _refuse(self, place: _Place, refused: RefusedError) -> None:
        """Names a capture that is there from end to end and cannot be given."""
        if isinstance(refused, DigestError):
            # Its length may be what is damaged: then whole records stand inside it.
            self._tell(place.offset, str(refused))
            self._go_on(place)
            return
        self._problem(Problem(self._name, place.offset, str(refused), captures=1))
        self._lost, self._in_damage, self._seen = False, False, True
        self._part_ways()

    def _record(self, place: _Place) -> Record | None:
        """The record that begins here, the window behind it; None for one that is no capture.

        BrokenError, BadHeadError: it is damaged; RefusedError: it is whole and cannot be given.
        """
        stream = self._stream
        size = self._head_bytes()
        head = bytes(stream.buffer[stream.position : stream.position + size])
        self._fields = fields = warc_head(head)
        length = fields.length
        if length > self._max_bytes:
            self._pass_giant(place, size, length, fields)
            return None
        if not self._have(size + length):
            raise BadHeadError(f"its length is said to be {length:,} bytes, and fewer are there")
        after, damage = self._behind_or_damage(size + length)
        block = bytes(stream.buffer[stream.position + size : stream.position + size + length])
        end = stream.offset + after - stream.position if place.plain else stream.end
        alone = place.inside == 0 and stream.ended and after == len(stream.buffer) and stream.member == place.member
        whole = place.plain or (alone and stream.standalone)
        try:
            record = capture(fields, head, block, place.offset, end - place.offset if whole and damage is None else 0)
        except DigestError:
            raise
        except RefusedError:
            if damage is not None:
                raise damage from None
            stream.position = after
            raise
        if damage is not None and (record is None or not record.proven):
            raise damage
        if isinstance(damage, BrokenError):
            self._broken = (stream.member, damage)
        elif record is not None and not record.proven:
            self._check_unproven(head)
        stream.position = after
        self._lost, self._in_damage, self._seen = False, False, True
        self._part_ways()
        return record

    def _behind_or_damage(self, size: int) -> tuple[int, BrokenError | BadHeadError | None]:
        """`_behind`; where something else than a record follows, or the member breaks off, the place of that and the error."""
        try:
            return self._behind(size), None
        except BrokenError as broken:
            return len(self._stream.buffer), broken
        except BadHeadError as bad:
            return self._stream.position + size, bad

    def _check_unproven(self, head: bytes) -> None:
        """A capture without a digest. DigestError: nothing else vouches for it either."""
        if self._stream.checked:
            if not self._stream.intact():
                raise DigestError("no digest proves it, and its compressed member is damaged or cut")
        elif suspicious(head):
            raise DigestError("its header is damaged, and no digest proves it")

    def _head_bytes(self) -> int:
        """Length of the header with the blank line behind it."""
        stream = self._stream
        begins = self._have(5) and stream.buffer.startswith(b"WARC/", stream.position)
        if not begins or (self._in_damage and not stream.plain and stream.position > stream.begins):
            arc = self._have(len(_ARC)) and stream.buffer.startswith(_ARC, stream.position)
            raise BadHeadError(ARC_REASON if arc else "not a WARC record")
        looked = stream.position
        while (found := _BLANK_LINE.search(stream.buffer, looked)) is None:
            available = stream.available
            if available > HEAD_BYTES:
                raise BadHeadError(f"a header of more than {HEAD_BYTES >> 10} KB")
            if not self._have(available + 1):
                raise BadHeadError("the file ends inside a record's header" if stream.plain else "a record's header has no end")
            looked = max(stream.position, stream.position + available - 3)
        return found.end() - stream.position

    def _have(self, count: int) -> bool:
        """Unpacks until so many bytes of the record are there. A record may go on in the next member (`bgzip` packs so), unless a
        record begins there: then this one is shorter than it says.
        """
        stream = self._stream
        while not stream.ensure(count):
            if stream.plain or not stream.next_member():
                return False
            stream.ensure(stream.available + 5)
            if stream.buffer.startswith(b"WARC/", stream.begins):
                return False
        return True

    def _behind(self, size: int) -> int:
        """The index behind the record and its line ends. BadHeadError: something else stands there, so the length is a lie."""
        stream = self._stream
        while True:
            found = _NOT_BLANK.search(stream.buffer, stream.position + size)
            if found:
                stream.ensure(found.start() - stream.position + 5)
                rest = bytes(stream.buffer[found.start() : found.start() + 5])
                begun = stream.ended and b"WARC/".startswith(rest)  # `bgzip` cuts anywhere
                if rest == b"WARC/" or begun or (stream.plain and rest.startswith((GZIP, ZSTD))):
                    return found.start()
                raise BadHeadError("its length is less than what stands there")
            if not stream.more():
                return len(stream.buffer)

    def _part_ways(self) -> None:
        stream = self._stream
        if stream.plain and stream.buffer.startswith((GZIP, ZSTD), stream.position):
            stream.switch()

    def _pass_giant(self, place: _Place, size: int, length: int, fields: WarcHead) -> None:
        """Passes a block that is too large to be held, and names it if it could be a page: films and pictures are no loss."""
        stream = self._stream
        stream.ensure(size + min(length, _HTTP_HEAD_BYTES))
        page = may_be_page(fields, bytes(stream.buffer[stream.position + size : stream.position + size + _HTTP_HEAD_BYTES]))
        left = size + length
        while left > 0:
            if not self._have(1):
                break
            step = min(left, stream.available)
            stream.position += step
            left -= step
            stream.compact()
        try:
            if left == 0:
                stream.position = self._behind(0)
                self._part_ways()
        except BadHeadError:
            left = -1
        if left:
            self._tell(place.offset, f"its length is said to be {length:,} bytes, which is not so")
            if stream.member == place.member or place.plain:
                stream.back_to(place.member, place.inside + size - 1, plain=place.plain)
                self._go_on(self._place())
            return
        self._lost, self._in_damage, self._seen = False, False, True
        if page:
            self._tell(place.offset, f"a record of {length:,} bytes (the limit is {self._max_bytes:,})")
            self._lost = False

    def _go_on(self, place: _Place) -> None:
        """Searches the next record in what is unpacked: from the place on, or in the next member if that was begun already."""
        stream = self._stream
        if stream.member != place.member:
            stream.position = max(stream.begins, stream.position)
            return
        # A packed member that does not begin with a record is something else (a page's own compression, found in a damaged
        # record), whatever is quoted inside it.
        begins = place.inside == 0 and stream.buffer.startswith(b"WARC/", stream.position)
        foreign = not place.plain and (self._in_damage or (place.inside == 0 and not begins))
        while True:
            found = None if foreign else _NEXT.search(stream.buffer, stream.position + 1)
            if found:
                stream.position = found.start()
                return
            stream.position = max(stream.position, len(stream.buffer) - _NEXT_BYTES)
            stream.compact()
            try:
                more = stream.more()
            except BrokenError as broken:
                self._search(place.member, broken)
                return
            if not more:
                stream.position = len(stream.buffer)
                return
