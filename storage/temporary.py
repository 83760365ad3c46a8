"""Tables of one run on disk instead of in memory, so that a crawl of a million URLs needs no more than one of a thousand."""

from __future__ import annotations

import sqlite3


def temporary_database(script: str) -> sqlite3.Connection:
    """A private database in a nameless temporary file, gone with the process. The caller serialises access to it."""
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    # 1 MB of pages in memory at most; no journal, for nobody reads the file after us.
    database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-1024;" + script)
    return database
