"""Reading ahead: parts of a file near each other take few requests and are the bytes that stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.stores.folder import FolderStore
from storage.warc import read_ahead as window
from storage.warc.read_ahead import ReadAheadStore
from tests.storage.newsroom import WrappedStore

DATA = bytes(range(256)) * 4


def test_parts_are_what_the_store_has_and_take_a_request_a_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, back, past the end, longer than a window, of another file, of none."""
    monkeypatch.setattr(window, "BYTES", 100)
    store = FolderStore(tmp_path)
    store.create("a", DATA)
    store.create("b", DATA[::-1])
    counting = WrappedStore(store)
    ahead = ReadAheadStore(counting)
    places = [
        ("a", 0, 40),
        ("a", 40, 60),
        ("a", 90, 30),
        ("a", 10, 5),
        ("a", 300, 500),
        ("a", 1000, 100),
        ("a", 2000, 5),
        ("b", 0, 9),
    ]
    for key, offset, length in places:
        assert ahead.part(key, offset, length) == store.part(key, offset, length)
    assert counting.calls["part"] < len(places)
    assert ahead.part("c", 0, 1) is None
    before = counting.calls["part"]
    for offset in range(0, 100, 10):
        assert ahead.part("b", offset, 10) == DATA[::-1][offset : offset + 10]
    assert counting.calls["part"] == before
