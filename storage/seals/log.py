"""The log of runs that seals make: `seals/<n>/runs.jsonl`, one after the other.

    seals/00000001/runs.jsonl        a line a run: {"run": id, "objects": n, "root": "sha256:<hex>"}, with "files" where no
    manifest lists them seals/00000001/<run>.files.jsonl what a killed run left: {key, sha256, bytes} a line
    seals/00000001/checkpoint        signed note over all lines so far (`storage.seals.checkpoint`)
    seals/00000001/checkpoint.<authority>.tsr   RFC 3161 answer over the checkpoint's bytes, as it came
    seals/00000001/checkpoint.ots    OpenTimestamps proof over them; `checkpoint.confirmed.ots` once it leads to a block

All are created once. Who creates `runs.jsonl` of a seal has the seal; whoever comes next completes what is missing of it.
The first line of the first seal has "run": "archive" and the `archive` number, which makes the origin of every checkpoint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storage.errors import Damaged
from storage.record import to_bytes
from storage.stores.json_objects import read_object
from storage.stores.store import Store

PREFIX = "seals/"
ARCHIVE = "archive"
"""The `run` of the line over archive.json and the schemas."""
GENERATION = "generation "
"""How the `run` of a line over a generation begins; its name follows."""
_KEY = re.compile(
    r"seals/(?P<seal>\d{8})/(?:(?P<runs>runs\.jsonl)|(?P<files>[A-Za-z0-9._=-]+\.files\.jsonl)|(?P<checkpoint>checkpoint)"
    r"|(?P<token>checkpoint\.[A-Za-z0-9._-]+\.tsr)|(?P<ots>checkpoint(?:\.confirmed)?\.ots))"
)


def seal_key(seal: int, name: str) -> str:
    """`seals/<n>/<name>`, n from 1."""
    return f"{PREFIX}{seal:08}/{name}"


def seal_parts(key: str) -> tuple[int, str] | None:
    """(n, kind) of an object of a seal; kind: runs, files, checkpoint, token or ots. None if the key is none of a seal."""
    found = _KEY.fullmatch(key)
    if found is None or int(found["seal"]) < 1:
        return None
    return int(found["seal"]), str(found.lastgroup)


@dataclass(frozen=True, slots=True)
class SealedRun:
    """A line of the log. objects: leaves of its tree; root: `sha256:<hex>`; files: key of its list, where no manifest has one."""

    run: str
    objects: int
    root: str
    files: str | None = None
    archive: str | None = None

    @property
    def line(self) -> bytes:
        """The leaf that the tree over runs holds, line end included."""
        optional = {"files": self.files, "archive": self.archive}
        fields: dict[str, Any] = {"run": self.run, "objects": self.objects, "root": self.root}
        return to_bytes(fields | {name: value for name, value in optional.items() if value is not None})


def parse_runs(key: str, data: bytes) -> list[SealedRun]:
    """The lines of a `runs.jsonl`. Damaged: it is none, or not written as this program writes it."""
    lines = data.splitlines(keepends=True)
    try:
        runs = [SealedRun(**json.loads(line)) for line in lines]
    except (ValueError, TypeError) as error:
        raise Damaged(f"{key} is no list of sealed runs ({error})") from error
    if not lines or any(run.line != line for run, line in zip(runs, lines, strict=True)):
        raise Damaged(f"{key} is no list of sealed runs")
    return runs


def seals_after(store: Store, seal: int = 0) -> Iterator[int]:
    """The numbers of the seals that have begun, after this one, in order."""
    last = seal
    for found in store.listing(PREFIX, f"{PREFIX}{seal:08}/\x7f" if seal else ""):
        parts = seal_parts(found.key)
        if parts is not None and parts[0] > last:
            last = parts[0]
            yield last


def runs_of(store: Store, seal: int) -> list[SealedRun]:
    """What a seal adds to the log. Damaged: it is not there, or no such list."""
    key = seal_key(seal, "runs.jsonl")
    return parse_runs(key, read_object(store, key))
