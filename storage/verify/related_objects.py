"""What the objects of a sample say of others and others of them, by direct look-ups of what was not drawn with them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date, timedelta
from typing import Final

from storage import keys
from storage.errors import ArchiveError, BadKey
from storage.record import Pointer, moment
from storage.stores.store import Stored
from storage.verify.cross_checks import run_key
from storage.verify.object_rows import ObjectRows
from storage.verify.sample_rows import SampleRows
from storage.wacz.revisits import RevisitTargets
from storage.wacz.selection import Chosen
from storage.warc.capture import Record
from storage.warc.reader import RECORD_BYTES, record_at, records

_POINTER: Final = ("file", "offset", "length", "record_id", "payload_digest")
_DAYS: Final = 14
"""How many days after its start a run's changes are looked for."""


class RelatedObjects:
    """Reads what is needed to ask the chosen objects the questions of a whole pass."""

    def __init__(self, rows: SampleRows) -> None:
        self._rows, self._ask, self._column, self._read = rows, rows.ask, rows.column, rows.read
        self._segments: dict[str, list[Stored]] = {}
        """By the prefix of a day and run: those of one run at a time."""

    def look_up(self) -> None:
        """Read them."""
        self._read(self._runs(".json"))
        self._read(self._column("SELECT key FROM listed WHERE key GLOB 'runs/*.files-*.jsonl'"))
        self._read(self._runs(".started.json"))
        self._read(self._runs(".recovered.json"))
        self._read(self._column("SELECT article FROM claim WHERE src IN chosen"))
        self._read(claim_key(content) for content in self._column("SELECT hash FROM article WHERE src IN chosen"))
        self._read_chains()
        self._read(
            self._column("SELECT article FROM entry WHERE src IN chosen UNION SELECT article FROM told WHERE src IN chosen")
        )
        self._read(self._column("SELECT replace(key, '.cdxj', '.warc.gz') FROM chosen WHERE key GLOB 'warc/*.cdxj'"))
        self._read(self._column("SELECT replace(key, '.warc.gz', '.cdxj') FROM chosen WHERE key GLOB 'warc/*.warc.gz'"))
        for key in self._column("SELECT key FROM used WHERE src IN chosen"):
            self._rows.note_that_it_stands(key)
        for row in self._ask("SELECT file, offset, length, record, payload FROM pointer WHERE src IN chosen").fetchall():
            self._follow(Pointer(**dict(zip(_POINTER, row, strict=True))))
        self._find_repeated()
        self._find_announcements()
        self._find_endings()

    def segments(self, run: str) -> Iterator[Stored]:
        """The change segments of a run, by listing those of each day on which it may have written some."""
        for day in _days(run):
            yield from self._segments_of(run, day)

    def _read_chains(self) -> None:
        """Read the entries of the URLs that the sample speaks of, from 1 to the last one that is known. Of a URL of which only
        an article speaks: up to the entry that names the article, or the first that is not there.
        """
        spoken_of = dict(
            self._ask("""SELECT url, max(n) FROM (SELECT url, n FROM told UNION SELECT url, n FROM entry) WHERE url IN
                (SELECT url FROM told WHERE src IN chosen UNION SELECT url FROM entry WHERE src IN chosen) GROUP BY url""")
        )
        self._read(entry_key(url, n) for url, last in spoken_of.items() for n in range(1, last + 1))
        following = {url: spoken_of.get(url, 0) + 1 for url in self._unnamed()}
        while following:
            self._read(entry_key(url, n) for url, n in following.items())
            found = {url: n + 1 for url, n in following.items() if self._rows.is_noted(entry_key(url, n) or "")}
            unnamed = set(self._unnamed())
            following = {url: n for url, n in found.items() if url in unnamed}

    def _unnamed(self) -> list[str]:
        """The URLs of sampled articles that no entry read so far names."""
        return self._column(
            "SELECT url FROM article WHERE src IN chosen AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.article = article.src)"
        )

    def _runs(self, suffix: str) -> Iterator[str]:
        """The keys with this suffix of runs that made a sampled object and of which nothing is noted; the same of generations."""
        known = set(self._column("SELECT run FROM run"))
        for run in self._column("SELECT DISTINCT run FROM object WHERE key IN chosen"):
            if not run.startswith("generation "):
                if run not in known:
                    yield run_key(run, suffix)
            elif suffix == ".json":
                name = run.partition(" ")[2]
                yield from (found.key for found in self._rows.store.listing(keys.generation(name, "shares-")))
                yield from (keys.generation(name, file) for file in ("started.json", "generation.json"))
                yield from self._column(
                    "SELECT replace(key, '.jsonl.gz', '.share.json') FROM chosen WHERE key GLOB 'generations/*.gz'"
                )

    def _follow(self, pointer: Pointer) -> None:
        """Read the one record that a sampled object points to."""
        if self._ask("SELECT 1 FROM record WHERE src = ? AND offset = ?", (pointer.file, pointer.offset)).fetchone():
            return
        try:
            record_at(self._rows.store, pointer)
        except ArchiveError:
            self._rows.note_that_it_stands(pointer.file)
            return  # the query of the database finds it
        self._note_record(pointer.file, pointer.offset, pointer.length, pointer.record_id, pointer.payload_digest)

    def _note_record(self, file: str, *values: object) -> None:
        """Note a record (offset, length, id, digest) of a file of which nothing else is read."""
        object_rows = ObjectRows(file)
        object_rows.add("record", *values, None, 0)
        if self._rows.is_noted(file):
            self._rows.database.add_rows(object_rows)
        else:
            self._rows.database.add([(Stored(file, 0, 0.0), object_rows)], 0)

    def _find_repeated(self) -> None:
        """Read the records that revisits in the sampled WARC files repeat and that stand in others, found by the indexes of the
        day: no more of those files than the records.
        """
        missing = """SELECT src, offset, length FROM record WHERE src IN chosen AND refers IS NOT NULL
            AND refers NOT IN (SELECT record FROM record) ORDER BY src, offset"""
        with closing(Chosen()) as wanted:
            targets = RevisitTargets(self._rows.store, wanted)
            for file, *place in self._ask(missing).fetchall():
                for revisit in self._records_at(file, *place):
                    if revisit.refers_to:
                        with suppress(ArchiveError):  # an index is damaged: the query of the database finds what is not found
                            targets.want(revisit.refers_to, file)
            for file, places in wanted.left():
                for offset, length in places:
                    for found in self._records_at(file, offset, length):
                        digest = f"sha256:{hashlib.sha256(found.body).hexdigest()}"
                        self._note_record(file, offset, length, found.record_id, digest)

    def _records_at(self, file: str, offset: int, length: int) -> Iterator[Record]:
        member = self._rows.store.part(file, offset, length) or b""
        return records(io.BytesIO(member), file, max_bytes=RECORD_BYTES, problem=lambda _: None)

    def _find_announcements(self) -> None:
        """Read the change segments that announced the sampled articles and ledger entries."""
        wanted = self._ask("""
            SELECT entry.url, entry.n, entry.hash, entry.article, object.run, max(object.modified, coalesce(text.modified, 0))
            FROM entry JOIN object ON object.key = entry.src LEFT JOIN object AS text ON text.key = entry.article
            WHERE (entry.src IN chosen OR entry.article IN chosen) AND entry.fate IN ('kept', 'revised', 'gone')
            ORDER BY object.run""").fetchall()
        for url, n, content, article, run, modified in wanted:
            makers = dict.fromkeys((run, *self._column("SELECT run FROM object WHERE key = ?", article)))
            if content and not any(self._announced(url, n, content, maker, modified) for maker in makers):
                continue  # the query of the database finds it

    def _announced(self, url: str, n: int, content: str, run: str, modified: float) -> bool:
        """Read the run's segments, those first that were written when the entry was, until one tells of it."""
        announced = "SELECT 1 FROM told WHERE url = ? AND n = ? AND hash = ?"
        if self._ask(announced, (url, n, content)).fetchone():
            return True
        if (began := keys.run_started(run)) is not None:  # a poll writes one or two: no listing is needed for those
            self._read([keys.changes(run, 1, began)])
            if self._ask(announced, (url, n, content)).fetchone():
                return True
        for day in _days(run):
            for segment in sorted(self._segments_of(run, day), key=lambda found: abs(found.modified - modified)):
                if not self._rows.is_noted(segment.key):
                    self._read([segment.key])
                    if self._ask(announced, (url, n, content)).fetchone():
                        return True
        return False

    def _segments_of(self, run: str, day: date) -> list[Stored]:
        prefix = f"{keys.changes_day(day)}{run}-"
        if prefix not in self._segments:
            if not all(run in each for each in self._segments):
                self._segments.clear()
            self._segments[prefix] = list(self._rows.store.listing(prefix))
        return self._segments[prefix]

    def _find_endings(self) -> None:
        """Read the last segments of the runs whose manifests are in the sample."""
        query = "SELECT run, at FROM run WHERE src IN chosen AND kind = 'manifest' AND said IS NOT NULL"
        for run, at in self._ask(query).fetchall():
            ended = moment(at)
            days = dict.fromkeys([*([ended.date()] if ended else []), *reversed(_days(run))])
            for day in days:
                if self._is_ended(run):
                    break
                for segment in reversed(self._segments_of(run, day)):
                    self._read([segment.key])
                    if self._is_ended(run):
                        break

    def _is_ended(self, run: str) -> bool:
        return self._ask("SELECT 1 FROM ended WHERE run = ?", (run,)).fetchone() is not None


def entry_key(url: str, n: int) -> str | None:
    """The key of entry n of a URL as rows name it (outlet, hash); None if they are no such names."""
    outlet, _, hashed = url.partition(" ")
    try:
        return keys.ledger(outlet, hashed, n)
    except BadKey:
        return None


def claim_key(content: str) -> str | None:
    """The key of the claim of a content; None if that is no hash."""
    try:
        return keys.claim(content)
    except BadKey:
        return None


def _days(run: str) -> list[date]:
    """The days under which a run may have written changes, the likeliest first."""
    began = keys.run_started(run)
    return [began.date() + timedelta(days=n) for n in range(_DAYS)] if began else []
