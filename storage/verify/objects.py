"""What one object of the archive says, by the kind that its key names. Looks at nothing but the object."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Final

from storage import keys, record
from storage.errors import ArchiveError
from storage.ledger import parse
from storage.record import Json, moment, to_bytes
from storage.run.claims import read_claim
from storage.run.manifest import manifest_digest
from storage.stores.store import Store, Stored
from storage.verify import generations, schema, seals
from storage.verify.captures import note_capture_file
from storage.verify.chains import link
from storage.verify.notes import Noted

STRANGE: Final = "does not belong in an archive of layout 1"
_ENDED: Final = ("run_id", "started_at", "finished_at", "versions", "discovered", "fates", "outlets")
"""What the event `run.finished` tells of a manifest."""
_RUN: Final = re.compile(r"runs/\d{4}/\d\d/\d\d/(?P<run>[^/.]+)\.(?P<kind>json|(?:started|recovered)\.json|files-\d+\.jsonl)")


def read(store: Store, found: Stored) -> Noted:
    """Read an object and note what it says; what is wrong with it is noted too. ArchiveError only from a bucket that is lost."""
    noted = Noted(found.key)
    try:
        data = store.get(found.key)
    except ArchiveError as error:
        noted.find(str(error))
        return noted
    if data is None:
        noted.find("is listed and cannot be read")
        return noted
    noted.sha256, noted.bytes = hashlib.sha256(data).digest(), len(data)
    look(noted, data)
    return noted


def look(noted: Noted, data: bytes) -> None:
    """Note what these bytes say under the key of `noted`."""
    check = _KINDS.get(noted.key.partition("/")[0])
    if check is None:
        noted.find(STRANGE)
        return
    try:
        check(noted, data)
    except (ArchiveError, ValueError, TypeError, KeyError, AttributeError) as error:
        noted.find(f"cannot be read as what its key says ({error!r})")


def _archive(noted: Noted, data: bytes) -> None:
    if noted.key != keys.ARCHIVE_JSON:
        noted.find(STRANGE)
    elif json.loads(data)["layout"] != keys.LAYOUT:
        noted.find(f"names another layout than {keys.LAYOUT}")


def _schema(noted: Noted, data: bytes) -> None:
    version = next((n for n, key in keys.ARTICLE_SCHEMAS.items() if key == noted.key), None)
    if version is None:
        noted.find(STRANGE)
    elif json.loads(data).get("$id") != json.loads(record.schema(version))["$id"]:
        noted.find("is not the schema of article records")


def _article(noted: Noted, data: bytes) -> None:
    kept = json.loads(data)
    noted.run = kept["run_id"]
    for problem in schema.problems(kept):
        noted.find(problem)
    captured = moment(kept["capture"]["fetched_at"])
    place = captured and keys.article(kept["id"], kept["outlet"], kept["content_hash"], captured.astimezone(UTC))
    if noted.key != place:
        noted.find("its key does not fit its id, outlet, content hash and day of capture")
    noted.note("article", kept["content_hash"], f"{kept['outlet']} {keys.url_hash(kept['url'])}")
    noted.point(kept["capture"])


def _claim(noted: Noted, data: bytes) -> None:
    article, kept = read_claim(noted.key, data)
    noted.run = kept["run_id"]
    if keys.claim_hash(noted.key) != kept["content_hash"]:
        noted.find(f"claims {kept['content_hash']}, not what its key says")
    # The record stands in the claim as it does in the article, byte for byte: no need to write it out again.
    _, _, text = data.partition(b'","record":')
    held = text[:-2] + b"\n" if data.endswith(b"}}\n") else to_bytes(kept)
    noted.note("claim", article, kept["content_hash"], hashlib.sha256(held).digest())


def _entry(noted: Noted, data: bytes) -> None:
    if not keys.ledger_parts(noted.key)[0]:
        noted.find(STRANGE)
        return
    entry = parse(noted.key, data)
    noted.run = entry.run_id
    if entry.key != noted.key:
        noted.find(f"records {entry.outlet} {entry.url}, entry {entry.n}: not what its key says")
    noted.rows.append(("entry", link(entry)._replace(src=noted.key)))
    noted.point(entry.capture)


def _segment(noted: Noted, data: bytes) -> None:
    parts = keys.changes_parts(noted.key)
    if parts is None:
        noted.find(STRANGE)
        return
    noted.run = parts[0]
    if not data.endswith(b"\n"):
        noted.find("ends in the middle of a line")
    for number, line in enumerate(data.splitlines(), 1):
        event = json.loads(line)
        event_data = event["data"]
        if event["specversion"] != "1.0" or not event["id"] or not event["source"]:
            noted.find("is no CloudEvent 1.0", key=f"{noted.key}#{number}")
        if event["type"].startswith("article."):
            url = f"{event_data['outlet']} {keys.url_hash(event_data['url'])}"
            noted.note("told", number, event["type"], url, event_data["n"], event_data["content_hash"], event_data["key"])
        elif event["type"] == "run.finished":
            digest = event_data.get("manifest_digest")
            noted.note("ended", event_data["run_id"], _ending(event_data), event_data["finished_at"], digest)


def _run(noted: Noted, data: bytes) -> None:
    name = _RUN.fullmatch(noted.key)
    if name is None:
        noted.find(STRANGE)
        return
    run, kind = name["run"], name["kind"]
    if kind == "json":
        _manifest(noted, json.loads(data), run)
        return
    noted.run = run
    if kind.startswith("files-"):
        files(noted, (json.loads(line) for line in data.splitlines()))
        return
    marker = json.loads(data)
    if marker["run_id"] != run:
        noted.find(f"speaks of run {marker['run_id']}")
    noted.run = marker.get("recovered_by", run)
    noted.note("run", run, kind.removesuffix(".json"), None, None, None)


def _manifest(noted: Noted, manifest: Json, run: str) -> None:
    if manifest["run_id"] != run:
        noted.find(f"is the manifest of run {manifest['run_id']}")
    whole = manifest_digest(manifest)
    if manifest.get("digest", whole) != whole:
        noted.find("its digest is of something else")
    outlets = manifest["outlets"].values()
    for count in (manifest, *outlets):
        if sum(count["fates"].values()) != count["discovered"]:
            noted.find(f"its fates do not add up to what was discovered ({count['discovered']})")
    if sum(count["discovered"] for count in outlets) != manifest["discovered"]:
        noted.find("its outlets do not add up")
    noted.note("run", run, "manifest", _ending(manifest), manifest["finished_at"], manifest_digest(manifest, without_files=True))
    files(noted, [*manifest["files"], *manifest["file_parts"]])


def files(noted: Noted, listed: Iterable[Json]) -> None:
    """Note the objects that a manifest, or a part of one, lists."""
    for file in listed:
        noted.note("file", file["key"], bytes.fromhex(file["sha256"]), file["bytes"])


def _ending(manifest: Json) -> bytes:
    return hashlib.sha256(to_bytes({name: manifest.get(name) for name in _ENDED})).digest()


_KINDS: Final[dict[str, Callable[[Noted, bytes], None]]] = {
    "archive.json": _archive,
    "schema": _schema,
    "articles": _article,
    "changes": _segment,
    "generations": generations.look,
    "hashes": _claim,
    "runs": _run,
    "seals": seals.look,
    "urls": _entry,
    "warc": note_capture_file,
}
