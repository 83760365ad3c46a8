# ruff: noqa: E501  # one line a tampering
"""Ways to tamper with an archive in a folder, by somebody who knows how it is made and has every digest recomputed where it helps."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storage import open_archive
from storage.record import to_bytes
from storage.run.manifest import manifest_digest
from storage.seals.checkpoint import parse_checkpoint
from storage.seals.sealing import Sealer
from storage.seals.signed_note import SignerKey
from tests.storage.newsroom import article, keep_all

KEY = SignerKey("operator", bytes(range(32)))
OTHER_KEY = SignerKey("operator", bytes(range(1, 33)))


class Sealed:
    """An archive in a folder with three runs that kept articles, the first a real crawl; two seals, the second over all of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = [path for path in _manifests(folder) if b'"key":"articles/' in path.read_bytes()]
        self.manifests = sorted(kept, key=lambda path: path.name)

    def manifest(self, number: int) -> Path:
        """Of a run by its place in time."""
        return self.manifests[number]

    def run_id(self, number: int) -> str:
        """The id of that run."""
        return self.manifest(number).stem

    def one(self, pattern: str, run: int | None = None) -> Path:
        """The first object that fits, of a run if one is named."""
        found = sorted(self.folder.glob(pattern))
        if run is not None:
            listed = {each["key"] for each in self.files(run)}
            found = [path for path in found if str(path.relative_to(self.folder)) in listed]
        return found[0]

    def files(self, number: int) -> list[dict[str, Any]]:
        """What the manifest lists."""
        files: list[dict[str, Any]] = json.loads(self.manifest(number).read_text())["files"]
        return files

    def rewrite(self, path: Path, change: Callable[[dict[str, Any]], object]) -> None:
        """Change a JSON object in place."""
        value = json.loads(path.read_text())
        change(value)
        path.write_bytes(to_bytes(value))

    def recompute(self) -> None:
        """Have every manifest list what stands there, and vouch for itself."""
        for path in _manifests(self.folder):
            manifest = json.loads(path.read_text())
            files = []
            for each in manifest["files"]:
                file = self.folder / each["key"]
                if file.exists():
                    data = file.read_bytes()
                    files.append({"key": each["key"], "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)})
            manifest["files"] = files
            manifest["digest"] = manifest_digest(manifest)
            path.write_bytes(to_bytes(manifest))

    def delete_run(self, number: int) -> None:
        """A run with everything that it made, as `rm` does it."""
        for each in self.files(number):
            (self.folder / each["key"]).unlink()
        self.manifest(number).unlink()

    def in_article(self, run: int, change: Callable[[dict[str, Any]], object]) -> None:
        """Change a record, the copy in its claim, and every digest."""
        path = self.one("articles/outlet=*/*/*.json", run)
        key = str(path.relative_to(self.folder))
        claim = next(each for each in self.folder.glob("hashes/*/*.json") if key in each.read_text())
        self.rewrite(path, change)
        record = json.loads(path.read_text())
        self.rewrite(claim, lambda value: value.update(record=record))
        self.recompute()

    def seal(self, key: SignerKey) -> None:
        """Seal anew, in two seals as before."""
        shutil.rmtree(self.folder / "seals", ignore_errors=True)
        shutil.rmtree(self.folder / "state" / "seals", ignore_errors=True)
        Sealer(open_archive(str(self.folder)).store, [key]).seal()


def _manifests(folder: Path) -> list[Path]:
    return [path for path in folder.glob("runs/*/*/*/*.json") if path.name.count(".") == 1]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _swap(first: Path, second: Path) -> None:
    a, b = first.read_bytes(), second.read_bytes()
    first.write_bytes(b)
    second.write_bytes(a)


def _add(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _back_date(sealed: Sealed) -> None:
    archive = open_archive(str(sealed.folder))
    at = datetime.now(UTC) - timedelta(days=400)
    keep_all(archive, article(9_999, "خبر لم ينشر"), at=at)


def _announce_and_delete(sealed: Sealed) -> None:
    """`warraq seal` announces what it has sealed; `rm -r seals` leaves that where it is."""
    announce_last_seal(sealed.folder)
    shutil.rmtree(sealed.folder / "seals")


def announce_last_seal(folder: Path) -> None:
    """Put the newest checkpoint into the change log."""
    path = max(folder.glob("seals/*/checkpoint"))
    checkpoint = parse_checkpoint(path.read_bytes())
    number = int(path.parent.name)
    run = open_archive(str(folder)).begin({"warraq": "test"})
    run.announce_seal(number, checkpoint.origin, {"seal": number, "checkpoint": checkpoint.note.decode()})
    run.finish()


def _lines(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def _forge_text(sealed: Sealed, run: int) -> None:
    """Another text under its old content hash, with every digest recomputed."""
    sealed.in_article(run, lambda record: record.update(body=record["body"] + " أضيف لاحقا"))


def _without_announcement(sealed: Sealed, number: int) -> None:
    """The manifest and the event of a run's end: it looks as if it had been killed."""
    run = sealed.run_id(number)
    sealed.manifest(number).unlink()
    for segment in sealed.folder.glob(f"changes/*/*/*/{run}-*.jsonl"):
        _lines(segment, lambda lines: [line for line in lines if b'"type":"run.finished"' not in line])
        if not segment.read_bytes():
            segment.unlink()


def _reorder(path: Path) -> None:
    _lines(path, lambda lines: lines[::-1])


def _warc(sealed: Sealed) -> Path:
    return max(sealed.folder.glob("warc/*/*/*.warc.gz"), key=lambda path: path.stat().st_size)


def _forge_warc(sealed: Sealed) -> None:
    """Another page in a raw capture, packed anew, with every digest of the manifest recomputed."""
    path = _warc(sealed)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"</p>", b" x</p>", 1)))
    sealed.recompute()


def _checkpoint(sealed: Sealed, change: Callable[[bytes], bytes]) -> None:
    path = max(sealed.folder.glob("seals/*/checkpoint"))
    path.write_bytes(change(path.read_bytes()))


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink()


def _roll_back(sealed: Sealed, *, with_seal: bool) -> None:
    """Yesterday's copy: the last run is not there, nor is (with_seal) the seal over it."""
    sealed.delete_run(2)
    if with_seal:
        shutil.rmtree(max(sealed.folder.glob("seals/*")))
        (sealed.folder / "state/seals/tree.json").unlink(missing_ok=True)


def _forge_and_seal(sealed: Sealed, key: SignerKey) -> None:
    _forge_text(sealed, 0)
    sealed.seal(key)


TAMPERINGS: dict[str, Callable[[Sealed], object]] = {
    "a bit of an article is flipped": lambda s: _flip(s.one("articles/*/*/*.json")),
    "an article is cut short": lambda s: _cut(s.one("articles/*/*/*.json")),
    "an article is emptied": lambda s: s.one("articles/*/*/*.json").write_bytes(b""),
    "an article is deleted": lambda s: _remove(s.one("articles/*/*/*.json")),
    "two articles are swapped": lambda s: _swap(*sorted(s.folder.glob("articles/*/*/*.json"))[:2]),
    "an article is added": lambda s: _add(
        s.one("articles/*/*/*.json").with_name("77.0123456789abcdef.json"), s.one("articles/*/*/*.json").read_bytes()
    ),
    "an article's headline is changed": lambda s: s.rewrite(s.one("articles/*/*/*.json"), lambda r: r.update(headline="غيره")),
    "an article's day is changed": lambda s: s.rewrite(
        s.one("articles/*/*/*.json"), lambda r: r.update(date_published="2011-03-15")
    ),
    "an article's author is changed": lambda s: s.rewrite(s.one("articles/*/*/*.json"), lambda r: r.update(authors=["غيره"])),
    "a bit of a claim is flipped": lambda s: _flip(s.one("hashes/*/*.json")),
    "a claim is deleted": lambda s: _remove(s.one("hashes/*/*.json")),
    "two claims are swapped": lambda s: _swap(*sorted(s.folder.glob("hashes/*/*.json"))[:2]),
    "a bit of a ledger entry is flipped": lambda s: _flip(s.one("urls/*/*/*/1.json")),
    "a ledger entry is deleted": lambda s: _remove(s.one("urls/*/*/*/1.json")),
    "a ledger entry's moment is changed": lambda s: s.rewrite(
        s.one("urls/*/*/*/1.json"), lambda e: e.update(at="2011-03-15T00:00:00Z")
    ),
    "a ledger entry is added": lambda s: _add(
        s.one("urls/*/*/*/1.json").with_name("3.json"), s.one("urls/*/*/*/1.json").read_bytes()
    ),
    "a bit of a WARC file is flipped": lambda s: _flip(_warc(s)),
    "a WARC file is cut short": lambda s: _cut(_warc(s)),
    "a WARC file is deleted": lambda s: _remove(_warc(s)),
    "a bit of an index is flipped": lambda s: _flip(s.one("warc/*/*/*.cdxj")),
    "an index is deleted": lambda s: _remove(s.one("warc/*/*/*.cdxj")),
    "a bit of a change segment is flipped": lambda s: _flip(s.one("changes/*/*/*/*.jsonl")),
    "a change segment is deleted": lambda s: _remove(s.one("changes/*/*/*/*.jsonl", 0)),
    "the changes of a segment are reordered": lambda s: _reorder(
        max(s.folder.glob("changes/*/*/*/*.jsonl"), key=lambda p: p.read_bytes().count(b"\n"))
    ),
    "a bit of a manifest is flipped": lambda s: _flip(s.manifest(1)),
    "a manifest is deleted": lambda s: _remove(s.manifest(1)),
    "a manifest's counts are changed": lambda s: s.rewrite(s.manifest(0), lambda m: m.update(discovered=1)),
    "a start marker is deleted": lambda s: _remove(s.one("runs/*/*/*/*.started.json")),
    "archive.json is changed": lambda s: s.rewrite(s.folder / "archive.json", lambda a: a.update(about="x")),
    "the schema is changed": lambda s: s.rewrite(s.folder / "schema/article-1.json", lambda a: a.update(title="x")),
    "a foreign object is added": lambda s: _add(s.folder / "articles/outlet=smart/notes.txt", b"x"),
    "a foreign folder is added": lambda s: _add(s.folder / "leaks/1.json", b"{}"),
    "an article's day is changed, digests recomputed": lambda s: s.in_article(
        0, lambda r: r.update(date_published="2011-03-15T00:00:00Z")
    ),
    "an article's author is changed, digests recomputed": lambda s: s.in_article(0, lambda r: r.update(authors=["غيره"])),
    "an article's text is changed, digests recomputed": lambda s: _forge_text(s, 0),
    "an article's keywords are changed, digests recomputed": lambda s: s.in_article(1, lambda r: r.update(keywords=["غيره"])),
    "a ledger entry's moment is changed, digests recomputed": lambda s: (
        s.rewrite(s.one("urls/*/*/*/1.json", 1), lambda e: e.update(at="2011-03-15T00:00:00Z", moment=None)),
        s.recompute(),
    ),
    "the order of changes is another, digests recomputed": lambda s: (
        _reorder(max(s.folder.glob("changes/*/*/*/*.jsonl"), key=lambda p: p.read_bytes().count(b"\n"))),
        s.recompute(),
    ),
    "a raw capture is another, digests recomputed": _forge_warc,
    "a manifest's versions are another, digests recomputed": lambda s: (
        s.rewrite(s.manifest(1), lambda m: m["versions"].update(warraq="9")),
        s.recompute(),
    ),
    "the last run is deleted": lambda s: s.delete_run(2),
    "a middle run is deleted": lambda s: s.delete_run(1),
    "a middle run is deleted but for its marker": lambda s: (
        s.delete_run(1),
        _add(s.manifest(1).with_suffix(".started.json"), to_bytes({"run_id": s.run_id(1), "started_at": "2026-11-22T12:00:00Z"})),
    ),
    "a manifest and its announcement are deleted": lambda s: _without_announcement(s, 2),
    "a manifest is deleted and an article changed": lambda s: (
        _without_announcement(s, 1),
        s.rewrite(s.one("articles/*/*/*.json"), lambda r: r.update(authors=["غيره"])),
    ),
    "a run is back-dated into the past": _back_date,
    "a bit of a checkpoint is flipped": lambda s: _checkpoint(s, lambda note: note.replace(b"sealed 2", b"sealed 1", 1)),
    "a checkpoint's signature is another's": lambda s: _checkpoint(s, lambda note: note[:-12] + b"AAAAAAAAAA=\n"),
    "a checkpoint is deleted": lambda s: _remove(min(s.folder.glob("seals/*/checkpoint"))),
    "a seal is deleted": lambda s: shutil.rmtree(min(s.folder.glob("seals/*"))),
    "two lines of the log are swapped": lambda s: _reorder(
        max(s.folder.glob("seals/*/runs.jsonl"), key=lambda p: p.stat().st_size)
    ),
    "a foreign file lies in a seal": lambda s: _add(min(s.folder.glob("seals/*")) / "readme.txt", b"x"),
    "yesterday's copy, seals kept": lambda s: _roll_back(s, with_seal=False),
    "yesterday's copy with its seals": lambda s: _roll_back(s, with_seal=True),
    "all seals are deleted": lambda s: shutil.rmtree(s.folder / "seals"),
    "all seals are deleted, not what announced one": _announce_and_delete,
    "a text is forged, all sealed anew with another key": lambda s: _forge_and_seal(s, OTHER_KEY),
    "a text is forged, all sealed anew with the stolen key": lambda s: _forge_and_seal(s, KEY),
    "the last run is deleted, all sealed anew with the stolen key": lambda s: (s.delete_run(2), s.seal(KEY)),
}
"""By what was done; each gets an archive of its own."""
