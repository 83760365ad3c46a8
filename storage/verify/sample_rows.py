"""The pass database of a sample: what was drawn, what was only met, and what manifests list of either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from storage.stores.store import Store, Stored
from storage.verify.cross_checks import CHOSEN
from storage.verify.object_rows import ObjectRows
from storage.verify.pass_database import PassDatabase
from storage.verify.read_objects import Batch, look_up, read_all

_TABLES: Final = f"""
    CREATE TABLE {CHOSEN} (key TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE met (key TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE listed (src TEXT, key TEXT, sha256 BLOB, bytes INTEGER);
    CREATE INDEX listed_by_src ON listed (src);
    CREATE INDEX listed_by_key ON listed (key);
    CREATE INDEX entry_by_src ON entry (src);
    CREATE INDEX told_by_src ON told (src);
    CREATE INDEX finding_by_src ON finding (src);"""
"""met: objects that are held against the manifest that lists them, and asked no more; listed: what manifests list."""


class SampleRows:
    """chosen: what is asked all the questions of a whole pass; other objects are read only to answer them.

    objects, bytes: read so far, whatever for.
    """

    def __init__(self, store: Store, database: PassDatabase, jobs: int) -> None:
        self.store, self.database, self._jobs = store, database, jobs
        self.ask = database.connection.execute
        self.objects = self.bytes = 0
        database.connection.executescript(_TABLES)
        database.index()

    def column(self, query: str, *values: object) -> list[str]:
        """The first values of the rows that a query gives, those that are not NULL."""
        return [row[0] for row in self.ask(query, values).fetchall() if row[0] is not None]

    def is_noted(self, key: str) -> bool:
        """The object was read, or is known to be there."""
        return self.ask("SELECT 1 FROM object WHERE key = ?", (key,)).fetchone() is not None

    def is_listed(self, key: str) -> bool:
        """A manifest that was read lists the object."""
        return self.ask("SELECT 1 FROM listed WHERE key = ?", (key,)).fetchone() is not None

    def choose(self, keys: Iterable[str]) -> None:
        """Draw these objects."""
        with self.database.transaction():
            self.database.connection.executemany(f"INSERT OR IGNORE INTO {CHOSEN} VALUES (?)", ((key,) for key in keys))  # noqa: S608

    def meet(self, keys: Iterable[str]) -> None:
        """Only hold these objects against the manifests that list them."""
        rows = [(key,) for key in keys]
        with self.database.transaction():
            self.database.connection.executemany("INSERT OR IGNORE INTO met VALUES (?)", rows)
            self.database.connection.executemany(f"DELETE FROM {CHOSEN} WHERE key = ?", rows)  # noqa: S608

    def read(self, wanted: Iterable[str | None]) -> None:
        """Read what somebody named and is not noted yet. What is not there is left out."""
        for batch in look_up(self.store, (key for key in dict.fromkeys(wanted) if key and not self.is_noted(key)), self._jobs):
            self._add(batch)

    def read_found(self, found: Iterable[Stored]) -> list[str]:
        """Read what was listed and is not noted yet; its keys."""
        keys: list[str] = []
        for batch in read_all(self.store, (each for each in found if not self.is_noted(each.key)), self._jobs):
            self._add(batch)
            keys += [each.key for each, _ in batch]
        return keys

    def note_that_it_stands(self, key: str) -> None:
        """Note whether an object is there. One request."""
        found = None if self.is_noted(key) else self.store.stat(key)
        if found:
            self.database.add([(found, ObjectRows(key))], 0)

    def in_sample(self) -> tuple[int, int]:
        """How many objects of the sample itself were read, and their bytes."""
        rows = self.ask(f"""SELECT count(*), coalesce(sum(bytes), 0) FROM object
            WHERE key IN (SELECT key FROM {CHOSEN} UNION SELECT key FROM met)""")  # noqa: S608
        objects, size = rows.fetchone()
        return objects, size

    def hold_against_manifests(self) -> None:
        """Note what the manifests that were read list of the sample: the rest of it is in the samples of other days."""
        self.ask(f"INSERT INTO file SELECT * FROM listed WHERE key IN (SELECT key FROM {CHOSEN} UNION SELECT key FROM met)")  # noqa: S608

    def _add(self, batch: Batch) -> None:
        listed: list[tuple[Any, ...]] = []
        for _, object_rows in batch:
            listed += [values for table, values in object_rows.rows if table == "file"]
            object_rows.rows = [row for row in object_rows.rows if row[0] != "file"]
        self.database.add(batch, 0)
        self.objects += len(batch)
        self.bytes += sum(object_rows.bytes for _, object_rows in batch)
        with self.database.transaction():
            self.database.connection.executemany("INSERT INTO listed VALUES (?, ?, ?, ?)", listed)
