r"""The objects of one run, as they stand in the tree that a seal makes of them.

A leaf is `<key>\n<sha256 in hex>\n<bytes>\n`; the leaves are sorted by key. Of a run that ended they are the files that its
manifest lists, and the manifest itself. What a killed run left, and what was completed for it, no manifest lists: that is
looked up by the events that tell of it, and listed beside the seal. A generation's are its manifest and what that lists with a
digest, which vouches for the rest.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from storage import keys
from storage.disk_sort import sorted_rows
from storage.errors import Damaged
from storage.record import Json, from_bytes, to_bytes
from storage.seals import merkle
from storage.stores.json_objects import read_object
from storage.stores.store import Store
from storage.temporary import temporary_database

SEGMENT_DAYS = 14
"""How many days after its start a killed run's change segments and WARC files are looked for."""
PART_BYTES = 2**20
"""Of a list of objects, read at once."""


class SealedObject(NamedTuple):
    """An object and its digest: sha256 as 64 hex digits, size in bytes."""

    key: str
    sha256: str
    size: int

    @property
    def leaf(self) -> bytes:
        """What the tree holds of it."""
        return f"{self.key}\n{self.sha256}\n{self.size}\n".encode()

    @classmethod
    def of(cls, key: str, data: bytes) -> SealedObject:
        """The object with these bytes."""
        return cls(key, hashlib.sha256(data).hexdigest(), len(data))


def objects_root(objects: Iterable[SealedObject]) -> tuple[int, bytes]:
    """How many objects these are, each once, and the root of the tree over them."""
    tree = merkle.CompactRange()
    for each in each_once(objects):
        tree.append(merkle.leaf_hash(each.leaf))
    return tree.size, tree.root()


def each_once(objects: Iterable[SealedObject]) -> Iterator[SealedObject]:
    """The objects in the order of the leaves. A past that was taken over is one run of hundreds of thousands of them."""
    found = sorted_rows(objects, "key TEXT, sha256 TEXT, size INTEGER", SealedObject._make)
    return (each for each, _ in groupby(found))


def archive_objects(store: Store) -> list[SealedObject]:
    """What an archive says of itself: `archive.json` and its schemas."""
    found = [keys.ARCHIVE_JSON, *(each.key for each in store.listing("schema/") if keys.is_schema(each.key))]
    return [SealedObject.of(key, read_object(store, key)) for key in found]


def manifest_objects(store: Store, manifest_key: str, manifest: bytes) -> Iterator[SealedObject]:
    """What a manifest lists, and itself. Damaged: it is no manifest, or a part of it is not there."""
    content = from_bytes(manifest_key, manifest)
    yield SealedObject.of(manifest_key, manifest)
    try:
        if "share_lists" in content:
            yield from map(_listed, (content["started"], *content["share_lists"]))
            return
        yield from map(_listed, content["files"])
        for part in content["file_parts"]:
            yield _listed(part)
            yield from (_listed(json.loads(line)) for line in read_object(store, part["key"]).splitlines())
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"{manifest_key} is no manifest ({error!r})") from error


def unlisted_objects(store: Store, run_id: str, started: datetime, listed: Iterable[SealedObject] = ()) -> Iterator[SealedObject]:
    """What a run left that was killed, or completed for one: all that its events tell of and that `listed` does not hold."""
    with closing(temporary_database("CREATE TABLE told (key TEXT PRIMARY KEY) WITHOUT ROWID")) as database:
        left = ((key,) for key in _left_behind(store, run_id, started))
        database.executemany("INSERT OR IGNORE INTO told VALUES (?)", left)
        database.executemany("DELETE FROM told WHERE key = ?", ((each.key,) for each in listed))
        for (key,) in database.execute("SELECT key FROM told ORDER BY key"):
            if (data := store.get(key)) is not None:
                yield SealedObject.of(key, data)


def _left_behind(store: Store, run_id: str, started: datetime) -> Iterator[str]:
    from storage.wacz.revisits import outlets_with_captures  # noqa: PLC0415 - loads what reads WARC files, which few need here

    days = [started.date() + timedelta(days=n) for n in range(-1, SEGMENT_DAYS)]
    for suffix in (".started.json", ".recovered.json"):
        yield keys.run(run_id, started, suffix)
    for day in days:
        for segment in store.listing(f"{keys.changes_day(day)}{run_id}-"):
            if keys.changes_parts(segment.key) is None:
                continue
            yield segment.key
            for line in read_object(store, segment.key).splitlines():
                yield from _told_of(json.loads(line))
    for outlet in outlets_with_captures(store):
        for day in days:
            yield from (each.key for each in store.listing(f"{outlet}captured={day:%Y-%m-%d}/{run_id}-"))


def _told_of(event: Json) -> Iterator[str]:
    """The objects that an event of an article names: its record, its claim, its ledger entry."""
    if not event["type"].startswith("article."):
        return
    data = event["data"]
    if data.get("key"):
        yield data["key"]
    if data.get("content_hash"):
        yield keys.claim(data["content_hash"])
    yield keys.ledger(data["outlet"], keys.url_hash(data["url"]), data["n"])


def parse_objects(lines: Iterable[bytes]) -> Iterator[SealedObject]:
    """The objects in the lines of such a list. ValueError, KeyError or TypeError: it is none."""
    return (_listed(json.loads(line)) for line in lines)


def lines_of(store: Store, key: str) -> Iterator[bytes]:
    """The lines of an object, which is read a part at a time; none where it is not there."""
    offset, rest = 0, b""
    while part := store.part(key, offset, PART_BYTES):
        offset += len(part)
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
        if len(part) < PART_BYTES:
            break
    if rest:
        yield rest


def objects_file(objects: Iterable[SealedObject]) -> bytes:
    """A list of objects as manifests have it: `{key, sha256, bytes}` a line. Some 200 bytes each, which is all that is held."""
    file = io.BytesIO()
    for each in objects:
        file.write(to_bytes({"key": each.key, "sha256": each.sha256, "bytes": each.size}))
    return file.getvalue()


def _listed(file: Json) -> SealedObject:
    return SealedObject(file["key"], file["sha256"], file["bytes"])
