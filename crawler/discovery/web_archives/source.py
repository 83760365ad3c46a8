"""The past of an outlet as a source: indexes of web archives are read, their captures laid together by article and chosen."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from crawler.discovery.asking import Ask
from crawler.discovery.found import CaptureCandidate, Document, Found, SourceError
from crawler.discovery.web_archives.captures import Captured, Captures, first_day
from crawler.discovery.web_archives.context import IndexContext
from crawler.discovery.web_archives.cost import Estimate
from crawler.discovery.web_archives.index_cache import IndexPage
from crawler.discovery.web_archives.seen_captures import SeenCaptures
from crawler.discovery.web_archives.selection import choose, remaining
from crawler.window import Window
from extractors import Location, Outlet

PACE = {"autothrottle_dont_adjust_delay": True}
"""An archive's pace is a setting of its own (WARRAQ_HISTORY_DELAY), not a function of how fast it answers."""

PATIENCE = {**PACE, "max_retry_times": 8}
"""An index is asked again for longer than a page: without it nothing is found (pauses: `crawler.download.retry`)."""

TRIES = 3
"""How often a page of an index is asked for that answers 200 with something else."""

T = TypeVar("T")

BREATH = 200
"""Addresses between two turns of the event loop while an index is gone through."""


@dataclass(frozen=True, slots=True)
class CaptureIndex(ABC):
    """The index of one web archive; the outlet's past as this archive has it.

    prefixes: every `host/path` the site has had, where it is less than the whole host; the outlet's other hosts are added.
    """

    prefixes: tuple[str, ...] = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """Names it in facts."""

    @abstractmethod
    def pages(self, ask: Ask, context: IndexContext) -> AsyncIterator[tuple[str, IndexPage, bool]]:
        """(address, page, whether it was asked for just now). Raises SourceError where it cannot go on."""

    def find(self, ask: Ask) -> AsyncIterator[Found]:
        """See `crawler.discovery.asking.Source`."""
        return MementoSource((self,)).find(ask)


@dataclass(frozen=True, slots=True)
class MementoSource:
    """One `Found` per canonical address, over all archives and all hosts the site has had, with the captures to ask for."""

    archives: tuple[CaptureIndex, ...]

    @property
    def name(self) -> str:
        return " ".join(archive.name for archive in self.archives)

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        """Reads the indexes, tells what the captures would cost, and goes on if that is agreed to."""
        context = ask.history
        assert context is not None  # the spider gives one to every source
        document = Document(self.name)
        with closing(Captures(ask.outlet)) as captures:
            troubles = [error async for error in self._read(ask, context, captures)]
            if not captures.lines and troubles:
                raise troubles[0]
            for error in troubles:
                ask.failed(error, self.name)
                context.trouble(str(error))
            missing, one = captures.missing()
            if missing:
                context.trouble(f"{missing:,} address{'es' * (missing > 1)} only in rows of the index that cannot be used: {one}")
            ask.answered = True
            looked = await context.looked()
            estimate = await _estimate(ask, context, looked, captures)
            if estimate.requests and not await context.consent(estimate):
                return
            for url, found in captures.grouped():
                place = ask.locate(url)
                if place is not None:
                    yield Found(url=url, document=document, candidates=_left(ask, context, looked, place, found), past=True)

    async def _read(self, ask: Ask, context: IndexContext, captures: Captures) -> AsyncIterator[SourceError]:
        """Fills `captures`; yields what went wrong. An index that breaks off is used as far as it was read."""
        for archive in self.archives:
            try:
                async for url, page, asked in archive.pages(ask, context):
                    context.index_requests += asked
                    skipped = {**page.skipped, **captures.add(page.captures)}
                    captures.miss(page.missed)
                    if asked:
                        ask.fact("index.read", source=archive.name, url=url, captures=len(page.captures))
                    if skipped:
                        ask.fact("source.skipped", url=url, lines=sum(skipped.values()), reasons=skipped)
                    await asyncio.sleep(0)
            except SourceError as error:
                yield error


async def _estimate(ask: Ask, context: IndexContext, looked: SeenCaptures, captures: Captures) -> Estimate:
    articles = requests = lines = 0
    for number, (url, found) in enumerate(captures.grouped()):
        place = ask.locate(url)
        if place is not None and place.is_article and not outside(ask.window, ask.outlet, place):
            slots = {each.slot for each in _left(ask, context, looked, place, found)}
            lines += len(found)
            articles += bool(slots)
            # The last resort is one request where there is nothing else, none where there is.
            requests += len(slots - {0}) or len(slots)
        if number % BREATH == 0:
            await asyncio.sleep(0)
    return Estimate(
        captures=lines,
        articles=articles,
        requests=requests,
        index_requests=context.index_requests,
        seconds=requests * context.delay,
    )


async def index_answer(
    ask: Ask, url: str, parse: Callable[[bytes], T], salvage: Callable[[bytes, str], T] | None = None
) -> T | None:
    """What `parse` makes of an index's answer; None where the server says 404, `No Captures found`, or 304.

    An answer that `parse` refuses with SourceError (an error page with status 200, half a list) is asked for again, TRIES times
    in all. Then `salvage` gives what of the last one can be used (body, reason), or SourceError goes through.
    """
    for attempt in range(1, TRIES + 1):
        try:
            answer = await ask.get(url, accept="application/json", conditional=False, meta=PATIENCE)
        except SourceError as error:
            if error.absent:
                return None
            raise
        if answer is None:
            return None
        body = answer[1].body
        try:
            return parse(body)
        except SourceError as error:
            ask.fact("source.again", url=url, reason=error.reason, attempt=attempt)
            if attempt == TRIES:
                if salvage is None:
                    raise
                return salvage(body, error.reason)
    raise AssertionError("unreachable")


def _left(
    ask: Ask, context: IndexContext, looked: SeenCaptures, place: Location, found: list[Captured]
) -> tuple[CaptureCandidate, ...]:
    candidates = choose(found, first_day(ask.outlet, place), context.captures)
    if ask.refetch:
        return candidates
    verdicts = {each: verdict for each in candidates if (verdict := looked.verdict(each)) is not None}
    return remaining(candidates, verdicts)


def outside(window: Window, outlet: Outlet, place: Location) -> bool:
    """Whether the address alone says that the article lies outside the dates asked for: by its date, or by its number."""
    if place.date is not None:
        return window.excludes(place.date, tolerance_days=1)
    first, last = outlet.period(place.native_id)
    too_late = window.until is not None and first is not None and first > window.until
    return too_late or (window.since is not None and last is not None and last < window.since)


def prefixes(outlet: Outlet, stated: tuple[str, ...]) -> tuple[str, ...]:
    """Every `host/path` to look under: those stated, and each host the outlet has had that none of them covers.

    Indexes sort by SURT, which knows no `www.`; a host that differs in nothing else is the same.
    """
    covered = {_bare(prefix) for prefix in stated}
    found = list(stated)
    for host in outlet.hosts:
        if _bare(host) not in covered:
            covered.add(_bare(host))
            found.append(f"{_bare(host)}/")
    return tuple(found)


def _bare(prefix: str) -> str:
    return prefix.partition("/")[0].lower().removeprefix("www.")


def slack(day: date) -> date:
    """A day earlier: an outlet's day begins before UTC's."""
    return day - timedelta(days=1)
