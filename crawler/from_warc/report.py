"""What needs a look after a crawl of WARC files, one line each on stderr."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Final

from crawler.crawl.session import Session
from crawler.from_warc.scan import Scan

HOSTS_NAMED: Final = 5
"""Other hosts that are named, of those whose captures the files hold."""


def report(session: Session, files: int, found: Scan | None) -> int:
    """Writes the lines and gives the exit code. files: how many were given; found: None if the first pass did not end."""
    code = session.report()
    if found is None:
        return code
    if found.first is not None:
        sys.stderr.write(_damage(found, files))
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
