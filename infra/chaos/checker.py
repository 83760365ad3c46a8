"""Checks what must hold of an archive whatever happened to its writers; gives a list of complaints, empty if all holds."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator

from storage import Archive, ArchiveError, open_archive
from storage.record import Pointer
from storage.warc.reader import record_at


def main(arguments: list[str]) -> None:
    """`check whole URI EXPECTED CURSOR-FILE` or `check half URI CURSOR-FILE`: prints the complaints as a JSON list.
    `check contents URI`: prints the addresses kept and the ids announced.
    """
    kind, uri, *rest = arguments
    archive = open_archive(uri)
    if kind == "contents":
        sys.stdout.write(json.dumps(_contents(archive)) + "\n")
        return
    complaints = [*_followed(archive, Path(rest[-1])), *(_damage(archive) if kind == "half" else [])]
    if kind == "whole":
        expected = json.loads(Path(rest[0]).read_text("utf-8"))
        complaints += [*whole(archive, expected["texts"], expected["gone"]), *_missed(archive, Path(rest[-1]))]
        complaints += _delivered(archive, expected["delivered"], ordered=expected["ordered"]) if "delivered" in expected else ()
    sys.stdout.write(json.dumps(complaints) + "\n")


def _contents(archive: Archive) -> dict[str, list[str]]:
    return {
        "urls": [record["url"] for record in archive.articles()],
        "ids": [change.event["id"] for change in archive.changes()],
    }


def _damage(archive: Archive) -> Iterator[str]:
    """A killed writer may leave work to be done; it never leaves damage."""
    for finding in archive.verify().damaged:
        yield f"damaged after a kill: {finding.key}: {finding.problem}"


def whole(archive: Archive, texts: dict[str, list[str]], gone: list[str]) -> Iterator[str]:
    """Complaints about an archive whose last run ended well."""
    report = archive.verify()
    for finding in report.findings:
        yield f"verify: {finding.severity}: {finding.key}: {finding.problem}"
    for run in report.unfinished:
        yield f"verify: run {run} is unfinished after a finished one"
    yield from _sums(archive)
    yield from _kept(archive, texts)
    yield from _announced(archive, gone)
    yield from _raw(archive)


def _sums(archive: Archive) -> Iterator[str]:
    for found in archive.store.listing("runs/"):
        if found.key.count(".") != 1:
            continue
        manifest = archive.get(found.key)
        for name, counts in {"": manifest, **manifest["outlets"]}.items():
            if sum(counts["fates"].values()) != counts["discovered"]:
                yield f"{found.key}: fates of {name or 'all'} do not add up: {counts['fates']} of {counts['discovered']}"


def _kept(archive: Archive, texts: dict[str, list[str]]) -> Iterator[str]:
    times: Counter[str] = Counter()
    for record in archive.articles():
        hashed = record["content_hash"]
        times[hashed] += 1
        if hashed not in texts:
            yield f"{record['url']}: kept with a text that the world never had ({hashed[:23]})"
        elif record["url"] not in texts[hashed]:
            yield f"{record['url']}: kept with the text of {texts[hashed]}"
    for hashed, urls in texts.items():
        if times[hashed] != 1:
            yield f"{urls[0]}: kept {times[hashed]} times ({hashed[:23]})"


def _announced(archive: Archive, gone: list[str]) -> Iterator[str]:
    """Each article at least once; nothing that is not there; one id always says the same."""
    by_id: dict[str, dict[str, Any]] = {}
    announced: dict[str, set[str]] = defaultdict(set)
    for change in archive.changes():
        event = change.event
        announced[event["type"]].add(str(event["data"].get("key") or ""))
        if event["type"] == "article.gone":
            announced["gone"].add(event["data"]["url"])
        if event["type"].startswith("article.") and event["data"]["key"] and archive.store.stat(event["data"]["key"]) is None:
            yield f"announced and not there: {event['data']['key']}"
        what = {name: event["data"].get(name) for name in ("url", "content_hash", "n", "key")}
        if by_id.setdefault(event["id"], what) != what:
            yield f"one id, two events: {event['id']}: {by_id[event['id']]} and {what}"
    kept = {found.key for found in archive.store.listing("articles/")}
    yield from (f"never announced: {key}" for key in sorted(kept - announced["article.kept"] - announced["article.revised"]))
    yield from (f"removed, and that is not announced: {url}" for url in gone if url not in announced["gone"])


def _raw(archive: Archive) -> Iterator[str]:
    """Every article's bytes are there, and the reference reader of WARC finds every file whole."""
    for record in archive.articles():
        warc = record["capture"]["warc"]
        if warc is None:
            yield f"{record['url']}: kept without its raw bytes"
            continue
        try:
            record_at(archive.store, Pointer(**warc))
        except ArchiveError as error:
            yield f"{record['url']}: {error}"
    for found in archive.store.listing("warc/"):
        if found.key.endswith(".warc.gz"):
            records = 0
            for record in ArchiveIterator(io.BytesIO(archive.store.get(found.key) or b""), check_digests=True):
                record.content_stream().read()
                records += 1
                if record.digest_checker.passed is False:
                    yield f"{found.key}: warcio: {record.digest_checker.problems}"
            if records < 2:
                yield f"{found.key}: {records} records"


def _followed(archive: Archive, file: Path) -> Iterator[str]:
    """A reader that follows the change log through all of it and keeps its cursor and what it received in `file`."""
    state: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {"cursor": None, "ids": []}
    try:
        for change in archive.changes(after=state["cursor"]):
            state["cursor"] = change.cursor
            state["ids"].append(change.event["id"])
    except ArchiveError as error:
        yield f"the reader of the change log was stopped: {error}"
    file.write_text(json.dumps(state), "utf-8")


def _missed(archive: Archive, file: Path) -> Iterator[str]:
    received = set(json.loads(file.read_text("utf-8"))["ids"])
    missed = {change.event["id"] for change in archive.changes()} - received
    yield from (f"the reader of the change log missed {id_}" for id_ in sorted(missed))


def _delivered(archive: Archive, events: list[dict[str, Any]], *, ordered: bool) -> Iterator[str]:
    """Each change at least once, and nothing else. ordered: those of one address in their order too, repeats left out."""
    places: dict[str, int] = {}
    for n, change in enumerate(archive.changes()):
        places.setdefault(change.event["id"], n)
    had = {event["id"]: event for event in reversed(events)}
    yield from (f"never delivered: {id_}" for id_ in places if id_ not in had)
    yield from (f"delivered, and never announced: {id_}" for id_ in had if id_ not in places)
    latest: dict[str, int] = {}
    for id_ in dict.fromkeys(event["id"] for event in events if ordered):
        url, place = had[id_]["data"].get("url"), places.get(id_, 0)
        if url and place < latest.get(url, 0):
            yield f"delivered out of order: {id_}"
        latest[url] = place
