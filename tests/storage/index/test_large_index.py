"""What a run asks of the index costs as much in a large archive as in a small one."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from infra.bench.stores import MeteredStore
from infra.testing.traced_memory import traced_memory
from storage import Archive, Capture, Known, LaterVisits, Run, keys, open_archive
from storage.errors import NotAtHandError
from storage.index.index import ArchiveIndex
from storage.index.known import RevisitHints
from storage.ledger import LedgerEntry
from storage.record import rfc3339
from storage.text.identity import content_hash
from tests.storage.newsroom import NOON, MemoryStore, article, begin, keep_all

OUTLET, DAY = "enab_baladi", timedelta(days=1)
LATER = LaterVisits(revisits=(timedelta(hours=1), 3 * DAY, 90 * DAY))


def entry(number: int, at: datetime) -> tuple[LedgerEntry, RevisitHints]:
    """An article as a run enters it."""
    url, digest = f"https://www.{OUTLET}.example/archives/{number}", content_hash(str(number), "نص")
    values = LedgerEntry(
        n=1,
        outlet=OUTLET,
        url=url,
        fate="kept",
        id=f"{OUTLET}:{number}",
        content_hash=digest,
        article=keys.article(f"{OUTLET}:{number}", OUTLET, digest, at),
        revision=1,
        previous=None,
        at=rfc3339(at),
        run_id="x",
    )
    return values, RevisitHints(address=url, published=at, validators={"If-None-Match": f'"{digest[7:27]}"'})


def index_of(archive: Archive, number: int, a_day: int = 400) -> None:
    """State as runs leave it that have kept so many articles, so many a day, up to NOON."""
    keep_all(archive, article(0), at=NOON - DAY)
    index = ArchiveIndex(archive.store, LATER)
    index.last(OUTLET, article(0).url)
    newest = keys.ledger(OUTLET, keys.url_hash(article(0).url), 1)
    for each in range(1, number):
        index.learn(*entry(each, NOON - (number - each) * DAY / a_day))
    index._outlets[OUTLET].header.newest = newest  # the others stand in no ledger
    index.save(NOON)
    index.close()


def poll(archive: Archive, number: int, at: datetime, fate: str = "kept") -> MeteredStore:
    """A run that asks for thirty addresses of a feed, one of which is new, and keeps it."""
    store = MeteredStore(archive.store)
    run = Archive(store).begin({}, now=lambda: at, later=LATER)
    for each in range(number - 30, number):
        assert run.known(OUTLET, article(each).url)
    assert run.known(OUTLET, article(number).url) is None
    run.discover(OUTLET, article(number).url)
    page = replace(article(number), date_published=at.isoformat())
    assert run.keep(page, Capture(fetched_at=at, status=200)).fate == fate
    run.finish()
    return store


@pytest.mark.parametrize("number", [900, *(pytest.param(number, marks=pytest.mark.slow) for number in (3_600, 24_000))])
def test_a_poll_that_keeps_one_article_costs_the_same_at_any_size(number: int) -> None:
    """At most 17 requests and 1 MB. A raw capture is two requests more, a row that moves to its shard two to four."""
    archive = Archive(MemoryStore())
    index_of(archive, number)
    for later in range(12):
        store = poll(archive, number + later, NOON + later * timedelta(minutes=15))
        assert store.requests.total() <= 17 + (later == 0), store.by_key  # a note of an earlier Warraq is looked for once
        assert store.bytes <= 1_000_000, store.by_key


def test_a_new_address_of_a_large_archive_is_asked_of_the_ledger_by_one_request() -> None:
    """After the one listing that shows that the ledger is large."""
    archive = Archive(MemoryStore())
    keep_all(archive, article(0))
    for number in range(1, 1_010):  # entries are enough
        hashed = keys.url_hash(f"x{number}")
        archive.store.create(keys.ledger(OUTLET, hashed, 1), b"{}")
    store = MeteredStore(archive.store)
    run = Archive(store).begin({})
    run.known(OUTLET, "https://new.example/0")
    assert store.requests["LIST"] <= 3
    store.requests.clear()
    for number in range(1, 100):
        assert run.known(OUTLET, f"https://new.example/{number}") is None
    assert store.requests.total() <= 99
    run.close()


def test_visits_that_are_due_are_found_long_after_their_rows_went_to_their_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only then; what is due costs a file a day."""
    monkeypatch.setattr("storage.index.compaction.RECENT_ROWS", 20)
    monkeypatch.setattr("storage.index.compaction.MOST_RECENT_ROWS", 40)
    archive = Archive(MemoryStore())
    index_of(archive, 1_200, a_day=40)
    store = MeteredStore(archive.store)
    run = Archive(store).begin({}, now=lambda: NOON + 70 * DAY, later=LATER)
    due = {url for url, _ in run.revisits(OUTLET)}
    # Published in the last thirty days before NOON, last looked at then: all are 90 days old by NOON + 61 … 90 days.
    expected = {article(each).url for each in range(1, 1_200) if NOON - (1_200 - each) * DAY / 40 <= NOON - 20 * DAY}
    assert expected <= due
    assert sum(key.startswith("GET state/enab_baladi/known/due-") for key in store.by_key) <= 71
    run.close()


@pytest.mark.slow
def test_a_snapshot_of_all_rows_as_it_was_written_before_is_taken_over(tmp_path: Path) -> None:
    """Version 2. The first run that learns something leaves shards, and the next one reads what it asks for."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(0))
    newest = keys.ledger(OUTLET, keys.url_hash(article(0).url), 1)
    lines = [json.dumps({"version": 2, "newest": newest})]
    for number in range(1, 5_000):
        old, hints = entry(number, NOON - number * timedelta(minutes=30))
        hashed, digest = keys.url_hash(old.url)[:32], (old.content_hash or "").removeprefix("sha256:")
        row = [hashed, 1, "kept", digest, 1, old.article, old.id, old.at, f"hint {number}", 0, 1, None]
        lines.append(json.dumps([*row, old.url, hints.address, 0, None] if number < 9 else row))
    (tmp_path / "state/enab_baladi/known.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode() + b"\n"))
    for number in (1, 8, 4_321, 4_999):  # of those that are asked for
        archive.store.create(keys.ledger(OUTLET, keys.url_hash(article(number).url), 1), b"{}")
    keep_all(archive, article(7_777))
    store = MeteredStore(archive.store)
    run = begin(Archive(store))
    for number in (1, 8, 4_321, 4_999):
        known = run.known(OUTLET, article(number).url)
        assert known is not None
        assert known.hint == f"hint {number}"
    assert store.bytes < 500_000
    assert len(run.articles.following(OUTLET, "", 99)) == 99
    seen: list[str] = []
    after = ""
    while part := run.articles.following(OUTLET, after, 700):
        seen += [each.id for each in part]
        after = part[-1].hashed
    assert Counter(seen) == Counter(f"{OUTLET}:{number}" for number in (*range(1, 5_000), 7_777))
    run.close()


def known_at_hand(run: Run, url: str) -> Known | str | None:
    try:
        return run.known_at_hand(OUTLET, url)
    except NotAtHandError:
        return "not at hand"


def test_what_is_at_hand_is_told_without_a_request_and_without_waiting_for_another_thread() -> None:
    """Of an outlet that this run has looked at: what it knows, and that it knows nothing."""
    archive = Archive(MemoryStore())
    keep_all(archive, article(0))
    store = MeteredStore(archive.store)
    run = begin(Archive(store))
    store.requests.clear()
    assert known_at_hand(run, article(0).url) == "not at hand"  # nothing of the outlet is loaded yet
    assert not store.requests
    known = run.known(OUTLET, article(0).url)
    run.known(OUTLET, article(1).url)  # which lists the ledger
    store.requests.clear()
    assert known is not None
    assert known_at_hand(run, article(0).url) == known
    assert known_at_hand(run, article(2).url) is None
    with run._index._lock, ThreadPoolExecutor(1) as other:
        assert other.submit(known_at_hand, run, article(0).url).result() == "not at hand"
    assert not store.requests
    run.close()


@pytest.mark.slow
def test_what_is_not_due_takes_no_memory_to_pass_by() -> None:
    """A run that takes over a past has a row for each of its articles when it asks which are to be visited again."""
    archive = Archive(MemoryStore())
    keep_all(archive, article(0), at=NOON - DAY)
    index = ArchiveIndex(archive.store, LATER)
    for number in range(4_000):
        values, hints = entry(number, NOON)
        index.learn(values, replace(hints, published=NOON - 3_000 * DAY))
    index.learn(*entry(4_000, NOON - 5 * DAY))
    assert [each.address for each in index.due(OUTLET, NOON)] == [f"https://www.{OUTLET}.example/archives/4000"]
    assert traced_memory(lambda: index.due(OUTLET, NOON)).peak < 100_000
    index.close()


def test_leaving_many_rows_takes_time_linear_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of SQLite's machine, which no load of this machine changes."""
    monkeypatch.setattr("storage.index.shards.MOST_ROWS", 20)
    monkeypatch.setattr("storage.index.compaction.MOST_ROWS", 20)
    monkeypatch.setattr("storage.index.compaction.RECENT_ROWS", 20)
    monkeypatch.setattr("storage.index.compaction.MOST_RECENT_ROWS", 40)
    steps = []
    for number in (400, 3_200):
        index = ArchiveIndex(MemoryStore(), LATER)
        for each in range(number):
            index.learn(*entry(each, NOON - each * DAY / 400))
        counted = 0

        def count_steps() -> None:
            nonlocal counted
            counted += 1

        index._database.set_progress_handler(count_steps, 100)
        index.save(NOON)
        steps.append(counted)
        index.close()
    assert steps[1] < 2 * 8 * steps[0]


def test_polls_of_one_article_leave_moving_rows_to_runs_of_more_until_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.index.compaction.RECENT_ROWS", 60)
    monkeypatch.setattr("storage.index.compaction.MOST_RECENT_ROWS", 100)
    archive = Archive(MemoryStore())
    index_of(archive, 400)
    for later in range(50):
        store = poll(archive, 400 + later, NOON + later * timedelta(minutes=15))
        assert moves(store) == 0, later
    assert isinstance(archive.store, MemoryStore)
    store = MeteredStore(archive.store.copied(NOON.timestamp()))
    keep_all(Archive(store), article(1_000), article(1_001), at=NOON + DAY)
    assert moves(store) == 1
    assert sum(moves(poll(archive, 450 + later, NOON + DAY)) for later in range(20)) == 1


def moves(store: MeteredStore) -> int:
    """Shards that were written."""
    written = (key for key in store.by_key if key.startswith(f"PUT state/{OUTLET}/known/"))
    return sum(store.by_key[key] for key in written if "due-" not in key)
