"""What one object states, as rows for the database of a pass."""

from __future__ import annotations

from typing import Any

from storage.one_line import one_line
from storage.record import Json, to_bytes


class ObjectRows:
    """The rows that one object gives. run: id of the run that made it, as far as the object or its key tells; is_missing: there
    is no such object, which is not the same as one that cannot be read.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.sha256 = b""
        self.bytes = 0
        self.run: str | None = None
        self.is_missing = False
        self.rows: list[tuple[str, tuple[Any, ...]]] = []

    def add(self, table: str, *values: object) -> None:
        """A row of a table of `pass_database.TABLES`, without its `src`."""
        self.rows.append((table, (self.key, *values)))

    def add_finding(self, problem: str, *, key: str | None = None) -> None:
        """A problem that this object shows by itself; cut to one line of 300 characters."""
        self.add("finding", key or self.key, one_line(problem, 300), "damage")

    def compare_form(self, said: Json, data: bytes) -> None:
        """A finding unless these bytes are what Warraq writes to say this: nothing else has the digest of a manifest's bytes."""
        if to_bytes(said) != data:
            self.add_finding("says what Warraq wrote, in other bytes")

    def add_file(self, listed: Json) -> None:
        """An object that a manifest, or a part of one, lists."""
        self.add("file", listed["key"], bytes.fromhex(listed["sha256"]), listed["bytes"])

    def add_pointer(self, capture: object) -> None:
        """The pointer of a `capture` to its WARC record, if it has one."""
        warc = capture.get("warc") if isinstance(capture, dict) else None
        if warc:
            fields = ("file", "offset", "length", "record_id", "payload_digest")
            self.add("pointer", *(warc[name] for name in fields))
