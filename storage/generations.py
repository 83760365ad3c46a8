"""Generations: the articles extracted again from their raw captures, stored beside the records of the crawl and never over them.

    generations/<name>/plans/<run>/outlet=…/<n>.jsonl.gz   a share of the work: {article, warc} per line; written first
    generations/<name>/started.json                        what is extracted, with which versions, by which plan
    generations/<name>/outlet=…/<n>.jsonl.gz               the new records of share n, one per line
    generations/<name>/outlet=…/<n>.share.json             the acknowledgement of share n and its report, written after it
    generations/<name>/shares-<m>.jsonl                    {key, sha256, bytes} of every share.json, sorted by key
    generations/<name>/generation.json                     the manifest, written last: the generation is finished

A *share* is the articles of some consecutive WARC files of one outlet; no file is in two shares. It is the unit of work. Workers
need not know of each other: every object is created once and holds no time of its writing, so two workers on one share write the
same bytes. A killed worker leaves at most a part without its share.json; the next one finds the part and writes the share.json.
started.json says which plan is in force: others under plans/ (of processes that were killed or came second) are ignored. Articles
kept after the plan was made are not in the generation.

started.json   {generation: 1, name, run_id, started_at, versions, asked: {outlets, since, until, changed_only},
               furniture: {outlet: [line hashes]}, plan: {outlet: shares}, articles: number,
               unreadable: [{article, reason}]}: all that the outcome depends on beside the captures
share.json     {articles: number, part: {key, sha256, bytes, records} or null (no record), originals: [article keys],
               lost: [{article, url, reason}], report}; articles = part.records + originals + lost
generation.json  {generation: 1, name, run_id, started_at, finished_at, versions, asked, articles, shares, records, originals,
               lost, started: {key, sha256, bytes}, share_lists: [{key, sha256, bytes, shares}], report, digest: of
               all before it}; articles = records + originals + lost, over all shares

A line of a part is an article record, in the order of files and captures. id, outlet, url, revision, previous, capture
and run_id are those of the original record; the rest is extracted again, `content_hash` is that of the new text.
`originals` are the articles for which the original record is in the generation too: there are no raw bytes, they are damaged or
crashed the reader, or nothing differs and only differences were asked for. `lost` are no articles to the new reader: the
generation has no record of them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from storage import keys
from storage.batched import batched
from storage.errors import ArchiveError, Damaged
from storage.record import Json, from_bytes, rfc3339, to_bytes
from storage.run.manifest import manifest_digest
from storage.stores.folders import folders
from storage.stores.json_objects import read_object
from storage.stores.store import Store

FORMAT: Final = 1
LISTED: Final = 10_000
"""Shares in one list."""


class Generation:
    """A generation in a store. Any number of processes may write it at once."""

    def __init__(self, store: Store, name: str) -> None:
        self.store, self.name = store, name
        self._started = keys.generation(name, "started.json")
        self._manifest = keys.generation(name, "generation.json")

    def started(self) -> Json | None:
        """started.json; None before `begin`."""
        return _read_json(self.store, self._started)

    def manifest(self) -> Json | None:
        """generation.json; None before `finish`."""
        return _read_json(self.store, self._manifest)

    def plan(self, run_id: str, outlet: str, n: int, articles: Iterable[Json]) -> None:
        """Write share n of an outlet to the plan, before `begin`. articles: {article, warc} each."""
        part = Part()
        for article in articles:
            part.add(to_bytes(article))
        self.store.create(self._share(outlet, n, ".jsonl.gz", run_id), part.data(), "application/gzip")

    def begin(self, started: Json) -> Json:
        """Create started.json and return it; if another process was first, its started.json."""
        started = {"generation": FORMAT, "name": self.name, **started}
        return from_bytes(self._started, self.store.create(self._started, to_bytes(started)))

    def planned(self, started: Json, outlet: str, n: int) -> Iterator[Json]:
        """The articles of share n of the plan: {article, warc}. Damaged if there is no such share."""
        key = self._share(outlet, n, ".jsonl.gz", started["run_id"])
        return lines_of(key, read_object(self.store, key))

    def share(self, outlet: str, n: int) -> Json | None:
        """The share.json of share n; None while it is not done."""
        return _read_json(self.store, self._share(outlet, n, ".share.json"))

    def write(self, outlet: str, n: int, records: Part, share: Json) -> Json:
        """Create the part, then its share.json, which is returned as stored. Durable on return.

        Damaged: the part exists with other records, so another worker's reader is not of the versions in started.json.
        """
        part = None
        if records.count:
            data, key = records.data(), self._share(outlet, n, ".jsonl.gz")
            if self.store.create(key, data, "application/gzip") != data:
                raise Damaged(f"{key} stands with other records: a reader of another version has written it")
            part = {"key": key, **_size_and_hash(data), "records": records.count}
        key = self._share(outlet, n, ".share.json")
        return from_bytes(key, self.store.create(key, to_bytes({**share, "part": part})))

    def finish(self, started: Json, report: Json, at: datetime) -> Json:
        """Create the lists of shares and the manifest, which is returned: readers can use the generation from now on.

        Damaged when a share of the plan has no share.json.
        """
        counts = {"articles": 0, "shares": 0, "records": 0, "originals": 0, "lost": 0}
        lists = []
        for n, lines in enumerate(batched(self._listed(counts), LISTED), 1):
            key, data = keys.generation(self.name, f"shares-{n:04}.jsonl"), b"".join(lines)
            if self.store.create(key, data, "application/x-ndjson") != data:
                raise Damaged(f"{key} lists other shares than stand there now")
            lists.append({"key": key, **_size_and_hash(data), "shares": len(lines)})
        if (planned := sum(started["plan"].values())) != counts["shares"]:
            raise Damaged(f"generation {self.name} has {counts['shares']} shares, its plan {planned}")
        header = {name: started[name] for name in ("generation", "name", "run_id", "started_at", "versions", "asked")}
        begun = {"key": self._started, **_size_and_hash(read_object(self.store, self._started))}
        manifest = {**header, "finished_at": rfc3339(at), **counts, "started": begun, "share_lists": lists, "report": report}
        manifest["digest"] = manifest_digest(manifest)  # nothing else lists it, so it vouches for itself
        return from_bytes(self._manifest, self.store.create(self._manifest, to_bytes(manifest)))

    def _listed(self, counts: dict[str, int]) -> Iterator[bytes]:
        for stored in self.store.listing(keys.generation(self.name, "outlet=")):
            if stored.key.endswith(".share.json"):
                data = read_object(self.store, stored.key)
                share = from_bytes(stored.key, data)
                counts["shares"] += 1
                counts["articles"] += share["articles"]
                counts["records"] += share["part"]["records"] if share["part"] else 0
                counts["originals"] += len(share["originals"])
                counts["lost"] += len(share["lost"])
                yield to_bytes({"key": stored.key, **_size_and_hash(data)})

    def _share(self, outlet: str, n: int, suffix: str, plan: str = "") -> str:
        return keys.generation_share(self.name, outlet, n, suffix, plan)


class Part:
    """The gzipped records of one share. The same records give the same bytes."""

    def __init__(self) -> None:
        self.count = 0
        # wbits 31: gzip with zlib's own header, which has no time and no file name. Level 1 takes a quarter of the time of level
        # 6, which would take a seventh of the time of extraction.
        self._stream = zlib.compressobj(1, zlib.DEFLATED, 31)
        self._parts: list[bytes] = []

    def add(self, line: bytes) -> None:
        """Append a record, as `storage.record.to_bytes` writes it."""
        self.count += 1
        self._parts.append(self._stream.compress(line))

    def data(self) -> bytes:
        """All of the part. Call it once, last."""
        self._parts.append(self._stream.flush())
        return b"".join(self._parts)


def names(store: Store) -> Iterator[str]:
    """The generations that are there, finished or not; one request each."""
    return filter(keys.can_name_generation, folders(store, "generations/"))


def finished(store: Store) -> Iterator[Json]:
    """The manifests of the finished generations, by name."""
    for name in names(store):
        if (manifest := Generation(store, name).manifest()) is not None:
            yield manifest


def records(store: Store, name: str, outlet: str | None = None) -> Iterator[Json]:
    """The records of a finished generation, new or original, by outlet and WARC file. They never change.

    ArchiveError when there is no such finished generation; Damaged for an object that is missing or not as listed.
    """
    manifest = Generation(store, name).manifest()
    if manifest is None:
        known = ", ".join(generation["name"] for generation in finished(store)) or "none"
        raise ArchiveError(f"{store.uri}: no finished generation {name!r}; finished: {known}")
    prefix = keys.generation(name, f"outlet={keys.checked_slug(outlet)}/" if outlet else "outlet=")
    for listed in manifest["share_lists"]:
        for line in _read_verified(store, listed).splitlines():
            entry = json.loads(line)
            if entry["key"].startswith(prefix):
                share = from_bytes(entry["key"], _read_verified(store, entry))
                if share["part"]:
                    yield from lines_of(share["part"]["key"], _read_verified(store, share["part"]))
                for key in share["originals"]:
                    yield from_bytes(key, read_object(store, key))


def lines_of(key: str, data: bytes) -> Iterator[Json]:
    """The lines of a part, decompressed in steps of 1 MiB. Damaged if it is not whole."""
    stream, rest = zlib.decompressobj(31), b""
    try:
        while data:
            *lines, rest = (rest + stream.decompress(data, 1 << 20)).split(b"\n")
            yield from map(json.loads, lines)
            data = stream.unconsumed_tail
        *lines, rest = (rest + stream.flush()).split(b"\n")
        yield from map(json.loads, lines)
    except (zlib.error, ValueError) as error:
        raise Damaged(f"{key} cannot be read as records ({error})") from error
    if rest or not stream.eof or stream.unused_data:
        raise Damaged(f"{key} ends in the middle of a record")


def _read_verified(store: Store, listed: Json) -> bytes:
    data = read_object(store, listed["key"])
    if hashlib.sha256(data).hexdigest() != listed["sha256"]:
        raise Damaged(f"{store.uri}: {listed['key']} is not what was written (sha256)")
    return data


def _size_and_hash(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _read_json(store: Store, key: str) -> Json | None:
    data = store.get(key)
    return None if data is None else from_bytes(key, data)
