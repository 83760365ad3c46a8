"""Of which runs the rows in state/ are: what it costs to find out, and that it holds when processes are really killed."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from infra.bench.stores import MemoryStore, MeteredStore
from storage import Archive, Capture, keys, open_archive
from storage.archive import _make
from storage.run.runs_note import APPLIED_BEFORE, NOTE
from tests.storage.index.test_index_and_ledger import Newsroom
from tests.storage.index.test_lag import FIRST, SECOND, keep, miss
from tests.storage.index.test_large_index import OUTLET
from tests.storage.newsroom import NOON, article, begin, keep_all
from tests.storage.run.test_killed import DeadlyStore, in_child

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.slow
def test_no_edit_is_lost_by_a_process_that_is_killed_before_any_of_its_writes(tmp_path: Path) -> None:
    """In a folder, write by write: the page that is back at its earlier text is revised if the ledger has the later one."""
    killed, k = True, 0
    while killed:
        archive = open_archive(str(tmp_path / str(k)))
        keep_all(archive, article(1), article(2), at=NOON - DAY)

        def work(archive: Archive = archive, k: int = k) -> None:
            run = begin(Archive(DeadlyStore(archive.store, k)))
            run.keep(article(1, SECOND), Capture(fetched_at=NOON, status=200))
            run.settle(OUTLET, article(2).url, "gone", "404", Capture(fetched_at=NOON, status=404))
            run.finish()

        killed = in_child(work) == signal.SIGKILL
        keep_all(archive, article(3), at=NOON + HOUR)
        edited = len(archive.history(f"{OUTLET}:1")) == 2
        missed = len(archive.history(f"{OUTLET}:2")) == 2
        run = begin(archive, NOON + DAY)
        back = Capture(fetched_at=NOON + DAY, status=200)
        assert run.keep(article(1), back).fate == ("revised" if edited else "unchanged"), k
        assert run.keep(article(2), back).fate == "unchanged"
        run.finish()
        assert [each.fate for each in archive.history(f"{OUTLET}:2")] == ["kept", *(["gone", "returned"] if missed else [])]
        assert archive.verify().findings == []
        k += 1
    assert k > 10


def test_what_it_costs_does_not_grow_with_the_archive_nor_with_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing after runs that left their rows, but one file; after one that did not, what that run wrote."""
    costs = []
    for number in (20, 200):
        newsroom = Newsroom(monkeypatch, large=True)
        for each in range(number):
            keep(newsroom.run, each, FIRST, newsroom)
            if each % 10 == 9:
                newsroom.act("end", 0, 0)
        looks = cost_of_a_look(newsroom)
        keep(newsroom.run, 1, SECOND, newsroom)
        miss(newsroom.run, 2, newsroom)
        newsroom.end(newsroom.run)
        costs.append((looks, cost_of_a_look(newsroom)))
    assert costs[0][0] == costs[1][0]
    assert costs[1][1] <= costs[0][1] + 5, costs


def cost_of_a_look(newsroom: Newsroom) -> int:
    store = MeteredStore(newsroom.memory)
    run = newsroom.start(Archive(store))
    run.known(OUTLET, article(5).url)
    newsroom.end(run)
    return sum(number for key, number in store.by_key.items() if "changes/" not in key)  # which recovery reads


def test_without_the_note_the_runs_before_count_as_applied_and_from_then_on_it_stands() -> None:
    """An archive of an earlier Warraq, or one whose state/ was lost: no manifest is read."""
    memory = MemoryStore()
    _make(memory)
    for day in range(5):
        keep_all(Archive(memory), article(day), at=NOON - day * HOUR)
    memory.drop(NOTE)
    store = MeteredStore(memory)
    run = begin(Archive(store), NOON + HOUR)
    run.known(OUTLET, article(1).url)
    assert not [key for key in store.by_key if key.startswith("GET runs/")]
    assert NOTE in memory.objects
    run.close()
    memory.replace(NOTE, b"\xff{")
    begin(Archive(memory), NOON + HOUR).known(OUTLET, article(1).url)


def test_a_note_holds_the_runs_of_the_days_that_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not grow with the years."""
    newsroom = Newsroom(monkeypatch, large=False)
    for day in range(40):
        newsroom.at = NOON + day * DAY
        keep(newsroom.run, day, FIRST, newsroom)
        newsroom.act("end", 0, 0)
    assert newsroom.memory.objects[NOTE][0].count(b",") <= 12


def test_rows_that_another_run_replaced_since_this_one_began_are_not_taken_for_those_of_the_note() -> None:
    """The first reads them, the second enters an edit, the third begins, the first leaves the rows as it knows them."""
    memory = MemoryStore()
    _make(memory)
    keep_all(Archive(memory), article(1), article(2), at=NOON - DAY)
    first = begin(Archive(memory), NOON)
    assert first.known(OUTLET, article(1).url)
    keep_all(Archive(memory), article(1, SECOND), at=NOON + HOUR)
    third = begin(Archive(memory), NOON + 2 * HOUR)
    first.keep(article(3), Capture(fetched_at=NOON, status=200))
    first.finish()
    back = Capture(fetched_at=NOON + 2 * HOUR, status=200)
    assert third.keep(article(1), back).fate == "revised"
    third.finish()
    assert len(Archive(memory).history(f"{OUTLET}:1")) == 3


def test_a_note_of_an_earlier_warraq_is_two_files_and_is_written_as_one() -> None:
    memory = MemoryStore()
    _make(memory)
    run_id = keep_all(Archive(memory), article(1), article(2), at=NOON - DAY)["run_id"]
    rows = memory.objects[keys.state(OUTLET, "known.jsonl.gz")]
    keep_all(Archive(memory), article(1, SECOND), at=NOON - HOUR)
    note = json.loads(memory.objects[NOTE][0])
    memory.replace(NOTE, json.dumps({"since": note["since"], "swept": note["swept"]}).encode())
    before = note["applied"] | {"runs": [run_id[-12:]]}
    memory.replace(APPLIED_BEFORE, json.dumps(before).encode())
    memory.objects[keys.state(OUTLET, "known.jsonl.gz")] = rows
    assert keep_all(Archive(memory), article(1), at=NOON)["fates"] == {"revised": 1}
    memory.drop(APPLIED_BEFORE)
    store = MeteredStore(memory)
    begin(Archive(store), NOON + HOUR).known(OUTLET, article(1).url)
    assert store.by_key[f"GET {APPLIED_BEFORE}"] == 0
    assert store.requests.total() <= 4, store.by_key  # the note, runs/, the rows; nothing of the runs before
