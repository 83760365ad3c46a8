"""A whole pass over an archive: each object is read once, and then asked what the others say of it.

The kinds of objects are walked against the order in which a run writes them (raw → claim → article → change → ledger → manifest).
So whatever an object refers to was there before it, and is met after it: runs at work meanwhile make no false findings, and
what they made meanwhile is met by a second walk through the listing, which reads only what the first did not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage import keys
from storage.batched import batched
from storage.errors import ArchiveError
from storage.stores.json_objects import find_json
from storage.stores.store import Store, Stored
from storage.verify import cross_checks
from storage.verify.findings import Finding, SealSummary, VerifyReport
from storage.verify.pass_database import PassDatabase, no_place
from storage.verify.read_objects import read_all

if TYPE_CHECKING:
    from storage.verify.seals import Trust

ORDER: Final = ("seals/", "runs/", "urls/", "changes/", "generations/", "articles/", "hashes/", "warc/")
_STRETCH: Final = 500
"""Keys of the listing that are compared with the database at a time."""

Progress = Callable[[int, int], None]
Tell = Callable[[Finding], None]


def verify(
    store: Store,
    *,
    notes: Path | None = None,
    identity: str = "",
    fresh: bool = False,
    jobs: int = 1,
    tell: Tell | None = None,
    progress: Progress | None = None,
    trust: Trust | None = None,
) -> VerifyReport:
    """Check every promise of a whole archive.

    notes: the file of the pass database, removed when the pass is done: interrupted, also by SIGKILL, the next one with the
    same file goes on from there, unless `fresh`; identity: of the archive they are of. jobs: objects read at once. tell:
    takes each finding instead of the report. trust: who may sign seals, and a checkpoint held elsewhere. progress: told how
    many objects were read, and bytes. Writes nothing to the archive. ArchiveError only if the archive cannot be read at all, or
    the notes cannot be kept.
    """
    pass_ = _Pass(store, PassDatabase(notes, identity, fresh=fresh), jobs, progress, trust)
    done = False
    try:
        report = pass_.report(tell)
        done = True
    except sqlite3.OperationalError as error:
        raise no_place(notes, error) from error
    finally:
        pass_.database.close(done=done)
    return report


class _Pass:
    def __init__(self, store: Store, database: PassDatabase, jobs: int, progress: Progress | None, trust: Trust | None) -> None:
        self._store, self.database, self._jobs, self._progress, self._trust = store, database, jobs, progress, trust
        self._objects = self._bytes = 0

    def report(self, tell: Tell | None) -> VerifyReport:
        report = VerifyReport(resumed=self.database.resumed)
        for _ in range(2):
            self._sweep()
        for finding in self._findings(report.seals):
            report.add(finding, tell)
        report.unfinished = cross_checks.unfinished(self.database)
        totals = self.database.connection.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM object")
        report.objects, report.bytes = totals.fetchone()
        return report

    def _findings(self, summary: SealSummary) -> Iterator[Finding]:
        for key in (keys.ARCHIVE_JSON, *self._schemas()):
            if self._store.stat(key) is None:
                yield Finding(key, "is missing")
        yield from cross_checks.findings(self.database, self._store)
        from storage.verify import seals  # noqa: PLC0415 - loads cryptography, which a sample does without

        yield from seals.findings(self.database, self._store, self._trust or seals.Trust([]), summary)

    def _schemas(self) -> list[str]:
        """The schemas that must stand here: up to the one that `archive.json` names; later ones come with the first later run."""
        try:
            made = find_json(self._store, keys.ARCHIVE_JSON) or {}
        except ArchiveError:
            made = {}  # its own finding says what is wrong with it
        wanted = [key for key in keys.ARTICLE_SCHEMAS.values() if key <= str(made.get("article_schema"))]
        return wanted or [keys.ARTICLE_SCHEMAS[1]]

    def _sweep(self) -> None:
        """Walk through the listing, read what is not noted as it stands, forget what is there no more."""
        sweep = self.database.next_sweep()
        for batch in read_all(self._store, self._unread(sweep), self._jobs):
            self.database.add(batch, sweep)
            self._objects += len(batch)
            self._bytes += sum(object_rows.bytes for _, object_rows in batch)
            if self._progress:
                self._progress(self._objects, self._bytes)
        self.database.forget_unmet(sweep)

    def _unread(self, sweep: int) -> Iterator[Stored]:
        for stretch in batched(listed(self._store), _STRETCH):
            yield from self.database.unread(stretch, sweep)


def listed(store: Store) -> Iterator[Stored]:
    """Every object but the conveniences in state/, of which nothing is promised, against the order of writing."""
    for prefix in ORDER:
        yield from store.everything(prefix)
    yield from others(store)


def others(store: Store) -> Iterator[Stored]:
    """The objects beside the known kinds: archive.json, the schema, and what does not belong here."""
    beyond: str | None = ""
    while beyond is not None:
        after, beyond = beyond, None
        for found in store.everything("", after):
            kind = f"{found.key.partition('/')[0]}/"
            if kind not in ORDER and kind != "state/":
                yield found
            elif (end := f"{kind}\x7f") != after:  # sorts behind every key of this kind, but not behind a stranger's «نسخة»
                beyond = end
                break
