"""Proof of an archive's promises, offline: every object is read once, what it says of others is checked at the end.

The walk's notes lie in a temporary database on disk, so that memory does not grow with the archive. It writes nothing.
A run at work meanwhile makes findings of its own: verify an archive at rest, or look again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from itertools import groupby
from typing import Any, Final, Literal

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from storage import keys, record
from storage.errors import ArchiveError
from storage.identity import NORMALIZATION, content_hash
from storage.keep import read_claim
from storage.ledger import CONTENT, Entry, parse
from storage.record import Json, to_bytes
from storage.recover import moment
from storage.spill import temporary_database
from storage.store import Store, Stored

Severity = Literal["damage", "pending"]


@dataclass(frozen=True, slots=True)
class Finding:
    """An object that breaks a promise. pending: a killed run left it half done, the next run completes it."""

    key: str
    problem: str
    severity: Severity = "damage"


@dataclass(slots=True)
class Report:
    """objects: how many were read. unfinished: runs without a manifest, killed or still at work."""

    objects: int = 0
    findings: list[Finding] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    @property
    def damaged(self) -> list[Finding]:
        """The findings that no later run will mend."""
        return [finding for finding in self.findings if finding.severity == "damage"]


def verify(store: Store) -> Report:
    """Walk the whole archive. ArchiveError only if it cannot be read at all."""
    walk = _Walk(store)
    try:
        return walk.report()
    finally:
        walk.notes.close()


_NOTES: Final = """
CREATE TABLE object (key TEXT PRIMARY KEY, sha256 BLOB, bytes INTEGER) WITHOUT ROWID;
CREATE TABLE article (key TEXT PRIMARY KEY, hash TEXT, claimed INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE INDEX article_hash ON article (hash);
CREATE TABLE told (at TEXT, type TEXT, url TEXT, n INTEGER, hash TEXT, article TEXT);
CREATE INDEX told_url ON told (url, hash);
CREATE INDEX told_article ON told (article);
CREATE TABLE entry (key TEXT PRIMARY KEY, url TEXT, n INTEGER, fate TEXT, hash TEXT, article TEXT) WITHOUT ROWID;
CREATE INDEX entry_url ON entry (url, hash);
CREATE INDEX entry_article ON entry (article);
CREATE TABLE file (manifest TEXT, key TEXT, sha256 BLOB, bytes INTEGER);
CREATE TABLE run (id TEXT PRIMARY KEY, begun INTEGER DEFAULT 0, ended INTEGER DEFAULT 0) WITHOUT ROWID;
"""

_CROSS: Final[tuple[tuple[str, str, Severity], ...]] = (
    ("SELECT key FROM article WHERE NOT claimed", "no claim in hashes/ holds this article", "damage"),
    ("SELECT min(key) FROM article GROUP BY hash HAVING count(*) > 1", "its content is kept a second time", "damage"),
    (
        "SELECT key FROM article WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.article = article.key)",
        "was never announced in changes/",
        "pending",
    ),
    (
        "SELECT key FROM article WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.article = article.key)",
        "no ledger entry in urls/ names it",
        "pending",
    ),
    (
        """SELECT at FROM told WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.url = told.url
           AND entry.hash = told.hash AND (entry.fate = 'gone') = (told.type = 'article.gone'))""",
        "no ledger entry in urls/ records this change",
        "pending",
    ),
    (
        """SELECT at FROM told WHERE NOT EXISTS
           (SELECT 1 FROM article WHERE article.key = told.article AND article.hash = told.hash)""",
        "the change names an article that is not there, or has another content",
        "damage",
    ),
    (
        """SELECT key FROM entry WHERE (fate IN ('kept', 'revised') OR (fate = 'gone' AND hash IS NOT NULL)) AND NOT EXISTS
           (SELECT 1 FROM told WHERE told.url = entry.url AND told.n = entry.n AND told.hash = entry.hash)""",
        "was acknowledged but never announced in changes/",
        "damage",
    ),
    (
        """SELECT key FROM entry WHERE article IS NOT NULL AND NOT EXISTS
           (SELECT 1 FROM article WHERE article.key = entry.article AND article.hash = entry.hash)""",
        "names an article that is not there, or has another content",
        "damage",
    ),
    (
        """SELECT file.key || ' (' || file.manifest || ')' FROM file LEFT JOIN object ON object.key = file.key
           WHERE object.key IS NULL""",
        "the manifest in parentheses lists it, and it is not there",
        "damage",
    ),
    (
        """SELECT file.key || ' (' || file.manifest || ')' FROM file JOIN object ON object.key = file.key
           WHERE object.sha256 != file.sha256 OR object.bytes != file.bytes""",
        "is not what the manifest in parentheses says the run wrote",
        "damage",
    ),
)


class _Walk:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._report = Report()
        self.notes = temporary_database(_NOTES)
        self._schema = Draft202012Validator(json.loads(record.schema()))
        self._kinds: dict[str, Callable[[str, bytes], None]] = {
            "archive.json": self._archive,
            "schema": self._schema_file,
            "articles": self._article,
            "changes": self._segment,
            "hashes": self._claim,
            "runs": self._run,
        }

    def report(self) -> Report:
        if self._store.stat(keys.ARCHIVE_JSON) is None:
            self._find(keys.ARCHIVE_JSON, "is missing")
        for kind, group in groupby(self._store.listing(), lambda found: found.key.partition("/")[0]):
            if kind == "urls":
                for hashed, entries in groupby(group, lambda found: keys.ledger_parts(found.key)[0]):
                    self._url(hashed, entries)
            elif kind != "state":  # conveniences: nothing is promised of them
                for found in group:
                    self._look(found, self._kinds.get(kind))
        for query, problem, severity in _CROSS:
            for (key,) in self.notes.execute(query):
                self._find(key, problem, severity)
        self._report.unfinished = [
            run for (run,) in self.notes.execute("SELECT id FROM run WHERE begun AND NOT ended ORDER BY id")
        ]
        return self._report

    def _find(self, key: str, problem: str, severity: Severity = "damage") -> None:
        self._report.findings.append(Finding(key, problem, severity))

    def _look(self, found: Stored, check: Callable[[str, bytes], None] | None) -> None:
        if check is None:
            if not found.key.startswith("warc/"):  # raw bytes: kept and checked by later versions of this layout
                self._find(found.key, "does not belong in an archive of layout 1")
            return
        data = self._read(found.key)
        if data is None:
            return
        try:
            check(found.key, data)
        except (ArchiveError, ValueError, TypeError, KeyError, AttributeError) as error:
            self._find(found.key, f"cannot be read as what its key says ({error!r})"[:300])

    def _read(self, key: str) -> bytes | None:
        self._report.objects += 1
        try:
            data = self._store.get(key)
        except ArchiveError as error:
            self._find(key, str(error))
            return None
        if data is None:
            self._find(key, "is listed and cannot be read")
            return None
        row = (key, hashlib.sha256(data).digest(), len(data))
        self.notes.execute("INSERT OR REPLACE INTO object VALUES (?, ?, ?)", row)
        return data

    def _archive(self, key: str, data: bytes) -> None:
        if json.loads(data)["layout"] != keys.LAYOUT:
            self._find(key, f"names another layout than {keys.LAYOUT}")

    def _schema_file(self, key: str, data: bytes) -> None:
        if key != keys.ARTICLE_SCHEMA:
            self._find(key, "does not belong in an archive of layout 1")
        elif json.loads(data).get("$id") != json.loads(record.schema())["$id"]:
            self._find(key, "is not the schema of article records")

    def _article(self, key: str, data: bytes) -> None:
        kept = json.loads(data)
        self._record(key, kept)
        captured = moment(kept["capture"]["fetched_at"])
        if captured is None or key != keys.article(kept["id"], kept["outlet"], kept["content_hash"], captured.astimezone(UTC)):
            self._find(key, "its key does not fit its id, outlet, content hash and day of capture")
        self.notes.execute("INSERT INTO article (key, hash) VALUES (?, ?)", (key, kept["content_hash"]))

    def _record(self, key: str, kept: Json) -> None:
        for error in self._schema.iter_errors(kept):
            self._find(key, f"breaks the schema: {error.json_path}: {error.message}"[:300])
        if kept["normalization"] == NORMALIZATION:
            recomputed = content_hash(kept["headline"], kept["body"])
            if recomputed != kept["content_hash"]:
                self._find(key, f"its text hashes to {recomputed}, its content_hash is {kept['content_hash']}")

    def _segment(self, key: str, data: bytes) -> None:
        if not data.endswith(b"\n"):
            self._find(key, "ends in the middle of a line")
        for number, line in enumerate(data.splitlines(), 1):
            event = json.loads(line)
            said = event["data"]
            if event["specversion"] != "1.0" or not event["id"] or not event["source"]:
                self._find(f"{key}#{number}", "is no CloudEvent 1.0")
            if event["type"].startswith("article."):
                url = f"{said['outlet']} {keys.url_hash(said['url'])}"
                self.notes.execute(
                    "INSERT INTO told VALUES (?, ?, ?, ?, ?, ?)",
                    (f"{key}#{number}", event["type"], url, said["n"], said["content_hash"], said["key"]),
                )

    def _claim(self, key: str, data: bytes) -> None:
        article, kept = read_claim(key, data)
        if keys.claim_hash(key) != kept["content_hash"]:
            self._find(key, f"claims {kept['content_hash']}, not what its key says")
        row = self.notes.execute("SELECT sha256 FROM object WHERE key = ?", (article,)).fetchone()
        if row is None:
            self._find(key, f"its article {article} is not there", "pending")
        elif row[0] != hashlib.sha256(to_bytes(kept)).digest():
            self._find(article, f"is not the record that its claim {key} holds")
        self.notes.execute("UPDATE article SET claimed = 1 WHERE key = ? AND hash = ?", (article, kept["content_hash"]))

    def _run(self, key: str, data: bytes) -> None:
        run, _, kind = key.rpartition("/")[2].partition(".")
        if kind.startswith("files-"):
            self._files(key, (json.loads(line) for line in data.splitlines()))
            return
        if kind not in {"json", "started.json", "recovered.json"}:
            self._find(key, "does not belong in an archive of layout 1")
            return
        self.notes.execute("INSERT OR IGNORE INTO run (id) VALUES (?)", (run,))
        self.notes.execute(f"UPDATE run SET {'begun' if kind == 'started.json' else 'ended'} = 1 WHERE id = ?", (run,))  # noqa: S608
        if kind == "json":
            self._manifest(key, json.loads(data), run)

    def _manifest(self, key: str, manifest: Json, run: str) -> None:
        if manifest["run_id"] != run:
            self._find(key, f"is the manifest of run {manifest['run_id']}")
        outlets = manifest["outlets"].values()
        for count in (manifest, *outlets):
            if sum(count["fates"].values()) != count["discovered"]:
                self._find(key, f"its fates do not add up to what was discovered ({count['discovered']})")
        if sum(count["discovered"] for count in outlets) != manifest["discovered"]:
            self._find(key, "its outlets do not add up")
        self._files(key, iter([*manifest["files"], *manifest["file_parts"]]))

    def _files(self, manifest: str, files: Iterator[Json]) -> None:
        rows = ((manifest, file["key"], bytes.fromhex(file["sha256"]), file["bytes"]) for file in files)
        self.notes.executemany("INSERT INTO file VALUES (?, ?, ?, ?)", rows)

    def _url(self, hashed: str, listed: Iterator[Stored]) -> None:
        """All entries of one URL. hashed: its hash, empty for keys that are no ledger keys."""
        entries: list[Entry] = []
        for found in listed:
            data = self._read(found.key)
            if not hashed:
                self._find(found.key, "does not belong in an archive of layout 1")
            elif data is not None:
                try:
                    entry = parse(found.key, data)
                    if entry.key != found.key:
                        self._find(found.key, f"records {entry.outlet} {entry.url}, entry {entry.n}: not what its key says")
                    entries.append(entry)
                except ArchiveError as error:
                    self._find(found.key, str(error))
        self._chain(sorted(entries, key=lambda entry: entry.n))

    def _chain(self, entries: list[Entry]) -> None:
        """Entries 1, 2, 3, …, each linked to the content before."""
        revision, content = 0, None
        for number, entry in enumerate(entries, 1):
            shows = entry.fate in CONTENT
            if entry.n != number:
                self._find(entry.key, f"entry {number} of this URL is missing before it")
                return
            if (entry.revision, entry.previous) != (revision + shows, content):
                self._find(entry.key, f"is not linked to the content before (revision {revision}, {content})")
            if shows != (entry.content_hash is not None):
                self._find(entry.key, f"has fate {entry.fate} and content {entry.content_hash}")
            revision, content = entry.revision, entry.content_hash or entry.previous
            url = f"{entry.outlet} {keys.url_hash(entry.url)}"
            row: tuple[Any, ...] = (entry.key, url, entry.n, entry.fate, content, entry.article)
            self.notes.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)
