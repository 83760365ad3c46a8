"""The index: one SQLite file (FTS5) that is derived from the archive, follows its change log, and may be deleted at any time.

`article` says what is known of each kept text but its body, which `body` holds as it is written: a question that has very many
answers reads narrow rows of all of them, and the bodies of those that are shown. `text` has the folded texts (no content of its
own, same rowid). A row is `newest` among those of its article by the moment of its capture (`memento_at`, else `fetched_at`) or
of its return after another text, not by its revision: captures of the past come later and have higher numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from storage.archive import Archive
from storage.batched import batched
from storage.errors import ArchiveError, Damaged
from storage.queries.changed_records import SHOWN, changed_records, removed_at, shown_at, shows
from storage.record import Json, moment, rfc3339
from storage.text.folding import fold

VERSION: Final = 4
"""Of the tables and of the folding. An index of another version is made anew."""
_BATCH: Final = 1_000
"""Events between two commits: rows and cursor in one transaction, so a killed update goes on where it was."""
HELD: Final = 2_048
HELD_WHILE_CHANGED: Final = 16_384
"""KiB of the file to hold in memory. Eight times as much makes no question faster: the system holds the file too."""
NO_RECORD: Final = (KeyError, TypeError, AttributeError, ValueError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""What a JSON object that is no article record leads to."""
_TABLES: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE article (
    row INTEGER PRIMARY KEY, key TEXT UNIQUE, id TEXT, revision INTEGER, outlet TEXT, kind TEXT, url TEXT, headline TEXT,
    authors TEXT, section TEXT, published TEXT, precision TEXT, seen_at TEXT, newest INTEGER, gone_at TEXT
);
CREATE TABLE body (row INTEGER PRIMARY KEY, body TEXT);
CREATE INDEX article_id ON article (id, seen_at);
CREATE INDEX article_url ON article (outlet, url);
CREATE INDEX article_time ON article (coalesce(published, seen_at));
CREATE INDEX article_facts ON article (published, outlet, id, section);
CREATE VIRTUAL TABLE text USING fts5 (headline, body, author, content='', tokenize="unicode61 remove_diacritics 0");
"""
_NEWEST: Final = """
UPDATE article SET newest = (row = (SELECT row FROM article AS other WHERE other.id = :id ORDER BY seen_at DESC, row DESC LIMIT
1)) WHERE id = :id"""


def _no_place(file: Path, error: Exception) -> ArchiveError:
    return ArchiveError(f"{file}: the search index cannot be kept here ({error}); set XDG_CACHE_HOME")


class SearchIndex:
    """Use as a context. One process updates at a time; others read what stands."""

    def __init__(self, file: Path, identity: str) -> None:
        """file: made where there is none; identity: of the archive: an index of another is made anew. ArchiveError: no place for
        it.
        """
        self._file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self.database = self._open(file, identity)
            self.database.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, text, instance)")
        except (OSError, sqlite3.OperationalError) as error:
            raise _no_place(file, error) from error

    def _open(self, file: Path, identity: str) -> sqlite3.Connection:
        wanted = f"{VERSION} {identity}"
        for attempt in range(2):
            database = sqlite3.connect(file, isolation_level=None, timeout=60, check_same_thread=False)
            try:
                database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;")
                self._hold(database, HELD)
                found = database.execute("SELECT name FROM sqlite_master WHERE name = 'about'").fetchone()
                known = database.execute("SELECT value FROM about WHERE name = 'identity'").fetchone() if found else None
                if known == (wanted,):
                    return database
                if not found:
                    database.executescript(f"BEGIN; {_TABLES} COMMIT;")
                    database.execute("INSERT INTO about VALUES ('identity', ?)", (wanted,))
                    return database
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError) or attempt:
                    raise
            database.close()
            for suffix in ("", "-wal", "-shm"):  # of another archive or version, or damaged: derived, so made anew
                Path(f"{file}{suffix}").unlink(missing_ok=True)
        raise ArchiveError(f"{file}: the search index cannot be made here")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    @staticmethod
    def _hold(database: sqlite3.Connection, kib: int) -> None:
        """So much of the file in memory, at most."""
        database.execute(f"PRAGMA cache_size=-{kib}")

    def update(self, archive: Archive, problem: Any = None, *, stopped: Callable[[], bool] = lambda: False) -> int:
        """Take in what was announced since the last update; how many texts came. ArchiveError: the archive cannot be read, or the
        index has no room.

        problem: told, in a line, of a record that cannot be read: it is left out, `verify` names it. stopped: asked before each
        transaction whether to leave the rest to the next update.
        """
        self._hold(self.database, HELD_WHILE_CHANGED)
        try:
            return self._update(archive, problem, stopped)
        except sqlite3.OperationalError as error:
            raise _no_place(self._file, error) from error
        finally:
            self._hold(self.database, HELD)

    def _update(self, archive: Archive, problem: Any, stopped: Callable[[], bool]) -> int:
        new = 0
        for batch in batched(changed_records(archive.store, self.cursor), _BATCH):
            if stopped():
                break
            self.database.execute("BEGIN IMMEDIATE")
            try:
                for change, record in batch:
                    try:
                        new += self._take(change.event, record, problem)
                    except NO_RECORD as error:
                        if problem:
                            problem(f"{change.event['data'].get('key')} is no article record ({error!r})"[:300])
                self.database.execute("INSERT OR REPLACE INTO about VALUES ('cursor', ?)", (batch[-1].change.cursor,))
                self.database.execute("COMMIT")
            except BaseException:
                if self.database.in_transaction:  # on a full disk SQLite may have rolled it back
                    self.database.execute("ROLLBACK")
                raise
        return new

    def has_word(self, word: str) -> bool:
        """Whether a text has this folded word."""
        return self.database.execute("SELECT 1 FROM temp.word WHERE term = ? LIMIT 1", (word,)).fetchone() is not None

    @property
    def cursor(self) -> str | None:
        """Of the change log: what was announced up to there is in the index. None: nothing yet."""
        row = self.database.execute("SELECT value FROM about WHERE name = 'cursor'").fetchone()
        return str(row[0]) if row else None

    def _take(self, event: Json, record: Json | Damaged | None, problem: Any) -> int:
        """The change of one event; 1 if it brought a text."""
        if isinstance(record, Damaged):
            if problem:
                problem(str(record))
            return 0
        id_, new = event["subject"], 0
        if event["type"] == "article.gone":
            self.database.execute("UPDATE article SET gone_at = ? WHERE id = ?", (removed_at(event), id_))
        elif event["type"] in SHOWN:
            at = shown_at(event)
            if record is not None and shows(event, record):
                new = self._insert(event["data"]["key"], record)
                if at is not None:
                    again = "UPDATE article SET seen_at = ? WHERE key = ? AND seen_at < ?"
                    self.database.execute(again, (_sortable(at), event["data"]["key"], _sortable(at)))
                self.database.execute(_NEWEST, {"id": record["id"]})
            if at is not None:
                self.database.execute("UPDATE article SET gone_at = NULL WHERE id = ? AND gone_at IS NOT NULL", (id_,))
        return new

    def _insert(self, key: str, record: Json) -> int:
        authors = "، ".join(record["authors"])
        capture = record["capture"]
        published = moment(record["date_published"]) if "T" in (record["date_published"] or "") else None
        values = (
            *(
                key,
                record["id"],
                record["revision"],
                record["outlet"],
                record["kind"],
                record["url"],
                record["headline"],
            ),
            *(authors, "، ".join(record["section"]), rfc3339(published) if published else record["date_published"]),
            *(record["date_published_precision"], _sortable_stamp(capture["memento_at"] or capture["fetched_at"])),
        )
        folded = (fold(record["headline"]), fold(record["body"]), fold(authors))  # before anything is written: it may be no text
        done = self.database.execute(
            "INSERT OR IGNORE INTO article (key, id, revision, outlet, kind, url, headline, authors, section, published,"
            " precision, seen_at, newest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            [_utf8(each) if isinstance(each, str) else each for each in values],
        )
        if not done.rowcount:
            return 0  # announced again
        self.database.execute("INSERT INTO body (row, body) VALUES (?, ?)", (done.lastrowid, _utf8(record["body"])))
        insert = "INSERT INTO text (rowid, headline, body, author) VALUES (?, ?, ?, ?)"
        self.database.execute(insert, (done.lastrowid, *folded))
        return 1

    def __len__(self) -> int:
        return int(self.database.execute("SELECT count(*) FROM article").fetchone()[0])


def _utf8(text: str) -> str:
    """A lone surrogate has no UTF-8 and becomes "?"."""
    return text.encode(errors="replace").decode()


def _sortable_stamp(stamp: str) -> str:
    """A moment in RFC 3339 as `_sortable` has it."""
    at = moment(stamp)
    return _sortable(at) if at else stamp


def _sortable(at: datetime) -> str:
    """RFC 3339 in UTC to the microsecond, so that texts sort as moments do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
