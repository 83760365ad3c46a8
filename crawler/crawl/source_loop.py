"""The first station: the outlet's sources are asked one after the other, and what they said is remembered.

A source is isolated: whatever it raises, it loses its own rest, by name (`source.failed`), and the next one is asked.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.crawl.capture_verdicts import CaptureVerdicts
from crawler.crawl.frontier import Frontier
from crawler.crawl.index_context import index_context
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.source_conditions import SourceConditions
from crawler.crawl.verdict import Verdict, judge
from crawler.crawl.visit import Visit
from crawler.crawl.visit_fates import VisitFates
from crawler.discovery.asking import Ask, Source
from crawler.discovery.found import Download, Found, SourceError
from storage import ArchiveError


class SourceLoop:
    """Of one outlet, from the start of its crawl to the end."""

    def __init__(
        self, plan: CrawlPlan, session: Session, fates: VisitFates, download: Download, verdicts: CaptureVerdicts
    ) -> None:
        self._plan, self._session, self._fates, self._download = plan, session, fates, download
        self._verdicts, self._statistics = verdicts, session.notes.statistics(plan.slug)
        self._conditions: SourceConditions | None = None
        self._ask: Ask | None = None
        self._named = 0

    async def visits(self) -> AsyncIterator[Visit]:
        """To what was asked for, then to what the sources name, then to kept articles whose time has come.

        Scrapy would take every address at once and hold it in memory: admission keeps a crawl of any size flat.
        Raises ArchiveError.
        """
        plan = self._plan
        self._ask = ask = await self._begin()
        frontier = Frontier(plan, self._session, self._fates)
        own = () if plan.only else (*plan.sources, *frontier.known_articles())
        if self._conditions is not None:
            self._conditions.keep_only(source.name for source in own)
        for source in (*plan.wanted, *own):
            async with aclosing(self._visits_of(source, frontier, ask)) as visits:
                async for visit in visits:
                    yield visit
            if self._limit_reached():
                self._fates.fact("limit.reached", limit=plan.limit)
                break
        self._session.consent.withdraw(plan.slug)
        self._statistics.answered = ask.answered
        self._statistics.addresses.left_known += ask.unchanged
        if not plan.only:
            self._say_if_silent(ask)
            await self._subscribe(ask)

    def verdict(self) -> Verdict | None:
        """Whether the crawl got anything of what was named to it."""
        ending, slug = self._session.ending, self._plan.slug
        if slug in ending.died:
            return Verdict("died", ending.died[slug])
        found = judge(self._statistics)
        if found is not None:
            return found
        sources = ending.silent.get(slug) or ending.failed_sources.get(slug)
        return Verdict("sources", sources[0]) if sources else None

    async def end(self) -> None:
        """Keeps what sources may rely on the next time (see `crawler.discovery.asking`), and which captures were looked at."""
        if self._ask is None:
            return
        try:
            self._ask.remember()
        except Exception as error:  # noqa: BLE001  # a source's own action; what it would have kept is asked for anew
            self._source_failed("what is remembered of sources", error)
        completeness = self._session.notes.completeness(self._plan.slug)
        for kind in completeness.judge(timedelta(hours=self._session.config.source_lag_hours)):
            self._fates.fact("source.stopped", kind=kind, others=completeness.disagreement)
        await self._note_unread(self._ask)
        await self._verdicts.close()

    async def _note_unread(self, ask: Ask) -> None:
        """How many addresses of web archives have no capture that can be read; none only after a crawl that asked for all."""
        plan, reasons = self._plan, self._session.ending.unread.get(self._plan.slug, Counter())
        if not plan.lives and not plan.only and (reasons or (plan.window.open and plan.limit is None)):
            conditions = await self._session.in_thread(self._session.notes.conditions, plan.slug)
            conditions.unread(reasons, ask.now)

    async def _begin(self) -> Ask:
        plan, session, notes = self._plan, self._session, self._session.notes
        now = datetime.now(UTC)
        completeness = await session.in_thread(notes.completeness, plan.slug)
        completeness.now = now
        await session.in_thread(notes.failing, plan.slug)
        if plan.whole and not plan.only:
            self._conditions = await session.in_thread(notes.conditions, plan.slug)
        return Ask(
            outlet=plan.outlet,
            window=plan.window,
            memory=await session.in_thread(notes.memory, plan.slug),
            download=self._download,
            run=session.readers.run,
            now=now,
            history=index_context(plan, session, self._verdicts.load, now),
            bound=session.config.discovery_bound,
            validators_hours=session.config.validators_hours,
            max_bytes=session.config.max_document_bytes,
            refetch=plan.refetch,
            fact=self._source_fact,
        )

    async def _visits_of(self, source: Source, frontier: Frontier, ask: Ask) -> AsyncGenerator[Visit, None]:
        """Visits to what one source names that is worth one. An odd entry costs itself."""
        entries, new, read_to_end, documents = 0, 0, False, len(ask.documents)
        if self._conditions is not None:
            self._conditions.begin(source.name)
        hosts_before = Counter(self._statistics.elsewhere_hosts)
        async with aclosing(self._entries(source, ask)) as found_here:
            async for found in found_here:
                if found is None:
                    read_to_end = True
                    break
                if self._limit_reached():
                    return
                entries += 1
                self._named += not found.again
                visit = await self._admissible(frontier, found, source)
                if visit is not None:
                    new += visit.target.known is None
                    await self._fates.admit(visit)
                    self._statistics.fetched += 1
                    yield visit
        if read_to_end and self._conditions is not None:
            self._conditions.end((document.url for document in ask.documents[documents:]), ask.now)
        if read_to_end and source not in self._plan.wanted:
            frontier.exhausted(source.name, entries, new)
        hosts = self._statistics.elsewhere_hosts - hosts_before
        if entries and hosts.total() == entries and source not in self._plan.wanted:
            self._statistics.addresses.moved.append(_all_elsewhere(source, hosts))

    async def _entries(self, source: Source, ask: Ask) -> AsyncGenerator[Found | None, None]:
        """What the source names, then None where it was read to its end. Raises nothing of what the source raises."""
        finding: AsyncIterator[Found] | None = None
        try:
            finding = source.find(ask)
            async for found in finding:
                yield found
            yield None
        except Exception as error:  # noqa: BLE001  # an outlet's source is isolated: named, exit 1, and the next one is asked
            self._source_failed(source.name, error)
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            self._source_failed(source.name, error)
        finally:
            await self._close(source, finding)

    async def _close(self, source: Source, finding: object) -> None:
        """Lets a source clean up after itself, also one that was left in the middle."""
        close = getattr(finding, "aclose", None)
        try:
            if close is not None:
                await close()
        except Exception as error:  # noqa: BLE001  # as above
            self._source_failed(source.name, error)

    async def _admissible(self, frontier: Frontier, found: Found, source: Source) -> Visit | None:
        try:
            return await frontier.visit(found, source.name)
        except ArchiveError:
            raise
        except Exception as error:  # noqa: BLE001  # an entry that cannot be judged costs itself, by name
            reason = f"{type(error).__name__}: {error}"
            self._fact("entry.failed", source=source.name, url=found.url, reason=reason)
            return None

    def _source_failed(self, source: str, error: BaseException) -> None:
        """Fact `source.failed`: source, url, reason, error (the exception's class). A document that is not there (`absent`) is
        no failure as long as others are.
        """
        url = next((word for word in source.split() if "://" in word), None)
        reason, absent = f"{type(error).__name__}: {error}", False
        if isinstance(error, SourceError):
            url, reason, absent = error.url, error.reason, error.absent
        self._statistics.troubles.append(f"{url or source}: {reason}")
        if absent:
            self._fact("source.absent", source=source, url=url, reason=reason)
            return
        self._count_failure(f"{source if url is None else url}: {reason}")
        self._fact("source.failed", source=source, url=url, reason=reason, error=type(error).__name__)

    def _count_failure(self, line: str) -> None:
        self._session.ending.failed_sources[self._plan.slug].append(line)
        self._statistics.failed_sources += 1

    def _source_fact(self, fact: str, /, **details: Any) -> None:
        """What a source tells itself. A document that it could not read, and did without, is a failure all the same."""
        if fact == "source.failed":
            self._count_failure(f"{details.get('url')}: {details.get('reason')}")
        self._fact(fact, **details)

    def _fact(self, fact: str, /, **details: Any) -> None:
        """Tells it, and keeps what of it lasts from crawl to crawl."""
        if self._conditions is not None and self._ask is not None:
            self._conditions.note(fact, details, self._ask.now)
        self._fates.fact(fact, **details)

    def _limit_reached(self) -> bool:
        return self._plan.limit is not None and self._statistics.fetched >= self._plan.limit

    async def _subscribe(self, ask: Ask) -> None:
        """To what the feeds say that somebody tells of their news."""
        if self._session.subscriber is not None:
            await self._session.subscriber.keep_up(self._plan.slug, ask.topics, ask.download)

    def _say_if_silent(self, ask: Ask) -> None:
        silent, slug = self._session.ending.silent, self._plan.slug
        if not ask.answered:
            silent[slug] = self._statistics.troubles or ["none of its sources is there"]
        elif not self._named and not ask.unchanged and self._plan.window.open and self._session.consent.refused is None:
            others = "its other sources" if self._statistics.troubles else "its sources"
            silent[slug] = [*self._statistics.troubles, f"{others} answered, and named no address: have its pages changed?"]


def _all_elsewhere(source: Source, hosts: Counter[str]) -> str:
    host = hosts.most_common(1)[0][0]
    others = f" and {len(hosts) - 1} other hosts" if len(hosts) > 1 else ""
    links = f"all {hosts.total()} links lead" if hosts.total() > 1 else "its only link leads"
    return f"{links} to {host}{others} ({source.name})"


def _is_cancelled() -> bool:
    """Whether somebody ends this crawl; a source may also raise CancelledError of its own, for a task that died."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
