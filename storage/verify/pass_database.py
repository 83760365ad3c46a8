"""The database of a verify pass (SQLite, on disk): what each object states of itself and of others. Memory does not grow with it.

The rows of an object and the row that it was read are written in one transaction. So the database of an interrupted pass is right
as far as it goes: the next pass reads the objects that are not in it, and those whose size or time has changed since.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from storage.errors import ArchiveError
from storage.stores.store import Stored
from storage.verify.chains import ChainLink
from storage.verify.object_rows import ObjectRows

VERSION: Final = 4
"""Of the tables and of what is written to them. A database of another version is begun anew."""

TABLES: Final[dict[str, str]] = {
    "object": "key TEXT PRIMARY KEY, sha256 BLOB, bytes INTEGER, modified REAL, run TEXT, sweep INTEGER",
    "finding": "src TEXT, key TEXT, problem TEXT, severity TEXT",
    "article": "src TEXT, hash TEXT, url TEXT",
    "claim": "src TEXT, article TEXT, hash TEXT, sha256 BLOB",
    "told": "src TEXT, line INTEGER, type TEXT, url TEXT, n INTEGER, hash TEXT, article TEXT",
    "ended": "src TEXT, run TEXT, said BLOB, at TEXT, digest TEXT",
    "entry": ", ".join(ChainLink._fields),
    "pointer": "src TEXT, file TEXT, offset INTEGER, length INTEGER, record TEXT, payload TEXT",
    "record": "src TEXT, offset INTEGER, length INTEGER, record TEXT, payload TEXT, refers TEXT, lines INTEGER",
    "line": "src TEXT, line INTEGER, file TEXT, offset INTEGER, length INTEGER",
    "run": "src TEXT, run TEXT, kind TEXT, said BLOB, at TEXT, digest TEXT",
    "file": "src TEXT, key TEXT, sha256 BLOB, bytes INTEGER",
    "used": "src TEXT, key TEXT",
    "sealed": "src TEXT, seal INTEGER, line INTEGER, run TEXT, text BLOB",
    "checkpoint": "src TEXT, seal INTEGER, note BLOB",
    "stamped": "src TEXT, seal INTEGER, digest BLOB",
    "announced": "src TEXT, line INTEGER, seal INTEGER, note BLOB",
}
"""src: key of the object that states the row. `storage.verify.objects` fills the others."""

_INDEXES: Final = (
    "article (src)",
    "article (hash)",
    "claim (article)",
    "told (url, hash)",
    "told (article)",
    "entry (url, n)",
    "entry (article)",
    "record (src, offset)",
    "record (record)",
    "line (file, offset)",
    "file (key)",
    "file (src)",
    "sealed (run)",
    "stamped (seal)",
    "run (run)",
    "ended (run)",
    "object (run)",
    "finding (key)",
)
_STALE_DAYS: Final = 30
"""What was read so long ago says little of what can be read today: a pass interrupted then begins anew."""
_SETTINGS: Final = "PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;"
WHOLE_PASS: Final = 8_192
SAMPLE: Final = 2_048
"""KiB of the database that are held in memory."""


def no_place(path: Path | None, error: sqlite3.OperationalError) -> ArchiveError:
    """What a full disk is to a pass."""
    where = f"{path}: the notes of the pass" if path else "the notes of the pass, a temporary file,"
    return ArchiveError(f"{where} cannot be kept here ({error}); set {'XDG_CACHE_HOME' if path else 'TMPDIR'}")


class PassDatabase:
    """Use from one thread at a time."""

    def __init__(self, path: Path | None = None, identity: str = "", *, fresh: bool = False, cache_kib: int = WHOLE_PASS) -> None:
        """path: of the file, which outlives the process; without it the database is temporary. identity: of the archive and the
        program; rows of another identity are dropped, as those are that are 30 days old, and all with `fresh`. cache_kib: of the
        file, in memory. ArchiveError if another process has the file open, or it cannot be written.
        """
        self._path = path
        self._lock = _locked(path) if path else None
        try:
            self.connection = sqlite3.connect(str(path) if path else "", isolation_level=None, check_same_thread=False)
            self.connection.execute(f"PRAGMA cache_size=-{cache_kib}")
            self.resumed = self._prepare(f"{VERSION} {identity}", durable=path is not None, fresh=fresh)
        except sqlite3.OperationalError as error:
            raise no_place(path, error) from error
        except sqlite3.DatabaseError as error:
            raise ArchiveError(f"{path}: the notes of an earlier pass cannot be read ({error}); use --fresh") from error

    def _prepare(self, identity: str, *, durable: bool, fresh: bool) -> bool:
        # SIGKILL does not lose what the system has: no fsync is needed, a journal is, or a commit cut in two would remain.
        self.connection.executescript(f"PRAGMA journal_mode={'WAL' if durable else 'OFF'};" + _SETTINGS)
        known = self.connection.execute("SELECT name FROM sqlite_master WHERE name = 'pass'").fetchone()
        row = (
            self.connection.execute("SELECT identity, julianday('now') - julianday(began) FROM pass").fetchone()
            if known
            else None
        )
        if row and row[0] == identity and row[1] < _STALE_DAYS and not fresh:
            return bool(self.connection.execute("SELECT EXISTS (SELECT 1 FROM object)").fetchone()[0])
        script = "".join(
            f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns}) {'WITHOUT ROWID' if name == 'object' else ''};"
            for name, columns in (TABLES | {"pass": "identity TEXT, began TEXT, sweep INTEGER"}).items()
        )
        self.connection.executescript(f"BEGIN; {script} COMMIT;")
        self.connection.execute("INSERT INTO pass VALUES (?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), 0)", (identity,))
        return False

    @property
    def began(self) -> str:
        """When the pass began (RFC 3339), its interrupted part included."""
        return str(self.connection.execute("SELECT began FROM pass").fetchone()[0])

    def next_sweep(self) -> int:
        """A number for another walk through the listing."""
        self.connection.execute("UPDATE pass SET sweep = sweep + 1")
        return int(self.connection.execute("SELECT sweep FROM pass").fetchone()[0])

    def unread(self, listed: Sequence[Stored], sweep: int) -> list[Stored]:
        """Those of the listed objects whose size and time are not in the database. The others are marked as met by this sweep."""
        places = ",".join("?" * len(listed))
        query = f"SELECT key, bytes, modified FROM object WHERE key IN ({places})"  # noqa: S608 - question marks
        recorded = {
            key: (size, modified) for key, size, modified in self.connection.execute(query, [each.key for each in listed])
        }
        new = [each for each in listed if recorded.get(each.key) != (each.size, each.modified)]
        changed = [each.key for each in new if each.key in recorded]
        if changed:
            self.forget(changed)
        missed = {each.key for each in new}
        with self.transaction():
            rows = ((sweep, each.key) for each in listed if each.key not in missed)
            self.connection.executemany("UPDATE object SET sweep = ? WHERE key = ?", rows)
        return new

    def add(self, found: Iterable[tuple[Stored, ObjectRows]], sweep: int) -> None:
        """The rows of objects that were just read, in one transaction."""
        rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for stored, object_rows in found:
            rows["object"].append((object_rows.key, object_rows.sha256, stored.size, stored.modified, object_rows.run, sweep))
            for table, values in object_rows.rows:
                rows[table].append(values)
        with self.transaction():
            for table, lines in rows.items():
                self.connection.executemany(_INSERT[table], lines)

    def add_rows(self, object_rows: ObjectRows) -> None:
        """More rows of an object that is in the database, or of a part of it."""
        with self.transaction():
            for table, values in object_rows.rows:
                self.connection.execute(_INSERT[table], values)

    def forget(self, keys: Iterable[str]) -> None:
        """Delete the rows of these objects: they changed, or do not exist any more."""
        with self.transaction():
            self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS forgotten (key TEXT PRIMARY KEY)")
            self.connection.executemany("INSERT OR IGNORE INTO forgotten VALUES (?)", ((key,) for key in keys))
            self._drop_forgotten()

    def forget_unmet(self, sweep: int) -> None:
        """Delete the rows of objects that this walk through the whole listing did not meet."""
        with self.transaction():
            self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS forgotten (key TEXT PRIMARY KEY)")
            unmet = self.connection.execute("INSERT INTO forgotten SELECT key FROM object WHERE sweep != ?", (sweep,)).rowcount
            if unmet:
                self._drop_forgotten()

    def _drop_forgotten(self) -> None:
        for table in TABLES:
            column = "key" if table == "object" else "src"
            self.connection.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT key FROM forgotten)")  # noqa: S608 - our names
        self.connection.execute("DELETE FROM forgotten")

    def index(self) -> None:
        """Make the indexes that the cross checks need: made at the end they cost a third of what they cost row by row."""
        with self.transaction():
            for number, columns in enumerate(_INDEXES):
                self.connection.execute(f"CREATE INDEX IF NOT EXISTS by_{number} ON {columns}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it is written or nothing, also when the process is killed."""
        self.connection.execute("BEGIN")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self._path and self.connection.in_transaction:  # on a full disk SQLite may have rolled it back
                self.connection.execute("ROLLBACK")
            raise

    def close(self, *, done: bool) -> None:
        """done: the pass came to its end, so the file is removed."""
        self.connection.close()
        if done and self._path:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)


_INSERT: Final = {
    table: f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * (columns.count(',') + 1))})"  # noqa: S608 - our own names
    for table, columns in TABLES.items()
}


def _locked(path: Path) -> int:
    """A descriptor that holds the lock file beside the database until it is closed or the process ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise ArchiveError(f"{path.parent}: {error.strerror}: the pass keeps its notes here (XDG_CACHE_HOME)") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise ArchiveError(f"{path}: another verify of this archive is at work") from error
    return lock
