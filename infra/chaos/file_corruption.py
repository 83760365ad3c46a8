"""Damages a queue's file as a bad disk would, and reads what is in it."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = 4096
_NAME: Final = range(60, 72)
"""Bytes that say whose file it is and of which version. Not damaged: they would make it another program's file."""


class QueueContents(NamedTuple):
    """keys: of events that wait or are taken; dead: reason by key of each dead letter."""

    keys: frozenset[str]
    dead: dict[str, str]


def queue_contents(file: Path) -> QueueContents | None:
    """What is in the queue; None if that cannot be read. Opens the file read-only and repairs nothing."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=0.2)) as db:
            keys = frozenset(key for (key,) in db.execute("SELECT key FROM events"))
            return QueueContents(keys, dict(db.execute("SELECT key, reason FROM dead").fetchall()))
    except sqlite3.Error:
        return None


def damaged_files(file: Path) -> set[Path]:
    """The files that were moved aside."""
    return {found for found in file.parent.glob(f"{file.name}.damaged-*") if not found.name.endswith("-wal")}


def corrupt(file: Path, generator: random.Random) -> str:
    """Damages the file, which nobody has open; says how."""
    data = bytearray(file.read_bytes())
    if not data:
        return "nothing: the file is empty"
    pages = len(data) // PAGE
    match generator.choice(("flip", "flip", "flip", "zeros", "zeros", "cut", "header", "empty")):
        case "flip":
            places = [generator.randrange(len(data)) for _ in range(generator.choice((1, 1, 3, 20)))]
            for place in places:
                if place not in _NAME:
                    data[place] ^= 1 << generator.randrange(8)
            how = f"bits flipped at {', '.join(map(str, sorted(places)[:5]))}"
        case "zeros":
            page = generator.randrange(max(1, pages))
            data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
            how = f"page {page + 1} of {pages} is zeros"
        case "cut":
            del data[generator.randrange(1, len(data)) :]
            how = f"cut off after {len(data)} bytes"
        case "header":
            data[:100] = generator.randbytes(100)
            how = "its header is noise"
        case _:
            data.clear()
            how = "nothing is left of it"
    file.write_bytes(data)
    return how
