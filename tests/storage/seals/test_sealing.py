"""Sealing: what is sealed, once, by several at once, and after a kill at any step."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage import ArchiveError, open_archive
from storage.errors import Damaged
from storage.seals.log import runs_of, seals_after
from storage.seals.sealing import STATE, Sealer
from storage.seals.signed_note import SealKeyError, SignerKey
from storage.stores.folder import FolderStore
from storage.verify.full_pass import verify
from storage.verify.seals import Trust
from tests.storage.newsroom import CAPTURE, NOON, WrappedStore, article, begin, keep_all

KEY = SignerKey("operator", bytes(range(32)))


def clock() -> datetime:
    return NOON + timedelta(hours=1)


def assert_whole(place: str) -> None:
    report = verify(open_archive(place).store, trust=Trust([KEY.verifier]))
    assert report.findings == []


def test_every_run_that_ended_is_sealed_once(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path / "a"))
    first, second = keep_all(archive, article(1)), keep_all(archive, article(2), at=NOON + timedelta(minutes=5))
    sealer = Sealer(archive.store, [KEY], clock)
    seal = sealer.seal()
    assert seal is not None
    assert [run.run for run in runs_of(archive.store, 1)] == ["archive", first["run_id"], second["run_id"]]
    assert runs_of(archive.store, 1)[1].objects == len(first["files"]) + 1
    again = sealer.seal()
    assert again is not None
    assert (again.number, again.new) == (1, False)
    third = keep_all(archive, article(3), at=NOON + timedelta(minutes=9))
    later = sealer.seal()
    assert later is not None
    assert [run.run for run in runs_of(archive.store, 2)] == [third["run_id"]]
    assert_whole(str(tmp_path / "a"))


def test_an_empty_archive_is_sealed_for_what_it_is(tmp_path: Path) -> None:
    """archive.json and the schema; a second time there is nothing."""
    archive = open_archive(str(tmp_path / "a"))
    seal = Sealer(archive.store, [KEY], clock).seal()
    assert seal is not None
    assert seal.checkpoint.size == 1


def test_a_run_that_is_at_work_waits_for_the_next_seal(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path / "a"))
    slow = begin(archive)
    slow.discover("enab_baladi", article(1).url)
    keep_all(archive, article(2), at=NOON + timedelta(minutes=5))
    sealer = Sealer(archive.store, [KEY], clock)
    sealer.seal()
    slow.keep(article(1), CAPTURE)
    slow.finish()
    sealer.seal()
    assert [run.run for run in runs_of(archive.store, 2)] == [slow.run_id]
    assert_whole(str(tmp_path / "a"))


@pytest.mark.parametrize("state", ["lost", "stale", "rubbish", "of another log"])
def test_what_is_remembered_is_believed_no_further_than_the_checkpoint(state: str, tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path / "a"))
    sealer = Sealer(archive.store, [KEY], clock)
    remembered = b""
    for number in range(1, 4):
        keep_all(archive, article(number), at=NOON + timedelta(minutes=number))
        sealer.seal()
        remembered = remembered or (archive.store.get(STATE) or b"")
    if state == "lost":
        (tmp_path / "a" / STATE).unlink()
    elif state == "stale":
        archive.store.replace(STATE, remembered)
    elif state == "rubbish":
        archive.store.replace(STATE, b'{"seal": 3, "edge": 7}')
    else:
        tree = json.loads(archive.store.get(STATE) or b"")
        archive.store.replace(STATE, json.dumps(tree | {"edge": ["00" * 32] * len(tree["edge"])}).encode())
    keep_all(archive, article(9), at=NOON + timedelta(minutes=30))
    seal = sealer.seal()
    assert seal is not None
    assert (seal.number, seal.runs) == (4, 1)
    assert_whole(str(tmp_path / "a"))


class Dies(WrappedStore):
    """A store that breaks off before or after the n-th object is created, as SIGKILL would."""

    def __init__(self, beneath: FolderStore, step: int, *, after: bool) -> None:
        super().__init__(beneath)
        self._left, self._after = step, after

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise KeyboardInterrupt
        made = self.beneath.create(key, data, content_type)
        if self._left == 0:
            raise KeyboardInterrupt
        return made

    def replace(self, key: str, data: bytes) -> None:
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt
        self.beneath.replace(key, data)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(1, 6))
def test_a_seal_that_was_broken_off_anywhere_is_completed_by_the_next(step: int, after: bool, tmp_path: Path) -> None:
    """Whatever stands is used, nothing is sealed twice, and nothing is left out."""
    place = tmp_path / "a"
    archive = open_archive(str(place))
    keep_all(archive, article(1))
    killed = begin(archive, NOON + timedelta(minutes=1))
    killed.keep(article(2), CAPTURE)
    killed.close()
    keep_all(archive, article(3), at=NOON + timedelta(minutes=9))
    with suppress(KeyboardInterrupt):
        Sealer(Dies(FolderStore(place), step, after=after), [KEY], clock).seal()
    keep_all(archive, article(4), at=NOON + timedelta(minutes=20))
    Sealer(archive.store, [KEY], clock).seal()
    sealed = [run.run for seal in seals_after(archive.store) for run in runs_of(archive.store, seal)]
    manifests = [found.key.split("/")[-1].split(".")[0] for found in archive.store.listing("runs/") if found.key.count(".") == 1]
    assert set(manifests) <= set(sealed)
    assert len(sealed) == len(set(sealed))
    report = verify(archive.store, trust=Trust([KEY.verifier]))
    assert [finding for finding in report.findings if finding.severity == "damage"] == []


def test_several_at_once_make_one_log(tmp_path: Path) -> None:
    """Each line once; all checkpoints fit."""
    place = str(tmp_path / "a")
    archive = open_archive(place)
    for number in range(1, 7):
        keep_all(archive, article(number), at=NOON + timedelta(minutes=number))
    start, problems = threading.Barrier(4), []

    def work() -> None:
        start.wait()
        try:
            Sealer(open_archive(place).store, [KEY], clock).seal()
        except ArchiveError as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert_whole(place)
    sealed = [run.run for seal in seals_after(archive.store) for run in runs_of(archive.store, seal)]
    assert len(sealed) == len(set(sealed)) == 7


def test_nothing_is_signed_that_is_not_true(tmp_path: Path) -> None:
    """A list of runs that another left without its checkpoint, and an archive that changed since."""
    place = tmp_path / "a"
    archive = open_archive(str(place))
    manifest = keep_all(archive, article(1))
    with pytest.raises(KeyboardInterrupt):
        Sealer(Dies(FolderStore(place), 1, after=True), [KEY], clock).seal()
    path = next(path for path in place.glob("runs/*/*/*/*.json") if path.name.startswith(manifest["run_id"] + ".json"))
    path.write_text(path.read_text().replace('"discovered":1', '"discovered":2'))
    with pytest.raises(Damaged, match="not what this line says"):
        Sealer(archive.store, [KEY], clock).seal()


def test_a_change_of_keys_is_witnessed_by_the_old_one(tmp_path: Path) -> None:
    """Signed by both it is followed without a word; by the new one alone it is found, unless that one is trusted."""
    new = SignerKey("operator-2027", bytes(range(1, 33)))
    place = str(tmp_path / "a")
    archive = open_archive(place)
    keep_all(archive, article(1))
    Sealer(archive.store, [KEY], clock).seal()
    keep_all(archive, article(2), at=NOON + timedelta(minutes=2))
    Sealer(archive.store, [new, KEY], clock).seal()
    assert verify(archive.store).damage == 0
    keep_all(archive, article(3), at=NOON + timedelta(minutes=4))
    Sealer(archive.store, [SignerKey("thief", bytes(range(2, 34)))], clock).seal()
    (finding,) = verify(archive.store).findings
    assert "thief" in finding.problem
    assert verify(archive.store, trust=Trust([KEY.verifier, new.verifier])).damage == 1


def test_without_a_key_nothing_is_sealed(tmp_path: Path) -> None:
    with pytest.raises(SealKeyError, match="WARRAQ_SEAL_KEY"):
        Sealer(open_archive(str(tmp_path / "a")).store, []).seal()
