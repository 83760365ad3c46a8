"""A Delta table of the articles: opened, asked for rows, committed to, compacted (extra `table`).

The cursor of the change log stands in the metadata of the commit that holds the rows read up to it (`warraq.cursor`), so both are
written or neither. A commit is one create-only put of the next number in `_delta_log/`: of several writers one has it, the others
are told and read again. The transaction of the protocol (`txn`, application `warraq`) numbers our commits for other engines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

import arro3.core as arrow
from deltalake import CommitProperties, DeltaTable, QueryBuilder, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from storage.batched import batched
from storage.record import Json
from storage.tables.columns import ARROW_SCHEMA, batch_of, cast_batch, column
from storage.tables.errors import TableError
from storage.tables.merge import Rows, RowState
from storage.tables.row import CHANGING, SCHEMA
from storage.tables.stored_rows import StoredRow

APPLICATION: Final = "warraq"
CURSOR: Final = "warraq.cursor"
ARCHIVE: Final = "warraq.archive"
ROW_GROUP: Final = 5_000
ROWS_TOGETHER: Final = 1_000
"""Rows that become Arrow at once."""
TARGET_BYTES: Final = 32 * 2**20
"""Of a file that compaction makes: some 40,000 articles."""
SMALL_BYTES: Final = TARGET_BYTES // 4
WRITTEN_BYTES: Final = TARGET_BYTES // 3
"""Of a file that a commit writes: a later edit of one of its articles writes the others again."""
MOST_SMALL_FILES: Final = 24
"""So many small files are compacted after an update: a poll an hour makes them in a day, and each costs a reader a request."""
_PRUNED_BY: Final = ("id", "outlet", "published", "seen_at", "gone_at", "newest")
"""Columns whose least and greatest value the log has of each file."""
_CONFIGURATION: Final = {
    "delta.dataSkippingStatsColumns": ",".join(_PRUNED_BY),
    "delta.enableExpiredLogCleanup": "false",  # the commit with the last cursor stays, however long nothing is written
}
_PROPERTIES: Final = WriterProperties(compression="ZSTD", compression_level=3, max_row_group_size=ROW_GROUP)
_HISTORY: Final = (1, 32, 1_024, None)
"""How many of the last commits are searched for ours, one after the other: compaction and other engines commit too."""
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_Found = TypeVar("_Found")


class ConflictError(Exception):
    """Another writer committed since the table was read: read it again."""


class TablePosition(NamedTuple):
    """cursor: of the last event whose rows are in the table, None to begin; number: of our last commit."""

    cursor: str | None
    number: int


class ArticleTable:
    """The table at one version; a commit of ours moves it to the next."""

    def __init__(self, uri: str, options: dict[str, str]) -> None:
        """Opens the table, or makes an empty one. TableError: it cannot be, or is a table of something else."""
        self.uri = uri
        self._table = _asked(uri, lambda: _opened(uri, options))
        found = [field.name for field in self._table.schema().fields]
        if found != list(SCHEMA):
            other = next((name for name in (*SCHEMA, *found) if (name in SCHEMA) != (name in found)), "their order")
            raise TableError(
                f"{uri}: holds a table with other columns ({other}): name another place, or delete it to build it anew"
            )

    @property
    def version(self) -> int:
        """Of the table, counted by all commits."""
        return int(self._table.version())

    def position(self, archive: str) -> TablePosition:
        """Where the last commit with this archive's events stands. Fed from elsewhere meanwhile: at the beginning, which adds
        nothing twice.
        """
        number = _asked(self.uri, lambda: self._table.transaction_version(APPLICATION)) or 0
        for most in _HISTORY if number else ():
            for commit in _asked(self.uri, lambda most=most: self._table.history(most)):  # type: ignore[misc]
                if CURSOR in commit:
                    return TablePosition(commit[CURSOR] if commit.get(ARCHIVE) == archive else None, number)
        return TablePosition(None, number)

    def states(self, ids: Iterable[str]) -> Rows:
        """What the table has of these articles."""
        wanted = sorted(ids)
        if not wanted or not self._table.file_uris():
            return {}
        names = ("id", "content_hash", "revision", "seen_at", "gone_at", "newest")
        found: Rows = {}
        for batch in self._select(", ".join(names), _joined(wanted)):
            values = [[value.as_py() for value in batch.column(name)] for name in names]
            for id_, content, revision, seen_at, gone_at, newest in zip(*values, strict=True):
                found.setdefault(id_, {})[content] = RowState(revision, seen_at, gone_at, newest)
        return found

    def commit(self, changed: Rows, standing: Rows, cursor: str | None, archive: str, number: int) -> None:
        """The rows of these articles as they are now, and the cursor, in one commit. ConflictError: another was first.

        cursor: None where more rows of the same events follow.
        """
        metadata = {ARCHIVE: archive} | ({CURSOR: cursor} if cursor is not None else {})
        properties = CommitProperties(
            custom_metadata=metadata,
            max_commit_retries=0,  # never on top of a version that was not read
            app_transactions=[Transaction(APPLICATION, number)] if cursor is not None else None,
        )
        new = _new_rows(changed)
        rewritten = any(changed[id_].get(content) != state for id_ in changed for content, state in standing.get(id_, {}).items())
        if not new and not rewritten:
            self._committing(
                lambda: self._table.create_write_transaction([], "append", ARROW_SCHEMA, commit_properties=properties)
            )
            self._table.update_incremental()
            return
        batches = [batch_of([_columns(*row) for row in each]) for each in batched(new, ROWS_TOGETHER)]
        if rewritten:
            there = [id_ for id_ in changed if id_ in standing]
            batches += [_with_states(cast_batch(batch), changed) for batch in self._select(", ".join(SCHEMA), _among(there))]
        predicate = _among(changed) if rewritten else None
        self._committing(
            lambda: write_deltalake(
                self._table,
                arrow.Table.from_batches(batches, schema=ARROW_SCHEMA),
                mode="overwrite" if predicate else "append",
                predicate=predicate,
                target_file_size=WRITTEN_BYTES,
                writer_properties=_PROPERTIES,
                commit_properties=properties,
            )
        )

    def compact(self, *, everything: bool) -> bool:
        """Join small files, if there are many; whether that was done. everything: even if there are few.

        Rows keep their order, in which each commit is sorted by publication: a sort of all rows fits into no bounded memory
        (DataFusion merges batches of 8,192 whole articles). Files that no version of the last week names are deleted, what killed
        writers left too.

        ConflictError: another changed the same files; nothing was done.
        """
        sizes = self._table.get_add_actions(flatten=True).column("size_bytes")
        if sum(size.as_py() < SMALL_BYTES for size in sizes) < (2 if everything else MOST_SMALL_FILES):
            return False
        properties: Any = {"target_size": TARGET_BYTES, "writer_properties": _PROPERTIES, "max_concurrent_tasks": 1}
        self._committing(lambda: self._table.optimize.compact(**properties))
        self._committing(lambda: self._table.vacuum(dry_run=False, full=True))
        return True

    def _select(self, columns: str, condition: str) -> list[arrow.RecordBatch]:
        query = f"SELECT {columns} FROM article WHERE {condition}"  # noqa: S608  # our own words
        try:
            return list(QueryBuilder().register("article", self._table).execute(query).read_all().to_batches())
        except Exception as error:
            if type(error) is not Exception:  # what DataFusion fails with has no class of its own
                raise
            raise TableError(f"{self.uri}: {_reason(error)}") from None

    def _committing(self, commit: Callable[[], object]) -> None:
        """Does it. ConflictError if the table has moved on meanwhile, TableError if it fails for another reason."""
        before = self.version
        try:
            commit()
        except (CommitFailedError, DeltaError) as error:
            _asked(self.uri, self._table.update_incremental)
            if self.version > before:
                raise ConflictError(self.uri) from None
            raise TableError(f"{self.uri}: {_reason(error)}") from None
        except OSError as error:
            raise TableError(f"{self.uri}: {_reason(error)}") from None


def _opened(uri: str, options: dict[str, str]) -> DeltaTable:
    try:
        return DeltaTable(uri, storage_options=options)
    except TableNotFoundError:
        try:
            about = "The articles of a Warraq archive, a row for each text; infra/DATA.md describes the columns"
            return DeltaTable.create(
                uri, ARROW_SCHEMA, name="article", description=about, configuration=_CONFIGURATION, storage_options=options
            )
        except (DeltaError, CommitFailedError):
            return DeltaTable(uri, storage_options=options)  # another made it meanwhile


def _asked(uri: str, ask: Callable[[], _Found]) -> _Found:
    """What is asked for. TableError in one line if deltalake raises."""
    try:
        return ask()
    except (DeltaError, OSError) as error:
        raise TableError(f"{uri}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return " ".join(_COLOURS.sub("", str(error)).replace("↳", ":").split())[:500]


def _new_rows(changed: Rows) -> list[tuple[StoredRow, RowState]]:
    """The rows that the table does not have yet, by publication."""
    new = [(state.row, state) for states in changed.values() for state in states.values() if state.row is not None]
    return sorted(new, key=lambda each: (each[0].published is None, each[0].published or "", each[0].id, each[0].revision))


def _columns(row: StoredRow, state: RowState) -> Json:
    return row.read() | {name: getattr(state, name) for name in CHANGING}


def _with_states(batch: arrow.RecordBatch, changed: Rows) -> arrow.RecordBatch:
    """Rows of the table with what has changed of them."""
    names = zip(batch.column("id"), batch.column("content_hash"), strict=True)
    states = [changed[id_.as_py()][content.as_py()] for id_, content in names]
    for name in CHANGING:
        place = list(SCHEMA).index(name)
        batch = batch.set_column(place, ARROW_SCHEMA.field(name), column(name, [getattr(state, name) for state in states]))
    return batch


def _among(ids: Iterable[str]) -> str:
    """A condition that also writers take. Each literal is looked at anew for every file: for a few hundred ids."""
    return f"id IN ({', '.join(map(_quoted, sorted(ids)))})"


def _joined(ids: Iterable[str]) -> str:
    """The same for any number: a join, a tenth of the time for 10,000 ids in 20 files."""
    return f"id IN (SELECT column1 FROM (VALUES {', '.join(f'({_quoted(id_)})' for id_ in ids)}))"  # noqa: S608  # quoted


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
