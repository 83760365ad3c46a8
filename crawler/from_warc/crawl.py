"""One crawl of WARC files: both passes, in a session as any crawl has one."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Final

from crawler.crawl.process import finish
from crawler.crawl.session import Session
from crawler.from_warc.import_address import AddressImport, ImportContext
from crawler.from_warc.inputs import Input
from crawler.from_warc.scan import Scan, scan
from crawler.window import Window
from storage import Outcome

HOSTS_NAMED: Final = 5
"""Other hosts that are named, of those whose captures the files hold."""


def crawl_files(
    session: Session,
    files: list[Input],
    chosen: list[str],
    window: Window,
    progress: AbstractContextManager[object] | None = None,
    *,
    limit: int | None = None,
    refetch: bool = False,
) -> int:
    """Reads and keeps what the files have of the chosen outlets, ends the run, says what needs a look; gives the exit code.

    session.manifest is the run's afterwards. Raises ArchiveError.
    """
    session.open()
    found: Scan | None = None
    try:
        with progress or nullcontext():
            found = scan(session, files, chosen, limit)
            asyncio.run(_keep(ImportContext(session, files, found.index, window, refetch=refetch)))
    except KeyboardInterrupt:
        session.ending.interrupted = True
    finally:
        if found is not None:
            found.index.close()
        finish(session)
    return _report(session, files, found)


async def _keep(context: ImportContext) -> None:
    """The second pass. As many addresses at once as a crawl has under way per outlet; ends early when the archive is down, which
    `Session.report` tells.
    """
    addresses = context.index.addresses()
    under_way: set[asyncio.Task[Outcome]] = set()
    try:
        while not context.archive_down:
            for outlet, url in islice(addresses, context.session.config.in_flight - len(under_way)):
                under_way.add(asyncio.create_task(AddressImport(context, outlet, url).visit()))
            if not under_way:
                return
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in under_way:
            task.cancel()


def _report(session: Session, files: list[Input], found: Scan | None) -> int:
    """What needs a look, one line each on stderr; the exit code."""
    code = session.report()
    if found is None:
        return code
    if found.first is not None:
        sys.stderr.write(_damage(found, len(files)))
        code = code or 1
    elif session.manifest is not None and not session.manifest["discovered"]:
        sys.stderr.write("warraq: no page of these outlets in what was given\n")
        code = code or 1
    if found.unresolved:
        whose = "s whose payloads are" if found.unresolved > 1 else " whose payload is"
        sys.stderr.write(f"warraq: {found.unresolved:,} revisit{whose} in no file that was given\n")
        code = code or 1
    if found.foreign:
        sys.stderr.write(f"warraq: {foreign_hosts(found.foreign)}\n")
    if found.answers:
        plural = "s" * (found.answers > 1)
        sys.stderr.write(f"warraq: {found.answers:,} answer{plural} of web archives about themselves, captures of no page\n")
    return code


def _damage(found: Scan, files: int) -> str:
    assert found.first is not None
    first = f"{found.first.file} at {found.first.offset}: {found.first.reason}"
    places = f"{found.problems:,} damaged place{'s' * (found.problems > 1)}"
    lost = f"; at least {found.lost:,} capture{'s' * (found.lost > 1)} lost" if found.lost else ""
    return f"warraq: {places} in {found.damaged_files} of {files} WARC files passed over; the first: {first}{lost}\n"


def foreign_hosts(counts: Counter[str]) -> str:
    """`30 captures of 4 other hosts: a.example (17), b.example (9), …`, the most frequent first."""
    captures, hosts = counts.total(), len(counts)
    named = ", ".join(f"{host} ({count:,})" for host, count in counts.most_common(HOSTS_NAMED))
    more = ", …" if hosts > HOSTS_NAMED else ""
    return f"{captures:,} capture{'s' * (captures > 1)} of {hosts:,} other host{'s' * (hosts > 1)}: {named}{more}"
