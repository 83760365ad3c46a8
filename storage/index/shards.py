"""The older rows of an outlet's index by the hash of their URL, in `state/<outlet>/known/<prefix>.jsonl.gz`.

A shard holds the rows whose hashes begin with its prefix (base 4: two bits a digit). One that grows beyond MOST_ROWS is split
into four, and its file says so from then on. Hashes are uniform, so all shards have about one depth: where that is known, one GET
finds a row, or tells that its shard has none yet. A shard of another token belongs to an index that was lost since, and counts as
missing.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from storage import keys
from storage.errors import BadKey
from storage.index import rows
from storage.index.rows import IndexRow
from storage.stores.store import Store

VERSION: Final = 3
MOST_ROWS: Final = 1_000
"""Rows of a shard: up to 100 KB."""
BROKEN: Final = (OSError, EOFError, zlib.error, StopIteration, ValueError, TypeError, KeyError, IndexError, BadKey)
"""What reading a file of the index raises that was cut, overwritten or made by another program."""


@dataclass(frozen=True, slots=True)
class Shard:
    """prefix: its digits; rows: None if the file says that it was split."""

    prefix: str
    rows: list[IndexRow] | None

    @property
    def first(self) -> bytes:
        """The least hash that belongs here."""
        return Shards.bound(self.prefix, "0")

    @property
    def last(self) -> bytes:
        """The greatest hash that belongs here."""
        return Shards.bound(self.prefix, "3")


class Shards:
    """Of one outlet. depth: of the shard that was found last; least_depth: at which all were begun, None if nobody noted it."""

    def __init__(self, store: Store, outlet: str, token: str, depth: int, least_depth: int | None) -> None:
        self._store, self._outlet, self._token, self.depth, self.least_depth = store, outlet, token, depth, least_depth

    def find(self, hashed: bytes) -> Shard:
        """The shard to which a hash belongs, with its rows; an empty one if there is none."""
        digits, depth = _digits(hashed), self.depth
        shard = self._read(digits[:depth])
        while shard is None and depth > (self.least_depth or 0):
            depth -= 1
            shard = self._read(digits[:depth])
        while shard is not None and shard.rows is None:
            depth += 1
            shard = self._read(digits[:depth]) or Shard(digits[:depth], [])
        if shard is None:
            return Shard(digits[: self.depth if self.least_depth is None else self.least_depth], [])
        self.depth = depth
        return shard

    def prefix(self, hashed: bytes) -> str:
        """The digits of a hash at the depth that is known."""
        return _digits(hashed)[: self.depth]

    def parted(self, changed: list[IndexRow]) -> Iterator[tuple[Shard, list[IndexRow]]]:
        """The shards to which these rows belong, as they stand, each with its part of them."""
        left = sorted(changed)
        while left:
            shard = self.find(left[0].hash)
            yield shard, [row for row in left if row.hash <= shard.last]
            left = [row for row in left if row.hash > shard.last]

    def write(self, prefix: str, changed: Iterable[IndexRow]) -> None:
        """Replace a shard; four in its stead if it has grown too large, and its file says so last."""
        every = list(changed)
        if len(every) <= MOST_ROWS:
            self._replace(prefix, {"rows": len(every)}, every)
            return
        for digit in "0123":
            part = prefix + digit
            self.write(part, [row for row in every if _digits(row.hash).startswith(part)])
        self._replace(prefix, {"split": True}, [])

    @staticmethod
    def bound(prefix: str, digit: str) -> bytes:
        """The least (digit "0") or greatest ("3") hash with this prefix."""
        return int(prefix.ljust(64, digit), 4).to_bytes(16)

    def _read(self, prefix: str) -> Shard | None:
        data = self._store.get(self._key(prefix))
        try:
            header, *lines = unpacked(data or b"")
            if (header["version"], header["token"]) != (VERSION, self._token):
                return None
            return Shard(prefix, None if header.get("split") else [rows.from_line(line) for line in lines])
        except BROKEN:
            return None

    def _replace(self, prefix: str, header: dict[str, Any], lines: list[IndexRow]) -> None:
        values = [{"version": VERSION, "token": self._token, **header}, *map(rows.to_line, lines)]
        self._store.replace(self._key(prefix), packed(values))

    def _key(self, prefix: str) -> str:
        return keys.state(self._outlet, f"known/{prefix or 'all'}.jsonl.gz")


def packed(values: Iterable[Any]) -> bytes:
    """JSON values as gzipped lines. The same values give the same bytes."""
    stream = zlib.compressobj(level=6, wbits=31)
    text = (json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n" for value in values)
    return b"".join([stream.compress(line) for line in text] + [stream.flush()])


def unpacked(data: bytes) -> list[Any]:
    """The values of `packed`. Raises one of BROKEN for anything else."""
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


def _digits(hashed: bytes) -> str:
    """The first half of a hash in base 4."""
    return "".join(f"{byte >> 6}{byte >> 4 & 3}{byte >> 2 & 3}{byte & 3}" for byte in hashed[:8])
