"""The first pass: which captures of the outlets' addresses the files hold, and where."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crawler.crawl.session import Session
from crawler.from_warc.index import WarcIndex
from crawler.from_warc.part_stream import Input
from extractors import Location
from extractors.outlets import outlet_of
from storage.errors import ArchiveError
from storage.warc.addresses import host_of
from storage.warc.reader import Problem, Record, records
from storage.warc.replay import memento

SPARE_BYTES = 1_000_000
"""What a record may hold besides the largest page: headers, a coding that gained nothing."""


FIRST_ARCHIVED = datetime(1996, 1, 1, tzinfo=UTC)
"""No web archive is older; what is dated before has the date of a clock that was not set (1970, 1980)."""

SLACK = timedelta(days=1)
"""How far ahead of ours another's clock may be."""


@dataclass(slots=True)
class Scan:
    """What the first pass found. problems: places that could not be read; damaged_files: how many of the files have such.

    lost: captures that could not be read, at least; foreign: captures of other hosts than the chosen outlets', by host;
    answers: of web archives about themselves (messages, redirects between captures), which are captures of no page; unresolved:
    revisits whose payload is in none of the files.
    """

    index: WarcIndex = field(default_factory=WarcIndex)
    problems: int = 0
    lost: int = 0
    damaged_files: int = 0
    first: Problem | None = None
    foreign: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    unresolved: int = 0


def scan(session: Session, files: list[Input], chosen: list[str], limit: int | None) -> Scan:
    """Reads all files once. Addresses with the form of an article's go into the index, the others have their fate at once.

    limit: most articles' addresses of one outlet. States each damaged place as a fact `warc.damaged`, each file as `warc.read`.
    """
    pass_ = _Scanning(session, frozenset(chosen), limit)
    for number, file in enumerate(files):
        pass_.read(number, file)
    pass_.found.index.resolve()
    pass_.found.unresolved = pass_.found.index.unresolved()
    return pass_.found


def record_bytes(session: Session) -> int:
    """The largest record that is read."""
    return session.config.max_page_bytes + SPARE_BYTES


class _Scanning:
    def __init__(self, session: Session, chosen: frozenset[str], limit: int | None) -> None:
        self._session, self._chosen, self._limit = session, chosen, limit
        self._admitted: Counter[str] = Counter()
        self._max_bytes = record_bytes(session)
        self._latest = datetime.now(UTC) + SLACK
        self.found = Scan()

    def read(self, number: int, file: Input) -> None:
        found = self.found
        problems, lost, foreign, seen, ours = found.problems, found.lost, found.foreign.total(), 0, 0
        try:
            with file.open() as stream:
                for record in records(stream, file.name, max_bytes=self._max_bytes, problem=self._tell):
                    seen += 1
                    ours += self._note(number, file.name, record)
        except OSError as error:
            self._tell(Problem(file.name, 0, f"cannot be read: {error.strerror or error}"))
        except ArchiveError as error:  # a bucket's errors have this name, also where no archive is
            self._tell(Problem(file.name, 0, str(error)))
        damaged = found.problems - problems
        found.damaged_files += damaged > 0
        counts = {"damaged": damaged, "lost": found.lost - lost, "foreign": found.foreign.total() - foreign}
        self._session.facts("warc.read", file=file.name, captures=seen, of_outlets=ours, **counts)

    def _tell(self, problem: Problem) -> None:
        self.found.problems += not problem.continued
        self.found.lost += problem.captures
        self.found.first = self.found.first or problem
        where = {"file": problem.file, "offset": problem.offset, "reason": problem.reason}
        self._session.facts("warc.damaged", **where, captures=problem.captures)

    def _note(self, number: int, file: str, record: Record) -> bool:
        """Whether the capture is of an outlet asked for."""
        subject = memento(record)
        if subject is None:
            self.found.answers += 1
            return False
        url = subject.url
        outlet = outlet_of(url)
        if outlet is None or outlet.slug not in self._chosen:
            self.found.foreign[host_of(url) or "no host"] += 1
            return False
        place = outlet.locate(url)
        if not FIRST_ARCHIVED <= subject.at <= self._latest:
            when = "in the future" if subject.at > self._latest else "before any web archive"
            self._tell(Problem(file, record.offset, f"{url} is dated {subject.at:%Y-%m-%d}, {when}", captures=1))
        elif place is not None and self._is_admitted(place):
            digest = None if record.kind == "revisit" else hashlib.sha256(record.body).digest()
            self.found.index.add(place.outlet, place.url, subject.at, record, number, digest)
        return True

    def _is_admitted(self, place: Location) -> bool:
        """Whether the address is an article's and within the limit; discovers it if it is new."""
        run, outlet = self._session.run, place.outlet
        if self._limit is not None and self._admitted[outlet] >= self._limit:
            return place.is_article and self.found.index.has(outlet, place.url)
        if not run.discover(outlet, place.url):
            return place.is_article
        if not place.is_article:
            run.settle(outlet, place.url, "not_an_article", place.kind)
            self._session.facts("not_an_article", outlet=outlet, url=place.url, reason=place.kind)
            return False
        self._admitted[outlet] += 1
        if self._admitted[outlet] == self._limit:
            self._session.facts("limit.reached", outlet=outlet, limit=self._limit)
        return True
