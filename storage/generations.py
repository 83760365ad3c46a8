"""Generations: the kept articles read anew from their raw captures, beside the records of the crawl and never over them.

    generations/<name>/plans/<run>/outlet=…/<n>.jsonl.gz   a share of the work: {article, warc} a line; written first
    generations/<name>/started.json                        what is read, with which versions, by which plan
    generations/<name>/outlet=…/<n>.jsonl.gz               the records read anew from share n, one a line
    generations/<name>/outlet=…/<n>.share.json             the acknowledgement of share n and its report, written after it
    generations/<name>/shares-<m>.jsonl                    {key, sha256, bytes} of every share.json, sorted by key
    generations/<name>/generation.json                     the manifest, written last: the generation is finished

A *share* is the articles of some WARC files of one outlet, next to each other; no file is in two shares. It is the unit of work:
nobody needs to know who else is at work, for every object is created once and holds no clock, so a share that is done twice
comes out the same and stands once. A killed worker leaves at most a part without its share.json; whoever takes the work up finds
the part standing and writes it. started.json settles which plan counts: others under plans/ (their maker was killed, or came
second) mean nothing. What is kept after the plan was made is not in the generation.

started.json   {generation: 1, name, run_id, started_at, versions, asked: {outlets, since, until, changed_only},
               furniture: {outlet: [line hashes]}, plan: {outlet: shares}, articles: number,
               unreadable: [{article, reason}]}: all that the outcome depends on beside the captures
share.json     {articles: number, part: {key, sha256, bytes, records} or null (no record), originals: [article keys],
               lost: [{article, url, reason}], report}; articles = part.records + originals + lost
generation.json  {generation: 1, name, run_id, started_at, finished_at, versions, asked, articles, shares, records, originals,
               lost, started: {key, sha256, bytes}, share_lists: [{key, sha256, bytes, shares}], report, digest: of
               all before it}; articles = records + originals + lost, over all shares

A line of a part is an article record, in the order of files and captures. id, outlet, url, revision, previous, capture
and run_id are those of the article that was kept from the capture; the rest is read anew, `content_hash` is that of the new text.
`originals` name the articles whose kept record stands for the generation too: there are no raw bytes, they are damaged or broke
the reader, or nothing differs and only differences were asked for. `lost` are no articles to the new reader: the generation has
no record of them.
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
"""Shares named in one list."""


class Generation:
    """A generation that is being written, by any number of processes at once."""

    def __init__(self, store: Store, name: str) -> None:
        self.store, self.name = store, name
        self._started = keys.generation(name, "started.json")
        self._manifest = keys.generation(name, "generation.json")

    def started(self) -> Json | None:
        """started.json, or None while there is none."""
        return _optional(self.store, self._started)

    def manifest(self) -> Json | None:
        """generation.json, or None while the generation is not finished."""
        return _optional(self.store, self._manifest)

    def plan(self, run_id: str, outlet: str, n: int, articles: Iterable[Json]) -> None:
        """Write down share n of an outlet, before `begin`: {article, warc} each."""
        part = Part()
        for article in articles:
            part.add(to_bytes(article))
        self.store.create(self._share(outlet, n, ".jsonl.gz", run_id), part.data(), "application/gzip")

    def begin(self, started: Json) -> Json:
        """What stands in started.json: this, or what another began under this name meanwhile."""
        started = {"generation": FORMAT, "name": self.name, **started}
        return from_bytes(self._started, self.store.create(self._started, to_bytes(started)))

    def planned(self, started: Json, outlet: str, n: int) -> Iterator[Json]:
        """The articles of share n: {article, warc}. Damaged if the plan has no such share."""
        key = self._share(outlet, n, ".jsonl.gz", started["run_id"])
        return lines_of(key, read_object(self.store, key))

    def share(self, outlet: str, n: int) -> Json | None:
        """What is acknowledged of share n, or None."""
        return _optional(self.store, self._share(outlet, n, ".share.json"))

    def write(self, outlet: str, n: int, records: Part, share: Json) -> Json:
        """Write the part, then the share.json that acknowledges it; the latter as it stands. Durable on return.

        Damaged: another wrote other records from the same captures, so its reader is not what started.json says.
        """
        part = None
        if records.count:
            data, key = records.data(), self._share(outlet, n, ".jsonl.gz")
            if self.store.create(key, data, "application/gzip") != data:
                raise Damaged(f"{key} stands with other records: a reader of another version has written it")
            part = {"key": key, **_digest(data), "records": records.count}
        key = self._share(outlet, n, ".share.json")
        return from_bytes(key, self.store.create(key, to_bytes({**share, "part": part})))

    def finish(self, started: Json, report: Json, at: datetime) -> Json:
        """Write the lists of shares and the manifest: from now on the generation is there to be pinned. The manifest.

        Damaged when not every share of the plan stands.
        """
        counts = {"articles": 0, "shares": 0, "records": 0, "originals": 0, "lost": 0}
        lists = []
        for n, lines in enumerate(batched(self._listed(counts), LISTED), 1):
            key, data = keys.generation(self.name, f"shares-{n:04}.jsonl"), b"".join(lines)
            if self.store.create(key, data, "application/x-ndjson") != data:
                raise Damaged(f"{key} lists other shares than stand there now")
            lists.append({"key": key, **_digest(data), "shares": len(lines)})
        if (planned := sum(started["plan"].values())) != counts["shares"]:
            raise Damaged(f"generation {self.name} has {counts['shares']} shares, its plan {planned}")
        header = {name: started[name] for name in ("generation", "name", "run_id", "started_at", "versions", "asked")}
        begun = {"key": self._started, **_digest(read_object(self.store, self._started))}
        manifest = {**header, "finished_at": rfc3339(at), **counts, "started": begun, "share_lists": lists, "report": report}
        manifest["digest"] = manifest_digest(manifest)  # nothing else lists it, so it vouches for itself
        return from_bytes(self._manifest, self.store.create(self._manifest, to_bytes(manifest)))

    def _listed(self, counts: dict[str, int]) -> Iterator[bytes]:
        for found in self.store.listing(keys.generation(self.name, "outlet=")):
            if found.key.endswith(".share.json"):
                data = read_object(self.store, found.key)
                share = from_bytes(found.key, data)
                counts["shares"] += 1
                counts["articles"] += share["articles"]
                counts["records"] += share["part"]["records"] if share["part"] else 0
                counts["originals"] += len(share["originals"])
                counts["lost"] += len(share["lost"])
                yield to_bytes({"key": found.key, **_digest(data)})

    def _share(self, outlet: str, n: int, suffix: str, plan: str = "") -> str:
        return keys.generation_share(self.name, outlet, n, suffix, plan)


class Part:
    """The records of one share as they are written: compressed as they come. The same records give the same bytes."""

    def __init__(self) -> None:
        self.count = 0
        # wbits 31: gzip, with zlib's own header, which has no clock and no name. Level 1: a quarter of the time of 6, and a
        # seventh of reading the page as it would be.
        self._stream = zlib.compressobj(1, zlib.DEFLATED, 31)
        self._parts: list[bytes] = []

    def add(self, line: bytes) -> None:
        """A record as `storage.record.to_bytes` writes it."""
        self.count += 1
        self._parts.append(self._stream.compress(line))

    def data(self) -> bytes:
        """The whole part, once."""
        self._parts.append(self._stream.flush())
        return b"".join(self._parts)


def finished(store: Store) -> Iterator[Json]:
    """The manifests of the finished generations, by name."""
    for name in folders(store, "generations/"):
        if (manifest := Generation(store, name).manifest()) is not None:
            yield manifest


def records(store: Store, name: str, outlet: str | None = None) -> Iterator[Json]:
    """The articles as a finished generation has them, by outlet and WARC file; read again, or the original where it stands.

    Stays the same for ever. ArchiveError when the generation is not there or not finished; Damaged for what is not as listed.
    """
    manifest = Generation(store, name).manifest()
    if manifest is None:
        known = ", ".join(each["name"] for each in finished(store)) or "none"
        raise ArchiveError(f"{store.uri}: no finished generation {name!r}; finished: {known}")
    prefix = keys.generation(name, f"outlet={keys.checked_slug(outlet)}/" if outlet else "outlet=")
    for listed in manifest["share_lists"]:
        for line in _checked(store, listed).splitlines():
            entry = json.loads(line)
            if entry["key"].startswith(prefix):
                share = from_bytes(entry["key"], _checked(store, entry))
                if share["part"]:
                    yield from lines_of(share["part"]["key"], _checked(store, share["part"]))
                for key in share["originals"]:
                    yield from_bytes(key, read_object(store, key))


def lines_of(key: str, data: bytes) -> Iterator[Json]:
    """The records of a part. Damaged if it is none. The text is unpacked step by step, not at once."""
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


def _checked(store: Store, listed: Json) -> bytes:
    data = read_object(store, listed["key"])
    if hashlib.sha256(data).hexdigest() != listed["sha256"]:
        raise Damaged(f"{store.uri}: {listed['key']} is not what was written (sha256)")
    return data


def _digest(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _optional(store: Store, key: str) -> Json | None:
    data = store.get(key)
    return None if data is None else from_bytes(key, data)
