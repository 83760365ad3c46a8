"""An archive of layout 1: open it, begin a run, read what it holds; what one of these needs is loaded when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from storage import keys
from storage.errors import ArchiveError, NewerLayout, NotAnArchive
from storage.record import SCHEMA_VERSION, Json, to_bytes
from storage.state import State
from storage.stores import opening
from storage.stores.json_objects import read_article, read_json
from storage.stores.store import Store

if TYPE_CHECKING:
    from storage.index.revisits import LaterVisits
    from storage.ledger import LedgerEntry
    from storage.queries.change_feed import Change
    from storage.run.run import Run
    from storage.verify.findings import VerifyReport
    from storage.warc.segment_writer import ArchiverOptions


def open_archive(uri: str, *, create: bool = True, single_writer: bool = False) -> Archive:
    """The archive at a path, `file:PATH` or `s3://bucket/prefix`; made there if nothing is there and `create`.

    single_writer: accept an S3 endpoint that ignores create-only writes; safe only while one process writes.
    Errors, each one line: NotAnArchive, NewerLayout, NotWritable, ArchiveUnavailable, ConditionsIgnored.
    """
    store = opening.open_store(uri, single_writer=single_writer)
    found = store.get(keys.ARCHIVE_JSON)
    if found is None:
        if not create:
            raise NotAnArchive(f"{store.uri}: no archive here ({keys.ARCHIVE_JSON} is missing)")
        found = _make(store)
    return Archive(store, upgrades=_check_layout(store.uri, found))


class Archive:
    """What is kept at one place. Reading needs no run and disturbs none."""

    def __init__(self, store: Store, *, upgrades: bool = False) -> None:
        """upgrades: the archive was made by an earlier version of Warraq; the first run that writes adds the newer schemas."""
        self.store: Final = store
        self._upgrades = upgrades
        self.uri: Final = store.uri

    def begin(
        self,
        versions: dict[str, str],
        *,
        now: Callable[[], datetime] | None = None,
        later: LaterVisits | None = None,
        raw: ArchiverOptions | None = None,
    ) -> Run:
        """Begin a run. Runs that were killed are completed first. ArchiveError if the archive takes no objects.

        versions: of the programs at work, for the manifest. now: the clock (UTC if not given). later: when articles are
        looked at again (never if not given). raw: how raw captures are filed.
        """
        from storage.run.run import Run  # noqa: PLC0415 - who only reads needs nothing of what writes

        self.store.ready()
        run = Run(self.store, versions, now or (lambda: datetime.now(UTC)), later, raw, upgrades=self._upgrades)
        try:
            run.recover()
        except ArchiveError:
            run.close()
            raise
        return run

    def articles(
        self,
        outlet: str | None = None,
        since: date | None = None,
        until: date | None = None,
        *,
        generation: str | None = None,
    ) -> Iterator[Json]:
        """The records, by outlet, day of capture and id. since, until: first and last day of publication.

        Where the day of publication is unknown, the day of capture (UTC) stands for it. Costs a GET for each article captured
        since, 32 at once from a bucket. generation: the name of a finished re-reading, whose records are given instead, always
        the same ones, all of them read (see `storage.generations`).
        """
        from storage import generations  # noqa: PLC0415
        from storage.queries import articles  # noqa: PLC0415

        if generation is None:
            return articles.published(self.store, outlet, since, until)
        return (
            record
            for record in generations.records(self.store, generation, outlet)
            if articles.is_published(record, since, until)
        )

    def generations(self) -> list[Json]:
        """The manifests of the finished re-readings, by name (see `storage.generations`)."""
        from storage import generations  # noqa: PLC0415

        return list(generations.finished(self.store))

    def get(self, key: str) -> Json:
        """One object of the archive that is JSON, by its key. Damaged if it is missing or not what stands under such keys."""
        return (read_json if keys.article_parts(key) is None else read_article)(self.store, key)

    def history(self, article_id: str) -> list[LedgerEntry]:
        """What the URL of an article (`<outlet>:<native id>`) showed, in the order of the captures; empty if there is none.

        What it costs to find the URL: see `storage.queries.history.place_of`.
        """
        from storage.queries import history  # noqa: PLC0415

        place = history.place_of(self.store, article_id)
        return history.by_moment(self.store, *place) if place else []

    def changes(self, after: str | None = None, *, since: date | None = None) -> Iterator[Change]:
        """The change log from its beginning, from a day on, or from after the `cursor` of a Change. Each event at least once."""
        from storage.queries import change_feed  # noqa: PLC0415

        return change_feed.follow(self.store, after, since)

    def status(self) -> dict[str, Json]:
        """Per outlet: `articles`, `last_kept` (RFC 3339 or None), `last_run` {run_id, finished_at, fates} or None."""
        from storage.queries.status import status  # noqa: PLC0415

        return status(self.store)

    def verify(self) -> VerifyReport:
        """Walk the whole archive and check its promises. Reads everything, writes nothing."""
        from storage.verify.full_pass import verify  # noqa: PLC0415

        return verify(self.store)

    def last_passes(self) -> Json:
        """What the last `full` pass of `warraq verify` found, and the last `sample`; None where there was none."""
        from storage.verify.last_pass import last_passes  # noqa: PLC0415

        return last_passes(self.store)

    def state(self, outlet: str) -> State:
        """Where a crawl leaves conveniences for the next one (feed validators, cursors)."""
        return State(self.store, outlet)


def _make(store: Store) -> bytes:
    """Write `archive.json` and the schema into an empty place."""
    there = next((found.key for found in store.everything() if not found.key.startswith("state/")), None)
    if there is not None and not _ours(there):
        if (made := store.get(keys.ARCHIVE_JSON)) is not None:
            return made  # by another, since we looked; what else an archive holds is written after it
        raise NotAnArchive(f"{store.uri}: not empty ({there}) and no archive ({keys.ARCHIVE_JSON} is missing)")
    from storage.run.schemas import publish_schemas  # noqa: PLC0415

    publish_schemas(store)
    return store.create(
        keys.ARCHIVE_JSON,
        to_bytes(
            {
                "layout": keys.LAYOUT,
                "made_by": "warraq",
                "article_schema": keys.ARTICLE_SCHEMAS[SCHEMA_VERSION],
                "about": "An archive of news articles: articles/ holds one JSON record per distinct text.",
            }
        ),
    )


def _ours(key: str) -> bool:
    """Whether the place holds what an unfinished `_make` leaves: schemas, which are written before archive.json."""
    return key in keys.ARTICLE_SCHEMAS.values() or key.startswith("state/")


def _check_layout(uri: str, data: bytes) -> bool:
    """Whether the archive was made before the schema that records are written by today. NewerLayout, NotAnArchive."""
    try:
        document = json.loads(data)
        layout = document["layout"]
        newer = int(layout) > keys.LAYOUT
    except (ValueError, TypeError, KeyError) as error:
        raise NotAnArchive(f"{uri}: {keys.ARCHIVE_JSON} names no layout version") from error
    if newer:
        raise NewerLayout(f"{uri}: layout {layout} is newer than {keys.LAYOUT}, the latest this Warraq knows: update it")
    return bool(document.get("article_schema") != keys.ARTICLE_SCHEMAS[SCHEMA_VERSION])
