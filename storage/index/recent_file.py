"""`state/<outlet>/known.jsonl.gz`: the rows of an outlet's index that were used lately, the latest first.

A header {version, newest, token, sharded, depth, due, least_depth, run, writer}, then a row a line (`storage.index.rows`), within
an object {"stored": row} where its shard has it as it is, {"unsure": row} where the ledger may have a later entry. Version 2 had
all rows of the outlet and no shards; it is read, and written as version 3.
"""

from __future__ import annotations

import gzip
import io
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

from storage import keys
from storage.index import due_days, rows
from storage.index.rows import IndexRow
from storage.index.shards import VERSION, packed
from storage.stores.store import Store

SNAPSHOT: Final = "known.jsonl.gz"


@dataclass(slots=True)
class Header:
    """newest: a ledger entry that stands in the archive this was made of. run: a run of that archive which left this file, and
    has its manifest there. writer: the last digits of the run that left it last. token: of the shards that belong to this file.

    sharded: there are any. depth: of most of them. least_depth: at which all of them were begun; None in older files, which
    do not say it. due: the files of days on which visits are due (`storage.index.due_days`).
    """

    newest: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    sharded: bool = False
    depth: int = 0
    due: list[str] = field(default_factory=list)
    least_depth: int | None = None
    run: str = ""
    writer: str = ""


class RecentRow(NamedTuple):
    """changed: its shard does not have it as it is. unsure: the ledger may have a later entry."""

    row: IndexRow
    changed: bool
    unsure: bool


def read(store: Store, outlet: str, has_run: Callable[[str], bool]) -> tuple[Header, Iterator[RecentRow]]:
    """(header, rows). Raises one of BROKEN, also while rows are read; KeyError if it is of another
    archive: a file copied from there would hide URLs for ever, so it must name a run or an entry that stands here.

    has_run: whether this archive is known to have a run, without a request; else one HEAD looks for the entry.
    """
    data = store.get(keys.state(outlet, SNAPSHOT))
    lines = gzip.GzipFile(fileobj=io.BytesIO(data or b""))
    values = json.loads(next(lines))
    newest = keys.checked_key(values["newest"])
    run, writer = str(values.get("run", "")), str(values.get("writer", ""))
    if values["version"] not in {2, VERSION} or not (has_run(run) or store.stat(newest)):
        raise KeyError(newest)
    if values["version"] == VERSION:
        due = list(map(due_days.checked, values["due"]))
        least = values.get("least_depth")
        depths = (_depth(values["depth"]), None if least is None else _depth(least))
        header = Header(newest, str(values["token"]), bool(values["sharded"]), depths[0], due, depths[1], run, writer)
    else:
        header = Header(newest)
    return header, map(_row, lines)


def _depth(value: Any) -> int:
    return min(max(int(value), 0), 12)


def write(store: Store, outlet: str, header: Header, recent: Iterable[RecentRow]) -> None:
    """Replace the file."""

    def values() -> Iterator[Any]:
        yield {"version": VERSION, **asdict(header)}
        for row, changed, unsure in recent:
            line = rows.to_line(row)
            yield {"unsure": line} if unsure else line if changed else {"stored": line}

    store.replace(keys.state(outlet, SNAPSHOT), packed(values()))


def _row(line: bytes) -> RecentRow:
    value = json.loads(line)
    if not isinstance(value, dict):
        return RecentRow(rows.from_line(value), changed=True, unsure=False)
    if "unsure" in value:
        return RecentRow(rows.from_line(value["unsure"]), changed=True, unsure=True)
    return RecentRow(rows.from_line(value["stored"]), changed=False, unsure=False)
