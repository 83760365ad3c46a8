"""A Delta table brought up to date with its archive's change log.

Several may do this at once, any of them may be killed at any moment: a commit holds rows and cursor, rows are named by article
and content, and who loses a commit to another reads the table again and goes on from there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage.archive import Archive
from storage.batched import batched
from storage.errors import Damaged
from storage.queries.changed_records import changed_records
from storage.queries.feed_position import Position
from storage.tables.errors import TableError
from storage.tables.location import table_location
from storage.tables.merge import ChangedRow, ChangedRows, Rows, ids_of, merged
from storage.tables.stored_rows import StoredRow, StoredRows

if TYPE_CHECKING:
    from storage.tables.delta import ArticleTable

BATCH_EVENTS: Final = 5_000
"""In a commit: what fits into one row group of it, so that a later edit of one of them takes no more memory than the commit."""
BATCH_CHARACTERS: Final = 24_000_000
"""Of text, in a commit: what bounds the memory."""
MOST_TOGETHER: Final = 500
"""New articles in a commit that changes older rows too."""
IDLE_EVENTS: Final = 200
"""Events without rows that are read again at the next update rather than noted by a commit of their own."""
_GIVE_BACK: Final = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,background_thread:false")
"""What deltalake's allocator reads when it is loaded: memory that is free goes back at once, and not after ten seconds, in which
the next commits take as much again.
"""
_INSTALL: Final = "pip install 'warraq[table]'"


@dataclass(slots=True)
class TableUpdate:
    """What an update did. rows: added; changed: articles whose older rows changed; conflicts: commits that another was before."""

    uri: str
    rows: int = 0
    changed: int = 0
    commits: int = 0
    conflicts: int = 0
    compacted: bool = False


def update_table(
    archive: Archive, uri: str, problem: Callable[[str], None], *, compact: bool = False, batch_events: int = BATCH_EVENTS
) -> TableUpdate:
    """Add what was announced since the last update; then compact, if there are many small files or it is asked for.

    problem: is given a line for each record that cannot be read: it is left out, `verify` names it. TableError: deltalake is
    not installed, the place takes no table. ArchiveError: the archive cannot be read.
    """
    os.environ.setdefault(*_GIVE_BACK)
    try:
        from storage.tables.delta import ArticleTable, ConflictError  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise TableError(f"a Delta table needs deltalake ({error.name} is missing): {_INSTALL}") from None
    place, options = table_location(uri)
    done = TableUpdate(place)
    reported: set[str] = set()

    def once(line: str) -> None:
        if line not in reported:
            reported.add(line)
            problem(line)

    while True:
        table = ArticleTable(place, options)
        try:
            _follow(archive, table, done, once, batch_events)
            done.compacted = table.compact(everything=compact)
        except ConflictError:
            done.conflicts += 1
        else:
            return done


def _follow(archive: Archive, table: ArticleTable, done: TableUpdate, problem: Callable[[str], None], batch_events: int) -> None:
    """Commits batch after batch. ConflictError."""
    origin = archive.uri if archive.uri.startswith("s3://") else str(Path(archive.uri).resolve())
    cursor, number = table.position(origin)
    with StoredRows() as stored:
        changes = ChangedRows(changed_records(archive.store, cursor), stored)
        for batch in batched(changes, batch_events, _characters, BATCH_CHARACTERS):
            assert changes.position is not None
            stored.written()
            number += _take(table, batch, done, problem, origin, changes.position, number + 1)
            batch.clear()  # before the next one is gathered
            stored.clear()


def _take(
    table: ArticleTable,
    batch: list[ChangedRow],
    done: TableUpdate,
    problem: Callable[[str], None],
    origin: str,
    position: Position,
    number: int,
) -> bool:
    """Commits a batch, which ends at this position, as our commit of this number; whether there was a commit."""
    for each in batch:
        if isinstance(each.row, Damaged):
            problem(str(each.row))
    standing = table.states(ids_of(batch))
    changed = merged(batch, standing)
    if not changed and len(batch) < IDLE_EVENTS:
        return False
    for part, last in _parts(changed, standing):
        table.commit(part, standing, position.cursor() if last else None, origin, number)
        done.commits += 1
        done.rows += sum(state.row is not None for states in part.values() for state in states.values())
        done.changed += sum(id_ in standing for id_ in part)
    return True


def _parts(changed: Rows, standing: Rows) -> Iterator[tuple[Rows, bool]]:
    """(articles that are committed together, whether they are the last). Very many that the table does not have come before
    those whose older rows change: what is written again is looked for in every file, id by id.
    """
    new = {id_: states for id_, states in changed.items() if id_ not in standing}
    if MOST_TOGETHER < len(new) < len(changed):
        yield new, False
        changed = {id_: states for id_, states in changed.items() if id_ in standing}
    yield changed, True


def _characters(change: ChangedRow) -> int:
    return change.row.characters if isinstance(change.row, StoredRow) else 0
