"""Merkle trees as RFC 6962 §2.1 (RFC 9162 §2.1) defines them, over SHA-256: roots and inclusion proofs.

A leaf hash is SHA-256(0x00 ‖ data), an inner one SHA-256(0x01 ‖ left ‖ right); the left part of n leaves is the largest power
of two below n. A `CompactRange` grows a tree without holding its leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()


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
    splits.
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            pairs = [node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)]
            self._levels.append(pairs + below[len(pairs) * 2 :])

    def __len__(self) -> int:
        return len(self._levels[0])

    def root(self) -> bytes:
        """See `root_of`."""
        return self._levels[-1][0] if self._levels[-1] else EMPTY_ROOT

    def path(self, index: int) -> list[bytes]:
        """The inclusion proof of leaf `index` (from 0), from its sibling up to the root's child. IndexError if there is none."""
        if not 0 <= index < len(self):
            raise IndexError(f"no leaf {index} in a tree of {len(self)}")
        path = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                path.append(level[index ^ 1])
            index >>= 1
        return path
