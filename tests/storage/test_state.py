"""The notes of an outlet lie in one file: what that costs, what others write meanwhile, and what an earlier Warraq left."""

from __future__ import annotations

import gzip
import threading

import pytest

from infra.bench.stores import MemoryStore, MeteredStore
from storage import Archive, State
from storage.archive import _make
from storage.state import MOST_BYTES, NOTES

OUTLET = "enab_baladi"
FILE = f"state/{OUTLET}/{NOTES}"
NAMES = ("pauses.json", "failing.json", "discovery.json")


@pytest.fixture
def store() -> MeteredStore:
    memory = MemoryStore()
    _make(memory)
    return MeteredStore(memory)


def state(store: MeteredStore) -> State:
    """Read anew."""
    return Archive(store).state(OUTLET)


def asked(store: MeteredStore) -> dict[str, int]:
    """Requests since this was last asked."""
    counts = dict(store.by_key)
    store.by_key.clear()
    return counts


def test_all_notes_are_read_by_one_request_and_written_by_two(store: MeteredStore) -> None:
    first = state(store)
    assert [first.note(name) for name in NAMES] == [None] * 3
    for name in NAMES[:2]:
        first.stage(name, f'"{name}"'.encode())
    first.save()
    asked(store)
    second = state(store)
    assert [second.note(name) for name in NAMES] == [b'"pauses.json"', b'"failing.json"', None]
    assert asked(store) == {f"GET {FILE}": 1}
    second.stage(NAMES[0], b'"pauses.json"')  # as it was
    second.save()
    assert asked(store) == {}
    second.stage(NAMES[2], b"{}")
    second.save()
    second.save()
    assert asked(store) == {f"GET {FILE}": 1, f"PUT {FILE}": 1}
    assert state(store).note(NAMES[2]) == b"{}"


def test_what_others_wrote_to_other_notes_meanwhile_stays(store: MeteredStore) -> None:
    mine, other = state(store), state(store)
    mine.stage(NAMES[0], b"1")
    other.write(NAMES[1], b"2")
    mine.save()
    found = state(store)
    assert (found.note(NAMES[0]), found.note(NAMES[1])) == (b"1", b"2")


def test_threads_of_a_crawl_lose_no_note_of_each_other(store: MeteredStore) -> None:
    shared = state(store)
    threads = [threading.Thread(target=shared.write, args=(f"{number}.json", b"%d" % number)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = state(store)
    assert [found.note(f"{number}.json") for number in range(20)] == [b"%d" % number for number in range(20)]


def test_notes_of_an_earlier_warraq_are_taken_over_once(store: MeteredStore) -> None:
    """Each was a file of its own; they are read where nothing else is known, also one that is first asked for long after."""
    for name in NAMES[:2]:
        store.replace(f"state/{OUTLET}/{name}", name.encode())
    old = state(store)
    assert [old.note(name) for name in (NAMES[0], NAMES[2])] == [NAMES[0].encode(), None]
    old.save()
    asked(store)
    new = state(store)
    assert [new.note(name) for name in NAMES] == [NAMES[0].encode(), NAMES[1].encode(), None]
    assert asked(store) == {f"GET {FILE}": 1, f"GET state/{OUTLET}/{NAMES[1]}": 1}
    new.save()
    asked(store)
    store.replace(f"state/{OUTLET}/{NAMES[0]}", b"of a Warraq that runs beside")
    assert [state(store).note(name) for name in NAMES] == [NAMES[0].encode(), NAMES[1].encode(), None]
    assert f"GET state/{OUTLET}/{NAMES[0]}" not in asked(store)


@pytest.mark.parametrize("taken_over", [False, True])
def test_a_large_note_lies_apart_and_small_again_does_not(store: MeteredStore, taken_over: bool) -> None:
    large = b"x" * (MOST_BYTES + 1)
    first = state(store)
    if taken_over:
        store.replace(first.key(NAMES[0]), large)
        assert first.note(NAMES[0]) == large
    else:
        first.stage(NAMES[0], large)
    first.save()
    assert len(store.get(FILE) or b"") < 1_000
    asked(store)
    again = state(store)
    assert again.note(NAMES[1]) is None
    assert again.note(NAMES[0]) == large
    assert asked(store)[f"GET {again.key(NAMES[0])}"] == 1
    again.stage(NAMES[0], b"small")
    again.save()
    asked(store)
    assert state(store).note(NAMES[0]) == b"small"
    assert asked(store) == {f"GET {FILE}": 1}


@pytest.mark.parametrize(
    "document",
    [
        "[]",
        '{"notes": {"a": 1}, "apart": []}',
        '{"notes": [], "apart": []}',
        '{"notes": {}, "apart": ["../x"]}',
        '{"notes": {}}',
        "[" * 100_000,
        "cut",
        "no gzip",
        "",
    ],
    ids=lambda document: document[:40],
)
def test_a_damaged_file_is_begun_anew_and_said_once(store: MeteredStore, document: str) -> None:
    """Not by what lay there years ago."""
    damage = document.encode()
    if document not in {"", "no gzip"}:
        damage = gzip.compress(damage)[: -5 if document == "cut" else None]
    store.replace(f"state/{OUTLET}/{NAMES[0]}", b"of an earlier Warraq")
    store.replace(FILE, damage)
    found = state(store)
    assert found.note(NAMES[0]) is None
    told = found.take_damage()
    assert told is not None
    assert told[0] == FILE
    assert found.take_damage() is None
    found.save()
    again = state(store)
    assert again.note(NAMES[0]) is None
    assert again.take_damage() is None
