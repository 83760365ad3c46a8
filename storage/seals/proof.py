"""The proof of one article: what a stranger needs to check it, in a folder.

README.txt          what is proved and what is not, and the commands that check it
check.py            a script of the standard library and `openssl` that does
record.json         the article's record, byte for byte as the archive holds it
capture.warc.gz     its raw capture (of a revisit, also the record that holds the payload), where one is kept
proof.json          {object, run, log}: leaf, its path to the root of its run; the run's line, its path to the root of the log
checkpoint          the signed note with that root
checkpoint.*.tsr    RFC 3161 answers over the checkpoint, `checkpoint*.ots` OpenTimestamps proofs
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Final

from storage.errors import ArchiveError, Damaged
from storage.record import Json, Pointer, article_from_bytes, to_bytes
from storage.seals import merkle
from storage.seals.checkpoint import Checkpoint, parse_checkpoint
from storage.seals.log import parse_runs, runs_of, seal_key, seal_parts, seals_after
from storage.seals.run_objects import SealedObject, each_once
from storage.seals.sealing import sealed_objects
from storage.stores.json_objects import read_object
from storage.stores.store import Store
from storage.temporary import temporary_database
from storage.wacz.revisits import original_of
from storage.warc.reader import record_at

CHECK_SCRIPT: Final = "check.py"
_RUNS_HELD: Final = 16
_LINES: Final = """
CREATE TABLE line (n INTEGER PRIMARY KEY, run TEXT, files INTEGER, line BLOB);
CREATE INDEX line_run ON line (run);
CREATE INDEX line_files ON line (n) WHERE files;
"""


class NotSealedError(ArchiveError):
    """There is no seal over this object; the message says what would make one."""


@dataclass(frozen=True, slots=True)
class Proof:
    """files: by name; checkpoint: that the proof leads to; tokens: how many time stamps are over it."""

    files: dict[str, bytes]
    checkpoint: Checkpoint
    seal: int
    tokens: int


def prove(store: Store, article_key: str, readme: str) -> Proof:
    """The proof of the article under this key. NotSealedError; Damaged: the archive does not hold what was sealed.

    It leads to the earliest checkpoint over it that somebody else put a time to, else to the newest. readme: text with
    `{origin}`, `{sealed_at}`, `{url}`, `{tokens}` … for README.txt, filled from the proof.
    """
    data = read_object(store, article_key)
    record = article_from_bytes(article_key, data)
    log = SealedLog(store)
    run = log.find(SealedObject.of(article_key, data), record["run_id"])
    stamped = (seal for seal in log.checkpoints if log.sizes[seal] > run and tokens_of(store, seal))
    if (until := next(stamped, log.checkpoints[-1])) != log.checkpoints[-1]:
        log = SealedLog(store, until=until)
    checkpoint, tokens = log.checkpoint(), tokens_of(store, log.checkpoints[-1])
    proof = to_bytes(log.proof(SealedObject.of(article_key, data), run))
    script = resources.files("storage.seals").joinpath("standalone_check.py").read_bytes()
    files = {"record.json": data, "proof.json": proof, "checkpoint": checkpoint.note, CHECK_SCRIPT: script, **tokens}
    if (capture := _capture(store, record)) is not None:
        files["capture.warc.gz"] = capture
    files["README.txt"] = readme.format(
        id=record["id"],
        url=record["url"],
        key=article_key,
        origin=checkpoint.origin,
        sealed_at=checkpoint.sealed_at.isoformat(),
        seal=log.checkpoints[-1],
        size=checkpoint.size,
        tokens=", ".join(sorted(tokens)) or "none",
    ).encode()
    return Proof(files, checkpoint, log.checkpoints[-1], len(tokens))


class SealedLog:
    """The lines of the log up to a checkpoint, for proofs. sizes: lines up to and with each seal; checkpoints: seals that have
    one.

    It is read whole, one object a seal, and noted on disk: each poll that kept something is a line.
    """

    def __init__(self, store: Store, until: int | None = None) -> None:
        """until: as it stood at this seal. NotSealedError: there is no checkpoint."""
        self._store = store
        self._database = temporary_database(_LINES)
        weakref.finalize(self, self._database.close)
        self.sizes: dict[int, int] = {}
        self.checkpoints: list[int] = []
        size = 0
        for seal in itertools.takewhile(lambda seal: until is None or seal <= until, seals_after(store)):
            runs = runs_of(store, seal)
            rows = ((size + n, run.run, run.files is not None, run.line) for n, run in enumerate(runs))
            self._database.executemany("INSERT INTO line VALUES (?, ?, ?, ?)", rows)
            self.sizes[seal] = size = size + len(runs)
            if store.stat(seal_key(seal, "checkpoint")) is not None:
                self.checkpoints.append(seal)
        if not self.checkpoints:
            raise NotSealedError(f"{store.uri}: this archive has no seal (`warraq seal` makes one)")
        self._database.execute("DELETE FROM line WHERE n >= ?", (self.sizes[self.checkpoints[-1]],))
        self._tree: merkle.Tree | None = None
        self._runs: dict[int, merkle.Tree] = {}

    def checkpoint(self) -> Checkpoint:
        """The last one. NoteError, SealKeyError: it is none."""
        return parse_checkpoint(self._store.get(seal_key(self.checkpoints[-1], "checkpoint")) or b"")

    def find(self, wanted: SealedObject, run_id: str) -> int:
        """Which line holds an object: that of the run that made it, or of one that completed it for a killed one.
        NotSealedError.
        """
        leaf = merkle.leaf_hash(wanted.leaf)
        query = "SELECT n FROM line WHERE run = ? UNION ALL SELECT n FROM line WHERE files"
        for (index,) in self._database.execute(query, (run_id,)):
            if self._run(index).index(leaf) is not None:
                return int(index)
        raise NotSealedError(f"{wanted.key}: no seal holds it: its run {run_id} is not sealed yet (`warraq seal`)")

    def proof(self, wanted: SealedObject, index: int) -> Json:
        """The paths of an object in the run of this line, and of the line in the log. Damaged: the run does not hold it."""
        run = self._run(index)
        self._tree = self._tree or merkle.Tree(map(merkle.leaf_hash, self._lines()))
        if (place := run.index(merkle.leaf_hash(wanted.leaf))) is None:
            raise Damaged(f"{wanted.key} is no object of line {index} of the log")
        return {
            "proof": 1,
            "object": {"key": wanted.key, "sha256": wanted.sha256, "bytes": wanted.size},
            "run": {"index": place, "objects": len(run), "path": [each.hex() for each in run.path(place)]},
            "log": {
                "line": self._line(index).decode(),
                "index": index,
                "size": len(self._tree),
                "path": [each.hex() for each in self._tree.path(index)],
            },
        }

    def _run(self, index: int) -> merkle.Tree:
        """The tree of a run. Damaged: it is not what its seal says."""
        if index not in self._runs:
            (line,) = parse_runs("the log", self._line(index))
            tree = merkle.Tree(merkle.leaf_hash(each.leaf) for each in each_once(sealed_objects(self._store, line)))
            if (len(tree), f"sha256:{tree.root().hex()}") != (line.objects, line.root):
                raise Damaged(f"run {line.run} is not what its seal says: run `warraq verify`")
            if len(self._runs) >= _RUNS_HELD:
                self._runs.pop(next(iter(self._runs)))
            self._runs[index] = tree
        return self._runs[index]

    def _lines(self) -> Iterator[bytes]:
        return (line for (line,) in self._database.execute("SELECT line FROM line ORDER BY n"))

    def _line(self, index: int) -> bytes:
        return bytes(self._database.execute("SELECT line FROM line WHERE n = ?", (index,)).fetchone()[0])


def tokens_of(store: Store, seal: int) -> dict[str, bytes]:
    """The time stamps over a seal's checkpoint, by name."""
    found: dict[str, bytes] = {}
    for stored in store.listing(seal_key(seal, "checkpoint.")):
        parts = seal_parts(stored.key)
        if parts is not None and parts[1] in ("token", "ots"):
            found[stored.key.rpartition("/")[2]] = store.get(stored.key) or b""
    return found


def _capture(store: Store, record: Json) -> bytes | None:
    """The WARC record that the article was read from, and the one that it repeats, as gzip members."""
    warc = record["capture"]["warc"]
    if warc is None:
        return None
    pointer = Pointer(**warc)
    found = record_at(store, pointer)
    member = store.part(pointer.file, pointer.offset, pointer.length) or b""
    if found.kind == "revisit":
        original = original_of(store, found.refers_to, pointer.file) if found.refers_to else None
        if original is None:
            raise Damaged(f"{pointer.file} at {pointer.offset}: what this revisit repeats is not in this archive")
        member += store.part(*original) or b""
    return member
