"""A part of a pass: a share of the objects, and what they say of others and others of them, by direct look-ups.

A key's hash is its place on a circle, a day's sample an arc of it. The arcs of successive days join: at 1 % a day every object
is met once in a hundred days, and a day's sample can be taken again. Objects that are checked against each other by their keys
have one place: a claim and its article (by the content), a WARC file and its index, what stands in runs/ of one run.

What it costs: the listing, the objects of the sample, and some two for each of them that belong to it; for a run of many
segments a listing of those of a day.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from storage import keys
from storage.errors import ArchiveError
from storage.record import Pointer, moment
from storage.stores.store import Store, Stored
from storage.verify import cross_checks as crossing
from storage.verify import seals
from storage.verify.cross_checks import run_key
from storage.verify.findings import VerifyReport
from storage.verify.full_pass import Progress, Tell, listed
from storage.verify.pass_database import ObjectRows, PassDatabase
from storage.verify.read_objects import look_up, read_all
from storage.warc.reader import record_at

_POINTER: Final = ("file", "offset", "length", "record_id", "payload_digest")
_ARTICLE: Final = re.compile(r"articles/.*\.(?P<content>[0-9a-f]{16})\.json")
_CLAIM: Final = re.compile(r"hashes/../(?P<content>[0-9a-f]{16})[0-9a-f]{48}\.json")
_RUN: Final = re.compile(r"runs/.*/(?P<run>[^/.]+)\.[^/]*")
_PART: Final = re.compile(r"runs/.*\.files-\d+\.jsonl")
_DAYS: Final = 14
"""How many days after its start a run's changes are looked for."""


def in_sample(key: str, share: float, day: date) -> bool:
    """Whether a key is in the sample of this day."""
    place = int.from_bytes(hashlib.sha256(_cluster(key).encode()).digest()[:8]) / 2**64
    return (place - day.toordinal() * share) % 1 < share


def sample(
    store: Store, share: float, day: date, *, jobs: int = 1, tell: Tell | None = None, progress: Progress | None = None
) -> VerifyReport:
    """Check this share (0 … 1) of the archive's objects. The listing is walked whole. Arguments and errors: see `verify`."""
    database = PassDatabase()
    try:
        return _Sample(store, database, share, day, jobs).report(tell, progress)
    finally:
        database.close(done=True)


def _cluster(key: str) -> str:
    """What the place of a key is made of."""
    if (found := _ARTICLE.fullmatch(key)) or (found := _CLAIM.fullmatch(key)):
        return found["content"]
    if found := _RUN.fullmatch(key):
        return found["run"]
    return key.removesuffix(".cdxj").removesuffix(".warc.gz")


class _Sample:
    def __init__(self, store: Store, database: PassDatabase, share: float, day: date, jobs: int) -> None:
        self._store, self._database, self._share, self._day, self._jobs = store, database, share, day, jobs
        self._ask = database.connection.execute
        self._ask(f"CREATE TABLE {crossing.CHOSEN} (key TEXT PRIMARY KEY) WITHOUT ROWID")
        database.index()
        self._segments: dict[str, list[Stored]] = {}
        """By the prefix of a day and run: those of one run at a time."""

    def report(self, tell: Tell | None, progress: Progress | None) -> VerifyReport:
        report = VerifyReport()
        for batch in read_all(self._store, self._chosen(), self._jobs):
            self._add(batch)
            report.objects += len(batch)
            report.bytes += sum(object_rows.bytes for _, object_rows in batch)
            if progress:
                progress(report.objects, report.bytes)
        self._look_around()
        of_seals = seals.sampled_findings(self._database, self._store, crossing.CHOSEN)
        for finding in itertools.chain(crossing.findings(self._database, self._store, sampled=True), of_seals):
            report.damage += finding.severity == "damage"
            report.pending += finding.severity == "pending"
            (tell or report.findings.append)(finding)
        return report

    def _chosen(self) -> Iterator[Stored]:
        for found in listed(self._store):
            if in_sample(found.key, self._share, self._day):
                self._ask(f"INSERT OR IGNORE INTO {crossing.CHOSEN} VALUES (?)", (found.key,))  # noqa: S608 - our own name
                yield found

    def _add(self, batch: Iterable[tuple[Stored, ObjectRows]]) -> None:
        """Of what manifests list, what is in the sample is noted: whether the rest is there is for another day. The parts
        of a manifest are read with it.
        """
        trimmed = list(batch)
        for _, object_rows in trimmed:
            object_rows.rows = [
                row
                for row in object_rows.rows
                if row[0] != "file" or _PART.fullmatch(row[1][1]) or in_sample(row[1][1], self._share, self._day)
            ]
        self._database.add(trimmed, 0)

    def _look_around(self) -> None:
        """Read what is needed to ask the sampled objects the questions of a whole pass."""
        self._read(self._runs(".json"))
        self._read(self._column("SELECT key FROM file WHERE key GLOB 'runs/*.files-*.jsonl'"))
        self._read(self._runs(".started.json"))
        self._read(self._runs(".recovered.json"))
        self._read(self._column("SELECT article FROM claim WHERE src IN chosen"))
        self._read(keys.claim(content) for content in self._column("SELECT hash FROM article WHERE src IN chosen"))
        self._read_chains()
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

    def _read_chains(self) -> None:
        """Read the entries of the URLs that the sample speaks of, from 1 to the last one it speaks of. Of a URL of which only
        an article speaks: up to the entry that names the article, or the first that is not there.
        """
        spoken_of = dict(
            self._ask("SELECT url, max(n) FROM (SELECT url, n FROM told UNION SELECT url, n FROM entry) GROUP BY url")
        )
        self._read(_entry_key(url, n) for url, last in spoken_of.items() for n in range(1, last + 1))
        following = {url: spoken_of.get(url, 0) + 1 for url in self._unnamed()}
        while following:
            self._read(_entry_key(url, n) for url, n in following.items())
            found = {url: n + 1 for url, n in following.items() if self._is_noted(_entry_key(url, n))}
            unnamed = set(self._unnamed())
            following = {url: n for url, n in found.items() if url in unnamed}

    def _unnamed(self) -> list[str]:
        """The URLs of sampled articles that no entry read so far names."""
        return self._column(
            "SELECT url FROM article WHERE src IN chosen AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.article = article.src)"
        )

    def _runs(self, suffix: str) -> Iterator[str]:
        """The keys with this suffix of runs that made a sampled object and of which nothing is noted; the same of generations."""
        object_rows = set(self._column("SELECT run FROM run"))
        for run in self._column("SELECT DISTINCT run FROM object"):
            if not run.startswith("generation "):
                if run not in object_rows:
                    yield run_key(run, suffix)
            elif suffix == ".json":
                name = run.partition(" ")[2]
                yield from (found.key for found in self._store.listing(keys.generation(name, "shares-")))
                yield from (keys.generation(name, file) for file in ("started.json", "generation.json"))
                yield from self._column(
                    "SELECT replace(key, '.jsonl.gz', '.share.json') FROM chosen WHERE key GLOB 'generations/*.gz'"
                )

    def _note_that_it_stands(self, key: str) -> None:
        found = None if self._is_noted(key) else self._store.stat(key)
        if found:
            self._database.add([(found, ObjectRows(key))], 0)

    def _follow(self, pointer: Pointer) -> None:
        """Read the one record that a sampled article points to."""
        if self._ask("SELECT 1 FROM record WHERE src = ? AND offset = ?", (pointer.file, pointer.offset)).fetchone():
            return
        self._note_that_it_stands(pointer.file)
        try:
            record_at(self._store, pointer)
        except ArchiveError:
            return  # the query of the database finds it
        object_rows = ObjectRows(pointer.file)
        object_rows.add("record", pointer.offset, pointer.length, pointer.record_id, pointer.payload_digest, None, 0)
        self._database.add_rows(object_rows)

    def _find_announcements(self) -> None:
        """Read the change segments that announced the sampled articles and ledger entries."""
        wanted = self._ask("""
            SELECT entry.url, entry.n, entry.hash, entry.article, object.run, max(object.modified, coalesce(text.modified, 0))
            FROM entry JOIN object ON object.key = entry.src LEFT JOIN object AS text ON text.key = entry.article
            WHERE (entry.src IN chosen OR entry.article IN chosen) AND entry.fate IN ('kept', 'revised', 'gone')
            ORDER BY object.run""").fetchall()
        for url, n, content, article, run, modified in wanted:
            makers = dict.fromkeys((run, *self._makers(article)))
            if content and not any(self._announced(url, n, content, maker, modified) for maker in makers):
                continue  # the query of the database finds it

    def _makers(self, article: str | None) -> list[str]:
        rows = self._ask("SELECT run FROM object WHERE key = ? AND run IS NOT NULL", (article,)).fetchall()
        return [run for (run,) in rows]

    def _announced(self, url: str, n: int, content: str, run: str, modified: float) -> bool:
        """Read the run's segments, those first that were written when the entry was, until one tells of it."""
        told = "SELECT 1 FROM told WHERE url = ? AND n = ? AND hash = ?"
        if self._ask(told, (url, n, content)).fetchone():
            return True
        if (began := keys.run_started(run)) is not None:  # a poll writes one or two: no listing is needed for those
            self._read([keys.changes(run, 1, began)])
            if self._ask(told, (url, n, content)).fetchone():
                return True
        for day in self._days(run):
            for segment in sorted(self._segments_of(run, day), key=lambda found: abs(found.modified - modified)):
                if not self._is_noted(segment.key):
                    self._read([segment.key])
                    if self._ask(told, (url, n, content)).fetchone():
                        return True
        return False

    def _days(self, run: str) -> list[date]:
        """The days under which a run may have written changes, the likeliest first."""
        began = keys.run_started(run)
        return [began.date() + timedelta(days=n) for n in range(_DAYS)] if began else []

    def _segments_of(self, run: str, day: date) -> list[Stored]:
        prefix = f"{keys.changes_day(day)}{run}-"
        if prefix not in self._segments:
            if not all(run in each for each in self._segments):
                self._segments.clear()
            self._segments[prefix] = list(self._store.listing(prefix))
        return self._segments[prefix]

    def _find_endings(self) -> None:
        """Read the last segments of the runs whose manifests are in the sample."""
        query = "SELECT run, at FROM run WHERE src IN chosen AND kind = 'manifest' AND said IS NOT NULL"
        for run, at in self._ask(query).fetchall():
            ended = moment(at)
            days = dict.fromkeys([*([ended.date()] if ended else []), *reversed(self._days(run))])
            for segment in (each for day in days for each in reversed(self._segments_of(run, day))):
                if self._ask("SELECT 1 FROM ended WHERE run = ?", (run,)).fetchone():
                    break
                self._read([segment.key])


def _entry_key(url: str, n: int) -> str:
    """The key of entry n of a URL as rows name it (outlet, hash)."""
    outlet, hashed = url.split(" ")
    return keys.ledger(outlet, hashed, n)
