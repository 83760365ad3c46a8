"""What a run wrote and what became of its URLs: `runs/yyyy/mm/dd/<run>.json`, the run's last object."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import Final

from storage.errors import ArchiveError
from storage.record import Json, to_bytes
from storage.stores.store import ForwardingStore, NewObject, Store
from storage.temporary import temporary_database

INLINE_FILES: Final = 4_000
"""Up to so many files a manifest names itself (0.8 MB). Beyond, they are named in part objects `<run>.files-<n>.jsonl`
of as many lines, and `files` of the manifest names the parts: 20,000 articles are 65,000 objects, 13 MB of JSON."""

_BATCH: Final = 200
"""Rows written to the disk at a time: a fifth of the cost of one by one."""


class RecordingStore(ForwardingStore):
    """A run's view of the archive: a store that remembers, on disk, which objects the run created.

    before_first_write: called once, before the run's first object.
    """

    def __init__(self, store: Store, before_first_write: Callable[[], None]) -> None:
        super().__init__(store)
        self._before_first_write: Callable[[], None] | None = before_first_write
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._database = temporary_database("CREATE TABLE file (key TEXT, sha256 BLOB, bytes INTEGER)")
        self._doubtful: dict[str, set[bytes]] = {}
        """By key, the digests of what was to stand there: attempts may differ, and any of them may have come through."""
        self._unwritten: list[tuple[str, bytes, int]] = []

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        self._begin()
        try:
            standing = self.beneath.create(key, data, content_type)
        except ArchiveError:
            # It may stand all the same, when it is the answer that got lost: `settle_doubts` looks.
            self._doubt(key, data)
            raise
        if standing == data:
            self.note(key, data)
        return standing

    def create_all(self, phases: Sequence[Sequence[NewObject]]) -> bool:
        self._begin()
        done = False
        try:
            done = self.beneath.create_all(phases)
        finally:
            for each in (each for phase in phases for each in phase):
                if done:
                    self.note(each.key, each.data)
                else:  # some of them stand
                    self._doubt(each.key, each.data)
        return done

    def note(self, key: str, data: bytes) -> None:
        """An object of this run that was written past this store."""
        row = (key, hashlib.sha256(data).digest(), len(data))
        with self._lock:
            self._unwritten.append(row)
            if len(self._unwritten) >= _BATCH:
                self._spill()

    def settle_doubts(self) -> None:
        """Note the objects that stand although their write failed: a finished run lists all that it made."""
        with self._lock:
            doubtful = dict(self._doubtful)
        for key, digests in doubtful.items():
            data = self.beneath.get(key)  # if that fails, the doubt stays
            if data is not None and hashlib.sha256(data).digest() in digests:
                self.note(key, data)
            with self._lock:
                del self._doubtful[key]

    def created_any(self) -> bool:
        """Whether the run created an object so far."""
        with self._lock:
            self._spill()
            return self._database.execute("SELECT 1 FROM file LIMIT 1").fetchone() is not None

    def count(self) -> int:
        """How many objects the run created so far."""
        with self._lock:
            self._spill()
            return int(self._database.execute("SELECT count(DISTINCT key) FROM file").fetchone()[0])

    def files(self, after: str = "", limit: int = INLINE_FILES) -> list[Json]:
        """`{key, sha256, bytes}` of the run's objects, sorted by key: up to `limit` of them after a key."""
        with self._lock:
            self._spill()
            self._database.execute("CREATE INDEX IF NOT EXISTS by_key ON file (key, sha256, bytes)")
            rows = self._database.execute(
                "SELECT DISTINCT key, sha256, bytes FROM file WHERE key > ? ORDER BY key LIMIT ?", (after, limit)
            ).fetchall()
        return [{"key": key, "sha256": digest.hex(), "bytes": size} for key, digest, size in rows]

    def _begin(self) -> None:
        if self._before_first_write is not None:
            with self._starting:
                if self._before_first_write is not None:
                    self._before_first_write()
                    self._before_first_write = None

    def _doubt(self, key: str, data: bytes) -> None:
        with self._lock:
            self._doubtful.setdefault(key, set()).add(hashlib.sha256(data).digest())

    def _spill(self) -> None:
        self._database.executemany("INSERT INTO file VALUES (?, ?, ?)", self._unwritten)
        self._unwritten.clear()

    def close(self) -> None:
        """Free the temporary file."""
        with self._lock:
            self._database.close()


def manifest_digest(manifest: Json, *, without_files: bool = False) -> str:
    """`sha256:<hex>` of what a manifest says, its own `digest` left out: nothing lists it, so it vouches for itself.

    without_files: of what is known before its last objects are written, which the event `run.finished` tells.
    """
    content = {name: value for name, value in manifest.items() if name != "digest"}
    if without_files:
        content |= {"files": [], "file_parts": []}
    return f"sha256:{hashlib.sha256(to_bytes(content)).hexdigest()}"


def _line(file: Json) -> bytes:
    """`to_bytes(file)`, in a fifth of the time: a key is plain ASCII."""
    return b'{"key":"%b","sha256":"%b","bytes":%d}\n' % (file["key"].encode(), file["sha256"].encode(), file["bytes"])


def named_files(store: RecordingStore, part_key: Callable[[int], str]) -> tuple[list[Json], list[Json]]:
    """(files, file_parts) for the manifest: one of them is empty. Parts are written here, and are no files of the run."""
    store.settle_doubts()
    if store.count() <= INLINE_FILES:
        return store.files(), []
    parts: list[Json] = []
    after = ""
    while lines := store.files(after):
        after = lines[-1]["key"]
        key, data = part_key(len(parts) + 1), b"".join(map(_line, lines))
        store.beneath.create(key, data, "application/x-ndjson")
        parts.append({"key": key, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "files": len(lines)})
    return [], parts
