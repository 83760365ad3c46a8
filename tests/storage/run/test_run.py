"""The fates of a run add up to what it discovered, and its manifest names what it wrote."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from storage import open_archive
from storage.errors import ArchiveError, FatesDoNotAddUp
from storage.record import to_bytes
from storage.run import manifest as manifests
from storage.run.fate_counts import FateCounts
from tests.storage.newsroom import CAPTURE, NOON, article, begin, keep_all, tree


def test_the_manifest_counts_every_url_and_lists_every_object(place: str) -> None:
    """Discovered = the sum of the fates, per outlet and in all; each file has the size and digest it says."""
    archive = open_archive(place)
    run = begin(archive)
    for number in range(5):
        assert run.discover("enab_baladi", article(number).url)
        assert not run.discover("enab_baladi", article(number).url)
    run.discover("smart", "https://smart.example/1")
    run.keep(article(0), CAPTURE)
    run.settle("enab_baladi", article(1).url, "gone", "410", CAPTURE)
    run.settle("enab_baladi", article(2).url, "failed", "timeout")
    run.settle("enab_baladi", article(3).url, "refused", "robots.txt")
    assert run.counts()["smart"] == {"discovered": 1}
    manifest = run.finish()
    assert manifest["discovered"] == 6
    assert manifest["fates"] == {"kept": 1, "gone": 1, "refused": 1, "failed": 3}
    assert manifest["outlets"]["smart"] == {"discovered": 1, "fates": {"failed": 1}}
    assert {failure["reason"] for failure in manifest["failures"]} == {"timeout", "robots.txt", "interrupted"}
    assert archive.get(f"runs/2026/11/22/{run.run_id}.json") == manifest
    for file in manifest["files"]:
        data = archive.store.get(file["key"])
        assert data is not None
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file["sha256"], file["bytes"])
    listed = {file["key"] for file in manifest["files"]}
    assert listed == set(tree(archive.store, without=("state/", "schema/", "archive.json"))) - {
        f"runs/2026/11/22/{run.run_id}.json"
    }


@pytest.mark.parametrize("blocked", ["runs", "state"])
def test_a_run_whose_end_fails_can_be_ended_again(blocked: str, tmp_path: Path) -> None:
    """The manifest, or what is left for the next run, could not be written: the second time adds no second word of it."""
    archive = open_archive(str(tmp_path / "a"))
    run, one = begin(archive), article(1)
    run.discover(one.outlet, one.url)
    run.keep(one, CAPTURE)
    folder, aside = tmp_path / "a" / blocked, tmp_path / "aside"
    if folder.exists():
        folder.rename(aside)
    folder.write_text("a file where a folder is needed", encoding="utf-8")
    for _ in "12":
        with pytest.raises(ArchiveError, match=blocked):
            run.finish()
    folder.unlink()
    if aside.exists():
        aside.rename(folder)
    manifest = run.finish()
    told = [change.event["data"]["run_id"] for change in archive.changes() if change.event["type"] == "run.finished"]
    assert told == [run.run_id] == [manifest["run_id"]]
    assert archive.verify().findings == []


def test_the_list_of_a_long_run_is_kept_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound the manifest names part objects; verify follows them."""
    monkeypatch.setattr(manifests, "INLINE_FILES", 10)
    monkeypatch.setattr(manifests.RecordingStore.files, "__defaults__", ("", 10))
    archive = open_archive(str(tmp_path))
    manifest = keep_all(archive, *(article(n) for n in range(10)))
    assert manifest["files"] == []
    assert sum(part["files"] for part in manifest["file_parts"]) == 42
    lines = [
        line for part in manifest["file_parts"] for line in (archive.store.get(part["key"]) or b"").splitlines(keepends=True)
    ]
    assert lines == [to_bytes(json.loads(line)) for line in lines]
    assert archive.verify().findings == []
    victim = next(key for key in tree(archive.store) if key.startswith("changes/"))
    (tmp_path / victim).write_bytes(b"")
    assert victim in {finding.key for finding in archive.verify().damaged}


def test_fates_that_do_not_add_up_stop_the_run() -> None:
    """It is how "nothing is lost" is proved: a lost URL is an error, not a smaller number."""
    tally = FateCounts()
    tally.meet("smart", "https://smart.example/1")
    with pytest.raises(FatesDoNotAddUp, match="smart: 1 URLs discovered, 0 settled"):
        tally.checked()


def test_the_last_fate_of_a_url_counts() -> None:
    """A URL that failed and was kept after all is kept."""
    tally = FateCounts()
    tally.settle("smart", "u", "failed", "timeout")
    tally.settle("smart", "u", "kept")
    assert tally.checked() == {"smart": {"discovered": 1, "kept": 1}}
    assert tally.failures == []


@pytest.mark.parametrize("damage", ["lost", "broken", "stale", "of another archive"])
def test_what_is_known_does_not_depend_on_state(damage: str, tmp_path: Path) -> None:
    """state/ may be lost, broken, old or copied from elsewhere: the ledger is the authority."""
    archive = open_archive(str(tmp_path / "a"))
    keep_all(archive, article(1), article(2))
    snapshot = tmp_path / "a/state/enab_baladi/known.jsonl.gz"
    if damage == "lost":
        snapshot.unlink()
    elif damage == "broken":
        snapshot.write_bytes(snapshot.read_bytes()[:-40])
    elif damage == "stale":
        old = snapshot.read_bytes()
        keep_all(archive, article(2, "ثان"), article(3))
        snapshot.write_bytes(old)
    else:
        other = open_archive(str(tmp_path / "b"))
        keep_all(other, article(3))
        snapshot.write_bytes((tmp_path / "b/state/enab_baladi/known.jsonl.gz").read_bytes())
    run = begin(archive)
    last = 3 if damage == "stale" else 2
    fates = {number: run.known("enab_baladi", article(number).url) for number in (last, 1, 2, 9)}
    assert fates[9] is None
    if damage == "of another archive":
        assert run.known("enab_baladi", article(3).url) is None  # known there, not here
    assert all(fates[number] is not None for number in (1, 2, last))
    for number in (1, last):
        assert run.keep(article(number, "ثان" if (number, damage) == (2, "stale") else ""), CAPTURE).fate == "unchanged"
    assert run.keep(article(4), CAPTURE).fate == "kept"
    run.finish()
    assert archive.verify().findings == []


def test_a_large_ledger_is_listed_shard_by_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound only the shards that are asked for are listed; every URL is still known."""
    monkeypatch.setattr("storage.index.ledger_survey.SURVEY_KEYS", 20)
    archive = open_archive(str(tmp_path))
    keep_all(archive, *(article(n) for n in range(60)))
    (tmp_path / "state/enab_baladi/known.jsonl.gz").unlink()
    run = begin(archive)
    assert all(run.known("enab_baladi", article(n).url) for n in range(60))
    assert run.known("enab_baladi", article(99).url) is None
    run.close()


def test_a_look_that_found_nothing_new_is_remembered(tmp_path: Path) -> None:
    """`checked_at` and `hint` move with a look, not with a URL that nobody asked for."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1))
    for days, capture in ((1, CAPTURE), (2, None)):
        run = begin(archive, NOON + timedelta(days=days))
        run.discover("enab_baladi", article(1).url, hint=f"day {days}")
        run.settle("enab_baladi", article(1).url, "unchanged", capture=capture)
        run.finish()
    run = begin(archive, NOON + timedelta(days=3))
    known = run.known("enab_baladi", article(1).url)
    assert known is not None
    assert known.hint == "day 1"
    assert known.checked_at.date() == (NOON + timedelta(days=1)).date()
    run.close()


def test_status_tells_what_each_outlet_has(place: str) -> None:
    """Articles, when something was kept last, and the last run with its fates."""
    archive = open_archive(place)
    keep_all(archive, article(1), article(2), article(1, outlet="baladi_news"))
    keep_all(archive, article(1), at=NOON + timedelta(hours=1))
    status = archive.status()
    assert status["enab_baladi"]["articles"] == 2
    assert status["enab_baladi"]["last_run"]["fates"] == {"unchanged": 1}
    assert status["enab_baladi"]["last_kept"].startswith("2026-11-22T12:00")
    assert status["baladi_news"]["last_run"]["fates"] == {"duplicate": 1}


def test_articles_can_be_filtered_by_outlet_and_day_of_publication(place: str) -> None:
    """A stream of records."""
    archive = open_archive(place)
    keep_all(archive, article(1), article(2, outlet="smart"))
    assert [kept["id"] for kept in archive.articles("smart")] == ["smart:2"]
    day = NOON.date()
    assert len(list(archive.articles(since=day, until=day))) == 2
    assert list(archive.articles(since=day + timedelta(days=1))) == []
    assert list(archive.articles(until=day - timedelta(days=1))) == []


def test_what_nobody_looked_at_stays_out_of_the_ledger(tmp_path: Path) -> None:
    """An address that its grammar calls a gallery is counted; only what a server answered is a fact of the ledger."""
    archive = open_archive(str(tmp_path / "a"))
    run = begin(archive)
    url = "https://www.enabbaladi.net/archives/category/online"
    run.discover("enab_baladi", url)
    run.settle("enab_baladi", url, "not_an_article", "listing")
    assert run.finish()["fates"] == {"not_an_article": 1}
    assert not [key for key in tree(archive.store) if key.startswith("urls/")]


@pytest.mark.parametrize(("known", "left"), [(0, False), (1, False), (2, True)])
def test_a_run_is_left_without_a_word_if_what_failed_had_failed_before(known: int, left: bool, tmp_path: Path) -> None:
    """A watch polls often: pages that fail again and again leave no manifest."""
    archive = open_archive(str(tmp_path / "a"))
    run = begin(archive)
    for number in range(2):
        run.discover("enab_baladi", article(number).url)
        run.settle("enab_baladi", article(number).url, "failed", "HTTP 500")
    assert run.leave(known_failures=known) is left
    if not left:
        assert run.finish()["fates"] == {"failed": 2}
    assert any(archive.store.listing("runs/")) is not left
