"""Files of an archive's folder, opened without waiting: a pipe, socket or device among them is told, never read."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO


class NotARegularFileError(OSError):
    """Something that is no file stands where a file belongs; `strerror` says what."""


def open_regular_file(path: str) -> BinaryIO:
    """The file for reading. OSError; NotARegularFileError where it is a pipe, a socket or a device."""
    return open(path, "rb", opener=_open)


def read_regular_file(path: str) -> bytes:
    """All of its bytes. Raises what `open_regular_file` does."""
    with open_regular_file(path) as file:
        return file.read()


def _open(path: str, flags: int) -> int:
    try:
        file = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if stat.S_ISSOCK(os.stat(path).st_mode):  # which cannot be opened at all  # noqa: PTH116
            raise NotARegularFileError(error.errno, "is a socket, no file", path) from error
        raise
    mode = os.fstat(file).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):  # a folder: Python says so itself
        return file
    os.close(file)
    raise NotARegularFileError(0, f"is a {'pipe' if stat.S_ISFIFO(mode) else 'device'}, no file", path)
