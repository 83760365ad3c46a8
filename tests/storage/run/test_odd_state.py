"""Whatever stands in notes of recoveries, in markers of runs and in the note of the next visit: nobody is held up by it."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import Archive, LaterVisits, open_archive
from storage.index.revisits import NOTE, note, nothing_before
from tests.storage.newsroom import CAPTURE, NOON, article, begin
from tests.storage.run.test_killed import DeadlyStore, in_child

MOMENTS = [
    "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", "0000-00-00",
    "2099-01-01T00:00:00Z", "", None, 5, [], {},
]  # fmt: skip
NOTES = [
    b"", b"{", b"[]", b"[" * 100_000, b'{"since": null, "swept": {}}', b'{"since": "2026-01-01", "swept": []}',
    b'{"since": "0001-01-01", "swept": {}}', b'{"since": "9999-12-31", "swept": {}}', b'{"since": 20260101, "swept": {}}',
    b'{"since": "2026-01-01", "swept": {"RUN": "9999-12-31T23:59:59-14:00"}}',
    b'{"since": "2026-01-01", "swept": {"RUN": "0001-01-01T00:00:00+14:00"}}',
]  # fmt: skip


def killed(folder: Path) -> Archive:
    """An archive with a run that was killed after the claim of its article."""
    uri = str(folder)
    open_archive(uri)

    def work() -> None:
        run = begin(Archive(DeadlyStore(open_archive(uri).store, 4)))
        run.keep(article(1), CAPTURE)

    assert in_child(work) == signal.SIGKILL
    return open_archive(uri)


def completed(archive: Archive) -> list[str]:
    """The articles that stand after the next run, which must find nothing to complain about."""
    begin(archive, NOON).finish()
    assert archive.verify().findings == []
    return [kept["id"] for kept in archive.articles()]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_run_that_began_at_an_impossible_moment_is_completed(tmp_path: Path, moment: object) -> None:
    archive = killed(tmp_path)
    (marker,) = tmp_path.glob("runs/*/*/*/*.started.json")
    document = json.loads(marker.read_bytes())
    marker.chmod(0o644)
    marker.write_bytes(json.dumps({**document, "started_at": moment}).encode())
    assert completed(archive) == ["enab_baladi:1"]


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note[:40].decode())
def test_a_note_that_cannot_be_understood_hides_no_killed_run(tmp_path: Path, note: bytes) -> None:
    archive = killed(tmp_path)
    (marker,) = tmp_path.glob("runs/*/*/*/*.started.json")
    path = tmp_path / "state/runs/recovery.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(note.replace(b"RUN", marker.name.partition(".")[0].encode()))
    assert completed(archive) == ["enab_baladi:1"]


LATER = LaterVisits(revisits=(timedelta(hours=1), timedelta(hours=72)))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SETTINGS = json.dumps(LATER.numbers)


@pytest.mark.parametrize(
    "first",
    [
        '"9999-12-31T23:59:59-14:00"',
        '"2027-11-22T12:00:00Z"',
        '"0001-01-01T00:00:00+14:00"',
        '"2026-11-23T12:00:00"',
        "5",
        "[" * 100_000,
    ],
    ids=lambda first: first[:30],
)
def test_a_note_of_the_next_visit_that_cannot_be_true_puts_off_none(tmp_path: Path, first: str) -> None:
    state = open_archive(str(tmp_path)).state("smart")
    state.write(NOTE, f'{{"settings": {SETTINGS}, "first": {first}}}'.encode())
    assert not nothing_before(state, LATER, NOW)


def test_a_true_note_of_the_next_visit_saves_the_look(tmp_path: Path) -> None:
    state = open_archive(str(tmp_path)).state("smart")
    note(state, LATER, NOW + timedelta(hours=72))
    state.save()
    assert nothing_before(state, LATER, NOW)
    assert not nothing_before(state, LATER, NOW + timedelta(hours=73))
