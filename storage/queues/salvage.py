"""A damaged queue file: moved aside by name, a new one begun with every row that can still be read."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from storage.queues.sqlite_schema import decode_leniently, digest
from storage.stores.group_commit import sync_folder

_COLUMNS: Final = {
    "events": ("id", "grp", "key", "event", "digest", "attempts", "failures", "token", "until", "machine", "process", "reason"),
    "dead": ("id", "grp", "key", "event", "digest", "attempts", "reason", "at"),
}
_INSERT_AS_NEW: Final = "INSERT OR IGNORE INTO events (id, grp, key, event, digest) VALUES (?, ?, ?, ?, ?)"

logger = logging.getLogger(__name__)


def replace_with_salvaged(path: Path, open_database: Callable[[Path], sqlite3.Connection], damage: str) -> None:
    """Replace the damaged file by one with the rows that can be read. Nobody else may use it meanwhile. open_database: makes an
    empty queue file. OSError or sqlite3's if even that fails.

    Killed in between, the next one finds the file as damaged as it was, and what was salvaged beside it.
    """
    damaged_file = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    salvaged = path.with_name(f"{path.name}.salvaged")
    for left in path.parent.glob(f".{path.name}-*"):  # by one who was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        fresh, copy = Path(folder, "fresh"), Path(folder, "copy")
        shutil.copyfile(path, copy)
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}-wal", f"{copy}-wal")
            shutil.copyfile(f"{path}-wal", f"{damaged_file}-wal")
        saved = _salvage([copy, salvaged] if salvaged.exists() else [copy], open_database(fresh))
        fresh.rename(salvaged)
    try:
        damaged_file.hardlink_to(path)
    except OSError:  # a file system without links
        shutil.copyfile(path, damaged_file)
    sync_folder(path.parent)
    # The log belongs to the damaged file: beside the new one it would be taken for its own.
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    sync_folder(path.parent)
    salvaged.replace(path)
    sync_folder(path.parent)
    logger.error(
        "%s: the queue's file was damaged (%s): moved aside to %s, begun anew with %d events and %d dead letters that could"
        " still be read; schedule, polls and submitters have to ask for the rest again",
        path, damage, damaged_file.name, saved["events"], saved["dead"],
    )  # fmt: skip


def _salvage(sources: Sequence[Path], new: sqlite3.Connection) -> dict[str, int]:
    """How many rows of each table could be read, were what they should be, and stand in the new file now."""
    with closing(new):
        for table, columns in _COLUMNS.items():
            rows = dict[int, tuple[Any, ...]]()
            for source in sources:
                with closing(sqlite3.connect(source)) as old:
                    decode_leniently(old)
                    rows |= {row[0]: row for order in ("ASC", "DESC") for row in _readable_rows(old, table, columns, order)}
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            new.execute("BEGIN")
            for number in sorted(rows):
                try:
                    new.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", rows[number])  # noqa: S608 - our names
                except sqlite3.IntegrityError:  # what was done with it is damaged, the event is not
                    if table == "events":
                        new.execute(_INSERT_AS_NEW, rows[number][:5])
            new.execute("COMMIT")
        for source in sources:
            _salvage_pauses(source, new)
        counts = {table: new.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _COLUMNS}  # noqa: S608
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return counts


def _salvage_pauses(source: Path, new: sqlite3.Connection) -> None:
    """As far as they can be read: one that is lost is seen by `warraq queue show`, and set again."""
    with closing(sqlite3.connect(source)) as old, suppress(sqlite3.DatabaseError, UnicodeDecodeError, ValueError):
        for group, since in old.execute("SELECT grp, since FROM paused"):
            if isinstance(group, str) and datetime.fromisoformat(since).tzinfo:
                new.execute("INSERT OR IGNORE INTO paused (grp, since) VALUES (?, ?)", (group, since))


def _readable_rows(db: sqlite3.Connection, table: str, columns: tuple[str, ...], order: str) -> Iterator[tuple[Any, ...]]:
    """The rows from one end of the table up to the first damaged page."""
    try:
        for row in db.execute(f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED ORDER BY id {order}"):  # noqa: S608 - our names
            if isinstance(row[0], int) and all(isinstance(text, str) for text in row[1:4]) and digest(*row[1:4]) == row[4]:
                yield row
    except (sqlite3.DatabaseError, OverflowError, UnicodeDecodeError) as error:
        logger.debug("%s: reading stops: %s", table, error)
