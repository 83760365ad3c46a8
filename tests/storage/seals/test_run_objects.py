"""The objects of a run, however many they are."""

from __future__ import annotations

import json
from functools import partial

import pytest

from infra.testing.traced_memory import traced_memory
from storage.record import to_bytes
from storage.seals.log import SealedRun
from storage.seals.run_objects import SealedObject, objects_root
from storage.seals.sealing import manifest_key, sealed_objects
from tests.storage.newsroom import MemoryStore

RUN = "01910000-0000-7000-8000-000000000000"
A_PART = 300


def test_a_run_of_many_objects_takes_the_memory_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A past that was taken over in one run."""
    monkeypatch.setattr("storage.disk_sort.IN_MEMORY", A_PART)
    peaks, found = [], []
    for parts in (2, 12):
        store = _run_of(parts)
        root = partial(lambda store: objects_root(sealed_objects(store, SealedRun(RUN, 0, ""))), store)
        found.append(root())
        peaks.append(traced_memory(root).peak)
    assert [number for number, _ in found] == [2 * (A_PART + 1) + 1, 12 * (A_PART + 1) + 1]
    assert peaks[1] < 1.1 * peaks[0]
    monkeypatch.setattr("storage.disk_sort.IN_MEMORY", 100 * A_PART)
    assert objects_root(sealed_objects(store, SealedRun(RUN, 0, ""))) == found[1]


def test_an_object_that_is_named_twice_counts_once() -> None:
    objects = [SealedObject.of(key, b"x") for key in ("b", "a", "b")]
    assert objects_root(objects) == objects_root(objects[:2])


def _run_of(parts: int) -> MemoryStore:
    """A store that has the manifest of such a run and nothing of what that lists."""
    store, listed = MemoryStore(), []
    for part in range(parts):
        key = f"runs/2024/08/01/{RUN}.files-{part + 1:04}.jsonl"
        lines = (f"articles/{part:02}/{number:06}.json" for number in range(A_PART))
        store.create(key, b"".join(to_bytes({"key": line, "sha256": "0" * 64, "bytes": 1}) for line in lines))
        listed.append({"key": key, "sha256": "0" * 64, "bytes": 1, "files": A_PART})
    store.create(manifest_key(RUN), json.dumps({"files": [], "file_parts": listed}).encode())
    return store
