"""Sealing: every run that ended since the last seal gets a line in the log, and the log a signed checkpoint.

Several may seal at once and any may be killed anywhere: `runs.jsonl` is created once, so one of them has the seal, and what is
missing of a seal is made by whoever comes next, after it has looked at what stands there. What is remembered in
`state/seals/tree.json` saves reading the whole log; it is believed only as far as it hashes to the last checkpoint.

One file, though long: each step of a seal can be the last before a kill, and the next sealer's first.
"""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any, Final

from storage import generations, keys
from storage.errors import ArchiveError, Damaged
from storage.record import from_bytes, to_bytes
from storage.seals import merkle
from storage.seals.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from storage.seals.log import ARCHIVE, GENERATION, SealedRun, runs_of, seal_key, seals_after
from storage.seals.run_objects import (
    SealedObject,
    archive_objects,
    lines_of,
    manifest_objects,
    objects_file,
    objects_root,
    parse_objects,
    unlisted_objects,
)
from storage.seals.signed_note import NoteError, SealKeyError, SignerKey
from storage.stores.json_objects import read_object
from storage.stores.run_listing import list_runs
from storage.stores.store import Store

STATE: Final = keys.state("seals", "tree.json")
LATE: Final = timedelta(days=8)
"""A run may write its first object so long after its start (`storage.run.recover`): runs that began earlier are not looked for
again.
"""
_RACES: Final = 20


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as it stands. number: from 1; runs: lines that it added; new: whether this call made it, or something of it."""

    number: int
    checkpoint: Checkpoint
    runs: int
    new: bool


@dataclass(slots=True)
class _Tree:
    """What is known of the log up to the last complete seal. since: runs that began earlier are sealed; recent: those after it
    that are.
    """

    seal: int = 0
    archive: str = ""
    frontier: merkle.CompactRange = field(default_factory=merkle.CompactRange)
    since: date | None = None
    recent: set[str] = field(default_factory=set)
    archive_root: str = ""

    def add(self, runs: list[SealedRun]) -> None:
        for run in runs:
            self.frontier.append(merkle.leaf_hash(run.line))
            if run.run == ARCHIVE:
                self.archive_root, self.archive = run.root, run.archive or self.archive
            else:
                self.recent.add(run.run)

    def dump(self) -> bytes:
        fields = {
            "seal": self.seal,
            "archive": self.archive,
            "size": self.frontier.size,
            "edge": [each.hex() for each in self.frontier.edge],
            "since": self.since.isoformat() if self.since else None,
            "recent": sorted(self.recent),
            "archive_root": self.archive_root,
        }
        return to_bytes(fields)

    @classmethod
    def load(cls, data: bytes) -> _Tree:
        """ValueError, KeyError, TypeError or AttributeError: it is none."""
        fields: dict[str, Any] = json.loads(data)
        frontier = merkle.CompactRange(fields["size"], map(bytes.fromhex, fields["edge"]))
        since = date.fromisoformat(fields["since"]) if fields["since"] else None
        return cls(fields["seal"], fields["archive"], frontier, since, set(fields["recent"]), fields["archive_root"])


class Sealer:
    """Seals one archive. signers: the first signs, the others witness that it follows them (a change of keys)."""

    def __init__(self, store: Store, signers: list[SignerKey], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._signers, self._now = store, signers, now

    def seal(self) -> Seal | None:
        """Seal what is not sealed yet; complete what another left. The newest seal; None: there is nothing to seal, and never
        was.

        ArchiveError: a manifest that is to be sealed is damaged, or the archive cannot be used. SealKeyError: no key to sign
        with.
        """
        if not self._signers:
            raise SealKeyError("no key to sign with: set WARRAQ_SEAL_KEY (`warraq seal --new-key` makes one)")
        for _ in range(_RACES):
            tree, begun, completed = self._last()
            if begun is not None:
                self._complete(tree, begun)
                continue
            runs = self._unsealed(tree)
            if not runs:
                self._save(tree)
                return completed
            number = tree.seal + 1
            data = b"".join(run.line for run in runs)
            if self._store.create(seal_key(number, "runs.jsonl"), data, "application/x-ndjson") == data:
                return self._complete(tree, number)
        raise ArchiveError(f"{self._store.uri}: others sealed {_RACES} times while this one tried")

    def newest(self) -> tuple[Seal | None, int]:
        """(the newest complete seal, how many runs ended and are not sealed yet). Writes nothing."""
        tree, _, completed = self._last()
        return completed, sum(1 for _ in self._new_runs(tree))

    def _last(self) -> tuple[_Tree, int | None, Seal | None]:
        """(the log up to the last complete seal, the seal that another began, the last complete one)."""
        tree = self._remembered()
        completed = self._at(tree) if tree.seal else None
        for number in seals_after(self._store, tree.seal):
            note = self._store.get(seal_key(number, "checkpoint"))
            if note is None:
                return tree, number, completed
            runs = runs_of(self._store, number)
            tree.add(runs)
            tree.seal = number
            completed = Seal(number, self._checked(tree, note), len(runs), new=False)
        return tree, None, completed

    def _remembered(self) -> _Tree:
        try:
            tree = _Tree.load(self._store.get(STATE) or b"")
            if tree.seal < 1:
                return _Tree()
            self._at(tree)
        except (ValueError, KeyError, TypeError, AttributeError, NoteError, Damaged):
            return _Tree()  # lost, or not of this log: it is read anew
        return tree

    def _at(self, tree: _Tree) -> Seal:
        note = self._store.get(seal_key(tree.seal, "checkpoint"))
        if note is None:
            raise Damaged(f"{seal_key(tree.seal, 'checkpoint')} is missing")
        return Seal(tree.seal, self._checked(tree, note), 0, new=False)

    def _checked(self, tree: _Tree, note: bytes) -> Checkpoint:
        """The checkpoint in this note. Damaged: it is not that of the log as it stands here. Never is anything sealed on top of
        that.
        """
        key = seal_key(tree.seal, "checkpoint")
        try:
            checkpoint = parse_checkpoint(note)
        except (NoteError, SealKeyError) as error:
            raise Damaged(f"{self._store.uri}: {key} {error}") from error
        origin, root = f"warraq/{tree.archive}", tree.frontier.root()
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != (origin, tree.frontier.size, root):
            raise Damaged(f"{self._store.uri}: {key} is not the checkpoint of the log that stands here: run `warraq verify`")
        return checkpoint

    def _complete(self, tree: _Tree, number: int) -> Seal:
        """Sign what `runs.jsonl` of this seal says, after every line was found to be true."""
        runs = runs_of(self._store, number)
        if number == 1 and (runs[0].run != ARCHIVE or not re.fullmatch(r"[0-9a-f]{32}", runs[0].archive or "")):
            raise Damaged(f"{seal_key(1, 'runs.jsonl')} does not begin with the archive itself")
        for run in runs:
            if objects_root(sealed_objects(self._store, run)) != (run.objects, bytes.fromhex(run.root.removeprefix("sha256:"))):
                raise Damaged(f"{seal_key(number, 'runs.jsonl')}: run {run.run} is not what this line says: run `warraq verify`")
        tree.add(runs)
        tree.seal = number
        checkpoint = sign_checkpoint(
            f"warraq/{tree.archive}", tree.frontier.size, tree.frontier.root(), self._now(), self._signers
        )
        key = seal_key(number, "checkpoint")
        standing = self._store.create(key, checkpoint.note, "text/plain; charset=utf-8")
        self._save(tree)
        return Seal(number, self._checked(tree, standing), len(runs), new=True)

    def _unsealed(self, tree: _Tree) -> list[SealedRun]:
        """The lines of the next seal; none where nothing but earlier seals was told of."""
        number = tree.seal + 1
        runs = [self._line(number, name, found) for name, found in self._new_runs(tree)]
        objects, root = objects_root(archive_objects(self._store))
        if f"sha256:{root.hex()}" != tree.archive_root:
            new = None if tree.archive else uuid.uuid4().hex
            runs.insert(0, SealedRun(ARCHIVE, objects, f"sha256:{root.hex()}", archive=new))
        elif not any(self._has_content(run) for run in runs):
            return []
        return runs

    def _has_content(self, run: SealedRun) -> bool:
        """Whether the run kept, sent or removed something; a run that only told of a seal waits for the next one that did."""
        return any(each.key.split("/")[0] not in ("runs", "changes") for each in sealed_objects(self._store, run))

    def _line(self, number: int, name: str, key: str) -> SealedRun:
        """The line of a run that ended, by the key of its manifest, or of the note that it was given up."""
        store, files_key = self._store, None
        left: Iterable[SealedObject] = ()
        manifest: bytes | None = None
        if key.endswith(".recovered.json"):
            left = unlisted_objects(store, name, _started(name))
        else:
            manifest = read_object(store, key)
            if from_bytes(key, manifest).get("recovered", {}).get("runs"):
                left = unlisted_objects(store, name, _started(name), manifest_objects(store, key, manifest))
        if files := objects_file(left):
            files_key = seal_key(number, f"{name}.files.jsonl")
            left = parse_objects(io.BytesIO(store.create(files_key, files, "application/x-ndjson")))
        listed = manifest_objects(store, key, manifest) if manifest is not None else ()
        objects, root = objects_root(chain(listed, left))
        return SealedRun(name, objects, f"sha256:{root.hex()}", files_key)

    def _new_runs(self, tree: _Tree) -> Iterator[tuple[str, str]]:
        """(run, key that says that it ended) of runs and generations that are not sealed; moves `since` on."""
        ended: dict[str, str] = {}
        open_since = self._now().date()
        for found in list_runs(self._store, tree.since):
            if found.run in ended:
                continue
            if found.kind == "started.json":  # sorts behind the others
                open_since = min(open_since, date.fromisoformat(found.day))
            else:
                ended[found.run] = found.key
        tree.since = open_since - LATE
        for run, key in sorted(ended.items()):
            if run not in tree.recent:
                yield run, key
        for name in generations.names(self._store):
            generation, key = f"{GENERATION}{name}", keys.generation(name, "generation.json")
            if self._store.stat(key) is not None and generation not in tree.recent:
                yield generation, key
        kept = {run for run in tree.recent if run.startswith(GENERATION) or _started(run).date() >= tree.since}
        tree.recent &= kept

    def _save(self, tree: _Tree) -> None:
        if tree.seal:
            self._store.replace(STATE, tree.dump())


def sealed_objects(store: Store, run: SealedRun) -> Iterator[SealedObject]:
    """The objects behind a line of the log, as manifest and list name them now. Damaged: a part of those is not there."""
    if run.run == ARCHIVE:
        yield from archive_objects(store)
        return
    key = manifest_key(run.run)
    data = store.get(key)
    if data is not None:
        yield from manifest_objects(store, key, data)
    if run.files is not None:
        yield from parse_objects(lines_of(store, run.files))


def manifest_key(run: str) -> str:
    """Where the manifest of a run or generation stands, by its name in the log. Damaged: it is no name of either."""
    if run.startswith(GENERATION):
        return keys.generation(run.removeprefix(GENERATION), "generation.json")
    return keys.run(run, _started(run))


def _started(run: str) -> datetime:
    """When a run began, by its id (UUIDv7). Damaged: it is no id."""
    at = keys.run_started(run)
    if at is None:
        raise Damaged(f"{run!r} is no id of a run")
    return at
