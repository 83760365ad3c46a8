"""A part of an object is read without the whole, in the folder and in a bucket alike."""

from __future__ import annotations

import pytest

from storage.archive import open_archive
from storage.stores.store import Store


@pytest.fixture
def store(place: str) -> Store:
    return open_archive(place).store


def test_a_part_is_the_bytes_between(store: Store) -> None:
    store.create("warc/outlet=x/a.warc.gz", b"0123456789")
    assert store.part("warc/outlet=x/a.warc.gz", 3, 4) == b"3456"


def test_a_part_beyond_the_end_is_what_there_is(store: Store) -> None:
    store.create("warc/outlet=x/a.warc.gz", b"0123456789")
    assert store.part("warc/outlet=x/a.warc.gz", 8, 40) == b"89"
    assert store.part("warc/outlet=x/a.warc.gz", 10, 1) == b""
    assert store.part("warc/outlet=x/a.warc.gz", 3, 0) == b""


def test_a_part_of_nothing_is_none(store: Store) -> None:
    assert store.part("warc/outlet=x/b.warc.gz", 0, 4) is None
    assert store.part("warc/outlet=x/b.warc.gz", 0, 0) is None
