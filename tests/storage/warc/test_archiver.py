"""Raw captures are committed in groups: durable before anybody is told so, in files of bounded size, each payload once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from storage import ArchiveError, open_archive
from storage.errors import ArchiveUnavailable, NotAtHandError
from storage.stores.store import Store
from storage.warc import cdxj
from storage.warc.archiver import Archiver
from storage.warc.reader import record_at
from storage.warc.segment_writer import ArchiverOptions
from tests.storage.newsroom import WrappedStore
from tests.storage.warc.exchanges import NOON, OUTLET, exchange, problems, seen_by_warcio, story, warcs

PATIENT = ArchiverOptions(seconds=600, waiting=1000)
"""Files are written when the test says so."""


class FaultyStore(WrappedStore):
    """Refuses the writes of which `refuse` says so; `afterwards`: the object is there all the same."""

    def __init__(self, beneath: Store, refuse: Callable[[str], bool], *, afterwards: bool = False) -> None:
        super().__init__(beneath)
        self._refuse, self._afterwards = refuse, afterwards

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        if self._refuse(key):
            if self._afterwards:
                self.beneath.create(key, data, content_type)
            raise ArchiveUnavailable(f"{key}: no answer")
        return super().create(key, data, content_type)


def filing(store: Store, options: ArchiverOptions = PATIENT, run: str = "01a2-run") -> Archiver:
    return Archiver(store, run, lambda: NOON, options)


@pytest.fixture
def store(place: str) -> Store:
    return open_archive(place).store


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    return open_archive(str(tmp_path / "archive")).store


def test_a_capture_is_where_its_pointer_says_when_it_is_durable_and_not_before(store: Store) -> None:
    """In a folder and in a bucket."""
    raw = filing(store)
    filed = raw.keep(OUTLET, [exchange(1)])
    assert not filed.durable.done()
    assert not warcs(store)
    raw.flush()
    assert filed.durable.result(0) is None
    assert record_at(store, filed.pointer).body == exchange(1).body
    raw.close()


def test_a_file_is_written_some_time_after_its_first_capture(folder: Store) -> None:
    raw = filing(folder, ArchiverOptions(seconds=0.05, waiting=1000))
    started = time.monotonic()
    raw.keep(OUTLET, [exchange(1)]).durable.result(10)
    assert time.monotonic() - started >= 0.05
    raw.close()


def test_a_file_is_written_when_as_many_wait_as_can_be_on_their_way(folder: Store) -> None:
    """An unpaced crawl does not wait for the clock; other outlets' captures do not count."""
    raw = filing(folder, ArchiverOptions(seconds=600, waiting=3))
    other = raw.keep("smart", [exchange(9)])
    filed = [raw.keep(OUTLET, [exchange(number)]) for number in range(3)]
    assert [each.durable.result(10) for each in filed] == [None] * 3
    assert not other.durable.done()
    raw.close()
    assert len(warcs(folder)) == 2


def test_who_cannot_wait_is_told_so_and_nothing_is_filed(folder: Store) -> None:
    """A long body to be deflated, and a file that is full; what the server compressed, and what is short, is filed at once."""
    raw = filing(folder, ArchiverOptions(max_bytes=20_000, seconds=600, waiting=1000))
    with pytest.raises(NotAtHandError):
        raw.keep(OUTLET, [exchange(1, story(1, kilobytes=40), coded=False)], wait=False)
    filed = [raw.keep(OUTLET, [exchange(2)], wait=False), raw.keep(OUTLET, [exchange(3, b"short", coded=False)], wait=False)]
    with pytest.raises(NotAtHandError):  # the file is full before that
        filed.extend(raw.keep(OUTLET, [exchange(number)], wait=False) for number in range(4, 20))
    raw.close()
    assert len({each.pointer.file for each in filed}) == 1
    assert sum(each["warc-type"] == "response" for data in warcs(folder).values() for each in seen_by_warcio(data)) == len(filed)


def test_nobody_waits_when_no_more_will_come(folder: Store) -> None:
    raw = filing(folder)
    filed = raw.keep(OUTLET, [exchange(1)])
    raw.release("smart")
    raw.release(OUTLET)
    assert filed.durable.result(10) is None
    raw.close()


def test_files_are_written_at_their_size_and_a_larger_capture_has_its_own(folder: Store) -> None:
    """No file exceeds the limit but by a single capture, and each outlet has its own files."""
    raw = filing(folder, ArchiverOptions(max_bytes=30_000, seconds=600, waiting=1000))
    for number in range(12):
        raw.keep(OUTLET, [exchange(number)])
    giant = raw.keep(OUTLET, [exchange(99, bytes(range(256)) * 400, coded=True)])
    raw.keep("smart", [exchange(50)])
    raw.close()
    files = warcs(folder)
    sizes = {key: len(data) for key, data in files.items()}
    assert sizes.pop(giant.pointer.file) > 100_000
    assert max(sizes.values()) <= 30_000
    assert len([key for key in files if f"outlet={OUTLET}/" in key]) > 3
    assert len([each for each in seen_by_warcio(files[giant.pointer.file]) if each["warc-type"] == "response"]) == 1
    assert sum(each["warc-type"] == "response" for data in files.values() for each in seen_by_warcio(data)) == 14


def test_one_file_gathers_while_another_is_written_and_memory_stays_bounded(folder: Store) -> None:
    """A writer that is too slow holds up those who file, not the memory."""
    writing, go_on = threading.Event(), threading.Event()

    class SlowStore(WrappedStore):
        def before(self, call: str, key: str) -> None:
            if call == "create" and key.endswith(".warc.gz"):
                writing.set()
                assert go_on.wait(120)

    raw = filing(SlowStore(folder), ArchiverOptions(max_bytes=20_000, seconds=600, waiting=1000))
    placed: list[int] = []

    def fill() -> None:
        for number in range(10):
            raw.keep(OUTLET, [exchange(number)])
            placed.append(number)

    filler = threading.Thread(target=fill)
    filler.start()
    assert writing.wait(120)
    filler.join(0.5)
    held = len(placed)
    assert 2 <= held < 10
    assert filler.is_alive()
    go_on.set()
    filler.join(20)
    raw.close()
    assert sum(each["warc-type"] == "response" for data in warcs(folder).values() for each in seen_by_warcio(data)) == 10


def test_a_payload_that_the_run_has_filed_is_filed_as_a_revisit_of_it(store: Store, tmp_path: Path) -> None:
    """Wherever it was seen again. The pointer names the revisit, whose digest finds the payload."""
    raw = filing(store)
    first = raw.keep(OUTLET, [exchange(1)])
    raw.flush()
    again = raw.keep("smart", [exchange(2, exchange(1).body)])
    small = raw.keep(OUTLET, [exchange(3, b"tiny")])
    raw.flush()
    small_again = raw.keep(OUTLET, [exchange(4, b"tiny")])
    raw.close()
    records = {each["warc-record-id"]: each for data in warcs(store).values() for each in seen_by_warcio(data)}
    revisit = records[again.pointer.record_id]
    assert revisit["warc-type"] == "revisit"
    assert revisit["warc-profile"].endswith("/identical-payload-digest")
    assert revisit["warc-refers-to"] == first.pointer.record_id
    assert revisit["warc-refers-to-target-uri"] == exchange(1).url
    assert revisit["warc-refers-to-date"] == records[first.pointer.record_id]["warc-date"]
    assert revisit["status"] == "200"
    assert again.pointer.payload_digest == first.pointer.payload_digest
    assert again.pointer.length < first.pointer.length / 2
    assert record_at(store, again.pointer).refers_to == (exchange(1).url, exchange(1).at)
    assert [records[each.pointer.record_id]["warc-type"] for each in (small, small_again)] == ["response", "response"]
    assert problems(warcs(store), tmp_path) == 0


@pytest.mark.parametrize("met", ["in this run", "by an earlier capture"])
def test_a_payload_below_the_bound_is_filed_in_full_again_and_one_of_the_bound_as_a_revisit(folder: Store, met: str) -> None:
    """1 KiB is the smallest payload that becomes a revisit, however it is known already."""
    for size, kind in ((1023, "response"), (1024, "revisit")):
        body = b"x" * size
        raw = filing(folder, run=f"01a{size}-run")
        first = raw.keep(OUTLET, [exchange(1, body, coded=False)])
        raw.flush()
        held = first.pointer if met == "by an earlier capture" else None
        if held is not None:
            raw.close()
            raw = filing(folder, run=f"01b{size}-run")
        again = raw.keep(OUTLET, [exchange(1, body, coded=False, at=NOON)], held=held)
        raw.close()
        assert record_at(folder, again.pointer).kind == kind, size


def test_a_later_run_files_a_revisit_of_what_the_address_showed_before(folder: Store) -> None:
    """A revisit of a revisit refers to the record that has the payload; what is not there is not referred to."""
    raw = filing(folder, run="run-1")
    first = raw.keep(OUTLET, [exchange(1)])
    raw.close()
    raw = filing(folder, run="run-2")
    second = raw.keep(OUTLET, [exchange(1, at=NOON)], held=first.pointer)
    raw.close()
    raw = filing(folder, run="run-3")
    third = raw.keep(OUTLET, [exchange(1)], held=second.pointer)
    changed = raw.keep(OUTLET, [exchange(2)], held=second.pointer)
    raw.close()
    raw = filing(folder, run="run-4")
    lost = raw.keep(OUTLET, [exchange(1)], held=replace(second.pointer, file="warc/none.warc.gz"))
    raw.close()
    records = {each["warc-record-id"]: each for data in warcs(folder).values() for each in seen_by_warcio(data)}
    assert records[second.pointer.record_id]["warc-refers-to"] == first.pointer.record_id
    assert records[third.pointer.record_id]["warc-refers-to"] == first.pointer.record_id
    assert records[changed.pointer.record_id]["warc-type"] == "response"
    assert records[lost.pointer.record_id]["warc-type"] == "response"


def test_a_file_that_cannot_be_written_fails_its_captures_and_no_others(folder: Store) -> None:
    """Nobody refers to what did not come into the archive, and the next file is written."""
    refused = FaultyStore(folder, lambda key: key.endswith("000001.warc.gz"))
    raw = filing(refused)
    lost = [raw.keep(OUTLET, [exchange(number)]) for number in (1, 2)]
    raw.flush()
    for each in lost:
        with pytest.raises(ArchiveUnavailable, match="no answer"):
            each.durable.result(0)
    again = raw.keep(OUTLET, [exchange(1)])
    raw.close()
    assert again.durable.result(0) is None
    assert record_at(folder, again.pointer).kind == "response"
    assert [key[-14:] for key in warcs(folder)] == ["000002.warc.gz"]


def test_a_file_that_came_into_the_archive_although_its_writing_failed_gets_its_index(folder: Store) -> None:
    """An answer was lost: the captures were met again, and the file is one of this run's all the same."""
    refusing = iter([True])
    store = FaultyStore(folder, lambda key: key.endswith("000001.warc.gz") and next(refusing, False), afterwards=True)
    raw = filing(store)
    filed = raw.keep(OUTLET, [exchange(1)])
    raw.close()
    with pytest.raises(ArchiveUnavailable):
        filed.durable.result(0)
    assert folder.get(filed.pointer.file.replace(".warc.gz", ".cdxj")) == cdxj.of_file(
        warcs(folder)[filed.pointer.file], filed.pointer.file
    )


def test_an_index_that_could_not_be_written_is_written_at_the_end_or_the_run_is_not_finished(folder: Store) -> None:
    """The captures stand: nobody waits for their index."""
    refusing = [True, True]
    store = FaultyStore(folder, lambda key: key.endswith(".cdxj") and bool(refusing) and refusing.pop())
    raw = filing(store)
    filed = raw.keep(OUTLET, [exchange(1)])
    raw.flush()
    assert filed.durable.result(0) is None
    with pytest.raises(ArchiveError, match="no answer"):
        raw.close()
    raw.close()
    assert folder.get(filed.pointer.file.replace(".warc.gz", ".cdxj"))


def test_nothing_is_filed_after_the_end(folder: Store) -> None:
    raw = filing(folder)
    raw.keep(OUTLET, [exchange(1)])
    raw.close()
    for outlet in (OUTLET, "smart"):
        with pytest.raises(ArchiveError, match="ended"):
            raw.keep(outlet, [exchange(2)])


def test_many_threads_file_at_once_and_every_pointer_holds(folder: Store, tmp_path: Path) -> None:
    raw = filing(folder, ArchiverOptions(max_bytes=40_000, seconds=0.01, waiting=5))
    with ThreadPoolExecutor(8) as pool:
        filed = list(pool.map(lambda number: raw.keep(("smart", OUTLET)[number % 2], [exchange(number)]), range(60)))
    raw.close()
    assert problems(warcs(folder), tmp_path) == 0
    for number, each in enumerate(filed):
        assert record_at(folder, each.pointer).body == exchange(number).body
