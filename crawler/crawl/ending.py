"""What a crawl has to say when it ends: what needs a look, one line each on stderr, and the exit code."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO
from urllib.parse import urlsplit

from crawler.discovery.web_archives.cost import Consent
from crawler.download.errors import INTERRUPTED
from storage import ArchiveError
from storage.one_line import one_line

ARCHIVE_FAILURES = 5
"""So many articles in a row that could not be kept mean that the archive is down or full."""


@dataclass(slots=True)
class Ending:
    """For all outlets of one command.

    silent: outlets of which no source answered or named anything, with the reasons; died: outlets whose crawl ended by an
    exception; failed_sources: by outlet, `<source>: <reason>`; fruitless: outlets whose addresses led to no article, and why;
    in_part: indexes of web archives that were read in part; unread: by outlet, addresses of which a web archive gave no capture
    that can be read, by reason;
    interrupted: by a signal. archive_failures: articles in a row that the archive did not take; archive_error: the last reason.
    """

    silent: dict[str, list[str]] = field(default_factory=dict)
    died: dict[str, str] = field(default_factory=dict)
    failed_sources: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    fruitless: dict[str, str] = field(default_factory=dict)
    in_part: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unread: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    interrupted: bool = False
    archive_failures: int = 0
    archive_error: str | None = None

    def archive_failed(self, error: ArchiveError) -> bool:
        """An article could not be kept; whether the archive is to be taken for down from now on."""
        self.archive_error = str(error)
        self.archive_failures += 1
        return self.archive_failures == ARCHIVE_FAILURES

    def read_in_part(self, outlet: str, reason: str) -> None:
        """The index of a web archive could not be read to its end."""
        self.in_part[outlet].append(reason)

    def report(self, consent: Consent, stream: TextIO | None = None) -> int:
        """Writes the lines and gives the exit code: 0, 1 (something needs a look), 2 (refused), 130 (interrupted).

        Raises ArchiveError where the archive failed.
        """
        (stream or sys.stderr).writelines(f"warraq: {one_line(line)}\n" for line in self._lines())
        if self.archive_error:
            raise ArchiveError(self.archive_error)
        if self.interrupted:
            return 130
        if consent.refused:
            (stream or sys.stderr).write(f"warraq: {consent.refused}\n")
            return 2
        bad = (self.silent, self.died, self.fruitless, self.failed_sources, self.in_part, self.unread)
        return 1 if any(bad) else 0

    def _lines(self) -> Iterator[str]:
        yield from (f"{outlet}: {detail}" for outlet, detail in self.fruitless.items())
        for outlet, reasons in self.silent.items():
            yield from (f"{outlet} is silent: {reason}" for reason in _once(reasons))
        for outlet, reason in self.died.items():
            yield f"the crawl of {outlet} died: {reason}"
        for outlet, reasons in self.failed_sources.items():
            if outlet not in self.silent:
                yield f"{outlet}: {_counted(reasons)}"
        for outlet, reasons in self.in_part.items():
            yield from (f"the past of {outlet} is known in part, run again to go on: {reason}" for reason in reasons)
        for outlet, found in self.unread.items():
            counts = Counter(
                {reason: count for reason, count in found.items() if not (self.interrupted and reason == INTERRUPTED)}
            )
            if not counts:  # the crawl did not wait for them
                continue
            reasons = [f"{count} × {reason}" for reason, count in counts.most_common(3)]
            addresses = f"{counts.total():,} address{'es' * (counts.total() > 1)}"
            missed = f"{addresses} without a capture that can be read"
            yield f"the past of {outlet}: {missed}, run again to go on: {', '.join(reasons)}"


def _once(reasons: list[str]) -> Iterator[str]:
    """`URL: reason` lines; what is the same of several documents of a host is said of the first, with how many more there are."""
    alike: dict[tuple[str, str], list[str]] = {}
    for line in reasons:
        url, _, reason = line.partition(": ")
        alike.setdefault((urlsplit(url).netloc, reason) if "://" in url else (line, ""), []).append(line)
    for (host, _), lines in alike.items():
        yield lines[0] + (f" (and {len(lines) - 1} more of {host}, the same)" if len(lines) > 1 else "")


def _counted(reasons: list[str]) -> str:
    return f"a source failed: {reasons[0]}" if len(reasons) == 1 else f"{len(reasons)} sources failed, the first: {reasons[0]}"
