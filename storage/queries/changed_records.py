"""The change log with the records that its events name, and what the events say of them: for all that is derived from an archive
(the search index, the tables).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from storage.errors import Damaged
from storage.queries.change_feed import Change, follow
from storage.record import Json, moment, rfc3339
from storage.stores.ask_ahead import ask_ahead
from storage.stores.json_objects import read_json
from storage.stores.store import Store

SHOWN: Final = frozenset({"article.kept", "article.revised"})
"""Types of the events that say that a page showed a text."""


class ChangedRecord(NamedTuple):
    """An event of the log and the record that it names. None: it names none; Damaged: the record cannot be read."""

    change: Change
    record: Json | Damaged | None


def changed_records(store: Store, after: str | None = None) -> Iterator[ChangedRecord]:
    """Every event after a cursor in the order of the log (see `storage.queries.change_feed`); of a bucket 32 records ahead."""
    return ask_ahead(store, lambda change: ChangedRecord(change, _record_of(store, change.event)), follow(store, after))


def shows(event: Json, record: Json) -> bool:
    """Whether the event is of the record's own page. A page may show a text that another page's record holds."""
    return bool((record["outlet"], record["url"]) == (event["data"]["outlet"], event["data"]["url"]))


def shown_at(event: Json) -> datetime | None:
    """When the page showed the text of a `kept` or `revised` event. None: unknown, or long before."""
    data = event["data"]
    return None if data.get("older") else moment(data.get("moment") or data.get("memento_at") or "")


def removed_at(event: Json) -> str:
    """When the page was found to be gone, for an `article.gone` event (RFC 3339, UTC)."""
    at = moment(event["data"].get("moment") or "") or moment(event["time"])
    return rfc3339(at) if at else str(event["time"])


def _record_of(store: Store, event: Json) -> Json | Damaged | None:
    if event["type"] not in SHOWN or not event["data"].get("key"):
        return None
    try:
        return read_json(store, event["data"]["key"])
    except Damaged as error:
        return error
