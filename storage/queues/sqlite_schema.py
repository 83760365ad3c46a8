"""An SQLite file as a queue's: its tables, its settings, and whether a file is one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar
from zlib import crc32

from storage.queues.errors import BadQueue
from storage.stores.group_commit import sync_folder

Result = TypeVar("Result")

_APPLICATION_ID: Final = 0x57515545
_VERSION: Final = 2
BUSY_SECONDS: Final = 30
_SCHEMA: Final = """
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they were accepted
  grp TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL,
  digest INTEGER NOT NULL,               -- of those three: SQLite checks its pages, not the text in them
  attempts INTEGER NOT NULL DEFAULT 0,   -- how often it was delivered
  failures INTEGER NOT NULL DEFAULT 0,   -- how often its work has failed
  token TEXT,                            -- of its lease; NULL: it waits
  until REAL,                            -- end of the lease, or of the delay it waits for
  machine TEXT, process TEXT,            -- who set `until`, by whose clock
  reason TEXT                            -- of its last release
) STRICT;
CREATE UNIQUE INDEX one_waiting_a_key ON events (grp, key) WHERE token IS NULL;
CREATE INDEX in_order ON events (grp, id);
CREATE INDEX taken_or_held ON events (until) WHERE until IS NOT NULL;
CREATE TABLE dead (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  grp TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL,
  digest INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
"""
_PAUSED: Final = "CREATE TABLE IF NOT EXISTS paused (grp TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT"
"""Beside the others, in a file of any age: an older Warraq ignores it, and delivers the group."""
_TABLES: Final = ("events", "dead")


def transaction(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """What `work` gives, durable; nothing has changed if it raises."""
    db.execute("BEGIN IMMEDIATE")
    try:
        made = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # some errors have rolled back already
            with suppress(sqlite3.DatabaseError):
                db.execute("ROLLBACK")
        raise
    return made


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to the queue at this path, made if nothing is there. sqlite3's errors; BadQueue for a file of others."""
    new = not path.exists()
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    decode_leniently(db)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA wal_autocheckpoint=200")  # 0.8 MB: a short log, so that a disk that fills up has room to empty it
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            transaction(db, lambda db: _make(db, path))
        if db.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION_ID:
            db.execute(_PAUSED)
    except BaseException:
        db.close()
        raise
    if new:
        sync_folder(path.parent)
    return db


def _make(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA user_version").fetchone()[0]:  # another process was faster
        return
    if db.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise BadQueue(f"{path}: an SQLite file of something else, no queue of Warraq")
    for statement in _SCHEMA.split(";\n"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version={_VERSION}")
    db.execute(f"PRAGMA application_id={_APPLICATION_ID}")


def decode_leniently(db: sqlite3.Connection) -> None:
    """Text that is no UTF-8 any more is read all the same, so that its checksum shows the damage."""
    db.text_factory = lambda text: text.decode("utf-8", "surrogateescape")


def digest(group: str, key: str, event: str) -> int:
    """The checksum of an event as it was accepted."""
    return crc32("\0".join((group, key, event)).encode("utf-8", "surrogateescape"))


def check(db: sqlite3.Connection, path: Path) -> None:
    """BadQueue if the file is no queue of this version, `damage` if it is not whole. Reads the file once."""
    if db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise BadQueue(f"{path}: an SQLite file of something else, no queue of Warraq")
    if (version := db.execute("PRAGMA user_version").fetchone()[0]) != _VERSION:
        raise BadQueue(f"{path}: a queue of version {version}; this Warraq knows version {_VERSION}")
    found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]  # quick_check does not see an index that has lost an event
    if found != "ok":
        raise damage(found)
    for table in _TABLES:
        for number, group, key, event, stored_digest in db.execute(f"SELECT id, grp, key, event, digest FROM {table}"):  # noqa: S608 - ours
            if digest(group, key, event) != stored_digest:
                raise damage(f"{table} {number} is not what was accepted")


def damage(what: str) -> sqlite3.DatabaseError:
    """Raised inside `QueueFile.run`: the file is moved aside and begun anew, and the work done on that."""
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
