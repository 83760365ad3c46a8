"""The article events that runs left in the change log, as far as the completion of killed runs needs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from storage import keys
from storage.stores.store import Store
from storage.warc.index_repair import CLOCK_SLACK


class RecordedEvent(NamedTuple):
    """An article event."""

    type: str
    id: str
    outlet: str
    url: str
    content_hash: str
    n: int
    run_id: str
    older: bool
    moment: str | None


_FIELDS: Final = ("outlet", "url", "content_hash", "n", "run_id")


def events_of(store: Store, run_id: str, started: datetime) -> Iterator[RecordedEvent]:
    """The events of a run: a listing for each day that has changes, from CLOCK_SLACK before it began."""
    after = day = keys.changes_day(started - CLOCK_SLACK)
    while (found := next(store.listing("changes/", start_after=after), None)) is not None:
        day = found.key[: len(day)]
        for segment in store.listing(f"{day}{run_id}-"):
            yield from _events_in(store, segment.key)
        after = f"{day}~"  # sorts after all keys of the day


def events_since(store: Store, since: datetime, ids: set[str]) -> Iterator[RecordedEvent]:
    """The events since then, those of these runs also from before: their clock may have been set back meanwhile."""
    for segment in store.listing("changes/", start_after=keys.changes_day(since - CLOCK_SLACK)):
        parts = keys.changes_parts(segment.key)
        if segment.key >= keys.changes_day(since) or (parts is not None and parts[0] in ids):
            yield from _events_in(store, segment.key)


def _events_in(store: Store, key: str) -> Iterator[RecordedEvent]:
    """The events of a segment. What is no event is left to `verify`."""
    for line in (store.get(key) or b"").split(b"\n"):
        try:
            event = json.loads(line)
            data = event["data"]
            if event["type"].startswith("article."):
                outlet, url, content_hash, n, run_id = (data[name] for name in _FIELDS)
                more = (bool(data.get("older")), data.get("moment"))
                if isinstance(n, int) and all(isinstance(each, str) for each in (outlet, url, content_hash, run_id)):
                    yield RecordedEvent(event["type"], event["subject"], outlet, url, content_hash, n, run_id, *more)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
