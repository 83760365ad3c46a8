"""The objects of a run, however many they are."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import partial

import pytest

from infra.testing.traced_memory import traced_memory
from storage import keys
from storage.record import to_bytes
from storage.seals.log import SealedRun
from storage.seals.run_objects import SealedObject, lines_of, objects_file, objects_root, unlisted_objects
from storage.seals.sealing import manifest_key, sealed_objects
from tests.storage.newsroom import MemoryStore

RUN = "01910000-0000-7000-8000-000000000000"
A_PART = 300
STARTED = datetime(2024, 8, 1, tzinfo=UTC)


@pytest.mark.slow
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


@pytest.mark.slow
def test_what_a_killed_run_left_takes_the_memory_of_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by its events, and read from the list beside the seal."""
    monkeypatch.setattr("storage.disk_sort.IN_MEMORY", A_PART)
    monkeypatch.setattr("storage.seals.run_objects.PART_BYTES", 100 * A_PART)
    finding, reading, found = [], [], []
    for segments in (1, 6):
        store = _left_by_a_killed_run(segments)
        finding.append(traced_memory(lambda store=store: sum(1 for _ in unlisted_objects(store, RUN, STARTED))).peak)  # type: ignore[misc]
        line = SealedRun(RUN, 0, "", f"seals/00000001/{RUN}.files.jsonl")
        store.create(str(line.files), objects_file(unlisted_objects(store, RUN, STARTED)))
        root = partial(lambda store, line: objects_root(sealed_objects(store, line)), store, line)
        found.append(root()[0])
        reading.append(traced_memory(root).peak)
    assert found == [3 * A_PART + 1, 6 * 3 * A_PART + 6]
    assert finding[1] < 1.2 * finding[0]
    assert reading[1] < 1.2 * reading[0]


@pytest.mark.parametrize("data", [b"", b"a", b"a\n", b"a\nbc\n", b"abcd\n", b"abc\nabcdefg\n", b"abcdefgh\nab", b"abcdefg\n"])
def test_the_lines_of_an_object_are_read_a_part_at_a_time(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.seals.run_objects.PART_BYTES", 4)
    store = MemoryStore()
    assert list(lines_of(store, "state/x")) == []
    store.create("state/x", data)
    assert list(lines_of(store, "state/x")) == data.splitlines()


def _left_by_a_killed_run(segments: int) -> MemoryStore:
    """Change segments of `A_PART` events each and the three objects that each of them tells of."""
    store = MemoryStore()
    for segment in range(segments):
        lines = []
        for number in range(segment * A_PART, (segment + 1) * A_PART):
            url, digest = f"https://example.org/{number}", hashlib.sha256(str(number).encode()).hexdigest()
            record = {
                "outlet": "example",
                "url": url,
                "key": f"articles/{number}.json",
                "content_hash": f"sha256:{digest}",
                "n": 1,
            }
            lines.append(to_bytes({"type": "article.kept", "data": record}))
            for key in (record["key"], keys.claim(f"sha256:{digest}"), keys.ledger("example", keys.url_hash(url), 1)):
                store.create(str(key), b"{}")
        store.create(f"{keys.changes_day(STARTED.date())}{RUN}-{segment:06}.jsonl", b"".join(lines))
    return store


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
