"""Merkle trees as RFC 6962 has them, in the eyes of pymerkle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from infra.testing.traced_memory import traced_memory
from storage.seals import merkle
from storage.seals.standalone_check import root as proved_root

LEAVES = st.lists(st.binary(max_size=20), min_size=1, max_size=70)


def test_the_vectors_of_certificate_transparency() -> None:
    """The roots that RFC 6962's reference implementation gives for its eight test leaves."""
    leaves = [
        bytes.fromhex(each)
        for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    ]
    roots = (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
    assert merkle.root_of([merkle.leaf_hash(leaves[0])]).hex() == roots[0]
    assert merkle.root_of(map(merkle.leaf_hash, leaves)).hex() == roots[1]
    assert merkle.root_of([]) == merkle.EMPTY_ROOT


@given(LEAVES)
def test_a_root_is_pymerkles_root(leaves: list[bytes]) -> None:
    tree = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        tree.append_entry(leaf)
    assert merkle.root_of(map(merkle.leaf_hash, leaves)) == tree.get_root()


@given(LEAVES, st.data())
def test_every_leaf_is_proved_and_no_other_is(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.Tree(hashes).path(index)
    root, size, shown = merkle.root_of(hashes), len(leaves), [each.hex() for each in path]
    assert merkle.Tree(hashes).root() == root
    assert proved_root(leaves[index], index, size, shown) == root
    assert proved_root(b"another" * 4, index, size, shown) != root
    assert proved_root(leaves[index], index, size, [*shown, root.hex()]) != root


@given(st.lists(st.binary(max_size=20), max_size=70, unique=True), st.binary(max_size=20))
def test_a_leaf_is_found_by_its_hash(leaves: list[bytes], other: bytes) -> None:
    tree = merkle.Tree(map(merkle.leaf_hash, leaves))
    for index, leaf in [*enumerate(leaves), *reversed([*enumerate(leaves)])]:
        assert tree.index(merkle.leaf_hash(leaf)) == index
    assert tree.index(merkle.leaf_hash(other)) == (leaves.index(other) if other in leaves else None)


def test_a_large_tree_lies_in_a_file() -> None:
    """More levels than are read at once, and a count that is no power of two."""
    hashes = [merkle.leaf_hash(b"%d" % number) for number in range(20_011)]
    assert traced_memory(lambda: merkle.Tree(hashes)).held < 100_000
    tree = merkle.Tree(hashes)
    assert tree.root() == merkle.root_of(hashes)
    for index in (0, 4_095, 16_384, 20_009, 20_010):
        assert tree.index(hashes[index]) == index
        path = [each.hex() for each in tree.path(index)]
        assert proved_root(b"%d" % index, index, len(hashes), path) == tree.root()


@given(LEAVES, st.integers(0, 70))
def test_a_tree_goes_on_from_its_right_edge(leaves: list[bytes], cut: int) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    before = merkle.CompactRange()
    for each in hashes[:cut]:
        before.append(each)
    after = merkle.CompactRange(before.size, before.edge)
    for each in hashes[cut:]:
        after.append(each)
    assert after.root() == merkle.root_of(hashes)


def test_an_edge_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="no right edge"):
        merkle.CompactRange(3, [b"x" * 32])
