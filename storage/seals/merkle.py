"""Merkle trees as RFC 6962 §2.1 (RFC 9162 §2.1) defines them, over SHA-256: roots and inclusion proofs.

A leaf hash is SHA-256(0x00 ‖ data), an inner one SHA-256(0x01 ‖ left ‖ right); the left part of n leaves is the largest power
of two below n. A `CompactRange` grows a tree without holding its leaves.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterable
from itertools import chain
from typing import Final

from storage.batched import batched

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_HASH: Final = 32
_IN_MEMORY: Final = 1 << 20
_AT_ONCE: Final = 2_048
"""Nodes that are read and written together."""


def leaf_hash(data: bytes) -> bytes:
    """The 32 bytes that stand for a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32 bytes that stand for two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The right edge of a growing tree: the roots of its complete subtrees, the largest first; 32 bytes each, at most 64."""

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        """ValueError: no tree of `size` leaves has an edge of so many hashes."""
        self.size, self.edge = size, list(edge)
        if size < 0 or len(self.edge) != size.bit_count() or any(len(each) != 32 for each in self.edge):
            raise ValueError(f"no right edge of a tree of {size} leaves")

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        size, node = self.size, leaf
        while size & 1:
            node = node_hash(self.edge.pop(), node)
            size >>= 1
        self.edge.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self.edge:
            return EMPTY_ROOT
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over hashes of leaves, in order."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


class Tree:
    """A whole tree with its inner nodes, for proofs: a last node without a sibling goes up as it is, which comes to RFC 6962's
    splits. What is more than a megabyte of them lies in a temporary file.
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        """leaves: their hashes, in order."""
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with the tree
        weakref.finalize(self, self._file.close)
        for some in batched(leaves, _AT_ONCE):
            self._file.write(b"".join(some))
        self._near = 0
        self._counts = [self._file.tell() // _HASH]
        """Nodes of each level, the leaves first; in the file one level stands behind the other."""
        while self._counts[-1] > 1:
            self._counts.append(self._add_level())

    def __len__(self) -> int:
        return self._counts[0]

    def root(self) -> bytes:
        """See `root_of`."""
        return self._nodes(len(self._counts) - 1, 0) or EMPTY_ROOT

    def path(self, index: int) -> list[bytes]:
        """The inclusion proof of leaf `index` (from 0), from its sibling up to the root's child. IndexError if there is none."""
        if not 0 <= index < len(self):
            raise IndexError(f"no leaf {index} in a tree of {len(self)}")
        path = []
        for level, count in enumerate(self._counts[:-1]):
            if index ^ 1 < count:
                path.append(self._nodes(level, index ^ 1))
            index >>= 1
        return path

    def index(self, leaf: bytes) -> int | None:
        """Which leaf, from 0, has this hash; None: none of them. Reads 32 bytes a leaf, beginning near the one found last."""
        for first in chain(range(self._near, len(self), _AT_ONCE), range(0, self._near, _AT_ONCE)):
            nodes = self._nodes(0, first, _AT_ONCE)
            at = nodes.find(leaf)
            while at > 0 and at % _HASH:
                at = nodes.find(leaf, at + 1)
            if at >= 0:
                self._near = first
                return first + at // _HASH
        return None

    def _add_level(self) -> int:
        """Write the nodes above the last level; how many."""
        level, made = len(self._counts) - 1, 0
        for first in range(0, self._counts[level], _AT_ONCE):
            below = self._nodes(level, first, _AT_ONCE)
            starts = range(0, len(below) - _HASH, 2 * _HASH)
            above = [node_hash(below[at : at + _HASH], below[at + _HASH : at + 2 * _HASH]) for at in starts]
            above.append(below[len(above) * 2 * _HASH :])  # the last one, where it has no sibling
            self._file.seek(0, os.SEEK_END)
            made += self._file.write(b"".join(above))
        return made // _HASH

    def _nodes(self, level: int, first: int, number: int = 1) -> bytes:
        """Up to so many nodes of a level, one behind the other."""
        self._file.seek((sum(self._counts[:level]) + first) * _HASH)
        return self._file.read(max(0, min(number, self._counts[level] - first)) * _HASH)
