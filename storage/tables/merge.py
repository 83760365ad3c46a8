"""What events of the change log make of the rows of a table, whatever the table is kept in.

newest: of an article's rows, the one that its page showed last (`seen_at`, then the revision). gone_at: when its page was found
to be gone; null again when it shows a text. Applied twice, an event changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from storage.errors import Damaged
from storage.queries.changed_records import SHOWN, ChangedRecord, removed_at, shown_at, shows
from storage.queries.feed_position import Position
from storage.record import Json, moment
from storage.tables.row import row as row_of
from storage.tables.stored_rows import StoredRow, StoredRows

NO_RECORD: Final = (KeyError, TypeError, AttributeError, ValueError)
"""What a JSON object that is no article record leads to."""
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RowState:
    """What may change of a row. row: the other columns of one that the table does not have yet."""

    revision: int
    seen_at: datetime
    gone_at: datetime | None = None
    newest: bool = False
    row: StoredRow | None = None


Kind = Literal["shown", "gone", "other"]


class ChangedRow(NamedTuple):
    """What an event of the log says of an article (id). kind: its page showed a text, or was found to be gone; nothing of it for
    other events. at: when; None where that is not known, or long before. row: of the record that the event names, if that is of
    this page; Damaged: the record cannot be read.
    """

    id: str
    kind: Kind
    at: datetime | None
    row: StoredRow | Damaged | None


Rows = dict[str, dict[str, RowState]]
"""Article id → content hash → state."""


class ChangedRows:
    """Of events and their records, in their order; the rows are stored. position: of a reader that has read what was given."""

    def __init__(self, changes: Iterable[ChangedRecord], stored: StoredRows) -> None:
        self._changes, self._stored = iter(changes), stored
        self.position: Position | None = None

    def __iter__(self) -> Iterator[ChangedRow]:
        for change, record in self._changes:
            event = change.event
            kind, at = _kind_and_moment(event)
            self.position = change.position
            yield ChangedRow(str(event["subject"]), kind, at, self._row(event, record))

    def _row(self, event: Json, record: Json | Damaged | None) -> StoredRow | Damaged | None:
        """A JSON object that is no article record is Damaged."""
        if record is None or isinstance(record, Damaged):
            return record
        try:
            return self._stored.add(row_of(record)) if shows(event, record) else None
        except NO_RECORD as error:
            return Damaged(f"{event['data']['key']} is no article record ({error!r})"[:300])


def _kind_and_moment(event: Json) -> tuple[Kind, datetime | None]:
    if event["type"] == "article.gone":
        return "gone", moment(removed_at(event))
    return ("shown", shown_at(event)) if event["type"] in SHOWN else ("other", None)


def ids_of(changes: Iterable[ChangedRow]) -> set[str]:
    """The articles whose rows these events may add or change."""
    found = set()
    for change in changes:
        if change.kind != "other":
            found.add(change.id)
        if isinstance(change.row, StoredRow):
            found.add(change.row.id)
    return found


def merged(changes: Iterable[ChangedRow], standing: Mapping[str, Mapping[str, RowState]]) -> Rows:
    """The articles of which a row is new or changed, each with all of its rows. standing: the rows in the table of `ids_of`."""
    rows: Rows = {id_: dict(states) for id_, states in standing.items()}
    for id_, kind, at, row in changes:
        if kind == "gone":
            _set_gone(rows, id_, at)
        elif kind == "shown":
            if isinstance(row, StoredRow):
                _show(rows.setdefault(row.id, {}), row, at)
            if at is not None:
                _set_gone(rows, id_, None)
    for states in rows.values():
        if len(states) > 1:
            _mark_newest(states)
    return {id_: states for id_, states in rows.items() if states != standing.get(id_, {})}


def _show(states: dict[str, RowState], row: StoredRow, at: datetime | None) -> None:
    """The page of the row showed its text, at this moment too if one is given."""
    known = states.get(row.content_hash)
    if known is None:
        first = row.seen_at or _LONG_AGO
        gone = next((state.gone_at for state in states.values()), None)  # an older text of a page that is gone
        states[row.content_hash] = RowState(row.revision, max(first, at or first), gone, newest=not states, row=row)
    elif at is not None and at > known.seen_at:
        states[row.content_hash] = replace(known, seen_at=at)


def _set_gone(rows: Rows, id_: str, at: datetime | None) -> None:
    for content, state in rows.get(id_, {}).items():
        if state.gone_at != at:
            rows[id_][content] = replace(state, gone_at=at)


def _mark_newest(states: dict[str, RowState]) -> None:
    last = max(states, key=lambda content: (states[content].seen_at, states[content].revision))
    for content, state in states.items():
        if state.newest != (content == last):
            states[content] = replace(state, newest=content == last)
