"""What is no file and stands in an archive's folder: it is named, and nobody waits for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import ArchiveError, open_archive
from storage.stores.folder import FolderStore
from storage.stores.store import NewObject
from tests.crawler.conftest import warraq

KEY = "articles/outlet=enab_baladi/captured=2026-11-22/160002.0123456789abcdef.json"


def _socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        folder = os.open(place.parent, os.O_RDONLY)
        made.bind(f"/proc/self/fd/{folder}/{place.name}")  # a name of a socket has 107 bytes at most
        os.close(folder)


MAKERS = {
    "a pipe": os.mkfifo,
    "a socket": _socket,
    "a device": lambda place: place.symlink_to("/dev/zero"),
}


@pytest.fixture(params=MAKERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(tmp_path: Path, kind: str) -> Path:
    """An archive in which one stands under the key of an article."""
    open_archive(str(tmp_path / "a"))
    odd = tmp_path / "a" / KEY
    odd.parent.mkdir(parents=True)
    make: Callable[[Path], None] = MAKERS[kind]
    make(odd)
    return tmp_path / "a"


def test_it_is_told_by_whatever_reads_or_writes_there(place: Path, kind: str) -> None:
    store = FolderStore(place)
    group = [[NewObject(KEY, b"{}"), NewObject("hashes/aa/x.json", b"{}")]]
    for use in (
        lambda: store.get(KEY),
        lambda: store.part(KEY, 0, 10),
        lambda: store.create(KEY, b"{}"),
        lambda: store.create_all(group),
    ):
        with pytest.raises(ArchiveError, match=f"is {kind}, no file"):
            use()
    assert [found.key for found in store.listing("articles/")] == [KEY]


def test_verify_names_it_and_goes_on(place: Path, kind: str, tmp_path: Path) -> None:
    (place / "articles" / "loop").symlink_to("loop")
    done = warraq("verify", "--archive", str(place), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert done.code == 1, done.err
    assert f"is {kind}, no file ({KEY})" in done.out
    assert "articles/loop" in done.out
