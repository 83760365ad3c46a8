"""State files as a watch reads them."""

from __future__ import annotations

from typing import TypeVar

from crawler.state_file import StateFile

Shape = TypeVar("Shape")


def loaded(file: StateFile[Shape], data: bytes) -> Shape:
    """What `load` gives for such a file: the default where it cannot be understood. Errors of other kinds are defects."""
    try:
        return file.parse(data)
    except (ValueError, RecursionError):
        return file._default()
