"""What events of the change log make of the rows of a table, whatever the table is kept in.

newest: of an article's rows, the one that its page showed last (`seen_at`, then the revision). gone_at: when its page was found
to be gone; null again when it shows a text. Applied twice, an event changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from storage.errors import Damaged
from storage.queries.changed_records import SHOWN, ChangedRecord, removed_at, shown_at, shows
from storage.record import Json, moment
from storage.tables.row import row as row_of

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
    row: Json | None = None


Rows = dict[str, dict[str, RowState]]
"""Article id → content hash → state."""


def with_rows(changes: Iterable[ChangedRecord]) -> Iterator[ChangedRecord]:
    """The same with the row of each record (`storage.tables.row`) in its place, which is all that is kept of it; none where the
    page of the event is another's. A JSON object that is no article record is Damaged.
    """
    for change, record in changes:
        if record is None or isinstance(record, Damaged):
            yield ChangedRecord(change, record)
            continue
        try:
            yield ChangedRecord(change, row_of(record) if shows(change.event, record) else None)
        except NO_RECORD as error:
            yield ChangedRecord(change, Damaged(f"{change.event['data']['key']} is no article record ({error!r})"[:300]))


def ids_of(changes: Iterable[ChangedRecord]) -> set[str]:
    """The articles whose rows these events (`with_rows`) may add or change."""
    found = set()
    for change, row in changes:
        if change.event["type"] in SHOWN or change.event["type"] == "article.gone":
            found.add(str(change.event["subject"]))
        if row is not None and not isinstance(row, Damaged):
            found.add(str(row["id"]))
    return found


def merged(changes: Iterable[ChangedRecord], standing: Mapping[str, Mapping[str, RowState]]) -> Rows:
    """The articles of which a row is new or changed, each with all of its rows. standing: the rows in the table of `ids_of`."""
    rows: Rows = {id_: dict(states) for id_, states in standing.items()}
    for change, row in changes:
        event = change.event
        if event["type"] == "article.gone":
            _set_gone(rows, str(event["subject"]), moment(removed_at(event)))
        elif event["type"] in SHOWN:
            at = shown_at(event)
            if row is not None and not isinstance(row, Damaged):
                _show(rows.setdefault(str(row["id"]), {}), row, moment(at))
            if at is not None:
                _set_gone(rows, str(event["subject"]), None)
    for states in rows.values():
        _mark_newest(states)
    return {id_: states for id_, states in rows.items() if states != standing.get(id_, {})}


def _show(states: dict[str, RowState], row: Json, at: datetime | None) -> None:
    """The page of the row showed its text, at this moment too if one is given."""
    content = str(row["content_hash"])
    known = states.get(content)
    if known is None:
        first = moment(row["seen_at"]) or _LONG_AGO
        gone = next((state.gone_at for state in states.values()), None)  # an older text of a page that is gone
        known = RowState(int(row["revision"]), first, gone, row=row)
    states[content] = replace(known, seen_at=max(known.seen_at, at or known.seen_at))


def _set_gone(rows: Rows, id_: str, at: datetime | None) -> None:
    for content, state in rows.get(id_, {}).items():
        rows[id_][content] = replace(state, gone_at=at)


def _mark_newest(states: dict[str, RowState]) -> None:
    last = max(states, key=lambda content: (states[content].seen_at, states[content].revision), default=None)
    for content, state in states.items():
        states[content] = replace(state, newest=content == last)
