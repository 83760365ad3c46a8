"""What one run writes in when it settles a URL: the archive, the change log, the ledger, and the index of what is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage import keys, ledger
from storage.index.index import ArchiveIndex
from storage.index.known import RevisitHints
from storage.ledger import LedgerEntry
from storage.record import Json
from storage.run.changes import ChangeLog, EventType, event
from storage.run.in_flight import InFlight
from storage.stores.store import Store


class Journal:
    """Thread-safe: all it holds is, and the archive settles the races."""

    def __init__(
        self,
        store: Store,
        index: ArchiveIndex,
        log: ChangeLog,
        in_flight: InFlight,
        run_id: str,
        now: Callable[[], datetime],
    ) -> None:
        self.store, self.index, self.log, self.in_flight, self.run_id, self.now = store, index, log, in_flight, run_id, now

    def announce(self, kind: EventType, entry: LedgerEntry) -> None:
        """Put the event of an entry into the change log, before the entry. Durable when it returns; ArchiveError."""
        self.log.announce(self.change(kind, entry))

    def entered(self, entry: LedgerEntry, hints: RevisitHints | None = None, *, named: bool = False) -> bool:
        """The entry stands. Else another worker was first with this number: learn what it says and decide anew.

        named: it was named as in flight.
        """
        if not named:
            self.in_flight.entering(entry.place)
        standing = ledger.append(self.store, entry)
        if standing is None:
            self.index.learn(entry, hints)
            return True
        self.index.learn(standing, last=False)
        return False

    def change(self, kind: EventType, entry: LedgerEntry) -> Json:
        """The event of an entry about to be written. Its id repeats when the same entry is announced again."""
        hashed = entry.content_hash or entry.previous or ""
        data = {
            "outlet": entry.outlet,
            "url": entry.url,
            "key": entry.article,
            "content_hash": hashed,
            "revision": entry.revision,
            "previous": entry.previous if entry.content_hash else None,
            "n": entry.n,
            "change": entry.change,
            "older": entry.older,
            "moment": entry.moment,
            "memento_at": (entry.capture or {}).get("memento_at"),
            "run_id": self.run_id,
        }
        return event(
            kind,
            source=f"urn:warraq:outlet:{entry.outlet}",
            subject=entry.id or entry.url,
            identity=f"{keys.url_hash(entry.url)[:16]}:{entry.n}:{hashed.removeprefix('sha256:')[:16]}",
            at=self.now(),
            data=data,
        )
