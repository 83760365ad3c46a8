"""The second station: which of the addresses that sources name are visited: those that are new, modified or due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler.crawl.failing import FailingPage, Retries
from crawler.crawl.fates import OUTSIDE
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.visit import Target, Visit
from crawler.crawl.visit_fates import VisitFates
from crawler.discovery.asking import Source
from crawler.discovery.completeness import kind_of
from crawler.discovery.found import CaptureCandidate, Found, modified_since
from crawler.discovery.revisits import Revisits
from crawler.discovery.unpublished import Unpublished
from crawler.discovery.web_archives.selection import remaining
from crawler.discovery.web_archives.source import outside
from crawler.discovery.wordpress import WordPress
from extractors import Location
from storage import Known, keys
from storage.ledger import chain


class Frontier:
    """Of one outlet in one crawl."""

    def __init__(self, plan: CrawlPlan, session: Session, fates: VisitFates) -> None:
        self._plan, self._session, self._fates = plan, session, fates
        self._slug = plan.slug

    def known_articles(self) -> tuple[Source, ...]:
        """The outlet's own kept articles, asked after its sources: those that its WordPress unpublished, those whose page failed
        when it was last asked for, and those of an age.
        """
        if not self._plan.whole:
            return ()
        return (*self._unpublished(), Retries(self._session.notes.failing(self._slug)), Revisits(self._due_by_age))

    async def visit(self, found: Found, source: str) -> Visit | None:
        """A visit to an address; None when this crawl has met it, or when its fate is clear without one. source: its name.

        Raises ArchiveError. Anything else that it raises is the entry's doing, and the address then has its fate.
        """
        place = self._plan.outlet.locate(found.url)
        if place is None:
            self._session.notes.statistics(self._slug).elsewhere(found.url)
            return None
        first, known = self._session.run.discover(self._slug, place.url, hint=found.modified), None
        if place.is_article and (first or found.modified is not None):
            known = await self._session.known(self._slug, place.url)
        if place.is_article:
            self._name(found, source, place, new=first and known is None)
        if first and not found.again:
            self._count_named(place)
        if not first:
            return self._reopened(found, place, source, known)
        found.document.named()
        met = known is not None or place.url in self._session.notes.failing(self._slug).pages
        found.document.known_only = found.document.known_only and met
        target = Target(found=found, place=place, source=source, known=known)
        try:
            return await self._worth(target)
        except Exception as error:
            self._fates.lose(Visit(target), f"{type(error).__name__}: {error}")
            raise

    def exhausted(self, source: str, entries: int, new: int) -> None:
        """A source was read to its end: it named so many addresses, and so many of them were new."""
        self._session.notes.statistics(self._slug).offered(entries, new)
        kind = self._compared_kind(source)
        if kind is not None:
            self._session.notes.completeness(self._slug).answered(kind, entries=entries)

    def _count_named(self, place: Location) -> None:
        counts = self._session.notes.statistics(self._slug).addresses
        if place.is_article:
            counts.articles_named += 1
        else:
            counts.other_kinds[place.kind] += 1

    def _name(self, found: Found, source: str, place: Location, *, new: bool) -> None:
        kind = self._compared_kind(source)
        if kind is not None:
            published = found.published or place.date
            self._session.notes.completeness(self._slug).named(kind, place.url, new=new, published=published)

    def _reopened(self, found: Found, place: Location, source: str, known: Known | None) -> Visit | None:
        """An address that this crawl has met, named once more. A later source may say what the first did not: that the page was
        modified since it was read. Then it is visited after all. Its document waits for the fate of a visit that is under way.
        """
        under_way = self._fates.under_way.get(place.url)
        if under_way is not None:
            found.document.named()
            under_way.documents.append(found.document)
            return None
        if place.url in self._fates.unsettled:
            found.document.named()
            found.document.settled(lasting=False)
            return None
        if found.modified is None or known is None or not _says_modified(found, known):
            return None
        if known.checked_at >= self._session.run.started_at:
            return None  # this very crawl has looked at the page; what came after that, the next one is told again
        found.document.named()
        self._fates.reopen(place.url, found.modified)
        conditions = known.validators if known.stands else {}
        return Visit(Target(found=found, place=place, source=source, known=known, conditions=conditions))

    async def _worth(self, target: Target) -> Visit | None:
        """The visit, if it is to be made; else the address has its fate."""
        found, place, known, plan, settle = target.found, target.place, target.known, self._plan, self._fates.settle
        published = found.published or await self._published(known)
        if not place.is_article:
            await settle(Visit(target), "not_an_article", place.kind)
        elif plan.window.excludes(published) or plan.window.excludes(place.date, tolerance_days=1):
            await settle(Visit(target), "refused", OUTSIDE, published=published)
        elif found.past:
            return await self._with_captures(target)
        elif (failing := self._too_early(target)) is not None:
            after = f"{failing.next_try:%Y-%m-%d %H:%M} UTC"
            await settle(Visit(target), "failed", f"{failing.reason}; it fails again and again, asked again after {after}")
        elif known is not None and not plan.refetch and not self._due(known, target):
            await settle(Visit(target), "unchanged", "known", published=published)
        else:
            if known is not None and known.stands and not plan.refetch and not _to_be_read(found):
                target = replace(target, conditions=known.validators)
            return Visit(target)
        return None

    def _too_early(self, target: Target) -> FailingPage | None:
        """The entry of a page that fails again and again, as long as it is not asked again."""
        if target.found.wanted or self._plan.refetch or not self._plan.lives:
            return None
        failing = self._session.notes.failing(self._slug)
        waiting = failing.waits(target.url, datetime.now(UTC))
        if waiting is not None:
            failing.repeated.add(target.url)
        return waiting

    async def _with_captures(self, target: Target) -> Visit | None:
        """The visit with the captures still to be asked for; None where there are none: then the address has its fate."""
        found, known = target.found, target.known
        if outside(self._plan.window, self._plan.outlet, target.place):
            await self._fates.settle(Visit(target), "refused", OUTSIDE)
            return None
        left = found.candidates
        if known is not None and not self._plan.refetch and left:
            left = remaining(left, await self._in_ledger(target))
        if left:
            return Visit(replace(target, found=replace(found, candidates=left)))
        if known is not None:
            await self._fates.settle(Visit(target), "unchanged", "known")
        else:
            reason = "every capture of it was looked at, none is an article (--refetch looks again)"
            await self._fates.settle(Visit(target), "failed", reason)
        return None

    async def _in_ledger(self, target: Target) -> dict[CaptureCandidate, bool]:
        """The captures that the ledger tells of, also when `state/` is lost: whether they were articles."""
        hashed = keys.url_hash(target.url)
        entries = await self._session.in_thread(chain, self._session.archive.store, self._slug, hashed)
        seen = {entry.seen_at.replace(microsecond=0): entry.content_hash is not None for entry in entries}
        return {each: seen[each.memento_at] for each in target.found.candidates if each.memento_at in seen}

    async def _published(self, known: Known | None) -> str | None:
        """When a kept article was published: asked for only where dates matter, to know when a listing is past them."""
        if known is None or known.key is None or self._plan.window.open:
            return None
        record = await self._session.in_thread(self._session.archive.get, known.key)
        published: str | None = record["date_published"]
        return published

    def _due(self, known: Known, target: Target) -> bool:
        """A known address is asked again when its source says it was modified, when it has reached an age at which it is
        looked at again, when its page failed the last time, or when its absence has aged.
        """
        found = target.found
        if target.url in self._session.notes.failing(self._slug).pages:
            return True
        if found.wanted or _says_modified(found, known) or (self._plan.lives and self._session.run.is_due(known)):
            return True
        config = self._session.config
        waits = {"gone": config.recheck_gone_hours, "not_an_article": config.recheck_not_article_hours}
        if known.fate not in waits:
            return False
        return datetime.now(UTC) - known.checked_at >= timedelta(hours=waits[known.fate])

    def _compared_kind(self, source: str) -> str | None:
        """What kind of source it is, if it is held against the others: where each tells all that is new."""
        return kind_of(source) if self._plan.whole else None

    async def _due_by_age(self) -> list[tuple[str, str]]:
        return await self._session.in_thread(lambda: list(self._session.run.revisits(self._slug)))

    def _unpublished(self) -> tuple[Source, ...]:
        """Before age has them visited: a visit that is made because of what the API says knows what it says."""
        config = self._session.config
        every, later = timedelta(hours=config.unpublished_hours), config.later_visits
        if not every or not later.revisits:
            return ()
        return tuple(
            Unpublished(source.endpoint, self._session.run.articles, self._session.in_thread, every, later.confirm_gone_after)
            for source in self._plan.sources
            if isinstance(source, WordPress)
        )


def _to_be_read(found: Found) -> bool:
    """Whether the page itself is wanted, and not the word that it has not changed. A source that says it was modified may say so
    of all its pages at every poll, so the server is asked.
    """
    return found.canary or found.unlisted is not None


def _says_modified(found: Found, known: Known) -> bool:
    """Whether the source says that the page changed since it was read."""
    return found.modified is not None and modified_since(found.modified, known.hint, known.checked_at)
