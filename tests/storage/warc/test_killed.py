"""kill -9 between raw capture, index and article: no article points to what is not there; the next run mends the rest."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from storage import Archive, Run, open_archive
from storage.record import Pointer
from storage.warc import cdxj
from storage.warc.reader import record_at
from storage.warc.segment_writer import ArchiverOptions
from tests.storage.newsroom import CAPTURE, NOON, article, begin
from tests.storage.run.test_killed import DeadlyStore, in_child
from tests.storage.warc.exchanges import exchange, warcs

ARTICLES = 3


def crawl(run: Run) -> None:
    """What a crawl does with a page: file it, wait until that is durable, keep the article that points to it."""
    for number in range(ARTICLES):
        filed = run.raw.keep("enab_baladi", [exchange(number)])
        run.raw.release("enab_baladi")
        filed.durable.result(30)
        run.discover("enab_baladi", article(number).url)
        run.keep(article(number), replace(CAPTURE, warc=filed.pointer))


def kill_at(uri: str, k: int) -> bool:
    """Let a process crawl until before its k-th write; False if it got through."""

    def work() -> None:
        run = begin(Archive(DeadlyStore(open_archive(uri).store, k)))
        crawl(run)
        run.finish()

    return in_child(work) == signal.SIGKILL


def pointers(archive: Archive) -> list[Pointer]:
    return [Pointer(**kept["capture"]["warc"]) for kept in archive.articles()]


@pytest.mark.slow
def test_a_crawl_killed_before_any_of_its_writes_leaves_no_article_without_its_raw_bytes(tmp_path: Path) -> None:
    """And after the next run every WARC file has its index, every article stands once, and the archive verifies."""
    k, unindexed, unclaimed = 0, 0, 0
    while True:
        uri = str(tmp_path / str(k))
        open_archive(uri)
        killed = kill_at(uri, k)
        archive = open_archive(uri)
        for pointer in pointers(archive):
            assert record_at(archive.store, pointer).body
        files = warcs(archive.store)
        unindexed += sum(archive.store.stat(cdxj_key(key)) is None for key in files)
        unclaimed += len(files) > len(list(archive.store.listing("hashes/")))
        begin(archive, NOON + timedelta(hours=1)).finish()
        for key, data in warcs(archive.store).items():
            assert archive.store.get(cdxj_key(key)) == cdxj.of_file(data, key)
        assert archive.verify().findings == []
        run = begin(archive, NOON + timedelta(hours=2))
        crawl(run)
        run.finish()
        assert archive.verify().findings == []
        assert sorted(kept["id"] for kept in archive.articles()) == [f"enab_baladi:{number}" for number in range(ARTICLES)]
        for pointer in pointers(archive):
            assert record_at(archive.store, pointer).body
        if not killed:
            break
        k += 1
    assert unindexed >= ARTICLES, "no run was killed between a WARC file and its index"
    assert unclaimed >= ARTICLES, "no run was killed between raw capture and claim"
    assert k > 15


def cdxj_key(key: str) -> str:
    return key.replace(".warc.gz", ".cdxj")


@pytest.mark.parametrize("days", [0, 3, -2])
def test_indexes_of_a_killed_run_are_found_on_all_its_days_and_outlets(days: int, tmp_path: Path) -> None:
    """A run may go on past midnight, and its clock may be set back, even before its start; outlets are asked one by one."""
    archive = open_archive(str(tmp_path / "a"))
    uri = archive.uri

    def work() -> None:
        run = begin(Archive(DeadlyStore(open_archive(uri).store, 1 << 30)))
        moments = iter([NOON, NOON + timedelta(days=days)])
        run.raw._now = lambda: next(moments)
        for outlet in ("al_jazeera", "smart"):
            run.raw.keep(outlet, [exchange(1)])
            run.raw.flush()
        raise KeyboardInterrupt

    with pytest.raises(AssertionError, match="the child failed"):
        in_child(work)
    whole = warcs(archive.store)
    assert len(whole) == 2
    for key in whole:
        (tmp_path / "a" / cdxj_key(key)).unlink()
    begin(archive, NOON + timedelta(days=days, hours=1)).finish()
    for key, data in whole.items():
        assert archive.store.get(cdxj_key(key)) == cdxj.of_file(data, key)


def test_indexes_are_made_by_a_run_whose_clock_is_behind(tmp_path: Path) -> None:
    """Its today is before the day of the files."""
    archive = open_archive(str(tmp_path / "a"))
    assert kill_at(archive.uri, 3)
    (key,) = warcs(archive.store)
    begin(archive, NOON - timedelta(days=1)).finish()
    assert archive.store.get(cdxj_key(key)) == cdxj.of_file(warcs(archive.store)[key], key)


def test_a_damaged_file_of_a_killed_run_does_not_stop_the_next(tmp_path: Path) -> None:
    """It is left to `verify`, which names it."""
    archive = open_archive(str(tmp_path / "a"))
    assert kill_at(archive.uri, 3)
    (key,) = warcs(archive.store)
    (tmp_path / "a" / key).write_bytes(warcs(archive.store)[key][:-20])
    begin(archive, NOON + timedelta(hours=1)).finish()
    assert archive.store.stat(cdxj_key(key)) is None


def test_the_manifest_names_raw_captures_and_their_indexes(tmp_path: Path) -> None:
    """Like every object of the run."""
    archive = open_archive(str(tmp_path / "a"))
    run = archive.begin({}, raw=ArchiverOptions(seconds=60))
    run.raw.keep("smart", [exchange(1)])
    named = {file["key"] for file in run.finish()["files"]}
    (key,) = warcs(archive.store)
    assert {key, cdxj_key(key)} <= named
