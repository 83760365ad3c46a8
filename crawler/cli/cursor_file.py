"""A file that says how far the change log was read: whole or as it was before, whatever happens to the machine or the disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from crawler.config import ConfigError

_NO_NEIGHBOUR: Final = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY}
"""The folder may not be written to, or the file alone is mounted here: then it is written where it stands."""


def read_cursor(file: Path) -> str | None:
    """The cursor in a file; None if it is not there yet or empty. ConfigError: it cannot be read, or is no text."""
    try:
        return file.read_text("ascii").strip() or None
    except FileNotFoundError:
        if not file.parent.is_dir():
            raise ConfigError(f"--cursor {file}: there is no folder {file.parent}") from None
        return None
    except UnicodeDecodeError:
        raise ConfigError(f"--cursor {file}: this is no cursor of the change log") from None
    except OSError as error:
        raise ConfigError(f"--cursor {file}: {error.strerror}") from None


def write_cursor(file: Path, cursor: str) -> None:
    """Put the cursor in the place of the one before. ConfigError: it cannot be written; what stood there stands."""
    place = file.resolve()
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        try:
            with beside.open("w", encoding="ascii") as out:
                out.write(f"{cursor}\n")
                out.flush()
                os.fsync(out.fileno())
            beside.replace(place)
        except OSError as error:
            beside.unlink(missing_ok=True)
            if error.errno not in _NO_NEIGHBOUR:
                raise
            place.write_text(f"{cursor}\n", "ascii")
    except OSError as error:
        raise ConfigError(f"--cursor {file}: {error.strerror}; what was shown will be shown again") from None
