"""The folder of a cache is full: what is made there is named, and nothing is taken for damage of the archive."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.crawler.conftest import Done, warraq


@pytest.mark.slow
@pytest.mark.parametrize("command", ["verify", "search حلب"])
def test_a_full_cache_is_one_line_wherever_it_comes(command: str, crawled: tuple[Path, Done, Done], tmp_path: Path) -> None:
    """At the start, in the middle, at the end; with room again the same command does it all."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root and the right to mount")
    try:
        for room in (5_000, 70_000, 110_000, 160_000, 210_000):
            (disk / "ballast").write_bytes(b"x" * (400_000 - room))
            done = warraq(*command.split(), "--archive", str(crawled[0]), XDG_CACHE_HOME=str(disk))
            assert done.code == 3, done.err
            (line,) = done.err.splitlines()
            assert "cannot be kept here" in line
            assert line.endswith("set XDG_CACHE_HOME")
            (disk / "ballast").unlink()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert warraq(*command.split(), "--archive", str(crawled[0]), XDG_CACHE_HOME=str(tmp_path)).code == 0
