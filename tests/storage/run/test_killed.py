"""kill -9 at any instant: after the next run nothing is lost and nothing stands twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage import Archive, Capture, LaterVisits, Run, open_archive
from storage.stores.store import Store
from tests.storage.newsroom import CAPTURE, NOON, WrappedStore, article, begin, keep_all

MOVED = article(1).url


class DeadlyStore(WrappedStore):
    """Kills the process, without warning, before its k-th write."""

    def __init__(self, beneath: Store, k: int) -> None:
        super().__init__(beneath)
        self._left = k

    def before(self, call: str, key: str) -> None:
        if call in {"create", "replace"}:
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1


def in_child(work: Callable[[], None]) -> int:
    """The signal that killed a forked process doing this work, 0 if it ended by itself."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - a forked test process must not run pytest's own exit
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status == 0 or os.WIFSIGNALED(status), "the child failed"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def visits(run: Run) -> None:
    """Everything a crawl does: new texts, a copy, a revision, a return to an old text; a removal seen, one confirmed; a text
    that is back after either; an older capture.
    """
    for n, text in ((1, ""), (2, "ثان"), (3, "")):
        run.keep(article(n, text), CAPTURE)
    run.keep(article(1, outlet="smart"), CAPTURE)
    run.keep(article(9, ""), CAPTURE)
    for n in (5, 8):
        run.settle("enab_baladi", article(n).url, "gone", "404", CAPTURE)
    for n in (4, 7):
        run.keep(article(n), CAPTURE)
    run.keep(article(6, "قبل عام"), memento(NOON - timedelta(days=365)))


def memento(at: datetime) -> Capture:
    return Capture(fetched_at=NOON, status=200, via="wayback", memento_at=at)


def missed(at: datetime) -> Capture:
    return Capture(fetched_at=at, status=404)


def before_visits(archive: Archive) -> None:
    keep_all(archive, *(article(n) for n in (2, 4, 5, 6, 7, 8, 9)), at=NOON - timedelta(days=5))
    keep_all(archive, article(9, "غيره"), at=NOON - timedelta(days=4))
    for days, missing in ((3, (4, 8)), (1, (4, 7))):
        run = begin(archive, NOON - timedelta(days=days))
        for n in missing:
            run.settle("enab_baladi", article(n).url, "gone", "404", missed(NOON - timedelta(days=days)))
        run.finish()


def check(archive: Archive) -> None:
    """Everything of `visits` stands once, is acknowledged, and was announced at least once, always by the same id."""
    assert archive.verify().findings == []
    kept = Counter((kept["id"], kept["content_hash"]) for kept in archive.articles())
    assert set(kept.values()) == {1}
    assert len(kept) == 12
    ids = {change.event["id"] for change in archive.changes() if change.event["type"].startswith("article.")}
    assert len(ids) == 16
    fates = Counter(archive.get(found.key)["fate"] for found in archive.store.listing("urls/"))
    assert fates == {"kept": 9, "revised": 5, "duplicate": 1, "gone": 6, "returned": 1}


def kill_at(uri: str, k: int) -> bool:
    """Let a process do the visits until before its k-th write; False if it got through."""

    def work() -> None:
        archive = Archive(DeadlyStore(open_archive(uri).store, k))
        run = begin(archive)
        visits(run)
        run.finish()

    return in_child(work) == signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("next_run", ["sees the same pages", "sees none of the pages"])
def test_a_writer_killed_before_any_of_its_writes_leaves_nothing_that_the_next_run_does_not_mend(
    next_run: str, tmp_path: Path
) -> None:
    """In a folder, write by write. What was begun is completed even if its URL is never seen again."""
    k = 0
    while True:
        uri = str(tmp_path / str(k))
        before_visits(open_archive(uri))
        killed = kill_at(uri, k)
        archive = open_archive(uri)
        assert archive.verify().damaged == []
        begin(archive, NOON + timedelta(hours=1)).finish()
        report = archive.verify()
        assert report.findings == []
        assert report.unfinished == []
        if next_run == "sees the same pages":
            run = begin(archive, NOON + timedelta(hours=2))
            visits(run)
            run.finish()
            check(archive)
        if not killed:
            break
        k += 1
    assert k > 20


class DeadlyAtLedger(WrappedStore):
    """Kills the process before its first write to the ledger: what it acknowledges is announced, and no more."""

    def before(self, call: str, key: str) -> None:
        if call == "create" and key.startswith("urls/"):
            os.kill(os.getpid(), signal.SIGKILL)


def test_an_older_capture_announced_by_a_killed_writer_stays_an_older_one(tmp_path: Path) -> None:
    """That it was older only the killed run knew: it had found the page unchanged after it. The change says so."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1), at=NOON - timedelta(days=9))

    def work() -> None:
        run = begin(Archive(DeadlyAtLedger(archive.store)), NOON)
        assert run.keep(article(1), Capture(fetched_at=NOON + timedelta(days=1), status=200)).fate == "unchanged"
        run.keep(article(1, "بين الزيارتين"), memento(NOON + timedelta(hours=1)))

    assert in_child(work) == signal.SIGKILL
    run = begin(archive, NOON + timedelta(days=2))
    assert run.keep(article(1), Capture(fetched_at=NOON + timedelta(days=2), status=200)).fate == "unchanged"
    assert run.finish()["recovered"]["urls"] == [article(1).url]
    assert [archive.get(found.key)["older"] for found in archive.store.listing("urls/")] == [False, True]
    assert archive.verify().findings == []


def test_a_removal_announced_by_a_killed_writer_is_entered_whatever_the_setting_is_now(tmp_path: Path) -> None:
    """It was told, so the ledger must have it, also where the next run would have waited longer."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1), at=NOON - timedelta(days=9))
    run = begin(archive, NOON - timedelta(days=2))
    run.settle("enab_baladi", article(1).url, "gone", "404", missed(NOON - timedelta(days=2)))
    run.finish()

    def work() -> None:
        run = begin(Archive(DeadlyAtLedger(archive.store)), NOON)
        run.settle("enab_baladi", article(1).url, "gone", "404", CAPTURE)

    assert in_child(work) == signal.SIGKILL
    later = LaterVisits(confirm_gone_after=timedelta(days=99))
    archive.begin({}, now=lambda: NOON + timedelta(hours=1), later=later).finish()
    assert [archive.get(found.key)["confirmed"] for found in archive.store.listing("urls/")] == [None, False, True]
    assert archive.verify().findings == []


def test_a_change_dated_before_its_run_began_is_acknowledged(tmp_path: Path) -> None:
    """The killed run's clock was set back by a day and more while it worked: its change stands among those of days before."""
    archive = open_archive(str(tmp_path))
    for days, text in ((9, ""), (8, "ثان")):
        run = begin(archive, NOON - timedelta(days=days))
        run.keep(article(1, text), Capture(fetched_at=NOON - timedelta(days=days), status=200))
        run.finish()

    def work() -> None:
        moments = iter([NOON])
        run = Archive(DeadlyAtLedger(archive.store)).begin({}, now=lambda: next(moments, NOON - timedelta(days=2)))
        run.keep(article(1), CAPTURE)

    assert in_child(work) == signal.SIGKILL
    assert begin(archive, NOON + timedelta(hours=1)).finish()["recovered"]["urls"] == [article(1).url]
    assert [archive.get(found.key)["fate"] for found in archive.store.listing("urls/")] == ["kept", "revised", "revised"]
    assert archive.verify().findings == []


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 10, 17])
def test_a_writer_to_a_bucket_killed_before_a_write_is_completed(k: int, bucket: str) -> None:
    """The same over S3."""
    uri = f"s3://{bucket}/news"
    before_visits(open_archive(uri))
    kill_at(uri, k)
    archive = open_archive(uri)
    assert archive.verify().damaged == []
    run = begin(archive, NOON + timedelta(hours=2))
    visits(run)
    run.finish()
    check(archive)


@pytest.mark.parametrize("k", [5, 17, 30, 43])
def test_a_writer_of_eight_threads_that_is_killed_leaves_nothing_half_done(k: int, tmp_path: Path) -> None:
    """Several articles are in flight at once and share change segments."""
    uri = str(tmp_path / "a")

    def work() -> None:
        run = begin(Archive(DeadlyStore(open_archive(uri).store, k)))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: run.keep(article(n), CAPTURE), range(20)))

    open_archive(uri)
    assert in_child(work) == signal.SIGKILL
    archive = open_archive(uri)
    assert archive.verify().damaged == []
    begin(archive, NOON + timedelta(hours=1)).finish()
    assert archive.verify().findings == []
    manifest = keep_all(archive, *(article(n) for n in range(20)), at=NOON + timedelta(hours=2))
    assert sum(manifest["fates"].values()) == 20
    assert len(list(archive.articles())) == 20
    assert archive.verify().findings == []


def test_a_run_that_is_still_at_work_is_left_alone(tmp_path: Path) -> None:
    """Its process lives: the next run neither completes its work nor gives it up."""
    archive = open_archive(str(tmp_path))
    alive = begin(archive)
    alive.keep(article(1), CAPTURE)
    other = begin(archive)
    assert other.finish()["recovered"] == {"runs": [], "urls": []}
    assert archive.verify().unfinished == [alive.run_id]
    alive.finish()
    assert archive.verify().unfinished == []


def test_a_run_of_another_machine_is_completed_and_given_up_after_a_day(tmp_path: Path) -> None:
    """Nobody can tell whether it lives: its quiet work is completed at once and once more a day later."""
    uri = str(tmp_path)
    open_archive(uri)

    def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("storage.liveness._machine", lambda: "elsewhere")
            run = begin(Archive(DeadlyStore(open_archive(uri).store, 3)))
            run.keep(article(1), CAPTURE)

    assert in_child(work) == signal.SIGKILL
    archive = open_archive(uri)
    assert [finding.severity for finding in archive.verify().findings] == ["pending"]
    (claim,) = tmp_path.glob("hashes/*/*.json")
    begin(archive).finish()
    assert [finding.severity for finding in archive.verify().findings] == ["pending"]  # it may be in flight
    (tmp_path / "state/runs/recovery.json").unlink()
    os.utime(claim, (claim.stat().st_mtime - 600,) * 2)
    later = NOON + timedelta(days=1)
    for hours, swept, left in ((0, 1, 1), (1, 0, 1), (25, 1, 0), (26, 0, 0)):
        manifest = begin(archive, later + timedelta(hours=hours)).finish()
        assert len(manifest["recovered"]["runs"]) == swept
        assert len(archive.verify().unfinished) == left
        # Until it is given up it is told that its manifest is not there: it may have been deleted.
        assert [finding.severity for finding in archive.verify().findings] == ["pending"] * left
    assert [kept["id"] for kept in archive.articles()] == ["enab_baladi:1"]
