"""A part of a pass: a share of the objects, and what they say of others and others of them, by direct look-ups.

A key's hash is its place on a circle, a day's sample an arc of it. The arcs of successive days join: at 1 % a day every object
is met once in a hundred days, and a day's sample can be taken again.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from storage import keys
from storage.errors import ArchiveError
from storage.record import Pointer
from storage.stores.store import Store, Stored
from storage.verify import cross_checks as crossing
from storage.verify import seals
from storage.verify.cross_checks import run_key
from storage.verify.findings import VerifyReport
from storage.verify.full_pass import Progress, Tell, listed
from storage.verify.notes import Noted, Notes
from storage.verify.read_objects import look_up, read_all
from storage.warc.reader import record_at

_POINTER: Final = ("file", "offset", "length", "record_id", "payload_digest")
_DAYS: Final = 14
"""How many days after its start a run's changes are looked for."""


def in_sample(key: str, share: float, day: date) -> bool:
    """Whether a key is in the sample of this day."""
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64
    return (place - day.toordinal() * share) % 1 < share


def sample(
    store: Store, share: float, day: date, *, jobs: int = 1, tell: Tell | None = None, progress: Progress | None = None
) -> VerifyReport:
    """Check this share (0 … 1) of the archive's objects. The listing is walked whole. Arguments and errors: see `verify`."""
    notes = Notes()
    try:
        return _Sample(store, notes, share, day, jobs).report(tell, progress)
    finally:
        notes.close(done=True)


class _Sample:
    def __init__(self, store: Store, notes: Notes, share: float, day: date, jobs: int) -> None:
        self._store, self._notes, self._share, self._day, self._jobs = store, notes, share, day, jobs
        self._ask = notes.database.execute
        self._ask(f"CREATE TABLE {crossing.CHOSEN} (key TEXT PRIMARY KEY) WITHOUT ROWID")
        notes.index()
        self._segments: tuple[str, list[Stored]] = ("", [])

    def report(self, tell: Tell | None, progress: Progress | None) -> VerifyReport:
        report = VerifyReport()
        for batch in read_all(self._store, self._chosen(), self._jobs):
            self._add(batch)
            report.objects += len(batch)
            report.bytes += sum(noted.bytes for _, noted in batch)
            if progress:
                progress(report.objects, report.bytes)
        self._look_around()
        of_seals = seals.sampled_findings(self._notes, self._store, crossing.CHOSEN)
        for finding in itertools.chain(crossing.findings(self._notes, self._store, sampled=True), of_seals):
            report.damage += finding.severity == "damage"
            report.pending += finding.severity == "pending"
            (tell or report.findings.append)(finding)
        return report

    def _chosen(self) -> Iterator[Stored]:
        for found in listed(self._store):
            if in_sample(found.key, self._share, self._day):
                self._ask(f"INSERT OR IGNORE INTO {crossing.CHOSEN} VALUES (?)", (found.key,))  # noqa: S608 - our own name
                yield found

    def _add(self, batch: Iterable[tuple[Stored, Noted]]) -> None:
        """Of what manifests list, what is in the sample is noted: whether the rest is there is for another day."""
        trimmed = list(batch)
        for _, noted in trimmed:
            noted.rows = [row for row in noted.rows if row[0] != "file" or in_sample(row[1][1], self._share, self._day)]
        self._notes.add(trimmed, 0)

    def _look_around(self) -> None:
        """Read what is needed to ask the sampled objects the questions of a whole pass."""
        self._read(self._runs())
        self._read(self._column("SELECT article FROM claim WHERE src IN chosen"))
        self._read(keys.claim(content) for content in self._column("SELECT hash FROM article WHERE src IN chosen"))
        for url in self._column(
            "SELECT url FROM article WHERE src IN chosen UNION SELECT url FROM told UNION SELECT url FROM entry"
        ):
            outlet, hashed = url.split(" ")
            prefix = keys.ledger(outlet, hashed, 1).removesuffix("1.json")
            for batch in read_all(self._store, self._new(self._store.listing(prefix)), self._jobs):
                self._add(batch)
        self._read(
            self._column("SELECT article FROM entry WHERE src IN chosen UNION SELECT article FROM told WHERE src IN chosen")
        )
        self._read(self._column("SELECT replace(key, '.cdxj', '.warc.gz') FROM chosen WHERE key GLOB 'warc/*.cdxj'"))
        self._read(self._column("SELECT replace(key, '.warc.gz', '.cdxj') FROM chosen WHERE key GLOB 'warc/*.warc.gz'"))
        for key in self._column("SELECT key FROM used WHERE src IN chosen"):
            self._note_that_it_stands(key)
        for row in self._ask("SELECT file, offset, length, record, payload FROM pointer WHERE src IN chosen").fetchall():
            self._follow(Pointer(**dict(zip(_POINTER, row, strict=True))))
        self._find_announcements()
        self._find_endings()

    def _read(self, wanted: Iterable[str | None]) -> None:
        for batch in look_up(self._store, (key for key in wanted if key and not self._is_noted(key)), self._jobs):
            self._add(batch)

    def _column(self, query: str) -> list[str]:
        return [value for (value,) in self._ask(query).fetchall() if value is not None]

    def _is_noted(self, key: str) -> bool:
        return self._ask("SELECT 1 FROM object WHERE key = ?", (key,)).fetchone() is not None

    def _new(self, found: Iterable[Stored]) -> Iterator[Stored]:
        return (each for each in found if not self._is_noted(each.key))

    def _runs(self) -> Iterator[str]:
        """What stands in runs/ of each run that made a sampled object; the same of generations."""
        for run in self._column("SELECT DISTINCT run FROM object"):
            stem = run_key(run, ".json").removesuffix("json")
            if run.startswith("generation "):
                listing = self._store.listing(keys.generation(run.partition(" ")[2], "shares-"))
                yield from (keys.generation(run.partition(" ")[2], name) for name in ("started.json", "generation.json"))
                yield from self._column(
                    "SELECT replace(key, '.jsonl.gz', '.share.json') FROM chosen WHERE key GLOB 'generations/*.gz'"
                )
            else:
                listing = self._store.listing(stem)
            yield from (found.key for found in listing)

    def _note_that_it_stands(self, key: str) -> None:
        found = None if self._is_noted(key) else self._store.stat(key)
        if found:
            self._notes.add([(found, Noted(key))], 0)

    def _follow(self, pointer: Pointer) -> None:
        """Read the one record that a sampled article points to."""
        if self._ask("SELECT 1 FROM record WHERE src = ? AND offset = ?", (pointer.file, pointer.offset)).fetchone():
            return
        self._note_that_it_stands(pointer.file)
        try:
            record_at(self._store, pointer)
        except ArchiveError:
            return  # the question to the notes finds it
        noted = Noted(pointer.file)
        noted.note("record", pointer.offset, pointer.length, pointer.record_id, pointer.payload_digest, None, 0)
        self._notes.add_rows(noted)

    def _find_announcements(self) -> None:
        """Read the change segments that announced the sampled articles and ledger entries."""
        wanted = self._ask("""
            SELECT entry.url, entry.n, entry.hash, entry.article, object.run, coalesce(nullif(object.modified, 0), 0)
            FROM entry JOIN object ON object.key = entry.src
            WHERE (entry.src IN chosen OR entry.article IN chosen) AND entry.fate IN ('kept', 'revised', 'gone')
            ORDER BY object.run""").fetchall()
        for url, n, content, article, run, modified in wanted:
            makers = dict.fromkeys((run, *self._makers(article)))
            if content and not any(self._announced(url, n, content, maker, modified) for maker in makers):
                continue  # the question to the notes finds it

    def _makers(self, article: str | None) -> list[str]:
        rows = self._ask("SELECT run FROM object WHERE key = ? AND run IS NOT NULL", (article,)).fetchall()
        return [run for (run,) in rows]

    def _announced(self, url: str, n: int, content: str, run: str, modified: float) -> bool:
        """Read the run's segments, those first that were written when the entry was, until one tells of it."""
        told = "SELECT 1 FROM told WHERE url = ? AND n = ? AND hash = ?"
        if self._ask(told, (url, n, content)).fetchone():
            return True
        for segment in sorted(self._segments_of(run), key=lambda found: abs(found.modified - modified)):
            if not self._is_noted(segment.key):
                self._read([segment.key])
                if self._ask(told, (url, n, content)).fetchone():
                    return True
        return False

    def _segments_of(self, run: str) -> list[Stored]:
        if self._segments[0] != run:
            began = keys.run_started(run)
            days = (began + timedelta(days=n) for n in range(_DAYS)) if began else ()
            found = [each for day in days for each in self._store.listing(f"{keys.changes_day(day)}{run}-")]
            self._segments = (run, found)
        return self._segments[1]

    def _find_endings(self) -> None:
        """Read the last segments of the runs whose manifests are in the sample."""
        for run in self._column("SELECT run FROM run WHERE src IN chosen AND kind = 'manifest' AND said IS NOT NULL"):
            for segment in reversed(self._segments_of(run)):
                self._read([segment.key])
                if self._ask("SELECT 1 FROM ended WHERE run = ?", (run,)).fetchone():
                    break
