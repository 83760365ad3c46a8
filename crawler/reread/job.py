"""A re-reading from its beginning to its manifest: what is to be read, on which engine, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from crawler.config import Config
from crawler.facts import Facts
from crawler.read.line_frequency import LINE_FREQUENCY, LineFrequency
from crawler.reread.engines import Read, RereadError, Share
from crawler.reread.report import together
from crawler.reread.share import RereadJob
from crawler.reread.share_dispatch import read_shares
from crawler.reread.versions import differing, reading_versions
from extractors import outlets
from extractors.outlets import provided
from storage import ArchiveError, keys, open_archive
from storage.errors import BadKey
from storage.generations import Generation
from storage.queries.provenance import Provenance
from storage.record import Json, rfc3339

GIVE_UP: Final = 5
"""So many shares in a row that fail mean that the archive is down, or the reader unfit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadSelection:
    """Which articles: of these outlets (None: all), published from `since` to `until`; changed_only: write what differs alone."""

    outlets: list[str] | None = None
    since: date | None = None
    until: date | None = None
    changed_only: bool = False

    def json(self) -> Json:
        """As it stands in started.json."""
        return {
            "outlets": sorted(self.outlets) if self.outlets else None,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "changed_only": self.changed_only,
        }


class UnfinishedReread(ArchiveError):  # noqa: N818 - it says what happened
    """Some shares could not be read; the others stand, and the generation can be taken up again by its name."""


class Rereading:
    """A generation that is begun or taken up again.

    asked: None for a generation that is to be taken up as it was begun, or for everything. on_share: called with each share
    that is done, also with those done before.
    """

    def __init__(self, config: Config, asked: RereadSelection | None, name: str | None, on_share: Callable[[Read], None]) -> None:
        self._config, self._asked, self._on_share = config, asked, on_share
        self.archive = open_archive(config.archive, create=False, single_writer=config.single_writer)
        self.archive.store.ready()
        now = datetime.now(UTC)
        self._run_id = keys.new_run_id(now)
        self.name = name or f"{reading_versions()['extractor']}-{self._run_id}"
        try:
            self._generation = Generation(self.archive.store, self.name)
        except BadKey as error:
            raise RereadError(f"--generation {error}") from error
        self.started = self._checked(self._generation.started() or self._plan(now))

    def run(self, engine_name: str, workers: int) -> Json:
        """Reads what is not read yet and finishes the generation; its manifest. Of a finished one, the manifest at once.

        RereadError, and Unfinished when shares failed.
        """
        manifest = self._generation.manifest()
        if manifest is not None:
            return manifest
        unknown = sorted(set(self.started["plan"]) - set(outlets()))
        if unknown:
            raise RereadError(f"articles of {', '.join(unknown)} cannot be read: no such outlet (is WARRAQ_OUTLETS set?)")
        job = RereadJob(
            archive=self._config.archive,
            single_writer=self._config.single_writer,
            name=self.name,
            started=self.started,
            page_seconds=self._config.read_timeout,
            memory_mb=self._config.read_memory_mb,
            max_page_bytes=self._config.max_page_bytes,
            outlets=provided(),
        )
        problems: list[str] = []
        in_a_row = 0
        with closing(read_shares(engine_name, job, workers, self._left())) as reads:
            for read in reads:
                self._on_share(read)
                in_a_row = in_a_row + 1 if read.problem else 0
                if read.problem:
                    problems.append(read.problem)
                if in_a_row >= GIVE_UP:
                    break
        if problems:
            first = "\n".join(dict.fromkeys(problems[:GIVE_UP]))
            raise UnfinishedReread(f"{first}\ngeneration {self.name} is not finished; go on with --generation {self.name}")
        return self._generation.finish(self.started, together(self._acknowledged()), datetime.now(UTC))

    def _checked(self, started: Json) -> Json:
        """RereadError when the generation of this name is another."""
        asked = self._asked.json() if self._asked else started["asked"]
        for part, wanted in (("asked", asked), ("versions", reading_versions())):
            if started[part] != wanted:
                differ = differing(started[part], wanted, ", not ")
                raise RereadError(f"generation {self.name} was begun with {differ}: ask for the same, or give another name")
        return started

    def _plan(self, now: datetime) -> Json:
        """Divides the articles into shares and begins the generation."""
        asked = self._asked or RereadSelection()
        origins = Provenance(self.archive.store, asked.outlets, asked.since, asked.until)
        try:
            plan: dict[str, int] = {}
            for outlet, articles in origins.shares(self._config.reread_share):
                plan[outlet] = plan.get(outlet, 0) + 1
                self._generation.plan(self._run_id, outlet, plan[outlet], articles)
            lines = (LineFrequency(LINE_FREQUENCY.load(self.archive.state(outlet), Facts())) for outlet in plan)
            plan_document = {
                "run_id": self._run_id,
                "started_at": rfc3339(now),
                "versions": reading_versions(),
                "asked": asked.json(),
                "furniture": {outlet: sorted(each.learned()) for outlet, each in zip(plan, lines, strict=True)},
                "plan": plan,
                "articles": len(origins),
                "unreadable": origins.unreadable,
            }
            return self._generation.begin(plan_document)
        finally:
            origins.close()

    def _shares(self) -> Iterator[Read]:
        """Every share of the plan, with its share.json if it stands."""
        for outlet, count in sorted(self.started["plan"].items()):
            for n in range(1, count + 1):
                yield Read(Share(outlet, n), self._generation.share(outlet, n))

    def _left(self) -> Iterator[Share]:
        """The shares that are to be read; those that stand are reported at once."""
        for each in self._shares():
            if each.result is None:
                yield each.share
            else:
                self._on_share(each)

    def _acknowledged(self) -> Iterator[tuple[str, Json]]:
        for share, standing, _ in self._shares():
            if standing is None:
                raise UnfinishedReread(f"generation {self.name}: share {share.n} of {share.outlet} is missing")
            yield share.outlet, standing
