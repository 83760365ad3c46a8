"""A disk that fills up: a small file system of its own where mounting is allowed, else a limit on the size of a file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Disk:
    """room: bytes; None where no file system could be mounted."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder, self.mounted = folder, mounted

    def resize(self, kilobytes: int) -> None:
        """As large as that from now on."""
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", self.folder], check=True)  # noqa: S607


@contextmanager
def disk(folder: Path, kilobytes: int) -> Iterator[Disk]:
    """A file system of so many kilobytes at `folder`, or the folder as it is, if mounting is not allowed here."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield Disk(folder, mounted=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=False)  # noqa: S607
