"""The file of `warraq events show --cursor`: it has the old cursor or the new one, and what is wrong with it is one line."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.cli.cursor_file import read_cursor, write_cursor
from crawler.config import ConfigError


@contextmanager
def full_disk() -> Iterator[None]:
    """Not a byte more can be written to any file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_cursor_that_was_there(tmp_path: Path) -> None:
    """An emptied file would have everything shown again; nothing else is left in the folder."""
    file = tmp_path / "cursor"
    assert read_cursor(file) is None
    write_cursor(file, "one")
    with full_disk(), pytest.raises(ConfigError, match=r"cursor: File too large; what was shown will be shown again"):
        write_cursor(file, "two")
    assert read_cursor(file) == "one"
    write_cursor(file, "two")
    assert read_cursor(file) == "two"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_to_a_cursor_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    file = tmp_path / "cursor"
    file.symlink_to(tmp_path / "there/cursor")
    write_cursor(file, "one")
    assert file.is_symlink()
    assert (tmp_path / "there/cursor").read_text() == "one\n"


def test_what_is_no_cursor_is_named(tmp_path: Path) -> None:
    """A folder, a picture, a folder that is not there: before anything is shown."""
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    for file, why in ((tmp_path, "directory"), (tmp_path / "picture", "no cursor"), (tmp_path / "no/cursor", "no folder")):
        with pytest.raises(ConfigError, match=rf"--cursor {file}: .*{why}"):
            read_cursor(file)
    with pytest.raises(ConfigError, match="directory"):
        write_cursor(tmp_path, "one")
