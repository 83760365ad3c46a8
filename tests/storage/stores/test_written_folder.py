"""Groups of objects written by a process of its own: it may be killed at any of its operations, and so may its parent."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.chaos import deadly_writer
from infra.testing.waiting import until
from storage import Archive, ArchiveError, open_archive
from storage.errors import ArchiveGone, NotWritable
from storage.stores import written_folder
from storage.stores.folder import FolderStore
from storage.stores.store import NewObject, create_in_turn
from storage.stores.written_folder import WrittenFolder
from tests.storage.newsroom import CAPTURE, NOON, article, begin
from tests.storage.run.test_keep_new import requests
from tests.storage.run.test_killed import in_child

PHASES = [
    [NewObject(f"hashes/{n:02}/{n:064}.json", b"claim" * n) for n in range(4)],
    [NewObject(f"articles/outlet=x/captured=2026-11-22/{n}.json", b"article" * 9_000 * n) for n in range(4)],
    [NewObject("changes/2026/11/22/run-000001.jsonl", b"")],
    [NewObject(f"urls/x/{n:02}/{n:064}/1.json", b"entry") for n in range(4)],
]
EVERYTHING = {each.key: each.data for phase in PHASES for each in phase}


def written(tmp_path: Path) -> WrittenFolder:
    return WrittenFolder(FolderStore(tmp_path / "archive"))


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """A writer ends with the store that it writes for."""
    yield
    assert not writers()


def writers() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if child.is_running() and any("writer" in part for part in child.cmdline())]


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def arm(patch: pytest.MonkeyPatch, marker: Path | None, operation: int, who: str) -> None:
    """The next writer kills itself or its parent before one of its operations."""
    if marker is not None:
        marker.touch()
    orders = {"marker": str(marker) if marker else None, "operation": operation, "who": who}
    patch.setattr(written_folder, "serve", deadly_writer.serve)
    patch.setenv(deadly_writer.VARIABLE, json.dumps(orders))


def test_a_group_stands_as_it_was_given_and_may_be_given_again(tmp_path: Path) -> None:
    """Empty objects and large ones; by one writer."""
    store = written(tmp_path)
    assert store.create_all(PHASES)
    assert contents(tmp_path / "archive") == EVERYTHING
    (writer,) = writers()
    assert store.create_all(PHASES)
    assert contents(tmp_path / "archive") == EVERYTHING
    assert writers() == [writer]


def test_a_few_objects_are_not_worth_a_process(tmp_path: Path) -> None:
    store = written(tmp_path)
    few = [phase[:2] for phase in PHASES]
    assert store.create_all(few)
    assert contents(tmp_path / "archive") == {each.key: each.data for phase in few for each in phase}
    assert not writers()


@pytest.mark.parametrize("way", ["by a process", "here", "in turn"])
def test_what_stands_otherwise_ends_the_group_after_its_phase(way: str, tmp_path: Path) -> None:
    """Nothing of it changes, and no later phase is begun."""
    store = written(tmp_path)
    taken = PHASES[1][3].key
    store.create(taken, b"another's")
    if way == "by a process":
        assert not store.create_all(PHASES)
    elif way == "here":
        assert not store.beneath.create_all(PHASES)
    else:
        assert not create_in_turn(store, PHASES)
    assert contents(tmp_path / "archive") == {each.key: each.data for phase in PHASES[:2] for each in phase} | {
        taken: b"another's"
    }


def test_a_file_system_without_nameless_files_is_served_too(tmp_path: Path) -> None:
    """One by one then."""
    store = written(tmp_path)
    folder = store.beneath
    assert isinstance(folder, FolderStore)
    folder._nameless = False
    assert folder.create_all(PHASES)
    assert contents(tmp_path / "archive") == EVERYTHING


def test_a_file_that_becomes_too_large_is_said_and_leaves_nothing_of_the_group(tmp_path: Path) -> None:
    """A write that stops in the middle: by then nothing has a name."""

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        store = WrittenFolder(FolderStore(tmp_path / "archive"))
        with pytest.raises(NotWritable, match="archive: the file size limit is reached"):
            store.create_all(PHASES)
        assert writers()

    assert in_child(work) == 0
    assert contents(tmp_path / "archive") == {}


def test_an_archive_that_vanishes_is_not_begun_anew(tmp_path: Path) -> None:
    """Also where the writer runs already."""
    root = tmp_path / "archive"
    archive = open_archive(str(root))
    assert archive.store.create_all(PHASES)
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    with pytest.raises(ArchiveGone, match="was its disk unmounted"):
        archive.store.create_all([[NewObject(f"hashes/ff/{n:064}.json", b"x") for n in range(20)]])
    assert contents(root) == {}


def test_a_fork_uses_a_writer_of_its_own(tmp_path: Path) -> None:
    """And leaves its parent's alone."""
    store = written(tmp_path)
    assert store.create_all(PHASES)
    (writer,) = writers()

    def work() -> None:
        assert store.create_all([[NewObject(f"hashes/ff/{n:064}.json", b"fork") for n in range(20)]])
        assert len(writers()) == 1

    assert in_child(work) == 0
    assert writers() == [writer]
    assert store.create_all(PHASES)
    assert contents(tmp_path / "archive").items() > EVERYTHING.items()


def killed_writer(tmp_path: Path, operation: int) -> bool:
    """A group whose writer dies before its n-th operation is written all the same. False: it has not so many."""
    marker, root = tmp_path / f"marker{operation}", tmp_path / f"archive{operation}"
    with pytest.MonkeyPatch.context() as patch:
        arm(patch, marker, operation, "writer")
        assert WrittenFolder(FolderStore(root)).create_all(PHASES)
    assert contents(root) == EVERYTHING
    return not marker.exists()


@pytest.mark.parametrize("operation", [0, 30, 48])
def test_a_writer_killed_at_an_operation_is_replaced(operation: int, tmp_path: Path) -> None:
    """Nobody hears of it."""
    assert killed_writer(tmp_path, operation)


@pytest.mark.slow
def test_a_writer_killed_at_any_of_its_operations_is_replaced(tmp_path: Path) -> None:
    operation = 0
    while killed_writer(tmp_path, operation):
        operation += 1
    assert operation > 48


def test_writers_that_all_die_are_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = written(tmp_path)
    arm(monkeypatch, None, 20, "writer")
    with pytest.raises(ArchiveError, match=r"archive: the process that writes here died 3 times in a row \(exit code -9\)$"):
        store.create_all(PHASES)


def killed_parent(tmp_path: Path, operation: int) -> bool:
    """A run whose process dies while its writer is at the n-th operation is completed by the next. False: it has not so many."""
    marker, uri = tmp_path / f"marker{operation}", str(tmp_path / f"archive{operation}")
    open_archive(uri)

    def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            arm(patch, marker, operation, "parent")
            run = begin(Archive(open_archive(uri).store))
            run.keep_new(requests(*map(article, range(6))))
            os._exit(0)

    killed = in_child(work) == signal.SIGKILL
    dead = Path(f"{marker}.dead")
    assert killed == dead.exists()
    if killed:  # the writer sees at its next phase that it is alone
        pid = int(dead.read_text())
        until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    archive = open_archive(uri)
    assert archive.verify().damaged == []
    begin(archive, NOON.replace(hour=13)).finish()
    assert archive.verify().findings == []
    run = begin(archive, NOON.replace(hour=14))
    for n in range(6):
        run.keep(article(n), CAPTURE)
    run.finish()
    assert archive.verify().findings == []
    assert sorted(kept["id"] for kept in archive.articles()) == [f"enab_baladi:{n}" for n in range(6)]
    ids = {change.event["id"] for change in archive.changes() if change.event["type"].startswith("article.")}
    assert len(ids) == 6
    return killed


@pytest.mark.parametrize("operation", [30, 48, 60])
def test_a_process_killed_while_its_writer_writes_leaves_nothing_that_the_next_run_does_not_mend(
    operation: int, tmp_path: Path
) -> None:
    assert killed_parent(tmp_path, operation)


@pytest.mark.slow
def test_a_process_killed_at_any_operation_of_its_writer_leaves_nothing_that_is_not_mended(tmp_path: Path) -> None:
    operation = 0
    while killed_parent(tmp_path, operation):
        operation += 1
    assert operation > 60
