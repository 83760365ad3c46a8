"""What revisits repeat: found by address and time in the indexes of the day it was captured."""

from __future__ import annotations

import io
import json
from contextlib import closing
from datetime import datetime

from storage import keys
from storage.errors import Damaged
from storage.record import Pointer
from storage.stores.folders import folders
from storage.stores.store import Store
from storage.wacz.selection import Chosen
from storage.warc.capture import Record
from storage.warc.reader import RECORD_BYTES, record_at, records


def original_of(store: Store, repeated: tuple[str, datetime], beside: str) -> tuple[str, int, int] | None:
    """(file, offset, length) of the record that a revisit in the file `beside` repeats; None: this archive does not have it."""
    with closing(Chosen()) as chosen:
        if not RevisitTargets(store, chosen).want(repeated, beside):
            return None
        file, places = next(chosen.left())
        return (file, *places[0])


def original_record(store: Store, pointer: Pointer) -> Record:
    """The record of a pointer with its body, which of a revisit stands in another record. Damaged: one of them is not there."""
    own = record_at(store, pointer)
    if own.kind != "revisit":
        return own
    place = original_of(store, own.refers_to, pointer.file) if own.refers_to else None
    member = store.part(*place) if place else None
    for other in records(io.BytesIO(member or b""), pointer.file, max_bytes=RECORD_BYTES, problem=lambda _: None):
        return own.with_payload_of(other)
    raise Damaged(f"{pointer.file} at {pointer.offset}: what this revisit repeats is not in this archive")


def outlets_with_captures(store: Store) -> list[str]:
    """`warc/outlet=…/` of every outlet with raw captures: a listing of one key each."""
    return [f"{keys.warcs()}{name}/" for name in folders(store, keys.warcs())]


class RevisitTargets:
    """Reads each index at most once, and only of the days that are asked for."""

    def __init__(self, store: Store, chosen: Chosen) -> None:
        self._store, self._chosen = store, chosen
        self._read: set[str] = set()

    def want(self, repeated: tuple[str, datetime], beside: str) -> bool:
        """Have the record copied that a revisit in the file `beside` repeats. False: this archive does not have it."""
        url, at = repeated
        stamp, day = f"{at:%Y%m%d%H%M%S}", f"captured={at:%Y-%m-%d}/"
        own = beside.split("/")[1].removeprefix("outlet=")
        for prefix in (f"{keys.warcs(own)}{day}", *(f"{outlet}{day}" for outlet in outlets_with_captures(self._store))):
            self._take_in(prefix)
            query = "SELECT file, offset, length FROM held WHERE url = ? AND at = ?"
            found = self._chosen.database.execute(query, (url, stamp)).fetchone()
            if found:
                self._chosen.want(*found)
                return True
        return False

    def _take_in(self, prefix: str) -> None:
        if prefix in self._read:
            return
        self._read.add(prefix)
        for stored in self._store.listing(prefix):
            if stored.key.endswith(".cdxj"):
                file = stored.key.removesuffix(".cdxj") + ".warc.gz"
                for line in (self._store.get(stored.key) or b"").splitlines():
                    self._note(file, line)

    def _note(self, file: str, line: bytes) -> None:
        try:
            _, stamp, fields_json = line.decode().split(" ", 2)
            fields = json.loads(fields_json)
            row = (fields["url"], stamp, file, int(fields["offset"]), int(fields["length"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{keys.cdxj(file)} is no index of captures ({error})") from error
        if fields.get("mime") != "warc/revisit":
            self._chosen.database.execute("INSERT OR IGNORE INTO held VALUES (?, ?, ?, ?, ?)", row)
