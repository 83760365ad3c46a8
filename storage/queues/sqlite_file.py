"""The SQLite file of a local queue: durable transactions of several processes, and what is done when the file is damaged.

Write-ahead log with `synchronous=FULL`: a commit is on the disk when it returns. Each transaction holds `<file>.lock`: the
system wakes the next one, where SQLite's own waiting sleeps and looks again (four processes: several times as fast). Under the
same lock whoever finds the file damaged moves it aside and begins a new one with what can still be read. Others notice that
the name means another file now (inode) and open that.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, TypeVar

from storage.one_line import one_line
from storage.queues.errors import QueueError, QueueFull, QueueUnavailable
from storage.queues.salvage import replace_with_salvaged
from storage.queues.sqlite_schema import BUSY_SECONDS, check, damage, open_database, transaction

Result = TypeVar("Result")

_DAMAGED: Final = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}
_DAMAGED_READS: Final = {sqlite3.SQLITE_IOERR_SHORT_READ, 8458}
"""Extended codes: a file cut off behind SQLite's back; SQLITE_IOERR_CORRUPTFS, which the module does not name."""
_CAUSES: Final = {
    sqlite3.SQLITE_READONLY: "it may only be read",
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened or made",
    sqlite3.SQLITE_BUSY: f"another process has held it for {BUSY_SECONDS} s",
    sqlite3.SQLITE_IOERR: "the disk fails",
}

_INITIALIZED: Final = b"made\n"
"""In the lock's file as soon as there was a queue: a file of which nothing is left is told from one that is new."""
_NO_INODE: Final = -2
"""The inode of no file."""


class QueueFile:
    """One file, one connection, in the process that opened it; threads take turns."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._lock = threading.RLock()
        self._lock_file = -1
        self._inode = _NO_INODE
        self._db: sqlite3.Connection | None = None
        self._process = os.getpid()
        self.run(lambda db: check(db, path))

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `work` gives, in one transaction: all of it is on the disk, or nothing has changed. QueueUnavailable in a forked
        child: SQLite's locks belong to the process that opened the file.
        """
        if os.getpid() != self._process:
            raise QueueUnavailable(
                f"{self.path}: opened by process {self._process}, used in its child: open it again after a fork"
            )
        with self._lock:
            for _ in range(2):
                try:
                    with self._file_lock():
                        return transaction(self._connection(), work)
                except UnicodeDecodeError as error:  # the message of an error that quotes what is no text any more
                    self._replace_damaged(error)
                except sqlite3.DatabaseError as error:
                    if not _is_damage(error):
                        raise self._queue_error(error) from error
                    self._replace_damaged(error)
                except OSError as error:
                    raise QueueUnavailable(f"{self.path}: {one_line(error.strerror or error)}") from error
        raise QueueUnavailable(f"{self.path}: damaged again as soon as it was begun anew: is the disk failing?")

    def version(self) -> int:
        """Another number after another connection has changed the file. Cheap: no transaction."""
        with self._lock:
            if self._db is None or _inode(self.path) != self._inode:
                return -1
            try:
                return int(self._db.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.DatabaseError:
                return -1  # the next transaction says what is wrong

    def close(self) -> None:
        """Give up the connection; the next use opens another."""
        with self._lock:
            self._disconnect()
            if self._lock_file >= 0:
                os.close(self._lock_file)
                self._lock_file = -1

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        if self._lock_file < 0:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_file = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def _connection(self) -> sqlite3.Connection:
        """To the file that has the name now: another process may have moved a damaged one aside."""
        if self._db is None or _inode(self.path) != self._inode:
            self._disconnect()
            if os.fstat(self._lock_file).st_size and _is_empty(self.path):
                raise damage("nothing is left of it")
            self._db = open_database(self.path)
            self._inode = _inode(self.path)
            os.pwrite(self._lock_file, _INITIALIZED, 0)
        return self._db

    def _disconnect(self) -> None:
        """SQLite sees whether the file was moved, and then touches neither it nor the one that has its name now."""
        if self._db is not None:
            self._db.close()
        self._db, self._inode = None, _NO_INODE

    def _replace_damaged(self, damage: Exception) -> None:
        """Once, however many processes notice the damage."""
        with self._file_lock():
            try:
                if _inode(self.path) == self._inode or _is_empty(self.path) or not _is_sound(self.path):
                    replace_with_salvaged(self.path, open_database, one_line(damage))
            except OSError as error:
                raise QueueUnavailable(f"{self.path}: damaged, and cannot be moved aside: {one_line(error)}") from error
            except sqlite3.DatabaseError as error:
                raise self._queue_error(error) from error
            self._disconnect()

    def _queue_error(self, error: sqlite3.DatabaseError) -> QueueError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & 0xFF == sqlite3.SQLITE_FULL:
            return QueueFull(f"{self.path}: the disk is full: no event is accepted, none is lost")
        return QueueUnavailable(f"{self.path}: {_CAUSES.get(code & 0xFF, 'SQLite refuses')} ({one_line(error)})")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED or code in _DAMAGED_READS


def _is_sound(path: Path) -> bool:
    try:
        with closing(open_database(path)) as db:
            check(db, path)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False
    return True


def _is_empty(path: Path) -> bool:
    """SQLite takes an empty file for a new one, and deletes the log beside it."""
    return path.exists() and not path.stat().st_size


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return _NO_INODE
