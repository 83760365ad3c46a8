"""What can go wrong with a table."""

from __future__ import annotations

from storage.errors import ArchiveError


class TableError(ArchiveError):
    """The table cannot be written; the message says what is missing or wrong."""
