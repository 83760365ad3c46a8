"""A folder: objects appear whole or not at all, and what is wrong with the disk is said in one line."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.demo.running import serve
from infra.testing.traced_memory import traced_memory
from infra.testing.waiting import until
from infra.world.worlds import World
from storage import ArchiveError, Run, open_archive
from storage.errors import ArchiveGone, BadKey, NewerLayout, NotAnArchive, NotWritable
from storage.stores import opening
from storage.stores.folder import FolderStore
from storage.stores.store import ForwardingStore
from tests.crawler.conftest import environment, warraq
from tests.storage.newsroom import CAPTURE, article, begin, keep_all
from tests.storage.run.test_killed import in_child


def test_an_object_is_created_once_and_never_changed(place: str) -> None:
    """The second writer is given what stands there."""
    store = open_archive(place).store
    assert store.create("hashes/aa/x.json", b"one") == b"one"
    assert store.create("hashes/aa/x.json", b"two") == b"one"
    assert store.get("hashes/aa/x.json") == b"one"
    assert store.get("hashes/aa/y.json") is None
    assert store.stat("hashes/aa/y.json") is None
    with pytest.raises(BadKey):
        store.replace("hashes/aa/x.json", b"three")
    with pytest.raises(BadKey):
        store.create("../x", b"")


def test_listings_are_in_the_order_of_keys_and_begin_where_asked(place: str) -> None:
    """Byte order of whole keys, as a bucket has it: `a-b/x` before `a/x`, although `a` is before `a-b`."""
    store = open_archive(place).store
    keys = ["urls/a-b/x", "urls/a/x", "urls/a/y/z", "urls/a=b/x", "urls/b"]
    for key in reversed(keys):
        store.create(key, b"12345")
    assert [found.key for found in store.listing("urls/")] == keys == sorted(keys)
    assert [found.key for found in store.listing("urls/", start_after="urls/a/x")] == keys[2:]
    assert [found.key for found in store.listing("urls/a/")] == keys[1:3]
    assert [found.key for found in store.listing("urls/a")] == keys[:4]
    assert list(store.listing("nothing/")) == []
    assert {found.size for found in store.listing("urls/")} == {5}


KEY_PARTS = st.lists(st.sampled_from(["a", "a-b", "a=b", "b", "c0", "z"]), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(KEY_PARTS.map("/".join), max_size=25), KEY_PARTS.map("/".join), KEY_PARTS.map("/".join), st.sampled_from(["", "/"])
)
def test_a_listing_is_in_the_order_of_keys_however_much_a_folder_holds(
    tmp_path: Path, names: set[str], prefix: str, after: str, slash: str
) -> None:
    """What does not fit into memory is sorted on disk."""
    names = {f"{name}.json" for name in names}
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(dir=tmp_path) as place:
        store = FolderStore(Path(place))
        for name in names:
            file = Path(place) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"x")  # as the store does, without waiting for a disk
        for most in (1, 2, 3, 1_000):
            patch.setattr("storage.disk_sort.IN_MEMORY", most)
            assert [found.key for found in store.listing()] == sorted(names)
            asked = sorted(name for name in names if name.startswith(prefix + slash) and name > after)
            assert [found.key for found in store.listing(prefix + slash, start_after=after)] == asked


@pytest.mark.slow
def test_the_listing_of_a_folder_takes_little_memory_whatever_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A past that is taken over has a day with a hundred thousand articles."""
    monkeypatch.setattr("storage.disk_sort.IN_MEMORY", 1_000)
    day = tmp_path / "articles" / "outlet=x" / "captured=2026-11-30"
    day.mkdir(parents=True)
    store, peaks = FolderStore(tmp_path), []
    for number in (1_000, 4_000):
        for each in range(number - sum(1 for _ in day.iterdir())):
            (day / f"{number}{each}.json").touch()
        assert sum(1 for _ in store.listing()) == number
        peaks.append(traced_memory(lambda: sum(1 for _ in store.listing())).peak)
    assert peaks[1] < 1.1 * peaks[0]


def test_opening_makes_an_archive_and_opening_again_finds_it(place: str) -> None:
    """archive.json with the layout, and the schema of the records."""
    with pytest.raises(NotAnArchive, match=r"no archive here \(archive.json is missing\)"):
        open_archive(place, create=False)
    archive = open_archive(place)
    assert archive.get("archive.json")["layout"] == 1
    assert archive.get("schema/article-1.json")["$schema"].endswith("2020-12/schema")
    assert open_archive(place, create=False).get("archive.json") == archive.get("archive.json")


def test_who_opens_while_another_makes_the_archive_finds_it(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its look for archive.json and its listing the other was done, and has begun to keep."""

    class Overtaken(ForwardingStore):
        def get(self, key: str) -> bytes | None:
            found = super().get(key)
            if found is None:
                patch.undo()
                open_archive(place).store.create("hashes/aa/x.json", b"one")
            return found

    store = opening.open_store(place)
    with monkeypatch.context() as patch:
        patch.setattr(opening, "open_store", lambda *_, **__: Overtaken(store))
        assert open_archive(place).get("archive.json")["layout"] == 1


def test_an_archive_of_a_newer_layout_is_refused(tmp_path: Path) -> None:
    """It would be misread."""
    (tmp_path / "archive.json").write_text('{"layout": 2}')
    with pytest.raises(NewerLayout, match="layout 2 is newer than 1"):
        open_archive(str(tmp_path))
    (tmp_path / "archive.json").write_text("no JSON")
    with pytest.raises(NotAnArchive, match="names no layout version"):
        open_archive(str(tmp_path))


def test_a_folder_of_something_else_is_not_made_an_archive(tmp_path: Path) -> None:
    """One misspelt path must not put an archive into somebody's home."""
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(NotAnArchive, match="not empty"):
        open_archive(str(tmp_path))
    with pytest.raises(NotAnArchive, match="is a file, not a folder"):
        open_archive(str(tmp_path / "thesis.doc"))
    with pytest.raises(NotAnArchive):
        open_archive(str(tmp_path / "thesis.doc" / "archive"))
    with pytest.raises(ArchiveError, match="an archive is a path"):
        open_archive("gopher:x")


def test_a_file_system_without_nameless_files_is_served_too(tmp_path: Path) -> None:
    """A temporary file in .partial/, linked; what a killed writer left there is no object and goes after a day."""
    left = tmp_path / ".partial" / "1-1-1-1"
    left.parent.mkdir()
    left.write_text("half")
    os.utime(left, (1, 1))
    store = FolderStore(tmp_path)
    store._nameless = False
    assert store.create("a/b", b"x") == b"x"
    assert store.create("a/b", b"y") == b"x"
    assert [found.key for found in store.listing()] == ["a/b"]
    assert list((tmp_path / ".partial").iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("mounting a small file system needs root and the right to mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(run: Run) -> None:
    """Keep more than a small disk holds."""
    for n in range(100):
        run.discover("enab_baladi", article(n).url)
        run.keep(article(n), CAPTURE)


def test_a_full_disk_is_said_and_leaves_nothing_half_written(small_disk: Path) -> None:
    """Then, with room again, the next run keeps what is missing."""
    archive = open_archive(str(small_disk / "archive"))
    run = begin(archive)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 150_000)
    with pytest.raises(NotWritable, match="the disk is full") as failure:
        fill(run)
    assert "\n" not in str(failure.value)
    assert archive.verify().damaged == []
    assert all(found.size for found in archive.store.listing())
    run.close()
    ballast.unlink()
    assert keep_all(archive, article(0), article(1), article(2))["discovered"] == 3
    assert archive.verify().damaged == []


def test_a_file_size_limit_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    """The same without root: a write that stops in the middle."""
    uri = str(tmp_path / "archive")
    open_archive(uri)

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        store = FolderStore(Path(uri))
        with pytest.raises(NotWritable, match="file size limit"):
            store.create("articles/x", b"x" * 5000)
        assert store.get("articles/x") is None

    assert in_child(work) == 0
    assert not (tmp_path / "archive/articles/x").exists()


def test_a_folder_that_may_not_be_written_is_said_before_the_crawl(tmp_path: Path) -> None:
    """As a user without the right; root is stripped of its own for the test."""
    archive = open_archive(str(tmp_path / "archive"))
    (tmp_path / "archive").chmod(0o500)

    def work() -> None:
        if os.geteuid() == 0:
            for folder in (tmp_path, *tmp_path.parents[:-2]):
                folder.chmod(folder.stat().st_mode | 0o011)
            ctypes.CDLL(None).setresuid(65534, 65534, 65534)
        with pytest.raises(NotWritable, match="archive: the folder may not be written to"):
            begin(archive)
        with pytest.raises(NotWritable, match="permission denied"):
            archive.store.create("articles/x", b"x")

    assert in_child(work) == 0


def test_an_archive_that_vanishes_is_not_begun_anew(tmp_path: Path) -> None:
    """Its folder is moved, or its disk unmounted: the empty mount point stays. When it is there again, work goes on."""
    root, elsewhere = tmp_path / "archive", tmp_path / "elsewhere"
    archive = open_archive(str(root))
    keep_all(archive, article(1))
    run = begin(archive)
    run.discover("enab_baladi", article(2).url)
    root.rename(elsewhere)
    for mount_point in (False, True):
        if mount_point:
            root.mkdir()
        with pytest.raises(ArchiveGone, match="the archive is gone from here"):
            run.keep(article(2), CAPTURE)
        with pytest.raises(ArchiveGone):
            archive.state("enab_baladi").put("discovery.json", b"{}")
        with pytest.raises(ArchiveGone):
            archive.store.ready()
        assert list(root.iterdir() if mount_point else root.parent.glob("archive")) == []
    root.rmdir()
    elsewhere.rename(root)
    run.keep(article(2), CAPTURE)
    run.finish()
    assert archive.verify().damaged == []


def test_an_archive_on_another_file_system_that_has_it_goes_on(tmp_path: Path) -> None:
    """Mounted again, or replaced by its copy: another directory with its archive.json."""
    root = tmp_path / "archive"
    archive = open_archive(str(root))
    keep_all(archive, article(1))
    root.rename(tmp_path / "before")
    shutil.copytree(tmp_path / "before", root)
    assert keep_all(archive, article(2))["fates"]["kept"] == 1


@pytest.mark.slow
def test_a_crawl_whose_archive_is_unmounted_stops_with_3(tmp_path: Path) -> None:
    """Nothing is written to the mount point, the last line says why, and when the disk is back nothing is missing."""
    root, elsewhere = tmp_path / "archive", tmp_path / "elsewhere"
    with serve(World.generated(articles=300, kilobytes=2)) as world:
        environ = environment(world, WARRAQ_ARCHIVE=str(root), WARRAQ_DOWNLOAD_DELAY="0.02")
        command = [sys.executable, "-m", "crawler", "crawl", "enab_baladi"]
        crawl = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        until(lambda: len(list(root.glob("articles/*/*/*.json"))) >= 10)
        root.rename(elsewhere)
        root.mkdir()
        _, err = crawl.communicate(timeout=300)
        assert crawl.returncode == 3, err
        assert "the archive is gone from here" in err
        assert list(root.iterdir()) == []
        root.rmdir()
        elsewhere.rename(root)
        assert warraq("crawl", "enab_baladi", world=world, WARRAQ_ARCHIVE=str(root)).code == 0
    archive = open_archive(str(root))
    assert archive.verify().damaged == []
    assert len(list(archive.articles())) == 300
