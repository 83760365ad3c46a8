"""The rows of a commit on disk, until they are written."""

from __future__ import annotations

import resource
import signal
from dataclasses import replace

import pytest

from infra.testing.traced_memory import traced_memory
from storage import Archive
from storage.queries.changed_records import changed_records
from storage.tables.errors import TableError
from storage.tables.merge import ChangedRow, ChangedRows
from storage.tables.row import row
from storage.tables.stored_rows import StoredRow, StoredRows
from tests.storage.newsroom import MemoryStore, article, keep_all

_LONG = 100_000


def archive_of(body: str) -> Archive:
    archive = Archive(MemoryStore())
    keep_all(archive, *(replace(article(n), body=f"{body} {n}") for n in range(20)))
    return archive


def stored_of(archive: Archive, stored: StoredRows) -> list[ChangedRow]:
    changes = list(ChangedRows(changed_records(archive.store), stored))
    stored.written()
    return changes


def test_rows_are_read_as_they_were_given() -> None:
    """Batch after batch, in any order; a lone surrogate too."""
    archive = Archive(MemoryStore())
    keep_all(archive, *(article(n, f"نص {n}") for n in range(5)))
    with StoredRows() as stored:
        for batch in range(2):
            expected = [row(record) | {"body": f"\ud800 {batch}"} for record in archive.articles()]
            found = [stored.add(each) for each in expected]
            stored.written()
            assert [each.read() for each in reversed(found)] == expected[::-1]
            assert [(each.id, each.published, each.characters) for each in found] == [
                (each["id"], each["published"], 3) for each in expected
            ]
            stored.clear()


def test_a_full_disk_is_named() -> None:
    """The file can grow no further, as on a full disk: at the next write of its buffer, or when all is to be written."""
    with StoredRows() as stored:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
        try:
            with pytest.raises(TableError, match="TMPDIR"):
                stored_of(archive_of("نص" * _LONG), stored)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.slow
def test_what_is_held_of_a_row_does_not_grow_with_its_text() -> None:
    def held(body: str) -> int:
        archive = archive_of(body)
        with StoredRows() as stored:
            rows = [each.row for each in stored_of(archive, stored) if isinstance(each.row, StoredRow)]
            assert len(rows) == 20
            assert all(each.characters > len(body) for each in rows)
            return traced_memory(lambda: stored_of(archive, stored)).held

    assert held("نص" * (_LONG // 2)) < held("نص") + _LONG
