"""Whether what was sealed stands as it was: trees of runs, the log, its checkpoints, and one checkpoint held elsewhere.

The digests of single objects are compared with their manifests by the other checks. Here the manifests are compared with the
seals: so a run that is gone whole, or rewritten whole with every digest made anew, is found too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, NamedTuple

from storage.errors import Damaged
from storage.keys import ARCHIVE_JSON, is_schema
from storage.record import moment
from storage.seals import merkle
from storage.seals.checkpoint import Checkpoint, parse_checkpoint
from storage.seals.log import ARCHIVE, SealedRun, parse_runs, seal_key, seal_parts
from storage.seals.run_objects import SealedObject, objects_root, parse_objects
from storage.seals.sealing import manifest_key, sealed_objects
from storage.seals.signed_note import NoteError, SealKeyError, VerifierKey
from storage.stores.store import Store
from storage.verify.checks import DAMAGE, PENDING
from storage.verify.findings import Finding, SealSummary
from storage.verify.object_rows import ObjectRows
from storage.verify.pass_database import PassDatabase
from storage.verify.stamps import stamped_digests

SLACK: Final = timedelta(days=1)
"""A run may become visible so long after the moment that its manifest says it ended: clocks differ, a bucket may be down."""
_OBJECTS: Final = """
    SELECT key, sha256, bytes FROM file WHERE src = :manifest OR src = :files
    OR src IN (SELECT key FROM file WHERE src = :manifest AND key GLOB 'runs/*.files-*.jsonl')"""
_OTHER_STAMPS: Final = "SELECT src FROM stamped WHERE seal = ? GROUP BY src HAVING NOT coalesce(max(digest = ?), 0) ORDER BY src"
_EARLIER: Final = "SELECT 1 FROM sealed WHERE run = ? AND (seal, line) < (?, ?) LIMIT 1"


class Trust(NamedTuple):
    """keys: public keys that checkpoints may be signed by (none: any, as long as one follows the other); against: one held
    elsewhere.
    """

    keys: list[VerifierKey]
    against: Checkpoint | None = None


def look(object_rows: ObjectRows, data: bytes) -> None:
    """Note what an object of a seal says; ValueError, TypeError, KeyError, ArchiveError: it is not what its key says."""
    parts = seal_parts(object_rows.key)
    if parts is None:
        object_rows.add_finding("does not belong in a seal")
        return
    number, kind = parts
    if kind == "runs":
        for line, run in enumerate(parse_runs(object_rows.key, data), 1):
            object_rows.add("sealed", number, line, run.run, run.line)
    elif kind == "files":
        for each in parse_objects(data.splitlines()):
            object_rows.add("file", each.key, bytes.fromhex(each.sha256), each.size)
    elif kind == "checkpoint":
        parse_checkpoint(data).signers([])
        object_rows.add("checkpoint", number, data)
    else:
        for digest in stamped_digests(kind, data) or (None,):
            object_rows.add("stamped", number, digest)


def findings(database: PassDatabase, store: Store, trust: Trust, summary: SealSummary) -> Iterator[Finding]:
    """What breaks a seal; fills the summary."""
    check = _Check(database, store, trust, summary)
    yield from check.log()
    yield from check.unsealed()
    yield from check.announced()
    if trust.against is not None:
        yield from check.against(trust.against)


def sampled_findings(database: PassDatabase, store: Store, chosen: str) -> Iterator[Finding]:
    """Of the seals in a sample (a table of keys): whether the runs that they hold are as they were. Reads their manifests."""
    rows = database.connection.execute(f"SELECT src, seal, text FROM sealed WHERE src IN (SELECT key FROM {chosen})")  # noqa: S608
    for key, number, text in rows:
        (run,) = parse_runs(key, text)
        if run.run == ARCHIVE:
            continue
        try:
            found, root = objects_root(sealed_objects(store, run))
        except Damaged as error:
            yield Finding(manifest_key(run.run), str(error))
            continue
        if (found, f"sha256:{root.hex()}") != (run.objects, run.root):
            what = "is not there, and" if not found else "is not what"
            yield Finding(manifest_key(run.run), f"{what} seal {number} holds of its run: it was changed or deleted")


class _Check:
    def __init__(self, database: PassDatabase, store: Store, trust: Trust, summary: SealSummary) -> None:
        self._ask, self._store, self._trust, self._summary = database.connection.execute, store, trust, summary
        self._log = merkle.CompactRange()
        self._roots: dict[int, bytes] = {}
        self._origin = ""

    def log(self) -> Iterator[Finding]:
        """Each seal in order: its runs, then its checkpoint."""
        (last,) = self._ask("SELECT max(seal) FROM (SELECT seal FROM sealed UNION SELECT seal FROM checkpoint)").fetchone()
        for number in range(1, (last or 0) + 1):
            size = self._log.size
            for line, text in self._ask("SELECT line, text FROM sealed WHERE seal = ? ORDER BY line", (number,)):
                (run,) = parse_runs(seal_key(number, "runs.jsonl"), text)
                self._log.append(merkle.leaf_hash(text))
                if run.archive is not None:
                    self._origin = f"warraq/{run.archive}"
                if run.run != ARCHIVE and self._ask(_EARLIER, (run.run, number, line)).fetchone():
                    yield Finding(seal_key(number, "runs.jsonl"), f"run {run.run} was sealed before")
                self._summary.sealed += run.run != ARCHIVE
                yield from self._run(number, run)
            if self._log.size == size:
                yield Finding(seal_key(number, "runs.jsonl"), "is not there, and a later seal is: it was deleted")
            yield from self._checkpoint(number, is_last=number == last)

    def _run(self, number: int, run: SealedRun) -> Iterator[Finding]:
        if run.run == ARCHIVE:
            rows = self._ask("SELECT key, sha256, bytes FROM object WHERE key = 'archive.json' OR key GLOB 'schema/*'").fetchall()
            own = (row for row in rows if row[0] == ARCHIVE_JSON or is_schema(row[0]))
            objects = [SealedObject(key, sha256.hex(), size) for key, sha256, size in own]
            (later,) = self._ask("SELECT count(*) FROM sealed WHERE run = ? AND seal > ?", (ARCHIVE, number)).fetchone()
            if not later and objects_root(objects)[1].hex() != run.root.removeprefix("sha256:"):
                yield Finding("archive.json", f"it or a schema is not what seal {number} says")
            return
        key = manifest_key(run.run)
        row = self._ask("SELECT key, sha256, bytes FROM object WHERE key = ?", (key,)).fetchone()
        if row is None and run.files is None:
            yield Finding(key, f"is not there, and seal {number} holds its run: it was deleted")
            return
        listed = chain(self._ask(_OBJECTS, {"manifest": key, "files": run.files or ""}), [row] if row else [])
        found, root = objects_root(SealedObject(name, sha256.hex(), size) for name, sha256, size in listed)
        if (run.objects, run.root) != (found, f"sha256:{root.hex()}"):
            yield Finding(key if row else run.files or key, f"is not what seal {number} says that its run kept: it was changed")
        yield from self._back_dated(key, number)

    def _back_dated(self, key: str, number: int) -> Iterator[Finding]:
        """A run that says it ended long before a seal which does not hold it."""
        before = self._sealed_at(number - 1)
        ended = self._ask("SELECT at FROM run WHERE src = ? AND kind = 'manifest'", (key,)).fetchone()
        at = moment(ended[0]) if ended else None
        if before is not None and at is not None and at < before - SLACK:
            seal = f"seal {number - 1} of {before:%Y-%m-%d %H:%MZ}"
            yield Finding(key, f"says that it ended at {ended[0]}, and {seal} does not hold it: back-dated")

    def _sealed_at(self, number: int) -> datetime | None:
        row = self._ask("SELECT note FROM checkpoint WHERE seal = ?", (number,)).fetchone()
        return parse_checkpoint(row[0]).sealed_at if row else None

    def _checkpoint(self, number: int, *, is_last: bool) -> Iterator[Finding]:
        key = seal_key(number, "checkpoint")
        self._roots[self._log.size] = self._log.root()
        row = self._ask("SELECT note FROM checkpoint WHERE seal = ?", (number,)).fetchone()
        if row is None:
            if self._ask("SELECT 1 FROM finding WHERE src = ?", (key,)).fetchone() is None:
                yield Finding(key, "is not there", PENDING if is_last else DAMAGE)
            return
        checkpoint, before = parse_checkpoint(row[0]), self._summary.newest
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != (self._origin, self._log.size, self._log.root()):
            yield Finding(key, "is not the checkpoint of the log as it stands: the log was changed, or this")
        try:
            allowed = self._trust.keys or ([before.key] if before else [checkpoint.key])
            signers = checkpoint.signers(allowed)
            if not signers:
                known = (
                    "none of the known keys" if self._trust.keys else f"not by {allowed[0].name}, which signed the seal before"
                )
                yield Finding(key, f"is signed by {checkpoint.key}, {known}")
            self._summary.signers = [each.name for each in signers]
        except NoteError as error:
            yield Finding(key, str(error))
        yield from self._stamps(number, hashlib.sha256(row[0]).digest())
        self._summary.seals, self._summary.newest = number, checkpoint

    def _stamps(self, number: int, digest: bytes) -> Iterator[Finding]:
        """Time stamps that are not over this seal's checkpoint."""
        for (key,) in self._ask(_OTHER_STAMPS, (number, digest)):
            yield Finding(key, f"is no whole time stamp over the checkpoint of seal {number}: this was changed, or that")

    def unsealed(self) -> Iterator[Finding]:
        """Runs that ended and are in no seal: waiting for the next one, or back-dated."""
        for (key,) in self._ask("SELECT src FROM run WHERE kind = 'manifest' AND run NOT IN (SELECT run FROM sealed)"):
            self._summary.unsealed += 1
            yield from self._back_dated(key, self._summary.seals + 1)

    def announced(self) -> Iterator[Finding]:
        """Whether the log is still the one that the change log told the world of; the first that it does not continue is told."""
        rows = self._ask("SELECT src, line, seal, note FROM announced ORDER BY seal, src, line")
        for src, line, seal, note in rows:
            try:
                told = parse_checkpoint(note)
            except (NoteError, SealKeyError) as error:
                yield Finding(f"{src}#{line}", f"announces seal {seal}, and {error}")
                continue
            where = f"the checkpoint that {src}#{line} announces ({told.sealed_at:%Y-%m-%d %H:%MZ}, {told.size} lines)"
            problem = self._unlike(told, where)
            # One that was made while the pass was under way may be announced before its seal was met.
            if problem is not None and (seal <= self._summary.seals or self._store.stat(seal_key(seal, "checkpoint")) is None):
                yield Finding("seals/", problem)
                return

    def against(self, held: Checkpoint) -> Iterator[Finding]:
        """Whether this archive is the one that the checkpoint is of, with all that it held then."""
        where = f"a checkpoint held elsewhere ({held.sealed_at:%Y-%m-%d %H:%MZ}, {held.size} lines)"
        try:
            if self._trust.keys and not held.signers(self._trust.keys):
                yield Finding("seals/", f"{where} is signed by {held.key}, none of the known keys")
                return
            held.signers([])
        except (NoteError, SealKeyError) as error:
            yield Finding("seals/", f"{where} {error}")
            return
        if (problem := self._unlike(held, where)) is not None:
            yield Finding("seals/", problem)

    def _unlike(self, told: Checkpoint, where: str) -> str | None:
        """Why the log as it stands does not continue that of a checkpoint; None if it does."""
        if not self._log.size:
            return f"are not there, although {where} was given out: they were deleted"
        if told.origin != self._origin:
            return f"{where} is of another archive ({told.origin}); this one is {self._origin}"
        if told.size > self._log.size:
            return f"hold {self._log.size} lines, fewer than {where}: the archive was rolled back"
        return None if self._root_at(told.size) == told.root else f"are not those of {where}: the log was forged"

    def _root_at(self, size: int) -> bytes:
        if size not in self._roots:
            texts = self._ask("SELECT text FROM sealed ORDER BY seal, line LIMIT ?", (size,))
            self._roots[size] = merkle.root_of(merkle.leaf_hash(text) for (text,) in texts)
        return self._roots[size]
