"""What travels with exported articles, so that whoever has the export can hold it against a checkpoint.

    seals/checkpoint, seals/checkpoint.*   the newest signed note and the time stamps over it
    seals/records.jsonl                    the records of the articles, byte for byte, one a line
    seals/proofs.jsonl                     the proof of each, line by line (`storage.seals.proof`); null where no seal holds it
    yet

They lie beside the package's own digest: nothing in it is signed by nobody, which some validators call invalid.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator

from storage import keys
from storage.record import Json, to_bytes
from storage.seals.proof import NotSealedError, SealedLog, tokens_of
from storage.seals.run_objects import SealedObject
from storage.stores.store import Store
from storage.temporary import temporary_database


class ExportedProofs:
    """The proofs of an export. Pass its articles through `noting`, then write `files`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted = temporary_database("CREATE TABLE article (key TEXT)")
        weakref.finalize(self, self._noted.close)

    def noting(self, records: Iterable[Json]) -> Iterator[Json]:
        """The same records; those that are the archive's own (and not of a generation) are remembered by key."""
        for record in records:
            self._noted.execute("INSERT INTO article VALUES (?)", (keys.article_of(record),))
            yield record

    def files(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """(path, pieces) of each file; none where the archive has no seal."""
        try:
            log = SealedLog(self._store)
        except NotSealedError:
            return
        yield "seals/checkpoint", [log.checkpoint().note]
        for name, token in tokens_of(self._store, log.checkpoints[-1]).items():
            yield f"seals/{name}", [token]
        yield "seals/records.jsonl", (data for _, data in self._records())
        yield "seals/proofs.jsonl", (_proof(log, key, data) for key, data in self._records())

    def _records(self) -> Iterator[tuple[str, bytes]]:
        for (key,) in self._noted.execute("SELECT key FROM article ORDER BY rowid"):
            data = self._store.get(key)
            if data is not None:
                yield key, data


def _proof(log: SealedLog, key: str, data: bytes) -> bytes:
    wanted = SealedObject.of(key, data)
    try:
        return to_bytes(log.proof(wanted, log.find(wanted, _run_of(data))))
    except NotSealedError:
        return b"null\n"


def _run_of(data: bytes) -> str:
    """The run that made a record, which is the last field of it."""
    return data.rpartition(b'"run_id":"')[2].partition(b'"')[0].decode(errors="replace")
