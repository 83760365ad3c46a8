"""What events of the change log make of the rows of a table, whatever the table is kept in.

newest: of an article's rows, the one that its page showed last (`seen_at`, then the revision). gone_at: when its page was found
to be gone; null again when it shows a text. Applied twice, an event changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from storage.errors import Damaged
from storage.queries.changed_records import SHOWN, ChangedRecord, removed_at, shown_at, shows
from storage.record import Json, moment

_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RowState:
    """What may change of a row. record: of a row that the table does not have yet."""

    revision: int
    seen_at: datetime
    gone_at: datetime | None = None
    newest: bool = False
    record: Json | None = None


Rows = dict[str, dict[str, RowState]]
"""Article id → content hash → state."""


def ids_of(changes: Iterable[ChangedRecord]) -> set[str]:
    """The articles whose rows these events may add or change."""
    found = set()
    for change, record in changes:
        if change.event["type"] in SHOWN or change.event["type"] == "article.gone":
            found.add(str(change.event["subject"]))
        if record is not None and not isinstance(record, Damaged) and shows(change.event, record):
            found.add(str(record["id"]))
    return found


def merged(changes: Iterable[ChangedRecord], standing: Mapping[str, Mapping[str, RowState]]) -> Rows:
    """The articles of which a row is new or changed, each with all of its rows. standing: the rows in the table of `ids_of`."""
    rows: Rows = {id_: dict(states) for id_, states in standing.items()}
    for change, record in changes:
        event = change.event
        if event["type"] == "article.gone":
            _set_gone(rows, str(event["subject"]), moment(removed_at(event)))
        elif event["type"] in SHOWN:
            at = shown_at(event)
            if record is not None and not isinstance(record, Damaged) and shows(event, record):
                _show(rows.setdefault(str(record["id"]), {}), record, moment(at))
            if at is not None:
                _set_gone(rows, str(event["subject"]), None)
    for states in rows.values():
        _mark_newest(states)
    return {id_: states for id_, states in rows.items() if states != standing.get(id_, {})}


def _show(states: dict[str, RowState], record: Json, at: datetime | None) -> None:
    """The page of the record showed its text, at this moment too if one is given."""
    content = str(record["content_hash"])
    capture = record["capture"]
    known = states.get(content)
    if known is None:
        first = moment(capture["memento_at"] or capture["fetched_at"]) or _LONG_AGO
        gone = next((state.gone_at for state in states.values()), None)  # an older text of a page that is gone
        known = RowState(int(record["revision"]), first, gone, record=record)
    states[content] = replace(known, seen_at=max(known.seen_at, at or known.seen_at))


def _set_gone(rows: Rows, id_: str, at: datetime | None) -> None:
    for content, state in rows.get(id_, {}).items():
        rows[id_][content] = replace(state, gone_at=at)


def _mark_newest(states: dict[str, RowState]) -> None:
    last = max(states, key=lambda content: (states[content].seen_at, states[content].revision), default=None)
    for content, state in states.items():
        states[content] = replace(state, newest=content == last)
