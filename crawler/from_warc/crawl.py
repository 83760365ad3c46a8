"""One crawl of WARC files in a session: a first pass indexes the captures by address, a second reads and keeps them."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice

from crawler.crawl.process import finish
from crawler.crawl.session import Session
from crawler.from_warc.import_address import AddressImport, ImportContext
from crawler.from_warc.part_stream import Input
from crawler.from_warc.readers import opened_readers
from crawler.from_warc.report import report
from crawler.from_warc.scan import Scan, scan
from crawler.window import Window
from storage import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What a crawl of WARC files was asked to do.

    outlets: slugs; limit: most addresses of an outlet; refetch: also captures that the archive has; engine: where pages are read
    (`crawler.reread.engines.engine_named`), on this machine by as many processes as the settings say.
    """

    files: list[Input]
    outlets: list[str]
    window: Window
    limit: int | None = None
    refetch: bool = False
    engine: str = "local"


def crawl_files(session: Session, plan: ImportPlan, progress: AbstractContextManager[object] | None = None) -> int:
    """Reads and keeps what the files have of the outlets, ends the run, says what needs a look; gives the exit code.

    session.manifest is the run's afterwards. Raises ArchiveError; RereadError for an engine that is not there or ends.
    """
    found: Scan | None = None
    with opened_readers(session, plan.engine) as readers:
        try:
            with progress or nullcontext():
                found = scan(session, plan.files, plan.outlets, plan.limit)
                context = ImportContext(session, plan.files, found.index, plan.window, readers.read, refetch=plan.refetch)
                asyncio.run(_keep(context, readers.in_flight))
        except KeyboardInterrupt:
            session.ending.interrupted = True
        finally:
            if found is not None:
                found.index.close()
            finish(session)
    return report(session, len(plan.files), found)


async def _keep(context: ImportContext, in_flight: int) -> None:
    """The second pass: so many addresses at once. Ends early when the archive is down, which `Session.report` tells."""
    addresses = context.index.addresses()
    under_way: set[asyncio.Task[Outcome]] = set()
    try:
        while not context.archive_down:
            for outlet, url in islice(addresses, in_flight - len(under_way)):
                under_way.add(asyncio.create_task(AddressImport(context, outlet, url).visit()))
            if not under_way:
                return
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in under_way:
            task.cancel()
