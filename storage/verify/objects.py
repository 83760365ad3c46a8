"""What one object of the archive says, by the kind that its key names. Looks at nothing but the object."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC
from typing import Final

from storage import keys, record
from storage.errors import ArchiveError
from storage.ledger import parse
from storage.record import Json, moment, to_bytes
from storage.run.claims import read_claim
from storage.run.manifest import manifest_digest
from storage.stores.store import Store, Stored
from storage.verify import generations, schema
from storage.verify.captures import note_capture_file
from storage.verify.chains import link
from storage.verify.object_rows import ObjectRows

STRANGE: Final = "does not belong in an archive of layout 1"
_ENDED: Final = ("run_id", "started_at", "finished_at", "versions", "discovered", "fates", "outlets")
"""What the event `run.finished` tells of a manifest."""
_RUN: Final = re.compile(r"runs/\d{4}/\d\d/\d\d/(?P<run>[^/.]+)\.(?P<kind>json|(?:started|recovered)\.json|files-\d+\.jsonl)")


def read(store: Store, found: Stored) -> ObjectRows:
    """Read an object and note what it says; what is wrong with it is noted too. ArchiveError only from a bucket that is lost."""
    object_rows = ObjectRows(found.key)
    try:
        data = store.get(found.key)
    except ArchiveError as error:
        object_rows.add_finding(str(error))
        return object_rows
    if data is None:
        object_rows.is_missing = True
        object_rows.add_finding("is listed and cannot be read")
        return object_rows
    object_rows.sha256, object_rows.bytes = hashlib.sha256(data).digest(), len(data)
    look(object_rows, data)
    return object_rows


def look(object_rows: ObjectRows, data: bytes) -> None:
    """Note what these bytes say under the key of `noted`."""
    check = _KINDS.get(object_rows.key.partition("/")[0])
    if check is None:
        object_rows.add_finding(STRANGE)
        return
    try:
        check(object_rows, data)
    except (ArchiveError, ValueError, TypeError, KeyError, AttributeError) as error:
        object_rows.add_finding(f"cannot be read as what its key says ({error!r})")


def _archive(object_rows: ObjectRows, data: bytes) -> None:
    if object_rows.key != keys.ARCHIVE_JSON:
        object_rows.add_finding(STRANGE)
    elif json.loads(data)["layout"] != keys.LAYOUT:
        object_rows.add_finding(f"names another layout than {keys.LAYOUT}")


def _schema(object_rows: ObjectRows, data: bytes) -> None:
    version = next((n for n, key in keys.ARTICLE_SCHEMAS.items() if key == object_rows.key), None)
    if version is None:
        object_rows.add_finding(STRANGE)
    elif json.loads(data).get("$id") != json.loads(record.schema(version))["$id"]:
        object_rows.add_finding("is not the schema of article records")


def _article(object_rows: ObjectRows, data: bytes) -> None:
    kept = json.loads(data)
    object_rows.run = kept["run_id"]
    for problem in schema.problems(kept):
        object_rows.add_finding(problem)
    captured = moment(kept["capture"]["fetched_at"])
    place = captured and keys.article(kept["id"], kept["outlet"], kept["content_hash"], captured.astimezone(UTC))
    if object_rows.key != place:
        object_rows.add_finding("its key does not fit its id, outlet, content hash and day of capture")
    object_rows.add("article", kept["content_hash"], f"{kept['outlet']} {keys.url_hash(kept['url'])}")
    object_rows.add_pointer(kept["capture"])


def _claim(object_rows: ObjectRows, data: bytes) -> None:
    article, kept = read_claim(object_rows.key, data)
    object_rows.run = kept["run_id"]
    if keys.claim_hash(object_rows.key) != kept["content_hash"]:
        object_rows.add_finding(f"claims {kept['content_hash']}, not what its key says")
    # The record stands in the claim as it does in the article, byte for byte: no need to write it out again.
    _, _, text = data.partition(b'","record":')
    held = text[:-2] + b"\n" if data.endswith(b"}}\n") else to_bytes(kept)
    object_rows.add("claim", article, kept["content_hash"], hashlib.sha256(held).digest())


def _entry(object_rows: ObjectRows, data: bytes) -> None:
    if not keys.ledger_parts(object_rows.key)[0]:
        object_rows.add_finding(STRANGE)
        return
    entry = parse(object_rows.key, data)
    object_rows.run = entry.run_id
    if entry.key != object_rows.key:
        object_rows.add_finding(f"records {entry.outlet} {entry.url}, entry {entry.n}: not what its key says")
    object_rows.rows.append(("entry", link(entry)._replace(src=object_rows.key)))
    object_rows.add_pointer(entry.capture)


def _segment(object_rows: ObjectRows, data: bytes) -> None:
    parts = keys.changes_parts(object_rows.key)
    if parts is None:
        object_rows.add_finding(STRANGE)
        return
    object_rows.run = parts[0]
    if not data.endswith(b"\n"):
        object_rows.add_finding("ends in the middle of a line")
    for number, line in enumerate(data.splitlines(), 1):
        event = json.loads(line)
        event_data = event["data"]
        if event["specversion"] != "1.0" or not event["id"] or not event["source"]:
            object_rows.add_finding("is no CloudEvent 1.0", key=f"{object_rows.key}#{number}")
        if event["type"].startswith("article."):
            url = f"{event_data['outlet']} {keys.url_hash(event_data['url'])}"
            object_rows.add("told", number, event["type"], url, event_data["n"], event_data["content_hash"], event_data["key"])
        elif event["type"] == "run.finished":
            digest = event_data.get("manifest_digest")
            object_rows.add("ended", event_data["run_id"], _ending(event_data), event_data["finished_at"], digest)
        elif event["type"] == "archive.sealed":
            object_rows.add("announced", number, int(event_data["seal"]), str(event_data["checkpoint"]).encode())


def _run(object_rows: ObjectRows, data: bytes) -> None:
    name = _RUN.fullmatch(object_rows.key)
    if name is None:
        object_rows.add_finding(STRANGE)
        return
    run, kind = name["run"], name["kind"]
    if kind == "json":
        manifest = json.loads(data)
        _manifest(object_rows, manifest, run)
        object_rows.compare_form(manifest, data)
        return
    object_rows.run = run
    if kind.startswith("files-"):
        for line in data.splitlines():
            object_rows.add_file(json.loads(line))
        return
    marker = json.loads(data)
    if marker["run_id"] != run:
        object_rows.add_finding(f"speaks of run {marker['run_id']}")
    object_rows.run = marker.get("recovered_by", run)
    object_rows.add("run", run, kind.removesuffix(".json"), None, None, None)


def _manifest(object_rows: ObjectRows, manifest: Json, run: str) -> None:
    if manifest["run_id"] != run:
        object_rows.add_finding(f"is the manifest of run {manifest['run_id']}")
    whole = manifest_digest(manifest)
    if manifest.get("digest", whole) != whole:
        object_rows.add_finding("its digest is of something else")
    outlets = manifest["outlets"].values()
    for count in (manifest, *outlets):
        if sum(count["fates"].values()) != count["discovered"]:
            object_rows.add_finding(f"its fates do not add up to what was discovered ({count['discovered']})")
    if sum(count["discovered"] for count in outlets) != manifest["discovered"]:
        object_rows.add_finding("its outlets do not add up")
    object_rows.add(
        "run", run, "manifest", _ending(manifest), manifest["finished_at"], manifest_digest(manifest, without_files=True)
    )
    for listed in (*manifest["files"], *manifest["file_parts"]):
        object_rows.add_file(listed)


def _seal(object_rows: ObjectRows, data: bytes) -> None:
    from storage.verify import seals  # noqa: PLC0415 - loads cryptography, and few objects are of seals

    seals.look(object_rows, data)


def _ending(manifest: Json) -> bytes:
    return hashlib.sha256(to_bytes({name: manifest.get(name) for name in _ENDED})).digest()


_KINDS: Final[dict[str, Callable[[ObjectRows, bytes], None]]] = {
    "archive.json": _archive,
    "schema": _schema,
    "articles": _article,
    "changes": _segment,
    "generations": generations.look,
    "hashes": _claim,
    "runs": _run,
    "seals": _seal,
    "urls": _entry,
    "warc": note_capture_file,
}
