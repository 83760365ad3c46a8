"""The notes of a pass: what each object says of itself and of others, in a database on disk, so that memory does not grow.

An object's notes are written in one transaction with the note that it was read. So the notes of an interrupted pass are true as
far as they go, and going on means to read what is not noted, or stands there with another size or time than when it was.
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
from storage.verify.findings import Severity

VERSION: Final = 2
"""Of the tables and of what the checks note. Notes of another version are not gone on with."""

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
}
"""src: the object whose note it is. `Noted` says what the others hold."""

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
    "run (run)",
    "ended (run)",
    "object (run)",
    "finding (key)",
)
_STALE_DAYS: Final = 30
"""What was read so long ago says little of what can be read today: a pass interrupted then begins anew."""
_SETTINGS: Final = "PRAGMA synchronous=OFF; PRAGMA cache_size=-8192; PRAGMA temp_store=FILE;"


class Noted:
    """What one object says. run: the id of the run that made it, as far as the object or its key tells."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.sha256 = b""
        self.bytes = 0
        self.run: str | None = None
        self.rows: list[tuple[str, tuple[Any, ...]]] = []

    def note(self, table: str, *values: object) -> None:
        """A row of a table of `TABLES`, without its `src`."""
        self.rows.append((table, (self.key, *values)))

    def find(self, problem: str, *, key: str | None = None, severity: Severity = "damage") -> None:
        """A finding that this object shows by itself. One line, not too long."""
        self.note("finding", key or self.key, " ".join(problem.split())[:300], severity)

    def point(self, capture: object) -> None:
        """Where a `capture` says that its raw bytes stand, if it says so."""
        warc = capture.get("warc") if isinstance(capture, dict) else None
        if warc:
            fields = ("file", "offset", "length", "record_id", "payload_digest")
            self.note("pointer", *(warc[name] for name in fields))


class Notes:
    """One thread at a time."""

    def __init__(self, path: Path | None = None, identity: str = "", *, fresh: bool = False) -> None:
        """path: where the notes outlive the process; without it they are gone with it. identity: of the archive and the
        program; notes of another are forgotten, as old ones are, and all if `fresh`. ArchiveError if another process has these
        notes open, or they cannot be kept.
        """
        self._path = path
        self._lock = _locked(path) if path else None
        try:
            self.database = sqlite3.connect(str(path) if path else "", isolation_level=None, check_same_thread=False)
            self.resumed = self._prepare(f"{VERSION} {identity}", durable=path is not None, fresh=fresh)
        except sqlite3.DatabaseError as error:
            raise ArchiveError(f"{path}: the notes of an earlier pass cannot be read ({error}); use --fresh") from error

    def _prepare(self, identity: str, *, durable: bool, fresh: bool) -> bool:
        # SIGKILL does not lose what the system has: no fsync is needed, a journal is, or a commit cut in two would remain.
        self.database.executescript(f"PRAGMA journal_mode={'WAL' if durable else 'OFF'};" + _SETTINGS)
        known = self.database.execute("SELECT name FROM sqlite_master WHERE name = 'pass'").fetchone()
        row = (
            self.database.execute("SELECT identity, julianday('now') - julianday(began) FROM pass").fetchone() if known else None
        )
        if row and row[0] == identity and row[1] < _STALE_DAYS and not fresh:
            return bool(self.database.execute("SELECT EXISTS (SELECT 1 FROM object)").fetchone()[0])
        script = "".join(
            f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns}) {'WITHOUT ROWID' if name == 'object' else ''};"
            for name, columns in (TABLES | {"pass": "identity TEXT, began TEXT, sweep INTEGER"}).items()
        )
        self.database.executescript(f"BEGIN; {script} COMMIT;")
        self.database.execute("INSERT INTO pass VALUES (?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), 0)", (identity,))
        return False

    @property
    def began(self) -> str:
        """When the pass began (RFC 3339), its interrupted part included."""
        return str(self.database.execute("SELECT began FROM pass").fetchone()[0])

    def next_sweep(self) -> int:
        """A number for another walk through the listing."""
        self.database.execute("UPDATE pass SET sweep = sweep + 1")
        return int(self.database.execute("SELECT sweep FROM pass").fetchone()[0])

    def unread(self, listed: Sequence[Stored], sweep: int) -> list[Stored]:
        """Those of a stretch of the listing that are not noted as they stand. The others are marked as met."""
        places = ",".join("?" * len(listed))
        query = f"SELECT key, bytes, modified FROM object WHERE key IN ({places})"  # noqa: S608 - question marks
        noted = {key: (size, modified) for key, size, modified in self.database.execute(query, [each.key for each in listed])}
        new = [each for each in listed if noted.get(each.key) != (each.size, each.modified)]
        changed = [each.key for each in new if each.key in noted]
        if changed:
            self.forget(changed)
        missed = {each.key for each in new}
        with self.transaction():
            rows = ((sweep, each.key) for each in listed if each.key not in missed)
            self.database.executemany("UPDATE object SET sweep = ? WHERE key = ?", rows)
        return new

    def add(self, found: Iterable[tuple[Stored, Noted]], sweep: int) -> None:
        """Notes of objects that were just read, all or nothing."""
        rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for stored, noted in found:
            rows["object"].append((noted.key, noted.sha256, stored.size, stored.modified, noted.run, sweep))
            for table, values in noted.rows:
                rows[table].append(values)
        with self.transaction():
            for table, lines in rows.items():
                self.database.executemany(_INSERT[table], lines)

    def add_rows(self, noted: Noted) -> None:
        """More notes of an object that is noted, or of a part of it."""
        with self.transaction():
            for table, values in noted.rows:
                self.database.execute(_INSERT[table], values)

    def forget(self, keys: Iterable[str]) -> None:
        """Drop the notes of these objects: they changed, or are there no more."""
        with self.transaction():
            self.database.execute("CREATE TEMP TABLE IF NOT EXISTS forgotten (key TEXT PRIMARY KEY)")
            self.database.executemany("INSERT OR IGNORE INTO forgotten VALUES (?)", ((key,) for key in keys))
            self._drop_forgotten()

    def forget_unmet(self, sweep: int) -> None:
        """Drop the notes of objects that this walk through the whole listing did not meet."""
        with self.transaction():
            self.database.execute("CREATE TEMP TABLE IF NOT EXISTS forgotten (key TEXT PRIMARY KEY)")
            unmet = self.database.execute("INSERT INTO forgotten SELECT key FROM object WHERE sweep != ?", (sweep,)).rowcount
            if unmet:
                self._drop_forgotten()

    def _drop_forgotten(self) -> None:
        for table in TABLES:
            column = "key" if table == "object" else "src"
            self.database.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT key FROM forgotten)")  # noqa: S608 - our names
        self.database.execute("DELETE FROM forgotten")

    def index(self) -> None:
        """Make the indexes that the cross checks need: at the end they cost a third of what they cost row by row."""
        with self.transaction():
            for number, columns in enumerate(_INDEXES):
                self.database.execute(f"CREATE INDEX IF NOT EXISTS by_{number} ON {columns}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, also for a process that is killed."""
        self.database.execute("BEGIN")
        try:
            yield
        except BaseException:
            if self._path:
                self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def close(self, *, done: bool) -> None:
        """done: the pass came to its end, the notes have served."""
        self.database.close()
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
    """A descriptor that holds the lock beside the notes until it is closed, or the process ends."""
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
